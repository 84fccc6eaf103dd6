//! The thread that commits: it takes all that waits, stores it with one sync of the disk, and only then lets the feed have it.
//! So publishers that come together share the sync, and none of them waits for more than two.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

use super::writer::{Kept, Writer};
use crate::history::{Committed, HistoryError, Outcome, Position, Ticket};
use crate::limits::{
    AGE_CHECKS, LONGEST_AGE_CHECK, SHORTEST_AGE_CHECK, TRANSACTION_BYTES, TRANSACTION_UPDATES,
    UNSTORED_BYTES, UNSTORED_UPDATES, WRITE_REST,
};
use crate::sign::Sign;
use crate::update::Update;

/// What the history and its committer share.
#[derive(Debug, Default)]
pub(super) struct Desk {
    inbox: Mutex<Inbox>,
    arrived: Condvar,
    outcomes: Mutex<VecDeque<Outcome>>,
    waker: Mutex<Option<Waker>>,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Inbox {
    parcels: VecDeque<Parcel>,
    updates: usize,
    size_bytes: usize,
    is_closed: bool,
}

/// What is left for the committer.
#[derive(Debug)]
enum Parcel {
    Batch {
        ticket: Ticket,
        updates: Vec<Arc<Update>>,
    },
    Sign(Sign),
}

impl Parcel {
    fn updates(&self) -> &[Arc<Update>] {
        match self {
            Self::Batch { updates, .. } => updates,
            Self::Sign(_) => &[],
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing in this module panics between two states that belong together.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn bytes_of(updates: &[Arc<Update>]) -> usize {
    updates.iter().map(|update| update.size_bytes()).sum()
}

impl Desk {
    /// Leaves a batch for the committer.
    pub(super) fn leave(
        &self,
        ticket: Ticket,
        updates: Vec<Arc<Update>>,
    ) -> Result<(), HistoryError> {
        let mut inbox = lock(&self.inbox);
        if inbox.updates >= UNSTORED_UPDATES || inbox.size_bytes >= UNSTORED_BYTES {
            return Err(HistoryError::Busy);
        }
        inbox.updates += updates.len();
        inbox.size_bytes += bytes_of(&updates);
        inbox.parcels.push_back(Parcel::Batch { ticket, updates });
        drop(inbox);
        self.arrived.notify_one();
        Ok(())
    }

    /// Leaves a sign for the committer.
    pub(super) fn leave_sign(&self, sign: Sign) {
        lock(&self.inbox).parcels.push_back(Parcel::Sign(sign));
        self.arrived.notify_one();
    }

    /// The next outcome.
    pub(super) fn pick_up(&self) -> Option<Outcome> {
        lock(&self.outcomes).pop_front()
    }

    /// Whom to wake when there is one.
    pub(super) fn set_waker(&self, waker: Waker) {
        *lock(&self.waker) = Some(waker);
    }

    /// What the file keeps since the last write.
    pub(super) fn kept(&self) -> Kept {
        *lock(&self.kept)
    }

    /// No batch comes any more.
    pub(super) fn close(&self) {
        lock(&self.inbox).is_closed = true;
        self.arrived.notify_one();
    }

    fn hand_out(&self, outcomes: impl Iterator<Item = Outcome>) {
        lock(&self.outcomes).extend(outcomes);
        // Not woken under the lock: it takes the outcomes.
        let waker = lock(&self.waker).clone();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// What waits, as much as goes into one transaction, at least one batch; or nothing, after `at_most` or at the end.
    fn take(&self, at_most: Option<Duration>) -> Taken {
        let mut inbox = lock(&self.inbox);
        while inbox.parcels.is_empty() && !inbox.is_closed {
            inbox = match at_most {
                None => self
                    .arrived
                    .wait(inbox)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(at_most) => {
                    let (inbox, waited) = self
                        .arrived
                        .wait_timeout(inbox, at_most)
                        .unwrap_or_else(PoisonError::into_inner);
                    if waited.timed_out() && inbox.parcels.is_empty() {
                        return Taken::Nothing;
                    }
                    inbox
                }
            };
        }
        match inbox.take_group() {
            group if group.is_empty() => Taken::End,
            group => Taken::Group(group),
        }
    }
}

enum Taken {
    Group(Vec<Parcel>),
    Nothing,
    End,
}

impl Inbox {
    fn take_group(&mut self) -> Vec<Parcel> {
        if self.updates <= TRANSACTION_UPDATES && self.size_bytes <= TRANSACTION_BYTES {
            self.updates = 0;
            self.size_bytes = 0;
            return mem::take(&mut self.parcels).into();
        }
        let (mut group, mut updates, mut size_bytes) = (Vec::new(), 0, 0);
        while updates < TRANSACTION_UPDATES
            && size_bytes < TRANSACTION_BYTES
            && let Some(parcel) = self.parcels.pop_front()
        {
            updates += parcel.updates().len();
            size_bytes += bytes_of(parcel.updates());
            group.push(parcel);
        }
        self.updates -= updates;
        self.size_bytes -= size_bytes;
        group
    }
}

/// The committer, until its desk is closed and all that waited is answered.
pub(super) struct Committer {
    desk: Arc<Desk>,
    writer: Writer,
    /// Between two looks for what is too old, if age is bounded.
    age_check: Option<Duration>,
    failed: Option<Failure>,
}

/// The last write failed.
struct Failure {
    error: HistoryError,
    rest_until: Instant,
    /// The file could not be opened again by now.
    is_away: bool,
}

impl Committer {
    pub(super) fn new(desk: Arc<Desk>, writer: Writer, age: Option<Duration>) -> Self {
        *lock(&desk.kept) = writer.kept();
        Self {
            desk,
            writer,
            age_check: age
                .map(|age| (age / AGE_CHECKS).clamp(SHORTEST_AGE_CHECK, LONGEST_AGE_CHECK)),
            failed: None,
        }
    }

    pub(super) fn run(mut self) {
        loop {
            match self.desk.take(self.age_check) {
                Taken::End => return,
                Taken::Nothing => self.forget(),
                Taken::Group(group) => self.store(group),
            }
        }
    }

    fn forget(&mut self) {
        if self.failed.is_none() && self.writer.has_too_much() {
            // A failure concerns nobody yet: the next publication meets it, and is answered.
            let _ = self.write(&[]);
        }
    }

    fn store(&mut self, group: Vec<Parcel>) {
        let updates: Vec<_> = group
            .iter()
            .flat_map(|parcel| parcel.updates().iter().cloned())
            .collect();
        let first = self.writer.end();
        let written = match updates.as_slice() {
            [] => Ok(()),
            updates => self.write(updates),
        };
        match written {
            Ok(()) => self.desk.hand_out(committed(group, first)),
            Err(error) => self
                .desk
                .hand_out(group.into_iter().map(|parcel| match parcel {
                    Parcel::Batch { ticket, .. } => Outcome::Refused(ticket, error.clone()),
                    Parcel::Sign(sign) => Outcome::Sign(sign),
                })),
        }
    }

    fn write(&mut self, updates: &[Arc<Update>]) -> Result<(), HistoryError> {
        if let Some(failure) = &self.failed {
            if Instant::now() < failure.rest_until {
                return Err(failure.error.clone());
            }
            if failure.is_away {
                self.recover()?;
            }
        }
        match self.writer.append(updates) {
            Ok(()) => {
                self.failed = None;
                *lock(&self.desk.kept) = self.writer.kept();
                Ok(())
            }
            Err(error) => {
                self.failed = Some(Failure {
                    error: error.clone(),
                    rest_until: Instant::now(),
                    is_away: true,
                });
                // At once, since readers need the file.
                let _ = self.recover();
                Err(error)
            }
        }
    }

    fn recover(&mut self) -> Result<(), HistoryError> {
        let recovered = self.writer.recover();
        if let Some(failure) = &mut self.failed {
            failure.is_away = recovered.is_err();
            failure.rest_until = Instant::now() + WRITE_REST;
        }
        recovered
    }
}

/// A group that is stored, as the feed hands it out.
fn committed(group: Vec<Parcel>, first: Position) -> impl Iterator<Item = Outcome> {
    let mut position = first;
    group.into_iter().flat_map(move |parcel| {
        let (ticket, updates) = match parcel {
            Parcel::Batch { ticket, updates } => (ticket, updates),
            Parcel::Sign(sign) => return vec![Outcome::Sign(sign)],
        };
        let last = updates.len().saturating_sub(1);
        updates
            .into_iter()
            .enumerate()
            .map(|(index, update)| {
                let committed = Committed {
                    position,
                    update,
                    answers: (index == last).then_some(ticket),
                };
                position = position.next();
                Outcome::Committed(committed)
            })
            .collect()
    })
}
