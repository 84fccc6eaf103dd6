//! One update to each subscriber that listens to it and may read it: once, in the order of the log.
//!
//! Not here: waking. Wakers are handed back, so that the caller can wake after it has let go of its lock: a waker may run
//! or drop a task, and dropping a task may drop a subscriber, which needs that lock. What a lane does with an update is
//! the lane's.

use std::sync::Arc;
use std::task::Waker;

use crate::audiences::Audiences;
use crate::history::Committed;
use crate::publication::Visibility;
use crate::registry::{Decisions, Entry, Registry};
use crate::subscriber::{Offer, Queue};
use crate::update::Update;

/// What a fan-out did with queues.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Queued {
    /// Those that got it.
    pub(crate) subscribers: u64,
    /// Updates that wait in the longest of their queues.
    pub(crate) longest: usize,
}

/// Puts a committed update into the queue of each such subscriber. One whose queue is full is closed and unregistered.
pub(crate) fn fan_out(
    audiences: &mut Audiences<Arc<Queue>>,
    committed: &Committed,
    wakers: &mut Vec<Waker>,
) -> Queued {
    let mut queued = Queued::default();
    let update = &committed.update;
    let Some(registry) = audiences.of_mut(update) else {
        return queued;
    };
    let mut readers = Readers::of(update);
    let mut overflowed = Vec::new();
    registry.for_each_listener(update.topics(), |subscriber, entry| {
        if !readers.include(entry, registry) {
            return;
        }
        match entry.listener.offer(update, committed.position) {
            Offer::Queued { waker, waiting } => {
                queued.subscribers += 1;
                queued.longest = queued.longest.max(waiting);
                wakers.extend(waker);
            }
            Offer::Overflowed(waker) => {
                overflowed.push((subscriber, Arc::clone(&entry.listener)));
                wakers.extend(waker);
            }
            Offer::AlreadyThere => {}
        }
    });
    for (subscriber, queue) in overflowed {
        registry.remove(subscriber, |listed| Arc::ptr_eq(listed, &queue));
    }
    queued
}

/// Who may read one update. Equal grants are decided once, however many subscribers hold them, and so is each pattern.
/// private.alternate-grant, private.canonical-grant-alternate-route, private.match-alternate
pub(crate) struct Readers<'a> {
    update: &'a Update,
    decisions: Decisions,
}

impl<'a> Readers<'a> {
    pub(crate) fn of(update: &'a Update) -> Self {
        Self {
            update,
            decisions: Decisions::default(),
        }
    }

    /// Inlined: it is asked for each listener, of whom most get public updates.
    #[inline]
    pub(crate) fn include<L>(&mut self, entry: &Entry<L>, registry: &Registry<L>) -> bool {
        self.update.visibility() == Visibility::Public
            || registry.may_read_private(entry, self.update.topics(), &mut self.decisions)
    }
}
