//! What other threads reach of a lane.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Wake;

use mio::{Poll, Token};

use crate::metrics::LaneCounts;

/// The event that is none of a socket.
pub(super) const WAKE: Token = Token(usize::MAX);

/// See the module.
#[derive(Debug)]
pub(super) struct Shared {
    waker: mio::Waker,
    pub(super) is_cut: AtomicBool,
    pub(super) counts: Arc<LaneCounts>,
}

impl Shared {
    pub(super) fn new(poll: &Poll) -> io::Result<Self> {
        Ok(Self {
            waker: mio::Waker::new(poll.registry(), WAKE)?,
            is_cut: AtomicBool::new(false),
            counts: Arc::default(),
        })
    }

    /// Tells the lane to cut its connections.
    pub(super) fn cut(&self) {
        self.is_cut.store(true, Ordering::Relaxed);
        self.wake_thread();
    }

    fn wake_thread(&self) {
        if let Err(error) = self.waker.wake() {
            tracing::error!(reason = %"lane.not-woken", %error, "a lane cannot be woken");
        }
    }
}

impl Wake for Shared {
    fn wake(self: Arc<Self>) {
        self.wake_thread();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wake_thread();
    }
}
