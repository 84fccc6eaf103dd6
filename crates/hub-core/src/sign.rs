//! A sign: it goes the way of an update, so that whoever waits for its return knows that this way is open.
//!
//! It goes into the history behind what was submitted before it, comes out of the feed in its turn, is matched, and is received
//! by a queue such as the streams of HTTP/2 have, and by each lane behind what waits there. Nothing of it is stored: a sign a
//! second would be most of the log of a quiet hub, a write to its disk a second, and a gap in its place after a restart. Nor
//! does a subscriber ever see it, whatever it listens to: those who listen to signs are listed apart from all others.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::event_id::EventId;
use crate::history::{Committed, Position};
use crate::hub::PublishError;
use crate::publication::Publication;
use crate::subscriber::{CloseReason, Next, Queue, QueueBounds};
use crate::topic::Topic;
use crate::topic_matcher::TopicMatcher;
use crate::update::{Audience, Update};

/// The topic of all signs, and their id.
const NAME: &str = "sign";

/// What goes through a hub for [`crate::Hub::probe`]. Cheap to clone; clones are the same sign.
#[derive(Clone)]
pub struct Sign(Arc<Way>);

struct Way {
    committed: Committed,
    /// Receives it as a subscriber with a queue does.
    queue: Arc<Queue>,
    lanes: Mutex<Lanes>,
}

/// The lanes that have not received it.
#[derive(Default)]
struct Lanes {
    left: usize,
    waker: Option<Waker>,
}

impl Sign {
    pub(crate) fn new() -> Self {
        let publication = Publication::of_hub(Topic::of_hub(NAME), None, String::new());
        let update = Update::with_audience(publication, EventId::stored(NAME), Audience::Nobody);
        let bounds = QueueBounds {
            updates: 1,
            bytes: update.event().len(),
        };
        Self(Arc::new(Way {
            committed: Committed {
                position: Position::FIRST,
                update: Arc::new(update),
                answers: None,
            },
            queue: Arc::new(Queue::new(bounds)),
            lanes: Mutex::default(),
        }))
    }

    /// Who listens to signs, listens to this.
    pub(crate) fn matcher() -> TopicMatcher {
        TopicMatcher::Exact(NAME.into())
    }

    /// As an update that is in the log, which it is not.
    pub(crate) fn committed(&self) -> &Committed {
        &self.0.committed
    }

    pub(crate) fn queue(&self) -> &Arc<Queue> {
        &self.0.queue
    }

    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        // Nothing in this module panics between two states that belong together.
        self.0.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It is about to go into so many lanes, before its queue has it.
    pub(crate) fn goes_into(&self, lanes: usize) {
        self.lanes().left = lanes;
    }

    /// A lane has received it.
    pub(crate) fn received(&self) {
        let mut lanes = self.lanes();
        lanes.left = lanes.left.saturating_sub(1);
        let waker = match lanes.left {
            0 => lanes.waker.take(),
            _ => None,
        };
        drop(lanes);
        waker.into_iter().for_each(Waker::wake);
    }

    /// It goes nowhere any more. The waker is for the caller to wake.
    pub(crate) fn close(&self, reason: CloseReason) -> Option<Waker> {
        self.0.queue.close(reason)
    }

    fn poll_lanes(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut lanes = self.lanes();
        if lanes.left == 0 {
            return Poll::Ready(());
        }
        let replaced = lanes.waker.replace(cx.waker().clone());
        // Dropping a waker may drop its task: not under the lock.
        drop(lanes);
        drop(replaced);
        Poll::Pending
    }
}

impl fmt::Debug for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sign")
    }
}

/// A sign under way: ready when it was received everywhere. It is not ready while any part of the way stands still, which is for
/// the caller's clock to tell. The error is that the hub was closed.
#[must_use = "whether the way is open is not known before this is ready"]
#[derive(Debug)]
pub struct Probing {
    sign: Sign,
    is_queued: bool,
}

impl Probing {
    pub(crate) fn new(sign: Sign) -> Self {
        Self {
            sign,
            is_queued: false,
        }
    }
}

impl Future for Probing {
    type Output = Result<(), PublishError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        while let Poll::Ready(next) = self.sign.queue().poll_next(cx) {
            match next {
                Next::Event(_) => self.is_queued = true,
                Next::Closed(_) => return Poll::Ready(Err(PublishError::Closed)),
            }
        }
        if !self.is_queued {
            return Poll::Pending;
        }
        self.sign.poll_lanes(cx).map(Ok)
    }
}
