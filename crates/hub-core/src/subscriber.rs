//! One subscriber's end of the hub: the narrow door between connection handling and fan-out.
//!
//! A subscriber with a cursor first reads the history at its own pace, a bounded batch at a time, and is registered for
//! live updates in the moment in which it reads the last one: no gap, no repeat, and nothing is queued meanwhile. Where a
//! batch has to come from an archive, it is ordered, and the subscriber waits for it as it waits for an update.
//! Not here: keep-alive comments, token expiry and write timeouts, which need a clock and live with the connection.

mod queue;

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;

use crate::Dialect;
use crate::admission::Member;
use crate::audiences::Listing;
use crate::authorization;
use crate::history::{ArchiveError, Position, Reading};
use crate::hub::Batch;
use crate::topic_matcher::TopicMatcher;
use crate::update::{Audience, Update};

pub(crate) use queue::{Offer, Queue, QueueBounds};

/// What comes next for a subscriber.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// One SSE event, encoded once and shared by all subscribers.
    Event(Bytes),
    /// The end: nothing follows.
    Closed(CloseReason),
}

/// Why the hub closed a subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CloseReason {
    /// It read too slowly and its queue was full; it can come back through the history.
    #[error("queue full: it reads too slowly")]
    QueueFull,
    /// The history dropped updates that were still to be replayed to it.
    #[error("replay overrun: the history dropped updates before they were read")]
    ReplayOverrun,
    /// The history could not be read.
    #[error("history unavailable: it cannot be read now")]
    HistoryUnavailable,
    /// The hub is shutting down.
    #[error("hub is shutting down")]
    ShuttingDown,
}

impl From<ArchiveError> for CloseReason {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::Overrun(_) => Self::ReplayOverrun,
            ArchiveError::Unavailable(_) => Self::HistoryUnavailable,
        }
    }
}

impl CloseReason {
    /// The reason code for logs.
    pub fn code(self) -> &'static str {
        match self {
            Self::QueueFull => "queue-full",
            Self::ReplayOverrun => "replay-overrun",
            Self::HistoryUnavailable => "history-unavailable",
            Self::ShuttingDown => "shutting-down",
        }
    }
}

/// One subscriber. Dropping it unregisters it.
pub struct Subscriber {
    member: Member,
    /// Read from the history and not yet handed on.
    replayed: VecDeque<Bytes>,
    phase: Phase,
    /// It is to get all that is kept, and has got nothing yet: what is forgotten meanwhile is no gap.
    wants_all: bool,
}

/// Where a subscriber stands.
pub(crate) enum Phase {
    /// It has read the history up to a position.
    Replaying { position: Position },
    /// The next batch of the history is ordered.
    Reading(Reading<Batch>),
    /// It has read all of the history, and is registered.
    Live { listing: Listing, queue: Arc<Queue> },
    /// Nothing comes any more.
    Closed(CloseReason),
}

/// What a subscriber listens to and may read.
#[derive(Clone)]
pub(crate) struct Interest {
    pub(crate) matchers: Arc<[TopicMatcher]>,
    /// None without a token.
    pub(crate) subscribe_grants: Option<Arc<[TopicMatcher]>>,
    /// In which dialect it may be able to follow subscriptions; none if it cannot, or the hub does not announce any.
    pub(crate) watches: Option<Dialect>,
}

impl Interest {
    pub(crate) fn includes(&self, update: &Update) -> bool {
        let is_addressed = match update.audience() {
            Audience::Everyone => true,
            Audience::Watchers(dialect) => self.watches == Some(dialect),
            Audience::Nobody => false,
        };
        is_addressed
            && self
                .matchers
                .iter()
                .any(|matcher| matcher.matches_any(update.topics()))
            && authorization::may_receive(self.subscribe_grants.as_deref(), update).is_permitted()
    }

    /// The events that are of interest in a batch of the history.
    pub(crate) fn select(&self, batch: &[Arc<Update>]) -> VecDeque<Bytes> {
        let wanted = batch.iter().filter(|update| self.includes(update));
        wanted.map(|update| update.event().clone()).collect()
    }
}

/// Batches without anything of interest that one poll reads before it lets others run.
const BATCHES_A_POLL: usize = 4;

impl Subscriber {
    pub(crate) fn new(
        member: Member,
        replayed: VecDeque<Bytes>,
        phase: Phase,
        wants_all: bool,
    ) -> Self {
        Self {
            wants_all: wants_all && replayed.is_empty(),
            member,
            replayed,
            phase,
        }
    }

    /// The next event, in publication order, replayed ones first and then live ones, each once.
    ///
    /// Pending registers the waker of `cx`; only the last one is woken.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Next> {
        for _ in 0..BATCHES_A_POLL {
            if let Some(event) = self.replayed.pop_front() {
                if self.replayed.is_empty() {
                    // A live subscriber keeps no memory of its replay.
                    self.replayed = VecDeque::new();
                }
                return Poll::Ready(Next::Event(event));
            }
            if let Phase::Replaying { position } = self.phase {
                self.read_on(position);
            }
            match &mut self.phase {
                Phase::Closed(reason) if self.replayed.is_empty() => {
                    return Poll::Ready(Next::Closed(*reason));
                }
                Phase::Live { queue, .. } if self.replayed.is_empty() => {
                    return queue.poll_next(cx);
                }
                Phase::Reading(reading) => match ready!(Pin::new(reading).poll(cx)) {
                    Ok(Batch { updates, next }) => {
                        self.take(&updates, Phase::Replaying { position: next });
                    }
                    Err(error) => self.phase = Phase::Closed(error.into()),
                },
                Phase::Closed(_) | Phase::Live { .. } | Phase::Replaying { .. } => {}
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Reads the next batch of the history, or orders it.
    fn read_on(&mut self, position: Position) {
        let (hub, interest) = (self.member.hub(), self.member.interest());
        let (batch, phase) = hub.replay(interest, position, self.wants_all);
        self.take(&batch, phase);
    }

    /// Keeps what is of interest in a batch, and goes on from there.
    fn take(&mut self, batch: &[Arc<Update>], phase: Phase) {
        self.replayed = self.member.hub().select(self.member.interest(), batch);
        self.wants_all &= self.replayed.is_empty();
        self.phase = phase;
    }
}

impl Subscriber {
    /// Why the hub closed it, if it did by now; events from before that may still be handed out.
    pub fn closed(&self) -> Option<CloseReason> {
        match &self.phase {
            Phase::Closed(reason) => Some(*reason),
            Phase::Live { queue, .. } => queue.closed(),
            Phase::Replaying { .. } | Phase::Reading(_) => None,
        }
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        if let Phase::Live { listing, queue } = &self.phase {
            self.member.hub().lock().unregister(*listing, queue);
        }
    }
}

impl fmt::Debug for Subscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.phase {
            Phase::Replaying { .. } | Phase::Reading(_) => "Subscriber(replaying)",
            Phase::Live { .. } => "Subscriber(live)",
            Phase::Closed(_) => "Subscriber(closed)",
        })
    }
}
