//! Which updates have reached everyone so far, kept up a look at a time: each update is looked at until it is complete.

use crate::clock::Micros;
use crate::crowd::CrowdLive;
use crate::plan::Plan;

/// Updates of the plan that are due and not yet complete.
pub(super) struct Arrivals {
    /// How many follow each topic by plan.
    followers: Vec<u64>,
    /// The next update that was not due at the last look.
    next: usize,
    open: Vec<u32>,
    /// Event-last of updates that became complete, with their planned instants; the last second's.
    complete: Vec<(Micros, u64)>,
    /// Whether an update came more often than it has followers: then a repeat may hide a loss.
    excess: bool,
    due: u64,
}

impl Arrivals {
    pub(super) fn of(plan: &Plan) -> Self {
        let mut followers = vec![0; plan.topics.len()];
        for &topic in plan
            .subscribers
            .iter()
            .flat_map(|subscriber| &subscriber.topics)
        {
            followers[topic as usize] += 1;
        }
        Self {
            followers,
            next: 0,
            open: Vec::new(),
            complete: Vec::new(),
            excess: false,
            due: 0,
        }
    }

    /// How many deliveries an update calls for.
    pub(super) fn called_for(&self, topic: u32) -> u64 {
        self.followers[topic as usize]
    }

    /// Looks at everything that was due by `now`.
    pub(super) fn look(&mut self, plan: &Plan, live: &CrowdLive, now: Micros) {
        while let Some(update) = plan
            .publications
            .get(self.next)
            .filter(|update| update.at <= now)
        {
            self.due += self.called_for(update.topic);
            self.open.push(self.next as u32);
            self.next += 1;
        }
        let (followers, complete, excess) = (&self.followers, &mut self.complete, &mut self.excess);
        self.open.retain(|&publication| {
            let update = &plan.publications[publication as usize];
            let expected = followers[update.topic as usize];
            let received = live.receipts_of(publication);
            *excess |= received > expected;
            if received >= expected {
                complete.extend(
                    live.last_us(publication)
                        .map(|last_us| (update.at, last_us)),
                );
            }
            received < expected
        });
        self.complete
            .retain(|(at, _)| now.micros_since(*at) < 1_000_000);
    }

    /// Whether every update of the plan is complete, and none came too often.
    pub(super) fn all_arrived(&self, plan: &Plan) -> bool {
        self.next == plan.publications.len() && self.open.is_empty() && !self.excess
    }

    /// Deliveries that are called for by now.
    pub(super) fn due(&self) -> u64 {
        self.due
    }

    /// Deliveries that have not come although `late_after` is over.
    pub(super) fn overdue(&self, plan: &Plan, live: &CrowdLive, now: Micros) -> u64 {
        self.open
            .iter()
            .map(|&publication| (publication, &plan.publications[publication as usize]))
            .take_while(|(_, update)| update.at.plus(plan.late_after) < now)
            .map(|(publication, update)| {
                self.called_for(update.topic)
                    .saturating_sub(live.receipts_of(publication))
            })
            .sum()
    }

    /// Median and worst event-last of the last second.
    pub(super) fn event_last_us(&self) -> Option<(u64, u64)> {
        let mut lasts: Vec<u64> = self.complete.iter().map(|(_, last_us)| *last_us).collect();
        lasts.sort_unstable();
        Some((*lasts.get(lasts.len() / 2)?, *lasts.last()?))
    }
}
