//! The async runtimes of commands that talk to a hub.

use anyhow::{Context, Result};
use tokio::runtime::{Builder, Runtime};

/// One thread: enough for what is done by hand.
pub(crate) fn current_thread() -> Result<Runtime> {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .context("failed to start the async runtime")
}

/// All cores: for many connections at once.
pub(crate) fn multi_thread() -> Result<Runtime> {
    Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("failed to start the async runtime")
}
