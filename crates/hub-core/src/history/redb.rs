//! A durable history: a redb file with an index by event id, and the newest updates in memory.
//!
//! What is submitted waits for a thread that commits (see `committer`); reads of what is not in memory any more go to the file
//! beside it. The file is bounded by count, bytes and age: what is forgotten leaves it in the transactions that store, and its
//! room is used again.

mod committer;
mod draft;
mod open;
mod recent;
mod record;
mod store;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::task::Waker;
use std::thread::{self, JoinHandle};

use super::bounds::Ages;
use super::{
    Archive, Clock, Extent, History, HistoryBounds, HistoryError, Outcome, Overrun, Position, Read,
    Resumed, Ticket,
};
use crate::event_id::LastEventId;
use crate::sign::Sign;
use crate::update::Update;

use committer::{Committer, Desk};
pub use open::OpenError;
use recent::Recent;
use store::Store;
use writer::Writer;

/// The log of a hub that remembers across restarts. Dropping it commits what waits, and closes the file.
#[derive(Debug)]
pub struct RedbHistory {
    desk: Arc<Desk>,
    store: Arc<Store>,
    recent: Recent,
    submitted: Ticket,
    ages: Ages,
    committer: Option<JoinHandle<()>>,
}

impl RedbHistory {
    /// Opens the history in the file `path`, or makes it; what is beyond the bounds is forgotten. Reads all of the file, to know
    /// that it is whole. The folder has to be there.
    pub fn open(path: &Path, bounds: HistoryBounds, clock: Clock) -> Result<Self, OpenError> {
        let ages = Ages::new(bounds.age, clock.clone());
        let writer = Writer::open(path, bounds, clock)?;
        let desk = Arc::<Desk>::default();
        let (store, end) = (Arc::clone(writer.store()), writer.end());
        let committer = Committer::new(Arc::clone(&desk), writer, bounds.age);
        let committer = thread::Builder::new()
            .name("history".to_owned())
            .spawn(move || committer.run())
            .map_err(|error| OpenError::Io {
                path: path.to_path_buf(),
                reason: error.to_string(),
            })?;
        Ok(Self {
            desk,
            store,
            recent: Recent::new(end),
            submitted: Ticket::default(),
            ages,
            committer: Some(committer),
        })
    }

    fn archive(&self) -> Arc<dyn Archive> {
        Arc::clone(&self.store) as Arc<dyn Archive>
    }
}

impl History for RedbHistory {
    fn submit(&mut self, batch: Vec<Arc<Update>>) -> Result<Ticket, HistoryError> {
        let ticket = self.submitted.next();
        self.desk.leave(ticket, batch)?;
        self.submitted = ticket;
        Ok(ticket)
    }

    /// It is in no transaction: a disk that is full is no way that is blocked, and is not written to for a sign.
    fn send_sign(&mut self, sign: Sign) {
        self.desk.leave_sign(sign);
    }

    fn next_outcome(&mut self) -> Option<Outcome> {
        let outcome = self.desk.pick_up();
        if let Some(Outcome::Committed(committed)) = &outcome {
            self.recent.push(&committed.update);
        }
        outcome
    }

    fn notify(&mut self, waker: Waker) {
        self.desk.set_waker(waker);
    }

    /// Always from the file: an older use of the id may be there.
    fn resume(&mut self, _cursor: &LastEventId) -> Resumed {
        Resumed::Ask(self.archive())
    }

    fn end(&self) -> Position {
        self.recent.end()
    }

    fn read(&self, from: Position, batch: &mut Vec<Arc<Update>>) -> Result<Read, Overrun> {
        Ok(match self.recent.read(from, batch) {
            Some(next) => Read::UpTo(next),
            None => Read::Ask(self.archive()),
        })
    }

    fn extent(&self) -> Option<Extent> {
        let kept = self.desk.kept();
        Some(Extent {
            updates: kept.updates,
            size_bytes: kept.size_bytes,
            oldest_age_ms: match kept.updates {
                0 => 0,
                _ => self.ages.age_ms(kept.oldest_ms),
            },
        })
    }
}

impl Drop for RedbHistory {
    fn drop(&mut self) {
        self.desk.close();
        let Some(committer) = self.committer.take() else {
            return;
        };
        // The last owner of a hub may be the committer itself, while it hands something out: then it ends when it is back.
        if committer.thread().id() != thread::current().id() {
            // An error is a panic of the committer, which has nothing more to say.
            let _ = committer.join();
        }
    }
}
