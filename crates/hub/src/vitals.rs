//! What is known of one connection beside its requests: whether any came, how many are under way, and since when its peer
//! does not read. Shared by its socket, its requests and the task that serves it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use tokio::time::Instant;

use crate::limits::STALLED_AT_DEADLINE;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Vitals {
    spoke: AtomicBool,
    underway: AtomicUsize,
    /// Whether there is a stall: asked for at each event.
    stalled: AtomicBool,
    stall: Mutex<Option<Stall>>,
}

/// A write that waits for the peer.
#[derive(Debug)]
struct Stall {
    since: Instant,
    waker: Waker,
    given_up: bool,
}

/// A request that is under way until this is dropped, with the body of its response.
#[derive(Debug)]
pub(crate) struct Underway(Arc<Vitals>);

impl Drop for Underway {
    fn drop(&mut self) {
        self.0.underway.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Vitals {
    /// A request came.
    pub(crate) fn begin_request(self: &Arc<Self>) -> Underway {
        self.spoke.store(true, Ordering::Relaxed);
        self.underway.fetch_add(1, Ordering::Relaxed);
        Underway(Arc::clone(self))
    }

    /// Whether a request ever came.
    pub(crate) fn spoke(&self) -> bool {
        self.spoke.load(Ordering::Relaxed)
    }

    /// Whether a write waits for the peer.
    pub(crate) fn is_stalled(&self) -> bool {
        self.stalled.load(Ordering::Relaxed)
    }

    /// Whether a hub that shuts down may leave a peer that has not left for `waited`: nothing is under way, nor waits to be read.
    /// At once where no request ever came: what holds it is a head that may never be whole. Else after a moment, in which an
    /// HTTP/2 peer acknowledges.
    pub(crate) fn may_be_left(&self, waited: Duration) -> bool {
        let idle = self.underway.load(Ordering::Relaxed) == 0 && !self.is_stalled();
        idle && (!self.spoke() || !waited.is_zero())
    }

    /// A write waits for the peer, and `waker` for the write. Tells whether it waits in vain.
    pub(crate) fn stalls(&self, waker: &Waker) -> bool {
        self.stalled.store(true, Ordering::Relaxed);
        let mut stall = self.stall();
        let stall = stall.get_or_insert_with(|| Stall {
            since: Instant::now(),
            waker: waker.clone(),
            given_up: false,
        });
        stall.waker.clone_from(waker);
        stall.given_up
    }

    /// A write went on.
    pub(crate) fn reads_again(&self) {
        self.stalled.store(false, Ordering::Relaxed);
        *self.stall() = None;
    }

    /// An HTTP/2 stream was cut at its deadline: where its peer stalls, so that it cannot be told, the connection is given up.
    pub(crate) fn lost_a_stream(&self) {
        let mut stall = self.stall();
        if let Some(stall) = &mut *stall
            && stall.since.elapsed() >= STALLED_AT_DEADLINE
        {
            stall.given_up = true;
            stall.waker.wake_by_ref();
        }
    }

    fn stall(&self) -> MutexGuard<'_, Option<Stall>> {
        self.stall.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
