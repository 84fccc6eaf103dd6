//! Ctrl-C and SIGTERM: the first asks for an orderly end, the second ends at once.

use anyhow::{Context, Result, anyhow};
use assay_results::Outcome;

use crate::console;
use crate::failure::Failure;
use crate::runtime;

/// Calls `ask` at the first signal, from a thread of its own.
///
/// # Errors
/// The signals cannot be watched.
pub(crate) fn on_signal(ask: impl FnOnce() + Send + 'static) -> Result<()> {
    let runtime = runtime::current_thread()?;
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            runtime.block_on(async {
                signal().await;
                ask();
                console::tell(
                    "assay: interrupted: writing down what there is; once more to end at once",
                );
                signal().await;
                std::process::exit(Outcome::Interrupted.exit_code().into());
            });
        })
        .context("failed to start the thread that waits for signals")?;
    Ok(())
}

/// Does what comes before there is anything to write down: a signal ends it at once.
pub(crate) async fn unless_interrupted<T>(
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::select! {
        done = work => done,
        () = signal() => Err(Failure {
            outcome: Outcome::Interrupted,
            error: anyhow!("interrupted before anything was measured"),
        }),
    }
}

/// Waits for either signal; for ever where signals cannot be watched, so that nothing ends by mistake.
#[cfg(unix)]
pub(crate) async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => if interrupted.is_err() { std::future::pending::<()>().await },
        _ = terminate.recv() => {}
    }
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
pub(crate) async fn signal() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
