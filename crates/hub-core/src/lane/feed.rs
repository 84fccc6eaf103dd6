//! The way from the hub to one lane: committed updates and those who join, in one order, bounded.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use super::{Arrival, Join};
use crate::Dialect;
use crate::dialect::ByDialect;
use crate::history::Committed;
use crate::limits::{FEED_BYTES, FEED_UPDATES};
use crate::sign::Sign;
use crate::subscriber::CloseReason;
use crate::update::Audience;

/// What the hub sees of a lane, whatever its guests are. All of it is called under the lock of the hub's state, which gives
/// the order. A waker that comes back is to be woken after that.
pub(crate) trait LaneFeed: Send + Sync {
    /// Whether the lane is so far behind that the hub should take no more updates.
    fn is_full(&self) -> bool;
    /// An update is in the log.
    fn committed(&self, committed: &Committed) -> Option<Waker>;
    /// A sign on its way, which the lane receives.
    fn sign(&self, sign: &Sign) -> Option<Waker>;
    /// All subscribers are closed.
    fn close(&self, reason: CloseReason) -> Option<Waker>;
}

pub(crate) struct Feed<G> {
    waiting: Mutex<Waiting<G>>,
    /// Subscribers that joined and have not left. While there are none, updates pass by.
    members: AtomicUsize,
    /// Those of them who may follow subscriptions.
    watchers: ByDialect<AtomicUsize>,
    waker: Waker,
}

struct Waiting<G> {
    arrivals: VecDeque<Arrival<G>>,
    updates: usize,
    size_bytes: usize,
    /// Nobody takes any more.
    abandoned: bool,
}

impl<G> Feed<G> {
    pub(crate) fn new(waker: Waker) -> Self {
        Self {
            waiting: Mutex::new(Waiting {
                arrivals: VecDeque::new(),
                updates: 0,
                size_bytes: 0,
                abandoned: false,
            }),
            members: AtomicUsize::new(0),
            watchers: ByDialect::default(),
            waker,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<G>> {
        // Nothing in this module panics between two states that belong together.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What nobody takes any more is given back: the caller holds the lock of the hub, which a guest that is dropped needs.
    fn push(&self, arrival: Arrival<G>) -> Result<Option<Waker>, Arrival<G>> {
        let mut waiting = self.lock();
        if waiting.abandoned {
            return Err(arrival);
        }
        let was_empty = waiting.arrivals.is_empty();
        if let Arrival::Update(committed) = &arrival {
            waiting.updates += 1;
            waiting.size_bytes += committed.update.event().len();
        }
        waiting.arrivals.push_back(arrival);
        Ok(was_empty.then(|| self.waker.clone()))
    }

    /// Lets somebody in; or gives it back, for the caller to drop without the lock of the hub, where the lane was abandoned.
    pub(super) fn join(
        &self,
        join: Join<G>,
        watches: Option<Dialect>,
    ) -> Result<Option<Waker>, Arrival<G>> {
        self.members.fetch_add(1, Relaxed);
        if let Some(dialect) = watches {
            self.watchers[dialect].fetch_add(1, Relaxed);
        }
        let pushed = self.push(Arrival::Join(join));
        if pushed.is_err() {
            self.left(watches);
        }
        pushed
    }

    /// What was ordered for the subscriber of this key has been read. The waker is for the caller to wake.
    pub(super) fn read(&self, key: usize) -> Option<Waker> {
        self.push(Arrival::Read(key)).ok().flatten()
    }

    pub(super) fn left(&self, watched: Option<Dialect>) {
        self.members.fetch_sub(1, Relaxed);
        if let Some(dialect) = watched {
            self.watchers[dialect].fetch_sub(1, Relaxed);
        }
    }

    pub(super) fn members(&self) -> usize {
        self.members.load(Relaxed)
    }

    /// Moves everything that waits into `taken`, which is empty.
    pub(super) fn take(&self, taken: &mut VecDeque<Arrival<G>>) {
        let mut waiting = self.lock();
        std::mem::swap(&mut waiting.arrivals, taken);
        waiting.updates = 0;
        waiting.size_bytes = 0;
    }

    pub(super) fn is_abandoned(&self) -> bool {
        self.lock().abandoned
    }

    /// Forgets what waits. Dropped outside of the lock: guests may be members of this hub.
    pub(super) fn abandon(&self) {
        let mut waiting = self.lock();
        waiting.abandoned = true;
        let forgotten = std::mem::take(&mut waiting.arrivals);
        drop(waiting);
        drop(forgotten);
    }
}

impl<G: Send> LaneFeed for Feed<G> {
    fn is_full(&self) -> bool {
        let waiting = self.lock();
        waiting.updates >= FEED_UPDATES || waiting.size_bytes >= FEED_BYTES
    }

    fn committed(&self, committed: &Committed) -> Option<Waker> {
        let listening = match committed.update.audience() {
            Audience::Everyone => self.members(),
            Audience::Watchers(dialect) => self.watchers[dialect].load(Relaxed),
            Audience::Nobody => 0,
        };
        if listening == 0 {
            return None;
        }
        self.push(Arrival::Update(committed.clone())).ok().flatten()
    }

    fn sign(&self, sign: &Sign) -> Option<Waker> {
        self.push(Arrival::Sign(sign.clone())).ok().flatten()
    }

    fn close(&self, reason: CloseReason) -> Option<Waker> {
        self.push(Arrival::Close(reason)).ok().flatten()
    }
}
