//! From when on a subscriber is expected to get what it subscribed to (measuring.md, "The ledger").

use super::failure::Failure;
use super::receipt::SubscriberRecord;
use crate::clock::Micros;
use crate::plan::{PhaseKind, Plan, PlannedSubscriber};

/// Which topics of a plan have canaries.
#[derive(Clone, Debug)]
pub(crate) struct Canaries {
    by_topic: Vec<bool>,
}

impl Canaries {
    /// Looks through the settling phase of `plan`.
    pub(crate) fn of(plan: &Plan) -> Self {
        let mut by_topic = vec![false; plan.topics.len()];
        for publication in &plan.publications {
            if publication.phase == PhaseKind::Settle {
                by_topic[publication.topic as usize] = true;
            }
        }
        Self { by_topic }
    }

    /// When `subscriber` was confirmed: its response head is read and, for each of its topics that has canaries, a whole one came.
    /// Else why it is not: the failure that kept it from connecting, or [`Failure::NoCanary`].
    pub(crate) fn confirmed_at(
        &self,
        plan: &Plan,
        subscriber: &PlannedSubscriber,
        record: &SubscriberRecord,
    ) -> Result<Micros, Failure> {
        let Some(first_stream) = record.streams.first() else {
            return Err(record.failure.clone().unwrap_or(Failure::RunEnded));
        };
        let with_canary = subscriber
            .topics
            .iter()
            .filter(|&&topic| self.by_topic[topic as usize]);
        with_canary
            .map(|&topic| first_canary(plan, topic, record).ok_or(Failure::NoCanary))
            .try_fold(first_stream.opened_at, |latest, canary| {
                Ok(latest.max(canary?))
            })
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
