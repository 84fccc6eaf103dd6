//! A row a publish.

use assay_results::{PublicationOutcome as Outcome, PublicationRow};

use crate::ledger::Ledger;
use crate::percentiles::SubscriberTimes;
use crate::plan::Plan;
use crate::record::{PublicationOutcome, PublicationRecord};

pub(super) fn rows(
    plan: &Plan,
    records: &[PublicationRecord],
    ledger: &Ledger,
    times: &SubscriberTimes,
) -> Vec<PublicationRow> {
    records
        .iter()
        .map(|record| {
            let index = record.publication as usize;
            let (update, event) = (&plan.publications[index], &times.publications[index]);
            PublicationRow {
                publisher: update.publisher,
                sequence: update.sequence,
                phase: super::kind(update.phase),
                topic: plan.topics[update.topic as usize].iri.clone(),
                planned_us: update.at.0,
                sent_us: record.sent_at.map(|at| at.0),
                answered_us: record.answered_at.map(|at| at.0),
                outcome: outcome(&record.outcome),
                ledger: ledger.publications[index],
                first: event.first,
                median: event.median,
                p99: event.p99,
                last: event.last,
            }
        })
        .collect()
}

fn outcome(outcome: &PublicationOutcome) -> Outcome {
    match outcome {
        PublicationOutcome::Accepted => Outcome::Accepted,
        PublicationOutcome::Refused { status } => Outcome::Refused { status: *status },
        PublicationOutcome::Unanswered(reason) | PublicationOutcome::NotSent(reason) => {
            Outcome::Failed {
                reason: reason.clone(),
            }
        }
    }
}
