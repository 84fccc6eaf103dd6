//! Asking a run to end before all its checks have. Not for the signals of a process: whoever watches those calls
//! [`Interrupt::request`].

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::Notify;

use crate::target::Children;

/// A request to end, shared by all clones.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    requested: AtomicBool,
    changed: Notify,
    children: Children,
}

impl Interrupt {
    /// Asks the run to end: checks under way are dropped, those that are over keep their verdicts.
    pub fn request(&self) {
        self.0.requested.store(true, Ordering::SeqCst);
        self.0.changed.notify_waiters();
    }

    /// Kills what the run has started, for a process that is about to end without dropping anything.
    pub fn kill_children(&self) {
        self.0.children.kill();
    }

    /// What the run has started.
    pub(crate) fn children(&self) -> &Children {
        &self.0.children
    }

    /// Whether it was asked.
    pub fn is_requested(&self) -> bool {
        self.0.requested.load(Ordering::SeqCst)
    }

    /// Ready once it was asked.
    pub(crate) async fn requested(&self) {
        let changed = self.0.changed.notified();
        tokio::pin!(changed);
        // Before the look, so that a request between the two is not missed.
        changed.as_mut().enable();
        if !self.is_requested() {
            changed.await;
        }
    }
}
