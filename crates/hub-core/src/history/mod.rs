//! The one log of updates for both dialects.
//!
//! It has two halves. [`History::submit`] takes a batch and gives a ticket; the feed, [`History::next_committed`], hands
//! out what is committed, in the one order that holds for all, and answers the tickets. Only the feed drives the fan-out:
//! so a log that commits later (a disk after its sync, a network log when its consumer delivers) changes nothing for
//! subscribers, and none of them sees an update that is not in the log.
//!
//! Not here: who may read an update.

mod memory;

use std::sync::Arc;

use crate::event_id::{LastEventId, ResponseCursor};
use crate::update::Update;

pub use memory::MemoryHistory;

/// A place in the log: that of the next update to read. Later is larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub(crate) u64);

impl Position {
    pub(crate) fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// What [`History::submit`] gives for a batch, and the feed answers when the batch is committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ticket(pub(crate) u64);

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

/// Updates that were still to be read are not in the log any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the history has dropped the update at this position")]
pub struct Overrun;

/// A batch that the log cannot take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    /// The log cannot store it.
    #[error("the history cannot store the update: {0}")]
    Storage(String),
}

/// A log of updates. Reads see exactly what the feed has handed out.
pub trait History: Send {
    /// Takes a batch, which is committed as a whole.
    fn submit(&mut self, batch: Vec<Arc<Update>>) -> Result<Ticket, HistoryError>;

    /// The next committed update in order, each one once; none if the log has committed no more by now.
    fn next_committed(&mut self) -> Option<Committed>;

    /// Where a cursor points to: behind the oldest update with its id, or at the oldest update of all if there is none.
    /// replay.duplicate-id.earliest-wins, replay.response-field.earliest
    fn resume(&self, cursor: &LastEventId) -> Resumption;

    /// The position behind the newest update that the feed has handed out.
    fn end(&self) -> Position;

    /// Appends updates from `from` on to `batch`, up to the bounds of one read, and returns the position behind them.
    fn read(&self, from: Position, batch: &mut Vec<Arc<Update>>) -> Result<Position, Overrun>;
}
