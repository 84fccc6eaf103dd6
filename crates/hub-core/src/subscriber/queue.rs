//! The bounded queue between the fan-out and one live subscriber.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::{CloseReason, Next};
use crate::history::Position;
use crate::update::Update;

/// How much may wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QueueBounds {
    pub(crate) updates: usize,
    pub(crate) bytes: usize,
}

/// What became of an update that was offered to a queue. The waker is that of a subscriber that waits.
pub(crate) enum Offer {
    Queued {
        waker: Option<Waker>,
        /// Updates that wait now.
        waiting: usize,
    },
    /// No room: the queue is closed and what waited in it is dropped, since the subscriber comes back through the history
    /// with the last id that it has read.
    Overflowed(Option<Waker>),
    /// It was offered before, for another matcher; or the queue is closed.
    AlreadyThere,
}

pub(crate) struct Queue {
    bounds: QueueBounds,
    waiting: Mutex<Waiting>,
}

struct Waiting {
    updates: VecDeque<Arc<Update>>,
    size_bytes: usize,
    /// The last one offered, so that an update that several matchers select comes once.
    newest: Option<Position>,
    closed: Option<CloseReason>,
    waker: Option<Waker>,
}

impl Queue {
    pub(crate) fn new(bounds: QueueBounds) -> Self {
        Self {
            bounds,
            waiting: Mutex::new(Waiting {
                updates: VecDeque::new(),
                size_bytes: 0,
                newest: None,
                closed: None,
                waker: None,
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing in this module panics between two states that belong together.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn offer(&self, update: &Arc<Update>, position: Position) -> Offer {
        let mut waiting = self.lock();
        if waiting.closed.is_some() || waiting.newest == Some(position) {
            return Offer::AlreadyThere;
        }
        waiting.newest = Some(position);
        let size_bytes = waiting.size_bytes + update.event().len();
        if waiting.updates.len() >= self.bounds.updates || size_bytes > self.bounds.bytes {
            return Offer::Overflowed(waiting.close(CloseReason::QueueFull));
        }
        waiting.size_bytes = size_bytes;
        waiting.updates.push_back(Arc::clone(update));
        Offer::Queued {
            waker: waiting.waker.take(),
            waiting: waiting.updates.len(),
        }
    }

    /// Closes the queue; the waker is for the caller to wake.
    pub(crate) fn close(&self, reason: CloseReason) -> Option<Waker> {
        self.lock().close(reason)
    }

    pub(crate) fn closed(&self) -> Option<CloseReason> {
        self.lock().closed
    }

    pub(crate) fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Next> {
        let mut waiting = self.lock();
        if let Some(update) = waiting.updates.pop_front() {
            waiting.size_bytes -= update.event().len();
            return Poll::Ready(Next::Event(update.event().clone()));
        }
        if let Some(reason) = waiting.closed {
            return Poll::Ready(Next::Closed(reason));
        }
        // An idle subscriber keeps no memory of past bursts.
        if waiting.updates.capacity() > IDLE_CAPACITY {
            waiting.updates = VecDeque::new();
        }
        if !waiting
            .waker
            .as_ref()
            .is_some_and(|waker| waker.will_wake(cx.waker()))
        {
            let replaced = waiting.waker.replace(cx.waker().clone());
            // Dropping a waker may drop its task and with it this subscriber: not under the lock.
            drop(waiting);
            drop(replaced);
        }
        Poll::Pending
    }
}

/// Room for updates that an idle queue keeps, so that a steady trickle does not allocate.
const IDLE_CAPACITY: usize = 16;

impl Waiting {
    fn close(&mut self, reason: CloseReason) -> Option<Waker> {
        if self.closed.is_none() {
            self.closed = Some(reason);
        }
        if reason == CloseReason::QueueFull {
            self.updates = VecDeque::new();
            self.size_bytes = 0;
        }
        self.waker.take()
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("bounds", &self.bounds)
            .finish_non_exhaustive()
    }
}
