//! How a subscriber gets from its cursor to what is live: by the history, in memory under the lock of the hub, or by its
//! archive without it. The step to live is always made in memory, under the lock: nothing comes between.

use std::collections::VecDeque;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, MutexGuard};

use bytes::Bytes;

use super::{HubSettings, Shared, State, SubscribeError};
use crate::event_id::{LastEventId, ResponseCursor};
use crate::history::{Archive, ArchiveError, Overrun, Position, Read, Resumed, Resumption};
use crate::limits::RESUME_ATTEMPTS;
use crate::subscriber::{CloseReason, Interest, Phase};
use crate::update::Update;

/// A batch of the history, and what follows it.
pub(crate) type Replayed = (Vec<Arc<Update>>, Phase);

/// What came of reading on under the lock.
pub(super) enum Replay {
    Read(Replayed),
    /// Ask for what is there up to this position.
    Ask(Arc<dyn Archive>, Position),
}

impl Shared {
    /// Reads on for a subscriber that has read the history up to `position`.
    pub(crate) fn replay(&self, interest: &Interest, position: Position) -> Replayed {
        let read = self.lock().replay(interest, position, &self.settings);
        complete(read, position)
    }

    /// See [`Self::replay`], for one that is to get all that is kept and has got nothing yet; as [`Self::read_earliest`].
    pub(crate) fn replay_earliest(&self, interest: &Interest, mut from: Position) -> Replayed {
        for _ in 1..RESUME_ATTEMPTS {
            let replayed = self.replay(interest, from);
            if !matches!(replayed.1, Phase::Closed(CloseReason::ReplayOverrun)) {
                return replayed;
            }
            from = match self.resume(&LastEventId::Earliest) {
                Ok(resumption) => resumption.position,
                Err(error) => return (Vec::new(), Phase::Closed(error.into())),
            };
        }
        self.replay(interest, from)
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
        cursor: &LastEventId,
        interest: &Interest,
    ) -> Result<(Replayed, Option<ResponseCursor>), SubscribeError> {
        let (resumption, replayed) = match state.resume(interest, cursor) {
            Resumed::At(resumption) => {
                let read = state.replay(interest, resumption.position, &self.settings);
                drop(state);
                let replayed = complete(read, resumption.position);
                (resumption, replayed)
            }
            Resumed::Ask(archive) => {
                drop(state);
                self.resume_from(&*archive, cursor, interest)?
            }
        };
        Ok((replayed, Some(resumption.cursor)))
    }

    /// Resumes in the archive, and reads the first batch. What is forgotten in between is not what the cursor stands for any
    /// more: it is looked up again.
    fn resume_from(
        &self,
        archive: &dyn Archive,
        cursor: &LastEventId,
        interest: &Interest,
    ) -> Result<(Resumption, Replayed), SubscribeError> {
        let mut attempts = RESUME_ATTEMPTS;
        loop {
            attempts -= 1;
            let end = self.lock().end();
            let mut resumption = archive.resume(cursor, end)?;
            if self.lock().is_missing(interest, resumption.position) {
                resumption = archive.resume(&LastEventId::Earliest, end)?;
            }
            let replayed = self.replay(interest, resumption.position);
            let is_overtaken = matches!(replayed.1, Phase::Closed(CloseReason::ReplayOverrun));
            if !is_overtaken || attempts == 0 {
                return Ok((resumption, replayed));
            }
        }
    }

    /// Where a subscriber of a lane resumes, unless [`State::is_missing`] says that it cannot from there.
    pub(crate) fn resume(&self, cursor: &LastEventId) -> Result<Resumption, ArchiveError> {
        let mut state = self.lock();
        let end = state.end();
        let resumed = state.history.resume(cursor);
        drop(state);
        match resumed {
            Resumed::At(resumption) => Ok(resumption),
            Resumed::Ask(archive) => archive.resume(cursor, end),
        }
    }

    /// Reads on for a subscriber of a lane. Whether that was all, and the position behind what was read.
    pub(crate) fn read(
        &self,
        from: Position,
        batch: &mut Vec<Arc<Update>>,
    ) -> Result<(bool, Position), ArchiveError> {
        let (read, end) = {
            let state = self.lock();
            (state.history.read(from, batch)?, state.history.end())
        };
        match read {
            Read::UpTo(position) => Ok((position == end, position)),
            // What was published meanwhile is for the next read, which finds it in memory.
            Read::Ask(archive) => Ok((false, archive.read(from, end, batch)?)),
        }
    }

    /// Reads on for one that is to get all that is kept, and has got nothing yet: from the oldest that there is now, where what
    /// it was at is forgotten. A full history forgets one with each publication.
    pub(crate) fn read_earliest(
        &self,
        mut from: Position,
        batch: &mut Vec<Arc<Update>>,
    ) -> Result<(bool, Position), ArchiveError> {
        for _ in 1..RESUME_ATTEMPTS {
            match self.read(from, batch) {
                Err(ArchiveError::Overrun(_)) => {
                    from = self.resume(&LastEventId::Earliest)?.position;
                }
                read => return read,
            }
        }
        self.read(from, batch)
    }
}

/// Asks the archive for what a replay did not find in memory. Not under the lock: it may wait for a disk.
pub(super) fn complete(read: Replay, from: Position) -> Replayed {
    let (archive, end) = match read {
        Replay::Read(replayed) => return replayed,
        Replay::Ask(archive, end) => (archive, end),
    };
    let mut batch = Vec::new();
    let phase = match archive.read(from, end, &mut batch) {
        Ok(position) => Phase::Replaying { position },
        Err(error) => Phase::Closed(error.into()),
    };
    (batch, phase)
}

impl State {
    /// Where a subscriber resumes: at the beginning if it may have to read what was left out of the log.
    fn resume(&mut self, interest: &Interest, cursor: &LastEventId) -> Resumed {
        let resumed = self.history.resume(cursor);
        match &resumed {
            Resumed::At(resumption) if self.is_missing(interest, resumption.position) => {
                self.history.resume(&LastEventId::Earliest)
            }
            Resumed::At(_) | Resumed::Ask(_) => resumed,
        }
    }

    /// A batch from `position` on, and what follows it: the rest of the history, or live updates if that was all of it.
    pub(super) fn replay(
        &mut self,
        interest: &Interest,
        position: Position,
        settings: &HubSettings,
    ) -> Replay {
        let mut batch = Vec::new();
        if let Some(reason) = self.closed {
            return Replay::Read((batch, Phase::Closed(reason)));
        }
        let end = self.history.end();
        let phase = match self.history.read(position, &mut batch) {
            Err(Overrun) => Phase::Closed(CloseReason::ReplayOverrun),
            Ok(Read::UpTo(behind)) if behind == end => self.register(interest, settings),
            Ok(Read::UpTo(position)) => Phase::Replaying { position },
            Ok(Read::Ask(archive)) => return Replay::Ask(archive, end),
        };
        Replay::Read((batch, phase))
    }
}
