//! Ctrl-C, SIGTERM and SIGHUP: the first asks for an orderly end, the second ends at once.

use anyhow::{Context, Result, anyhow};
use assay_results::Outcome;
use tokio::sync::watch;

use crate::console;
use crate::failure::Failure;
use crate::runtime;

/// Knows whether a signal came. Of a signal that came before somebody waits for it, this tells all the same.
#[derive(Clone, Debug)]
pub(crate) struct Interrupted(watch::Receiver<bool>);

/// Calls `ask` at the first signal, from a thread of its own, and `abandon` at the second, before the process ends.
///
/// # Errors
/// The signals cannot be watched.
pub(crate) fn on_signal(
    ask: impl FnOnce() + Send + 'static,
    abandon: impl FnOnce() + Send + 'static,
) -> Result<Interrupted> {
    let runtime = runtime::current_thread()?;
    let (came, interrupted) = watch::channel(false);
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            runtime.block_on(async {
                signal().await;
                ask();
                console::tell(
                    "assay: interrupted: writing down what there is; once more to end at once",
                );
                came.send_replace(true);
                signal().await;
                abandon();
                console::tell("assay: interrupted twice: what was not written yet is lost");
                std::process::exit(Outcome::Interrupted.exit_code().into());
            });
        })
        .context("failed to start the thread that waits for signals")?;
    Ok(Interrupted(interrupted))
}

impl Interrupted {
    /// Does what comes before there is anything to write down: a signal ends it at once.
    pub(crate) async fn unless<T>(
        &self,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let mut came = self.0.clone();
        tokio::select! {
            done = work => done,
            // An error would mean that its thread is gone, with all signals: it ends the process before.
            Ok(_) = came.wait_for(|&came| came) => Err(Failure {
                outcome: Outcome::Interrupted,
                error: anyhow!("interrupted before anything was measured"),
            }),
        }
    }
}

/// Waits for any of the signals that ask to end, that of a terminal that is gone included; for ever where signals cannot be
/// watched, so that nothing ends by mistake.
#[cfg(unix)]
pub(crate) async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let kinds = [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ];
    let [Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)] = kinds.map(signal) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
pub(crate) async fn signal() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
