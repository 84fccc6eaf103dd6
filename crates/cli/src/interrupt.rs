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

/// Calls `ask` at the first signal, from a thread of its own, and `abandon` at the second, before the process ends. Signals are
/// watched when this returns: whatever is started from then on is ended by the one who started it.
///
/// # Errors
/// The signals cannot be watched.
pub(crate) fn on_signal(
    ask: impl FnOnce() + Send + 'static,
    abandon: impl FnOnce() + Send + 'static,
) -> Result<Interrupted> {
    let runtime = runtime::current_thread()?;
    let mut signals = {
        let _context = runtime.enter();
        Signals::watched()
    };
    let (came, interrupted) = watch::channel(false);
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            runtime.block_on(async {
                signals.next().await;
                ask();
                console::tell(
                    "assay: interrupted: writing down what there is; once more to end at once",
                );
                came.send_replace(true);
                signals.next().await;
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

/// Waits for any of the signals that ask to end.
pub(crate) async fn signal() {
    Signals::watched().next().await;
}

/// The signals that ask to end, that of a terminal that is gone included; none where they cannot be watched, so that nothing
/// ends by mistake.
#[cfg(unix)]
struct Signals(Option<[tokio::signal::unix::Signal; 3]>);

#[cfg(unix)]
impl Signals {
    /// Watches them from now on; within the context of a runtime.
    fn watched() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [
            SignalKind::interrupt(),
            SignalKind::terminate(),
            SignalKind::hangup(),
        ];
        let [Ok(interrupt), Ok(terminate), Ok(hangup)] = kinds.map(signal) else {
            return Self(None);
        };
        Self(Some([interrupt, terminate, hangup]))
    }

    /// Waits for any of them.
    async fn next(&mut self) {
        let Some([interrupt, terminate, hangup]) = &mut self.0 else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

/// Ctrl-C.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn watched() -> Self {
        Self
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
