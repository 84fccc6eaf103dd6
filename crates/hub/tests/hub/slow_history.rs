//! A history whose archive answers when the test lets it: what is published commits at once, what is resumed has to wait.

use std::sync::{Arc, Condvar, Mutex};
use std::task::Waker;

use assay_hub::history::{
    Archive, ArchiveError, Clock, History, HistoryBounds, HistoryError, MemoryHistory, Outcome,
    Overrun, Position, Read, Resumed, Resumption, Ticket,
};
use assay_hub_core::{LastEventId, Sign, Update};
use tokio::sync::watch;

use crate::support::soon;

/// The disk behind a [`SlowHistory`]. Clones are the same disk.
#[derive(Clone)]
pub(crate) struct SlowDisk(Arc<Shared>);

struct Shared {
    log: Mutex<MemoryHistory>,
    way: Mutex<Way>,
    changed: Condvar,
    /// Reads that are stuck.
    stuck: watch::Sender<usize>,
}

/// What becomes of a read.
#[derive(Clone, Copy)]
enum Way {
    Free,
    /// It is answered, if there are any left of these; else it is stuck.
    StuckAfter(usize),
    /// It panics, as an archive with a defect does.
    Defective,
}

/// See the module.
pub(crate) struct SlowHistory(SlowDisk);

impl SlowDisk {
    /// A history, and its disk, which is free.
    pub(crate) fn new() -> (SlowHistory, Self) {
        let clock = Clock::new(|| std::time::Duration::ZERO);
        let disk = Self(Arc::new(Shared {
            log: Mutex::new(MemoryHistory::new(HistoryBounds::MEMORY, clock)),
            way: Mutex::new(Way::Free),
            changed: Condvar::new(),
            stuck: watch::Sender::new(0),
        }));
        (SlowHistory(disk.clone()), disk)
    }

    /// Answers so many reads, and no more.
    pub(crate) fn stick_after(&self, reads: usize) {
        self.set(Way::StuckAfter(reads));
    }

    /// Answers all reads, those that are stuck too.
    pub(crate) fn release(&self) {
        self.set(Way::Free);
    }

    /// Panics at each read.
    pub(crate) fn break_down(&self) {
        self.set(Way::Defective);
    }

    fn set(&self, way: Way) {
        *self.0.way.lock().unwrap() = way;
        self.0.changed.notify_all();
    }

    /// Waits until so many reads are stuck.
    pub(crate) async fn has_stuck(&self, reads: usize) {
        let mut stuck = self.0.stuck.subscribe();
        soon(stuck.wait_for(|&now| now == reads)).await.unwrap();
    }

    /// Comes back when a read may go on.
    fn pass(&self) {
        let mut way = self.0.way.lock().unwrap();
        let mut is_stuck = false;
        loop {
            match &mut *way {
                Way::StuckAfter(0) => {
                    if !std::mem::replace(&mut is_stuck, true) {
                        self.0.stuck.send_modify(|reads| *reads += 1);
                    }
                    way = self.0.changed.wait(way).unwrap();
                    continue;
                }
                Way::StuckAfter(left) => *left -= 1,
                Way::Free => {}
                Way::Defective => {
                    drop(way);
                    panic!("a defect of the test");
                }
            }
            break;
        }
        drop(way);
        if is_stuck {
            self.0.stuck.send_modify(|reads| *reads -= 1);
        }
    }
}

impl History for SlowHistory {
    fn submit(&mut self, batch: Vec<Arc<Update>>) -> Result<Ticket, HistoryError> {
        self.0.0.log.lock().unwrap().submit(batch)
    }

    fn send_sign(&mut self, sign: Sign) {
        self.0.0.log.lock().unwrap().send_sign(sign);
    }

    fn next_outcome(&mut self) -> Option<Outcome> {
        self.0.0.log.lock().unwrap().next_outcome()
    }

    fn notify(&mut self, waker: Waker) {
        self.0.0.log.lock().unwrap().notify(waker);
    }

    fn resume(&mut self, _cursor: &LastEventId) -> Resumed {
        Resumed::Ask(Arc::new(self.0.clone()))
    }

    fn end(&self) -> Position {
        self.0.0.log.lock().unwrap().end()
    }

    fn read(&self, from: Position, _batch: &mut Vec<Arc<Update>>) -> Result<Read, Overrun> {
        Ok(if from == self.end() {
            Read::UpTo(from)
        } else {
            Read::Ask(Arc::new(self.0.clone()))
        })
    }
}

impl Archive for SlowDisk {
    fn resume(&self, cursor: &LastEventId, _end: Position) -> Result<Resumption, ArchiveError> {
        self.pass();
        match self.0.log.lock().unwrap().resume(cursor) {
            Resumed::At(resumption) => Ok(resumption),
            Resumed::Ask(_) => unreachable!("a history in memory has no archive"),
        }
    }

    fn read(
        &self,
        from: Position,
        end: Position,
        batch: &mut Vec<Arc<Update>>,
    ) -> Result<Position, ArchiveError> {
        self.pass();
        self.0.log.lock().unwrap().read(from, batch)?;
        let mut next = from;
        let mut kept = 0;
        while next < end && kept < batch.len() {
            next = next.next();
            kept += 1;
        }
        batch.truncate(kept);
        Ok(next)
    }
}
