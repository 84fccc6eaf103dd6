//! Who is there, who follows that, and what of it is in the log: all that the hub keeps under its lock.
//!
//! Not here: the updates themselves, and when they are made.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::{Announcement, Change, Presence, SubscriptionSettings};
use crate::dialect::ByDialect;
use crate::history::{Position, Ticket};
use crate::update::Update;
use crate::{Dialect, EventId};

/// The active subscriptions, in the order of the log.
#[derive(Debug)]
pub(crate) struct Book {
    /// By the name of the subscriber.
    present: BTreeMap<EventId, Arc<Presence>>,
    /// Changes whose announcements the log has taken and not committed yet, in its order.
    underway: VecDeque<(Ticket, Announcement)>,
    /// Those that the log has not taken, in the order in which they happened: it is full, or busy.
    waiting: VecDeque<Announcement>,
    /// The log has committed something since it last refused something.
    may_try_again: bool,
    /// Announcements so far.
    announced: u64,
    /// None for a dialect that the hub does not speak.
    records: ByDialect<Option<Record>>,
    unwatched_events: usize,
    /// The newest update that the log has committed.
    newest: Option<Newest>,
}

/// An update as a cursor.
#[derive(Debug, Clone)]
pub(crate) struct Newest {
    pub(crate) id: EventId,
    /// An older one may have the same. replay.duplicate-id.earliest-wins
    pub(crate) is_id_foreign: bool,
}

/// What of the changes is in the log, for the watchers of one dialect.
#[derive(Debug)]
struct Record {
    watchers: usize,
    /// Announcements that still go into the log without a watcher.
    unwatched_left: usize,
    /// Where the log ended when a change was last left out of it.
    gap: Option<Position>,
}

impl Book {
    /// `end` and `newest` are those of the log, if there is anything in it: subscribers of a former process, of whose end it
    /// does not tell, are a gap.
    pub(crate) fn new(settings: &SubscriptionSettings, log: Option<(Position, EventId)>) -> Self {
        let record = || Record {
            watchers: 0,
            // Those who watched a former process come back now.
            unwatched_left: settings.unwatched_events,
            gap: log.as_ref().map(|(end, _)| *end),
        };
        Self {
            present: BTreeMap::new(),
            underway: VecDeque::new(),
            waiting: VecDeque::new(),
            may_try_again: true,
            announced: 0,
            records: ByDialect::from_fn(|dialect| settings.dialects.contains(dialect).then(record)),
            unwatched_events: settings.unwatched_events,
            newest: log.map(|(_, id)| Newest {
                id,
                is_id_foreign: true,
            }),
        }
    }

    /// Whether a change goes into the log, for each dialect.
    pub(crate) fn on_record(&self) -> ByDialect<bool> {
        ByDialect::from_fn(|dialect| {
            self.records[dialect].as_ref().is_some_and(|record| {
                // A change that is left out takes place at once: not before one that is not in the log yet.
                record.watchers > 0 || record.unwatched_left > 0 || !self.is_settled()
            })
        })
    }

    /// Somebody follows subscriptions from now on.
    pub(crate) fn watcher_came(&mut self, dialect: Dialect) {
        if let Some(record) = &mut self.records[dialect] {
            record.watchers += 1;
        }
    }

    /// Somebody does so no more.
    pub(crate) fn watcher_left(&mut self, dialect: Dialect) {
        if let Some(record) = &mut self.records[dialect] {
            record.watchers -= 1;
            record.unwatched_left = self.unwatched_events;
        }
    }

    /// Somebody looks at a list, and may follow from there.
    pub(crate) fn list_asked(&mut self, dialect: Dialect) {
        if let Some(record) = &mut self.records[dialect] {
            record.unwatched_left = self.unwatched_events;
        }
    }

    /// So many announcements go into the log.
    pub(crate) fn recorded(&mut self, dialect: Dialect, events: usize) {
        if let Some(record) = &mut self.records[dialect]
            && record.watchers == 0
        {
            record.unwatched_left = record.unwatched_left.saturating_sub(events);
        }
    }

    /// A change is left out of the log, which ends at `end`.
    pub(crate) fn left_out(&mut self, dialect: Dialect, end: Position) {
        if let Some(record) = &mut self.records[dialect] {
            record.gap = Some(end);
        }
    }

    /// Whether something is missing for whoever reads on at `position`.
    pub(crate) fn is_missing_from(&self, dialect: Dialect, position: Position) -> bool {
        let record = self.records[dialect].as_ref();
        record.is_some_and(|record| record.gap.is_some_and(|gap| position <= gap))
    }

    /// Whether all changes have taken place.
    pub(crate) fn is_settled(&self) -> bool {
        self.underway.is_empty() && self.waiting.is_empty()
    }

    /// A change is to go into the log. Who goes before its coming went in was never there.
    pub(crate) fn wait(&mut self, mut announcement: Announcement) {
        self.announced += 1;
        announcement.number = self.announced;
        let came = self
            .waiting
            .iter()
            .position(|waiting| waiting.is_undone_by(&announcement.change));
        match came {
            Some(came) => drop(self.waiting.remove(came)),
            None => self.waiting.push_back(announcement),
        }
    }

    /// Whether something waits for a log that has just taken something else.
    pub(crate) fn may_try_again(&self) -> bool {
        self.may_try_again && !self.waiting.is_empty()
    }

    /// The log does not take what waits.
    pub(crate) fn is_stuck(&mut self) {
        self.may_try_again = false;
    }

    /// The updates of the first change that waits.
    pub(crate) fn first_waiting(&self) -> Option<Vec<Arc<Update>>> {
        Some(self.waiting.front()?.updates.clone())
    }

    /// The log has taken that one.
    pub(crate) fn is_underway(&mut self, ticket: Ticket) {
        if let Some(taken) = self.waiting.pop_front() {
            self.underway.push_back((ticket, taken));
        }
    }

    /// The log has given that one back after all: it waits again, before those that came later.
    pub(crate) fn refused(&mut self, ticket: Ticket) {
        let Some(place) = self.underway.iter().position(|(of, _)| *of == ticket) else {
            return;
        };
        let Some((_, refused)) = self.underway.remove(place) else {
            return;
        };
        self.may_try_again = false;
        let undone = |later: &Announcement| refused.is_undone_by(&later.change);
        if let Some(went) = self.waiting.iter().position(undone) {
            self.waiting.remove(went);
        } else if !self.underway.iter().any(|(_, later)| undone(later)) {
            let is_before = |waiting: &Announcement| waiting.number < refused.number;
            let place = self.waiting.partition_point(is_before);
            self.waiting.insert(place, refused);
        }
    }

    /// The log has committed an update.
    pub(crate) fn committed(&mut self, update: &Update, answers: Option<Ticket>) {
        self.newest = Some(Newest {
            id: update.id().clone(),
            is_id_foreign: update.is_id_foreign(),
        });
        self.may_try_again = true;
        if let Some(ticket) = answers
            && self.underway.front().is_some_and(|(of, _)| *of == ticket)
            && let Some((_, announced)) = self.underway.pop_front()
        {
            self.takes_place(announced.change);
        }
    }

    /// A change takes place: from here on, lists show it.
    pub(crate) fn takes_place(&mut self, Change { presence, active }: Change) {
        if active {
            self.present.insert(presence.subscriber().clone(), presence);
        } else {
            self.present.remove(presence.subscriber());
        }
    }

    /// Everyone who is there.
    pub(crate) fn present(&self) -> impl Iterator<Item = &Arc<Presence>> {
        self.present.values()
    }

    /// One of them.
    pub(crate) fn find(&self, subscriber: &str) -> Option<&Arc<Presence>> {
        self.present.get(subscriber)
    }

    /// The newest update of the whole hub.
    pub(crate) fn newest(&self) -> Option<&Newest> {
        self.newest.as_ref()
    }
}
