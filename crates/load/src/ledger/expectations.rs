//! Who is expected to receive what (measuring.md, "The ledger").

use std::ops::Range;

use crate::clock::Micros;
use crate::crowd::confirmation::Canaries;
use crate::crowd::{CrowdRecord, Failure};
use crate::ledger::Ending;
use crate::plan::{PhaseKind, Plan, Reads};
use crate::record::{PublicationOutcome, PublicationRecord};

/// Whether a subscriber is entitled to anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Confirmed {
    /// From then on.
    Since(Micros),
    /// Never, for this reason.
    Never(Failure),
    /// It came, and does not read, or slowly: nothing of what it misses is the hub's fault.
    OutsideBooks,
}

impl Confirmed {
    /// From when on, if ever.
    pub(crate) fn since(&self) -> Option<Micros> {
        match self {
            Self::Since(at) => Some(*at),
            Self::Never(_) | Self::OutsideBooks => None,
        }
    }
}

/// What a run entitles each subscriber to.
#[derive(Debug)]
pub(crate) struct Expectations {
    /// For each subscriber, whether it is confirmed.
    pub(crate) confirmed: Vec<Confirmed>,
    /// For each publication, whether the hub took it.
    pub(crate) taken: Vec<bool>,
    /// What was planned from here on, and did not come, was cut off by an early end and is undecided; none in a whole run.
    pub(crate) cut_off: Option<Micros>,
}

impl Expectations {
    /// An update is expected when the hub accepted it; one that it refused, or that was never sent, is not. One without an answer
    /// is expected when at least one subscriber received it: then the hub evidently took it, and that it never said so must not
    /// excuse those who had to wait for it, or waited in vain. Received by nobody it is a failed publish.
    pub(crate) fn of(
        plan: &Plan,
        publications: &[PublicationRecord],
        crowd: &CrowdRecord,
        ending: Ending,
    ) -> Self {
        let canaries = Canaries::of(plan);
        let taken = taken(plan, publications, crowd);
        let without_canary = topics_without_canary(plan, &taken);
        let confirmed = plan
            .subscribers
            .iter()
            .zip(&crowd.subscribers)
            .map(|(planned, record)| {
                let is_silent = |&topic: &u32| without_canary[topic as usize];
                match canaries.confirmed_at(plan, planned, record) {
                    Ok(_) if planned.reads != Reads::All => Confirmed::OutsideBooks,
                    Ok(at) => Confirmed::Since(at),
                    Err(Failure::NoCanary | Failure::NoPrivateCanary)
                        if planned.topics.iter().any(is_silent) =>
                    {
                        Confirmed::Never(Failure::CanaryNotTaken)
                    }
                    Err(failure) => Confirmed::Never(failure),
                }
            })
            .collect();
        let cut_off = (ending == Ending::CutShort).then(|| {
            let late_after = Micros::from_duration(plan.late_after);
            Micros(crowd.ended_at.micros_since(late_after))
        });
        Self {
            confirmed,
            taken,
            cut_off,
        }
    }

    /// Whether the hub took any update of `topics` that was planned within `span`.
    pub(crate) fn any_taken(&self, plan: &Plan, topics: &[u32], span: &Range<Micros>) -> bool {
        topics
            .iter()
            .flat_map(|&topic| plan.updates_of(topic))
            .any(|&publication| {
                self.taken[publication as usize]
                    && span.contains(&plan.publications[publication as usize].at)
            })
    }
}

/// By topic: whether it has canaries, and the hub took none of them.
fn topics_without_canary(plan: &Plan, taken: &[bool]) -> Vec<bool> {
    let (mut planned, mut any_taken) = (
        vec![false; plan.topics.len()],
        vec![false; plan.topics.len()],
    );
    for (publication, taken) in plan.publications.iter().zip(taken) {
        if publication.phase == PhaseKind::Settle {
            planned[publication.topic as usize] = true;
            any_taken[publication.topic as usize] |= *taken;
        }
    }
    planned
        .into_iter()
        .zip(any_taken)
        .map(|(planned, taken)| planned && !taken)
        .collect()
}

fn taken(plan: &Plan, publications: &[PublicationRecord], crowd: &CrowdRecord) -> Vec<bool> {
    let mut taken = vec![false; plan.publications.len()];
    let mut unanswered = vec![false; plan.publications.len()];
    for record in publications {
        let index = record.publication as usize;
        match record.outcome {
            PublicationOutcome::Accepted => taken[index] = true,
            PublicationOutcome::Unanswered(_) => unanswered[index] = true,
            PublicationOutcome::Refused { .. } | PublicationOutcome::NotSent(_) => {}
        }
    }
    if unanswered.contains(&true) {
        let receipts = crowd.subscribers.iter().flat_map(|record| &record.receipts);
        for receipt in receipts {
            let index = receipt.publication as usize;
            taken[index] |= unanswered[index];
        }
    }
    taken
}
