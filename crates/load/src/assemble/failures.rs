//! What failed besides deliveries, grouped by stage and reason.

use std::collections::BTreeMap;

use assay_results::{Failure, Stage};

use super::faults;
use crate::clock::Micros;
use crate::crowd::{Failure as CrowdFailure, Step};
use crate::ledger::Ledger;
use crate::plan::Plan;
use crate::record::PublicationOutcome;
use crate::run::RunRecord;

/// Reasons that a document tells apart; the rest share one line, since a hub may give each subscriber a text of its own.
const REASONS_AT_MOST: usize = 50;

pub(super) fn of(plan: &Plan, run: &RunRecord, ledger: &Ledger) -> Vec<Failure> {
    let mut groups = Groups::default();
    for unconnected in &ledger.unconnected {
        let planned_at = plan.subscribers[unconnected.subscriber as usize].connect_at;
        groups.add(
            stage(&unconnected.failure),
            unconnected.failure.to_string(),
            planned_at,
        );
    }
    let unconnected: std::collections::HashSet<u32> = ledger
        .unconnected
        .iter()
        .map(|one| one.subscriber)
        .collect();
    for (index, subscriber) in (0_u32..).zip(&run.crowd.subscribers) {
        let broken = subscriber.streams.iter().filter(|one| !one.was_dropped);
        let broken = broken.filter_map(|stream| stream.broke_at);
        for broke_at in broken.filter(|at| !faults::keep_hub_away(plan, run, *at)) {
            let reason = subscriber.failure.as_ref().map_or_else(
                || "a stream ended in mid-run, and was opened again".to_owned(),
                |failure| format!("a stream ended in mid-run: {failure}"),
            );
            groups.add(Stage::Stream, reason, broke_at);
        }
        let never_again = subscriber
            .failure
            .as_ref()
            .filter(|_| !unconnected.contains(&index));
        if let (Some(failure), true) = (
            never_again,
            subscriber
                .streams
                .iter()
                .all(|stream| stream.broke_at.is_none()),
        ) {
            groups.add(Stage::Stream, failure.to_string(), run.crowd.ended_at);
        }
    }
    for record in &run.publishers.publications {
        let planned_at = plan.publications[record.publication as usize].at;
        let reason = match &record.outcome {
            PublicationOutcome::Accepted => continue,
            // A run that ended early has a reason of its own.
            PublicationOutcome::NotSent(_)
                if run.partial.is_some() && planned_at > run.ended_at =>
            {
                continue;
            }
            // It has a row of its own.
            _ if faults::keep_hub_away(plan, run, planned_at) => continue,
            PublicationOutcome::Refused { status } => format!("refused with status {status}"),
            PublicationOutcome::Unanswered(reason) => format!("not answered: {reason}"),
            PublicationOutcome::NotSent(reason) => format!("not sent: {reason}"),
        };
        groups.add(Stage::Publish, reason, planned_at);
    }
    groups.into_failures()
}

fn stage(failure: &CrowdFailure) -> Stage {
    match failure {
        CrowdFailure::Io(..)
        | CrowdFailure::ConnectTimeout
        | CrowdFailure::Tls(_)
        | CrowdFailure::Opening(Step::Accept | Step::Handshake)
        | CrowdFailure::Queued(Step::Accept | Step::Handshake)
        | CrowdFailure::WorkerLost { .. }
        | CrowdFailure::RunEnded => Stage::Connect,
        CrowdFailure::NoCanary
        | CrowdFailure::NoPrivateCanary
        | CrowdFailure::CanaryNotTaken
        | CrowdFailure::BrokeBeforeCanary(_) => Stage::Settle,
        _ => Stage::Headers,
    }
}

#[derive(Default)]
struct Groups(BTreeMap<(Stage, String), (u64, Micros)>);

impl Groups {
    fn add(&mut self, stage: Stage, reason: String, at: Micros) {
        let key = (stage, reason);
        let full = self.0.len() >= REASONS_AT_MOST && !self.0.contains_key(&key);
        let key = if full {
            (stage, "other reasons".to_owned())
        } else {
            key
        };
        let group = self.0.entry(key).or_insert((0, at));
        *group = (group.0 + 1, group.1.min(at));
    }

    fn into_failures(self) -> Vec<Failure> {
        let failure =
            |((stage, reason), (count, first)): ((Stage, String), (u64, Micros))| Failure {
                stage,
                reason,
                count,
                first_us: first.0,
            };
        self.0.into_iter().map(failure).collect()
    }
}
