//! Who is expected to receive what (measuring.md, "The ledger").

use std::ops::Range;

use crate::clock::Micros;
use crate::crowd::confirmation::Canaries;
use crate::crowd::{CrowdRecord, Failure};
use crate::ledger::Ending;
use crate::plan::{PhaseKind, Plan};
use crate::record::{PublicationOutcome, PublicationRecord};

/// What a run entitles each subscriber to.
#[derive(Debug)]
pub(crate) struct Expectations {
    /// For each subscriber, from when on it is confirmed, or why it is not.
    pub(crate) confirmed: Vec<Result<Micros, Failure>>,
    /// For each publication, whether the hub took it.
    pub(crate) taken: Vec<bool>,
    /// For each topic, its publications in the order of the plan.
    pub(crate) by_topic: Vec<Vec<u32>>,
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
                let confirmed_at = canaries.confirmed_at(plan, planned, record);
                confirmed_at.map_err(|failure| {
                    let is_silent = |&topic: &u32| without_canary[topic as usize];
                    match failure {
                        Failure::NoCanary | Failure::NoPrivateCanary
                            if planned.topics.iter().any(is_silent) =>
                        {
                            Failure::CanaryNotTaken
                        }
                        failure => failure,
                    }
                })
            })
            .collect();
        let mut by_topic = vec![Vec::new(); plan.topics.len()];
        for (index, publication) in (0_u32..).zip(&plan.publications) {
            by_topic[publication.topic as usize].push(index);
        }
        let cut_off = (ending == Ending::CutShort).then(|| {
            let late_after = Micros::from_duration(plan.late_after);
            Micros(crowd.ended_at.micros_since(late_after))
        });
        Self {
            confirmed,
            taken,
            by_topic,
            cut_off,
        }
    }

    /// Whether the hub took any update of `topics` that was planned within `span`.
    pub(crate) fn any_taken(&self, plan: &Plan, topics: &[u32], span: &Range<Micros>) -> bool {
        topics
            .iter()
            .flat_map(|&topic| &self.by_topic[topic as usize])
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
