//! What became of each delivery of one subscriber: the one place where receipts are held against expectations.

use super::expectations::Expectations;
use crate::clock::Micros;
use crate::crowd::{CrowdRecord, Receipt};
use crate::plan::{PhaseKind, Plan};

/// How an expected delivery ended. Latencies are R − I in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Came live, in time.
    OnTime(u64),
    /// Came live, later than the plan's `late_after`.
    Late(u64),
    /// Came after a reconnect, having been planned before it.
    Replayed(u64),
    /// Never came.
    Lost,
    /// Had not come when the run was cut short, and was not late yet: expected of nobody.
    Undecided,
}

impl Fate {
    /// R − I, of what came.
    pub(crate) fn latency_us(self) -> Option<u64> {
        match self {
            Self::OnTime(us) | Self::Late(us) | Self::Replayed(us) => Some(us),
            Self::Lost | Self::Undecided => None,
        }
    }
}

/// A receipt that should not have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Excess {
    /// The update had come before.
    Duplicate,
    /// The subscriber has no subscription to its topic.
    Leaked,
    /// Its `data` was damaged.
    Corrupt,
    /// The hub had refused the publish, or it was never sent.
    NotPublished,
}

/// One finding about one subscriber and one publication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    /// About a delivery that was expected.
    Expected(Fate),
    /// About a receipt that was not.
    Excess(Excess),
}

/// What arrived of one publication.
#[derive(Clone, Copy, Debug)]
struct Arrival {
    receipt: Receipt,
    /// When the stream opened that brought it, if that one began with a replay.
    reconnected_at: Option<Micros>,
}

/// Goes through subscribers one after the other, with memory for one.
pub(crate) struct Fates<'run> {
    plan: &'run Plan,
    crowd: &'run CrowdRecord,
    expectations: &'run Expectations,
    /// By publication: what arrived of it at the present subscriber.
    arrivals: Vec<Option<Arrival>>,
}

impl<'run> Fates<'run> {
    pub(crate) fn new(
        plan: &'run Plan,
        crowd: &'run CrowdRecord,
        expectations: &'run Expectations,
    ) -> Self {
        Self {
            plan,
            crowd,
            expectations,
            arrivals: vec![None; plan.publications.len()],
        }
    }

    /// Tells `findings` everything about subscriber `index`: each expected delivery once, and each excess receipt.
    pub(crate) fn of(&mut self, index: u32, mut findings: impl FnMut(u32, Finding)) {
        self.receive(index, &mut findings);
        self.hold_against_expectations(index, &mut findings);
        for receipt in &self.crowd.subscribers[index as usize].receipts {
            self.arrivals[receipt.publication as usize] = None;
        }
    }

    fn receive(&mut self, index: u32, findings: &mut impl FnMut(u32, Finding)) {
        let record = &self.crowd.subscribers[index as usize];
        let topics = &self.plan.subscribers[index as usize].topics;
        for (number, (stream, receipts)) in record
            .streams
            .iter()
            .zip(record.receipts_by_stream())
            .enumerate()
        {
            // Who asks for what was before it came is sent a replay at once.
            let is_replay = number > 0 || self.plan.subscribers[index as usize].from_start;
            let reconnected_at = is_replay.then_some(stream.opened_at);
            for &receipt in receipts {
                let mut excess = |excess| findings(receipt.publication, Finding::Excess(excess));
                let publication = receipt.publication as usize;
                if receipt.is_corrupt() {
                    excess(Excess::Corrupt);
                }
                if !topics.contains(&self.plan.publications[publication].topic) {
                    excess(Excess::Leaked);
                } else if !self.expectations.taken[publication] {
                    excess(Excess::NotPublished);
                }
                let arrival = Some(Arrival {
                    receipt,
                    reconnected_at,
                });
                match &self.arrivals[publication] {
                    // A damaged copy stands in for the delivery until a whole one comes.
                    None => self.arrivals[publication] = arrival,
                    Some(earlier) if earlier.receipt.is_corrupt() && !receipt.is_corrupt() => {
                        self.arrivals[publication] = arrival;
                    }
                    Some(_) if receipt.is_corrupt() => {}
                    Some(_) => excess(Excess::Duplicate),
                }
            }
        }
    }

    fn hold_against_expectations(&self, index: u32, findings: &mut impl FnMut(u32, Finding)) {
        let Some(confirmed_at) = self.expectations.confirmed[index as usize].since() else {
            return;
        };
        let planned = &self.plan.subscribers[index as usize];
        let since = if planned.from_start {
            Micros::ZERO
        } else {
            confirmed_at
        };
        for &topic in &*planned.topics {
            for &publication in self.plan.updates_for(planned, topic) {
                if self.is_expected(publication, since) {
                    findings(publication, Finding::Expected(self.fate(publication)));
                }
            }
        }
    }

    /// Taken by the hub and planned since the subscriber was confirmed, or ever for one who asks for all; and the canaries that
    /// confirmed it.
    fn is_expected(&self, publication: u32, since: Micros) -> bool {
        let planned = &self.plan.publications[publication as usize];
        let is_its_canary =
            planned.phase == PhaseKind::Settle && self.arrivals[publication as usize].is_some();
        self.expectations.taken[publication as usize] && (planned.at >= since || is_its_canary)
    }

    fn fate(&self, publication: u32) -> Fate {
        let planned_at = self.plan.publications[publication as usize].at;
        let Some(arrival) = self.arrivals[publication as usize] else {
            let is_cut_off = self
                .expectations
                .cut_off
                .is_some_and(|from| planned_at >= from);
            return if is_cut_off {
                Fate::Undecided
            } else {
                Fate::Lost
            };
        };
        let latency_us = arrival.receipt.latency_us();
        if arrival
            .reconnected_at
            .is_some_and(|reconnected_at| planned_at < reconnected_at)
        {
            Fate::Replayed(latency_us)
        } else if u128::from(latency_us) > self.plan.late_after.as_micros() {
            Fate::Late(latency_us)
        } else {
            Fate::OnTime(latency_us)
        }
    }
}
