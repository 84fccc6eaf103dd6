//! How a subscriber gets from its cursor to what is live: by the history, in memory under the lock of the hub, or by orders to
//! read its archive without it. The step to live is always made in memory, under the lock: nothing comes between.

use std::collections::VecDeque;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, MutexGuard};

use bytes::Bytes;

use super::{HubSettings, Shared, State, SubscribeError};
use crate::event_id::{LastEventId, ResponseCursor};
use crate::history::{
    Archive, ArchiveError, Overrun, Position, Read, Reading, Resumed, Resumption,
};
use crate::limits::RESUME_ATTEMPTS;
use crate::subscriber::{CloseReason, Interest, Phase};
use crate::update::Update;

/// A batch of the history, and what follows it.
pub(crate) type Replayed = (Vec<Arc<Update>>, Phase);

/// What came of letting a subscriber in.
pub(super) enum Began {
    /// It goes on from here, after the cursor for its response, if it asked with one.
    Read(Replayed, Option<ResponseCursor>),
    /// Its cursor has to be looked up in the archive.
    LookUp(Arc<dyn Archive>, LastEventId),
}

/// Where a cursor points to.
#[derive(Debug)]
pub(crate) struct Found {
    at: Resumption,
    /// Where all that is kept begins, for who may have to read what was left out of the log.
    earliest: Option<Resumption>,
}

/// What an order read.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) updates: Vec<Arc<Update>>,
    /// The position behind them.
    pub(crate) next: Position,
}

/// What came of reading on for a subscriber of a lane.
pub(crate) enum ReadOn {
    /// A batch, and whether that was all.
    Batch(Batch, bool),
    /// It is ordered.
    Ordered(Reading<Batch>),
}

/// What came of reading on under the lock.
enum Replay {
    Read(Replayed),
    /// Ask for what is there up to this position.
    Ask(Arc<dyn Archive>, Position),
}

impl Shared {
    /// Reads on for a subscriber that has read the history up to `position`. One that is to get all that is kept and has got
    /// nothing yet (`from_earliest`) goes on from the oldest where that position is forgotten: a full history forgets one
    /// update with each publication.
    pub(crate) fn replay(
        &self,
        interest: &Interest,
        position: Position,
        from_earliest: bool,
    ) -> Replayed {
        self.replay_under(self.lock(), interest, position, from_earliest)
    }

    /// The same with the lock, which it lets go before anything is ordered.
    fn replay_under(
        &self,
        mut state: MutexGuard<'_, State>,
        interest: &Interest,
        position: Position,
        from_earliest: bool,
    ) -> Replayed {
        let replay = state.replay(interest, position, from_earliest, &self.settings);
        drop(state);
        match replay {
            Replay::Read(replayed) => replayed,
            Replay::Ask(archive, end) => {
                let reading = self.order_batch(archive, position, end, from_earliest);
                (Vec::new(), Phase::Reading(reading))
            }
        }
    }

    /// The events of a batch of the history for a subscriber, which count as replayed.
    pub(crate) fn select(&self, interest: &Interest, batch: &[Arc<Update>]) -> VecDeque<Bytes> {
        let selected = interest.select(batch);
        self.replayed.fetch_add(selected.len() as u64, Relaxed);
        selected
    }

    /// Resumes at a cursor, and reads the first batch at once: publications before the first poll cannot push its beginning
    /// out.
    pub(super) fn resume_at(
        &self,
        mut state: MutexGuard<'_, State>,
        cursor: LastEventId,
        interest: &Interest,
    ) -> Began {
        let Resumption {
            position,
            cursor: answered,
        } = match state.resume(interest, &cursor) {
            Resumed::At(resumption) => resumption,
            Resumed::Ask(archive) => return Began::LookUp(archive, cursor),
        };
        let from_earliest = answered == ResponseCursor::Earliest;
        let replayed = self.replay_under(state, interest, position, from_earliest);
        Began::Read(replayed, Some(answered))
    }

    /// Resumes in the archive, and reads the first batch. What is forgotten in between is not what the cursor stands for any
    /// more: it is looked up again.
    pub(super) async fn resume_from(
        &self,
        archive: Arc<dyn Archive>,
        cursor: LastEventId,
        interest: &Interest,
    ) -> Result<(Replayed, ResponseCursor), SubscribeError> {
        let mut attempts = RESUME_ATTEMPTS;
        loop {
            attempts -= 1;
            let looking = self.order_look_up(Arc::clone(&archive), cursor.clone(), interest)?;
            let found = looking.await?;
            let Resumption {
                position,
                cursor: answered,
            } = self.lock().place(found, interest);
            let from_earliest = answered == ResponseCursor::Earliest;
            let replayed = match self.replay(interest, position, from_earliest) {
                (_, Phase::Reading(reading)) => read_by(reading).await,
                replayed => replayed,
            };
            let is_overtaken = matches!(replayed.1, Phase::Closed(CloseReason::ReplayOverrun));
            if !is_overtaken || attempts == 0 {
                return Ok((replayed, answered));
            }
        }
    }

    /// Where a cursor points to for who is about to join a lane: for [`State::place`].
    pub(crate) async fn look_up(
        &self,
        cursor: &LastEventId,
        interest: &Interest,
    ) -> Result<Found, SubscribeError> {
        let resumed = self.lock().look_up(cursor, interest);
        match resumed {
            Ok(found) => Ok(found),
            Err(archive) => {
                let looking = self.order_look_up(archive, cursor.clone(), interest)?;
                Ok(looking.await?)
            }
        }
    }

    /// Reads on for a subscriber of a lane; `from_earliest` as for [`Self::replay`].
    pub(crate) fn read(&self, from: Position, from_earliest: bool) -> Result<ReadOn, CloseReason> {
        let mut updates = Vec::new();
        let mut state = self.lock();
        let read = state.read(from, from_earliest, &mut updates);
        let end = state.history.end();
        drop(state);
        Ok(match read.map_err(ArchiveError::from)? {
            Read::UpTo(next) => ReadOn::Batch(Batch { updates, next }, next == end),
            // What is published meanwhile is for the next read, which finds it in memory.
            Read::Ask(archive) => {
                ReadOn::Ordered(self.order_batch(archive, from, end, from_earliest))
            }
        })
    }

    /// Orders a look at where a cursor points to, unless too much is ordered already.
    fn order_look_up(
        &self,
        archive: Arc<dyn Archive>,
        cursor: LastEventId,
        interest: &Interest,
    ) -> Result<Reading<Found>, SubscribeError> {
        let limit = self.settings.read_orders;
        if self.orders.count() >= limit {
            return Err(SubscribeError::HistoryBusy { limit });
        }
        let end = self.lock().end();
        let may_miss = interest.watches.is_some();
        let look_up = move |archive: &dyn Archive| {
            let earliest = || archive.resume(&LastEventId::Earliest, end);
            Ok(Found {
                at: archive.resume(&cursor, end)?,
                earliest: may_miss.then(earliest).transpose()?,
            })
        };
        Ok(self.orders.place(archive, look_up))
    }

    fn order_batch(
        &self,
        archive: Arc<dyn Archive>,
        from: Position,
        end: Position,
        from_earliest: bool,
    ) -> Reading<Batch> {
        self.orders.place(archive, move |archive| {
            read_batch(archive, from, end, from_earliest)
        })
    }
}

/// The batch of an order, and what follows it.
async fn read_by(reading: Reading<Batch>) -> Replayed {
    match reading.await {
        Ok(Batch { updates, next }) => (updates, Phase::Replaying { position: next }),
        Err(error) => (Vec::new(), Phase::Closed(error.into())),
    }
}

/// Reads a batch of the archive: what an order does.
fn read_batch(
    archive: &dyn Archive,
    mut from: Position,
    end: Position,
    from_earliest: bool,
) -> Result<Batch, ArchiveError> {
    let mut updates = Vec::new();
    let mut attempts = RESUME_ATTEMPTS;
    loop {
        attempts -= 1;
        match archive.read(from, end, &mut updates) {
            Err(ArchiveError::Overrun(_)) if from_earliest && attempts > 0 => {
                from = archive.resume(&LastEventId::Earliest, end)?.position;
            }
            read => {
                let next = read?;
                return Ok(Batch { updates, next });
            }
        }
    }
}

impl State {
    /// Where a subscriber resumes: at the beginning if it may have to read what was left out of the log.
    fn resume(&mut self, interest: &Interest, cursor: &LastEventId) -> Resumed {
        match self.look_up(cursor, interest) {
            Ok(found) => Resumed::At(self.place(found, interest)),
            Err(archive) => Resumed::Ask(archive),
        }
    }

    /// Where a cursor points to, if that is known in memory; else whom to ask.
    fn look_up(
        &mut self,
        cursor: &LastEventId,
        interest: &Interest,
    ) -> Result<Found, Arc<dyn Archive>> {
        let at = match self.history.resume(cursor) {
            Resumed::At(at) => at,
            Resumed::Ask(archive) => return Err(archive),
        };
        let earliest = match interest.watches {
            None => None,
            Some(_) => match self.history.resume(&LastEventId::Earliest) {
                Resumed::At(earliest) => Some(earliest),
                Resumed::Ask(archive) => return Err(archive),
            },
        };
        Ok(Found { at, earliest })
    }

    /// Where a subscriber that has been let in resumes: at the beginning if it may have to read what was left out of the log.
    pub(crate) fn place(&self, found: Found, interest: &Interest) -> Resumption {
        match found.earliest {
            Some(earliest) if self.is_missing(interest, found.at.position) => earliest,
            _ => found.at,
        }
    }

    /// A batch from `from` on; from the oldest for one that is to get all that is kept, where it was at is forgotten.
    fn read(
        &mut self,
        from: Position,
        from_earliest: bool,
        batch: &mut Vec<Arc<Update>>,
    ) -> Result<Read, Overrun> {
        match self.history.read(from, batch) {
            Err(Overrun) if from_earliest => match self.history.resume(&LastEventId::Earliest) {
                Resumed::At(oldest) => self.history.read(oldest.position, batch),
                Resumed::Ask(archive) => Ok(Read::Ask(archive)),
            },
            read => read,
        }
    }

    /// A batch from `position` on, and what follows it: the rest of the history, or live updates if that was all of it.
    fn replay(
        &mut self,
        interest: &Interest,
        position: Position,
        from_earliest: bool,
        settings: &HubSettings,
    ) -> Replay {
        let mut batch = Vec::new();
        if let Some(reason) = self.closed {
            return Replay::Read((batch, Phase::Closed(reason)));
        }
        let end = self.history.end();
        let phase = match self.read(position, from_earliest, &mut batch) {
            Err(Overrun) => Phase::Closed(CloseReason::ReplayOverrun),
            Ok(Read::UpTo(behind)) if behind == end => self.register(interest, settings),
            Ok(Read::UpTo(position)) => Phase::Replaying { position },
            Ok(Read::Ask(archive)) => return Replay::Ask(archive, end),
        };
        Replay::Read((batch, phase))
    }
}
