//! Which deliveries are due and which of them have come, kept up a look at a time: each update is looked at until it is complete.
//!
//! Due is what the ledger expects, as far as that is known by now: the planned instant is past, the subscriber was confirmed by then,
//! and the hub has not refused the update.

use crate::clock::Micros;
use crate::crowd::CrowdLive;
use crate::plan::{PhaseKind, Plan, PlannedPublication, Reads};
use crate::publishers::{PublisherLive, Standing};

/// Updates of the plan whose instant is past.
pub(super) struct Arrivals {
    /// How many follow each topic by plan.
    followers: Vec<u64>,
    /// Whether an update may be for those who came after its instant.
    is_restless: bool,
    /// The next update whose instant had not come at the last look.
    next: usize,
    open: Vec<Open>,
    /// Event-last of updates that became complete, with their planned instants; the last second's.
    complete: Vec<(Micros, u64)>,
    /// Whether an update came more often than it was expected: then a repeat may hide a loss.
    excess: bool,
    /// Of updates that are not looked at any more.
    closed: Tally,
}

/// An update that has not reached everyone, as of the last look.
struct Open {
    publication: u32,
    /// Subscribers that were confirmed when its instant came.
    confirmed: u64,
    received: u64,
    standing: Standing,
}

/// Counts of deliveries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Expected by now.
    pub(super) due: u64,
    /// How many of these came.
    pub(super) came: u64,
}

impl Tally {
    fn plus(self, other: Self) -> Self {
        Self {
            due: self.due + other.due,
            came: self.came + other.came,
        }
    }
}

impl Open {
    fn look(&mut self, crowd: &CrowdLive, publishers: &PublisherLive) {
        self.received = crowd.receipts_of(self.publication);
        self.standing = publishers.standing(self.publication);
    }

    /// A canary is expected of those as well whom it confirmed.
    fn tally(&self, update: &PlannedPublication) -> Tally {
        let due = match self.standing {
            Standing::Nowhere => 0,
            Standing::WhereItCame if self.received == 0 => 0,
            _ if update.phase == PhaseKind::Settle => self.confirmed.max(self.received),
            _ => self.confirmed,
        };
        Tally {
            due,
            came: self.received.min(due),
        }
    }

    /// A canary may still confirm those of its `followers` who have not heard one; after `late_after` that is not waited for.
    fn is_complete(&self, update: &PlannedPublication, followers: u64, is_late: bool) -> bool {
        let awaited = match self.standing {
            Standing::Nowhere => 0,
            _ if update.phase == PhaseKind::Settle && !is_late => followers,
            _ => self.confirmed,
        };
        self.received >= awaited
    }

    fn exceeds(&self, update: &PlannedPublication, followers: u64, is_restless: bool) -> bool {
        let most = if update.phase == PhaseKind::Settle || is_restless {
            followers
        } else {
            self.confirmed
        };
        self.received > most
    }
}

impl Arrivals {
    pub(super) fn of(plan: &Plan) -> Self {
        let mut followers = vec![0; plan.topics.len()];
        let reading = plan
            .subscribers
            .iter()
            .filter(|one| one.reads == Reads::All);
        for &topic in reading.flat_map(|one| &*one.topics) {
            followers[topic as usize] += 1;
        }
        Self {
            followers,
            is_restless: plan.is_restless(),
            next: 0,
            open: Vec::new(),
            complete: Vec::new(),
            excess: false,
            closed: Tally::default(),
        }
    }

    /// Looks at everything whose instant had come by `now`.
    pub(super) fn look(
        &mut self,
        plan: &Plan,
        crowd: &CrowdLive,
        publishers: &PublisherLive,
        now: Micros,
    ) {
        while let Some(update) = plan
            .publications
            .get(self.next)
            .filter(|update| update.at <= now)
        {
            self.open.push(Open {
                publication: self.next as u32,
                confirmed: crowd.confirmed_of(update.topic),
                received: 0,
                standing: Standing::Everywhere,
            });
            self.next += 1;
        }
        let mut open = std::mem::take(&mut self.open);
        open.retain_mut(|open| {
            open.look(crowd, publishers);
            let update = &plan.publications[open.publication as usize];
            let followers = self.followers[update.topic as usize];
            self.excess |= open.exceeds(update, followers, self.is_restless);
            let is_late = update.at.plus(plan.late_after) < now;
            if !open.is_complete(update, followers, is_late) {
                return true;
            }
            self.closed = self.closed.plus(open.tally(update));
            let last_us = crowd.last_us(open.publication);
            self.complete
                .extend(last_us.map(|last_us| (update.at, last_us)));
            false
        });
        self.open = open;
        self.complete
            .retain(|(at, _)| now.micros_since(*at) < 1_000_000);
    }

    /// Whether subscribers come and go, or are told of what was before them.
    pub(super) fn is_restless(&self) -> bool {
        self.is_restless
    }

    /// Whether every update of the plan is complete, and none came too often.
    pub(super) fn all_arrived(&self, plan: &Plan) -> bool {
        self.next == plan.publications.len() && self.open.is_empty() && !self.excess
    }

    /// Deliveries that are due by now, and those of them that came.
    pub(super) fn tally(&self, plan: &Plan) -> Tally {
        let open = self.open.iter();
        open.map(|open| open.tally(&plan.publications[open.publication as usize]))
            .fold(self.closed, Tally::plus)
    }

    /// Deliveries that have not come although `late_after` is over.
    pub(super) fn overdue(&self, plan: &Plan, now: Micros) -> u64 {
        self.open
            .iter()
            .map(|open| (open, &plan.publications[open.publication as usize]))
            .take_while(|(_, update)| update.at.plus(plan.late_after) < now)
            .map(|(open, update)| open.tally(update))
            .map(|tally| tally.due - tally.came)
            .sum()
    }

    /// Median and worst event-last of the last second.
    pub(super) fn event_last_us(&self) -> Option<(u64, u64)> {
        let mut lasts: Vec<u64> = self.complete.iter().map(|(_, last_us)| *last_us).collect();
        lasts.sort_unstable();
        Some((*lasts.get(lasts.len() / 2)?, *lasts.last()?))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::crowd::ThreadLive;
    use crate::plan::schedule;
    use crate::scenario::Scenario;

    /// Three followers of one topic, two rounds of canaries, then an update a second.
    const SCENARIO: &str = "name = \"three\"
        [topics.t]\ntemplate = \"https://example.com/{run}\"
        [subscribers.s]\ncount = 3\nfollow = \"t\"
        [publishers.p]\npublish = \"t\"\nrate = \"1/s\"
        [phases]\nramp = \"1s\"\nsettle = \"1500ms\"\nwarm_up = \"0s\"\nmeasure = \"3s\"";

    /// A run as its threads have told of it so far.
    struct Told {
        plan: Plan,
        reader: Arc<ThreadLive>,
        crowd: CrowdLive,
        publishers: PublisherLive,
        arrivals: Arrivals,
    }

    impl Told {
        fn nothing() -> Self {
            let scenario = Scenario::parse("three.toml", SCENARIO).unwrap();
            let plan = schedule(&scenario, 1, 1);
            let reader = Arc::new(ThreadLive::new(plan.publications.len(), 1));
            Self {
                crowd: CrowdLive::new(vec![Arc::clone(&reader)]),
                publishers: PublisherLive::new(plan.publications.len()),
                arrivals: Arrivals::of(&plan),
                reader,
                plan,
            }
        }

        /// The tally right after an instant, and what is overdue.
        fn look(&mut self, at: Micros) -> (u64, u64, u64) {
            self.arrivals
                .look(&self.plan, &self.crowd, &self.publishers, at);
            let tally = self.arrivals.tally(&self.plan);
            (tally.due, tally.came, self.arrivals.overdue(&self.plan, at))
        }

        fn planned_at(&self, publication: usize) -> Micros {
            self.plan.publications[publication].at
        }

        fn came(&self, publication: u32, times: u32) {
            for _ in 0..times {
                self.reader.arrived(publication, 100);
            }
        }

        /// Two of the three are confirmed by the first canary; the third one never is.
        fn settled() -> Self {
            let mut told = Self::nothing();
            assert_eq!(told.look(Micros::ZERO), (0, 0, 0));
            let first = told.planned_at(0);
            assert_eq!(told.look(first), (0, 0, 0), "nobody is confirmed");
            told.came(0, 2);
            told.reader.confirm(&[0]);
            told.reader.confirm(&[0]);
            assert_eq!(told.look(first), (2, 2, 0), "whom it confirmed");
            let second = told.planned_at(1);
            assert_eq!(told.look(second), (4, 2, 0), "under way");
            told.came(1, 2);
            told
        }
    }

    #[test]
    fn due_is_what_confirmed_subscribers_are_owed_by_now() {
        let mut told = Told::settled();
        let at = told.planned_at(2);
        assert_eq!(told.look(at), (6, 4, 0), "two of three, and not yet come");
        told.came(2, 1);
        let late = at.plus(told.plan.late_after);
        assert_eq!(told.look(late), (8, 5, 0), "and the next one");
        assert_eq!(told.look(Micros(late.0 + 1)), (8, 5, 1));
    }

    #[test]
    fn what_the_hub_did_not_take_is_not_due() {
        let mut told = Told::settled();
        let at = told.planned_at(2);
        told.publishers.settled(2, Standing::WhereItCame);
        assert_eq!(told.look(at), (4, 4, 0));
        told.came(2, 1);
        assert_eq!(told.look(at), (6, 5, 0), "the hub evidently has it");
        let at = told.planned_at(3);
        assert_eq!(told.look(at), (8, 5, 0));
        told.publishers.settled(3, Standing::Nowhere);
        assert_eq!(told.look(at), (6, 5, 0), "refused a moment later");
    }

    #[test]
    fn all_has_arrived_when_everyone_confirmed_has_everything() {
        let mut told = Told::settled();
        let last = told.plan.publications.len() - 1;
        for publication in 2..=last {
            let at = told.planned_at(publication);
            told.look(at);
            assert!(!told.arrivals.all_arrived(&told.plan), "{publication}");
            told.came(publication as u32, 2);
        }
        told.look(told.planned_at(last));
        assert!(told.arrivals.all_arrived(&told.plan));
        assert_eq!(told.arrivals.event_last_us(), Some((100, 100)));
        // A repeat may stand in for a loss.
        let mut told = Told::settled();
        told.look(told.planned_at(2));
        told.came(2, 3);
        told.look(told.planned_at(last));
        assert!(told.arrivals.excess);
    }
}
