//! A history that commits when it is told to, or refuses; all of it but the newest updates is in an archive.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::task::Waker;

use assay_hub_core::history::{
    Archive, ArchiveError, Committed, History, HistoryError, Outcome, Overrun, Position, Read,
    Resumed, Resumption, Ticket,
};
use assay_hub_core::{LastEventId, ResponseCursor, Sign, Update};

/// Updates that are in memory: fewer than a batch of the archive, so that a replay meets both.
const IN_MEMORY: usize = 2;
const ARCHIVE_BATCH: usize = 3;

/// The disk behind a [`LateHistory`].
#[derive(Clone, Default)]
pub(crate) struct LateDisk(Arc<Mutex<Disk>>);

#[derive(Default)]
struct Disk {
    kept: usize,
    waiting: VecDeque<Parcel>,
    /// With their positions, the oldest first; they are ahead of the feed.
    log: VecDeque<(Position, Arc<Update>)>,
    end: Option<Position>,
    outcomes: VecDeque<Outcome>,
    /// Reads of the archive.
    reads: usize,
    waker: Option<Waker>,
}

enum Parcel {
    Batch(Ticket, Vec<Arc<Update>>),
    Sign(Sign),
}

pub(crate) struct LateHistory {
    disk: LateDisk,
    submitted: Ticket,
    recent: VecDeque<(Position, Arc<Update>)>,
    end: Position,
}

impl LateDisk {
    /// A history that keeps so many updates, and its disk.
    pub(crate) fn new(kept: usize) -> (LateHistory, Self) {
        let disk = Self::default();
        disk.0.lock().unwrap().kept = kept;
        let history = LateHistory {
            disk: disk.clone(),
            submitted: Ticket::default(),
            recent: VecDeque::new(),
            end: Position::FIRST,
        };
        (history, disk)
    }

    /// Commits, or refuses, the oldest batch that waits, and tells the hub, unless that is put off.
    pub(crate) fn settle(&self, refusal: Option<HistoryError>, tells: bool) {
        let mut disk = self.0.lock().unwrap();
        match (disk.waiting.pop_front(), refusal) {
            (None, _) => return,
            (Some(Parcel::Sign(sign)), _) => disk.outcomes.push_back(Outcome::Sign(sign)),
            (Some(Parcel::Batch(ticket, _)), Some(error)) => {
                disk.outcomes.push_back(Outcome::Refused(ticket, error));
            }
            (Some(Parcel::Batch(ticket, updates)), None) => disk.commit(ticket, updates),
        }
        let waker = disk.waker.clone().filter(|_| tells);
        drop(disk);
        waker.into_iter().for_each(Waker::wake);
    }

    /// How often the archive was read.
    pub(crate) fn reads(&self) -> usize {
        self.0.lock().unwrap().reads
    }

    /// Whether a batch waits.
    pub(crate) fn waits(&self) -> bool {
        !self.0.lock().unwrap().waiting.is_empty()
    }

    pub(crate) fn tell(&self) {
        let waker = self.0.lock().unwrap().waker.clone();
        waker.into_iter().for_each(Waker::wake);
    }
}

impl Disk {
    fn commit(&mut self, ticket: Ticket, updates: Vec<Arc<Update>>) {
        let last = updates.len() - 1;
        for (index, update) in updates.into_iter().enumerate() {
            let position = self.end.unwrap_or(Position::FIRST);
            self.end = Some(position.next());
            self.log.push_back((position, Arc::clone(&update)));
            self.outcomes.push_back(Outcome::Committed(Committed {
                position,
                update,
                answers: (index == last).then_some(ticket),
            }));
        }
        while self.log.len() > self.kept {
            self.log.pop_front();
        }
    }
}

impl History for LateHistory {
    fn submit(&mut self, batch: Vec<Arc<Update>>) -> Result<Ticket, HistoryError> {
        self.submitted = self.submitted.next();
        let mut disk = self.disk.0.lock().unwrap();
        disk.waiting.push_back(Parcel::Batch(self.submitted, batch));
        Ok(self.submitted)
    }

    fn send_sign(&mut self, sign: Sign) {
        let mut disk = self.disk.0.lock().unwrap();
        disk.waiting.push_back(Parcel::Sign(sign));
    }

    fn next_outcome(&mut self) -> Option<Outcome> {
        let outcome = self.disk.0.lock().unwrap().outcomes.pop_front();
        if let Some(Outcome::Committed(committed)) = &outcome {
            assert_eq!(committed.position, self.end, "each one once, in order");
            self.end = self.end.next();
            let update = Arc::clone(&committed.update);
            self.recent.push_back((committed.position, update));
            if self.recent.len() > IN_MEMORY {
                self.recent.pop_front();
            }
        }
        outcome
    }

    fn notify(&mut self, waker: Waker) {
        self.disk.0.lock().unwrap().waker = Some(waker);
    }

    fn resume(&mut self, _cursor: &LastEventId) -> Resumed {
        Resumed::Ask(Arc::new(self.disk.clone()))
    }

    fn end(&self) -> Position {
        self.end
    }

    fn read(&self, from: Position, batch: &mut Vec<Arc<Update>>) -> Result<Read, Overrun> {
        let mut next = from;
        for (position, update) in &self.recent {
            if *position == next {
                batch.push(Arc::clone(update));
                next = next.next();
            }
        }
        Ok(if next == self.end {
            Read::UpTo(next)
        } else {
            Read::Ask(Arc::new(self.disk.clone()))
        })
    }
}

impl Archive for LateDisk {
    fn resume(&self, cursor: &LastEventId, end: Position) -> Result<Resumption, ArchiveError> {
        let mut disk = self.0.lock().unwrap();
        disk.reads += 1;
        let mut log = disk.log.iter().filter(|(position, _)| *position < end);
        let oldest = log.clone().next().map_or(end, |(position, _)| *position);
        let found = match cursor {
            LastEventId::Earliest => None,
            LastEventId::After(id) => log.find(|(_, update)| update.id().as_str() == &**id),
        };
        Ok(match found {
            Some((position, update)) => Resumption {
                position: position.next(),
                cursor: ResponseCursor::After(update.id().clone()),
            },
            None => Resumption {
                position: oldest,
                cursor: ResponseCursor::Earliest,
            },
        })
    }

    fn read(
        &self,
        from: Position,
        end: Position,
        batch: &mut Vec<Arc<Update>>,
    ) -> Result<Position, ArchiveError> {
        let mut disk = self.0.lock().unwrap();
        disk.reads += 1;
        let mut next = from;
        for (position, update) in disk.log.iter().filter(|(position, _)| *position < end) {
            if *position == next && batch.len() < ARCHIVE_BATCH {
                batch.push(Arc::clone(update));
                next = next.next();
            }
        }
        if next == from && from < end {
            return Err(Overrun.into());
        }
        Ok(next)
    }
}
