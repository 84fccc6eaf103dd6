//! The one log of updates for both dialects.
//!
//! It has two halves. [`History::submit`] takes a batch and gives a ticket; the feed, [`History::next_outcome`], hands
//! out what is committed, in the one order that holds for all, and answers the tickets. Only the feed drives the fan-out:
//! so a log that commits later (a disk after its sync, a network log when its consumer delivers) changes nothing for
//! subscribers, and none of them sees an update that is not in the log.
//!
//! The hub calls a [`History`] under the lock of its state, which is why nothing of it may wait for a disk or a peer. What
//! is not in memory is asked of an [`Archive`], without that lock, by who can wait for it: see [`ReadOrder`].
//!
//! # What a log on a server has to promise
//!
//! A history that other nodes share (on NATS `JetStream`, say) is one more implementation of these two traits. What holds
//! for the log on the server, and what the implementation has to do about it:
//!
//! - **Order.** All nodes see one order, and [`Position`] is the place in it: rising by one from update to update, the same
//!   on every node and after a restart. A batch is there as a whole, without another's updates in between. A node's own
//!   batches keep the order in which they were submitted.
//! - **Idempotence.** A batch whose acknowledgement was lost is sent again under an identifier of its own, by which the server
//!   drops the repeat. That identifier must not be the event id: publishers may use one again, and each use is an update.
//!   What the consumer delivers twice is dropped by its position.
//! - **Answers.** Each ticket is answered once. *Committed* comes from the consumer, in its order, and not from the
//!   acknowledgement: whoever got an answer finds the update in the log of every node. *Refused* means that the batch is not
//!   in the log and never will be. Where a time-out leaves that open, the ticket waits until the log tells; or the batch is
//!   sent with the position that it expects, so that a late copy of it cannot be stored.
//! - **Partition.** A node that is cut off refuses what is submitted, at once or when a bound of waiting batches is reached.
//!   Its feed stands still, and its subscribers stay: they are late, and never wrong. Cursors are answered from what the node
//!   has, or with [`ArchiveError::Unavailable`]. When it is back, the feed goes on at the very next position. If the server
//!   has forgotten that one, the node must close all its subscribers rather than go on behind a gap.
//! - **Signs.** A sign ([`History::send_sign`]) comes back as what is published does: by the server, and by the consumer, which
//!   drops it from the log. One that is lost on the way is not sent again, since that is what it is there to tell.
//! - **Reads.** They end where the feed of this node ends, however far the log is ahead.
//!
//! Not here: who may read an update.

mod bounds;
mod memory;
mod order;
mod redb;

use std::sync::Arc;
use std::task::Waker;

use crate::event_id::{LastEventId, ResponseCursor};
use crate::sign::Sign;
use crate::update::Update;

pub use self::redb::{OpenError, RedbHistory};
pub use bounds::{Clock, HistoryBounds};
pub use memory::MemoryHistory;
pub(crate) use order::{Orders, ReadError, Reading};
pub use order::{ReadAtOnce, ReadOrder, Readers};

/// A place in the log: that of the next update to read. Later is larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub(crate) u64);

impl Position {
    /// The place of the first update of a log.
    pub const FIRST: Self = Self(1);

    /// The place behind this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The place before this one; none before the first.
    pub(crate) fn previous(self) -> Option<Self> {
        (self > Self::FIRST).then(|| Self(self.0 - 1))
    }
}

/// What [`History::submit`] gives for a batch, and the feed answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ticket(u64);

impl Ticket {
    /// The ticket after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// What the feed hands out.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// An update is in the log.
    Committed(Committed),
    /// A batch is not in the log, and nothing of it will be.
    Refused(Ticket, HistoryError),
    /// What was submitted before this sign has been answered, and the log still moves.
    Sign(Sign),
}

/// One committed update.
#[derive(Clone, Debug)]
pub struct Committed {
    /// Its place in the log.
    pub position: Position,
    /// The update.
    pub update: Arc<Update>,
    /// The ticket of the batch that this update completes.
    pub answers: Option<Ticket>,
}

/// Where a subscriber resumes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resumption {
    /// The first update to replay.
    pub position: Position,
    /// What the response says about it.
    pub cursor: ResponseCursor,
}

/// What a log says to a cursor.
#[derive(Clone)]
pub enum Resumed {
    /// It knows.
    At(Resumption),
    /// The archive knows; it is to be asked without a lock.
    Ask(Arc<dyn Archive>),
}

/// What a read of the log came to.
#[derive(Clone)]
pub enum Read {
    /// Updates up to this position.
    UpTo(Position),
    /// Nothing: they are in the archive, which is to be asked without a lock.
    Ask(Arc<dyn Archive>),
}

/// Updates that were still to be read are not in the log any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the history has dropped the update at this position")]
pub struct Overrun;

/// What the archive could not do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// See [`Overrun`].
    #[error(transparent)]
    Overrun(#[from] Overrun),
    /// It cannot be read now.
    #[error("the history cannot be read: {0}")]
    Unavailable(String),
}

/// A batch that the log cannot take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    /// More waits to be stored than may wait.
    #[error("too many updates wait to be stored")]
    Busy,
    /// There is no room to store it.
    #[error("no space left to store the update: {0}")]
    NoSpace(String),
    /// It cannot be stored for another reason.
    #[error("the history cannot store the update: {0}")]
    Storage(String),
}

/// How much a log keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Updates.
    pub updates: u64,
    /// Bytes that count against its bound.
    pub size_bytes: u64,
    /// The age of the oldest of them, in milliseconds; 0 if there is none.
    pub oldest_age_ms: u64,
}

/// A log of updates; see the [module](self) for its two halves. Nothing here waits for a disk or a peer.
pub trait History: Send {
    /// Takes a batch, which is not empty and is committed as a whole.
    fn submit(&mut self, batch: Vec<Arc<Update>>) -> Result<Ticket, HistoryError>;

    /// Takes a sign. It goes the way of a batch, through whatever threads and queues that has, and comes out of the feed behind
    /// all that was submitted before it, also where that is refused. It is not in the log, and takes no position.
    fn send_sign(&mut self, sign: Sign);

    /// What comes next out of the log: its updates in order, each one once, and the answer of each ticket; none if there is no
    /// more by now.
    fn next_outcome(&mut self) -> Option<Outcome>;

    /// Whom to wake when an outcome comes later than the call that caused it: on any thread, but not within a call to this
    /// history. Called once, before anything else. A log that commits at once wakes nobody.
    fn notify(&mut self, waker: Waker) {
        drop(waker);
    }

    /// Where a cursor points to: behind the oldest update with its id, or at the oldest update of all if there is none.
    /// replay.duplicate-id.earliest-wins, replay.response-field.earliest
    fn resume(&mut self, cursor: &LastEventId) -> Resumed;

    /// The position behind the newest update that the feed has handed out.
    fn end(&self) -> Position;

    /// Appends updates from `from` on to `batch`, up to the bounds of one read and to [`Self::end`].
    fn read(&self, from: Position, batch: &mut Vec<Arc<Update>>) -> Result<Read, Overrun>;

    /// How much it keeps now; none if it cannot tell at once.
    fn extent(&self) -> Option<Extent> {
        None
    }
}

/// The part of a log that is not in memory. Calls may wait for a disk or a peer.
pub trait Archive: Send + Sync {
    /// See [`History::resume`]; as if the log ended before `end`.
    fn resume(&self, cursor: &LastEventId, end: Position) -> Result<Resumption, ArchiveError>;

    /// Appends updates from `from` on to `batch`, up to the bounds of one read and to the one before `end`, and returns the
    /// position behind them.
    fn read(
        &self,
        from: Position,
        end: Position,
        batch: &mut Vec<Arc<Update>>,
    ) -> Result<Position, ArchiveError>;
}
