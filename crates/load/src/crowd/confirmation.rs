//! From when on a subscriber is expected to get what it subscribed to (measuring.md, "The ledger").

use super::failure::Failure;
use super::receipt::SubscriberRecord;
use crate::clock::Micros;
use crate::plan::{PhaseKind, Plan, PlannedSubscriber, Reads};

/// The canaries of a plan.
#[derive(Clone, Debug)]
pub(crate) struct Canaries {
    /// By topic: the planned instant of its last canary; none where it has none.
    last_of: Vec<Option<Micros>>,
    /// That of the last of all.
    last: Option<Micros>,
}

impl Canaries {
    /// Looks through the settling phase of `plan`.
    pub(crate) fn of(plan: &Plan) -> Self {
        let mut last_of = vec![None; plan.topics.len()];
        for publication in &plan.publications {
            if publication.phase == PhaseKind::Settle {
                last_of[publication.topic as usize] = Some(publication.at);
            }
        }
        let last = last_of.iter().flatten().max().copied();
        Self { last_of, last }
    }

    /// Not who was to connect only after the last of them, nor who would not read it.
    fn has_to_settle(&self, subscriber: &PlannedSubscriber) -> bool {
        let is_in_time = |last: Micros| subscriber.connect_at <= last;
        subscriber.reads == Reads::All && self.last.is_some_and(is_in_time)
    }

    /// When `subscriber` was confirmed: its response head is read and, where it has to settle, a whole canary came for each of its
    /// topics that has any.
    /// Else what the hub did not do.
    pub(crate) fn confirmed_at(
        &self,
        plan: &Plan,
        subscriber: &PlannedSubscriber,
        record: &SubscriberRecord,
    ) -> Result<Micros, Failure> {
        let Some(first_stream) = record.streams.first() else {
            return Err(record.failure.clone().unwrap_or(Failure::RunEnded));
        };
        let mut confirmed_at = first_stream.opened_at;
        if !self.has_to_settle(subscriber) {
            return Ok(confirmed_at);
        }
        for &topic in &*subscriber.topics {
            let Some(last_planned_at) = self.last_of[topic as usize] else {
                continue;
            };
            let Some(canary_at) = first_canary(plan, topic, record) else {
                return Err(unheard(plan, topic, last_planned_at, record));
            };
            confirmed_at = confirmed_at.max(canary_at);
        }
        Ok(confirmed_at)
    }
}

/// Why no canary of `topic` came on a stream that was opened: too late for the last of them, ended too early, or else withheld.
fn unheard(plan: &Plan, topic: u32, last_planned_at: Micros, record: &SubscriberRecord) -> Failure {
    let opened_at = record.streams.first().map(|stream| stream.opened_at);
    let broke_at = record.streams.last().and_then(|stream| stream.broke_at);
    match &record.failure {
        _ if opened_at.is_none_or(|at| at > last_planned_at) => Failure::LateHead,
        Some(failure) if broke_at.is_some_and(|at| at <= last_planned_at) => {
            Failure::BrokeBeforeCanary(Box::new(failure.clone()))
        }
        _ if plan.topics[topic as usize].private => Failure::NoPrivateCanary,
        _ => Failure::NoCanary,
    }
}

/// When the first whole canary of `topic` was received. They stand at the front: nothing is published before them.
fn first_canary(plan: &Plan, topic: u32, record: &SubscriberRecord) -> Option<Micros> {
    record.receipts.iter().find_map(|receipt| {
        let publication = &plan.publications[receipt.publication as usize];
        let is_canary = publication.phase == PhaseKind::Settle && publication.topic == topic;
        (is_canary && !receipt.is_corrupt())
            .then(|| Micros(publication.at.0 + receipt.latency_us()))
    })
}
