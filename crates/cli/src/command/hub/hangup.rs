//! SIGHUP: the hub reads its settings again. Only where it was started in a terminal that is gone now, it ends.
//!
//! A service manager sends it as `reload`, so a hub must not die of it, as it would by itself. A terminal that is closed sends
//! it too, to whom it leaves behind: nobody could stop that hub with Ctrl-C any more, nor read what it says.

use std::io::{self, IsTerminal};
use std::sync::Arc;

use anyhow::Result;
use assay_hub::{HubConfig, Reload};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::spawn_blocking;

use crate::args::hub::HubArgs;
use crate::hub_settings;

/// Reloads at each hangup; ready when the terminal is gone.
pub(super) fn reload_until_terminal_is_gone(
    args: Arc<HubArgs>,
    reload: Reload,
) -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut hangup = signal(SignalKind::hangup())?;
    let had_terminal = io::stdin().is_terminal();
    Ok(async move {
        while hangup.recv().await.is_some() {
            if had_terminal && !io::stdin().is_terminal() {
                return;
            }
            tracing::info!("SIGHUP: reading the settings again");
            let args = Arc::clone(&args);
            match spawn_blocking(move || read(&args)).await {
                Ok(Ok(config)) => reload.send(config).await,
                Ok(Err(error)) => {
                    tracing::error!(reason = %"reload.refused", "the settings stay as they are: {error:#}");
                }
                Err(error) => {
                    tracing::error!(reason = %"reload.failed", %error, "the settings stay as they are");
                }
            }
        }
        // No hangup is watched for any more: no reason to end.
        std::future::pending::<()>().await;
    })
}

fn read(args: &HubArgs) -> Result<HubConfig> {
    let gathered = hub_settings::gather(args)?;
    let (config, warnings) = gathered.settings.options()?.check()?;
    for warning in gathered.warnings.iter().chain(&warnings) {
        tracing::warn!("{warning}");
    }
    Ok(config)
}
