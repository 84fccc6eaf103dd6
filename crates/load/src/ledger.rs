//! What became of every delivery of a run: the records of publishers and crowd, held against the plan (measuring.md,
//! "The ledger"). Not for latencies: those are [`crate::percentiles`].
//!
//! ```text
//! Plan, [PublicationRecord], CrowdRecord ─ Expectations ─ Fates (a subscriber at a time) ─ Ledger
//!                                         └ order (a topic at a time) ────────────────────┘
//! ```

pub(crate) mod expectations;
pub(crate) mod fates;
mod order;
mod usual_order;

use assay_results::{LedgerCounts, WrongDeliveries, WrongDelivery, WrongKind};

use crate::crowd::{CrowdRecord, Failure};
use crate::plan::Plan;
use crate::record::PublicationRecord;
use expectations::{Confirmed, Expectations};
use fates::{Excess, Fate, Fates, Finding};

/// The books of a run. `counts` balances: expected = on time + late + replayed + lost.
#[derive(Debug)]
pub struct Ledger {
    /// Over the whole run, canaries and warm-up included.
    pub counts: LedgerCounts,
    /// Of each publication, in the order of the plan. Damaged events that could not be attributed are in `counts` only.
    pub publications: Vec<LedgerCounts>,
    /// What went wrong, by name.
    pub wrong: WrongDeliveries,
    /// Subscribers that were never confirmed, and why not. They are in no expectation, and in every share of subscribers.
    pub unconnected: Vec<Unconnected>,
    /// Deliveries that an early end of the run cut off before they were late; in no other count.
    pub undecided: u64,
    /// Receipts of updates whose publish the hub had refused.
    pub delivered_though_refused: u64,
    /// Events without a stamp of this run.
    pub foreign: u64,
    pub(crate) expectations: Expectations,
}

/// A subscriber that was never confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unconnected {
    /// Its place in the plan.
    pub subscriber: u32,
    /// What kept it.
    pub failure: Failure,
}

impl Ledger {
    /// How many deliveries were expected of a publication.
    pub fn expected_of(&self, publication: u32) -> u64 {
        self.publications
            .get(publication as usize)
            .map_or(0, |counts| counts.expected)
    }

    /// How many subscribers were confirmed.
    pub fn confirmed(&self) -> u64 {
        let confirmed = self.expectations.confirmed.iter();
        confirmed.filter_map(Confirmed::since).count() as u64
    }
}

/// How a run ended, as far as its books are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All that had not come will never come: the drain deadline passed, everything seemed to have arrived, or the hub is gone.
    Whole,
    /// We stopped listening while deliveries were under way.
    CutShort,
}

/// Settles the books. `publications` holds at most one record for each planned publication; one without a record was never sent.
///
/// Panics when the books do not balance, which is a defect of ours.
pub fn settle(
    plan: &Plan,
    publications: &[PublicationRecord],
    crowd: &CrowdRecord,
    ending: Ending,
) -> Ledger {
    let expectations = Expectations::of(plan, publications, crowd, ending);
    let mut books = Books {
        plan,
        counts: vec![LedgerCounts::default(); plan.publications.len()],
        wrong: WrongDeliveries::default(),
        undecided: 0,
        delivered_though_refused: 0,
    };
    let mut fates = Fates::new(plan, crowd, &expectations);
    for subscriber in 0..crowd.subscribers.len() as u32 {
        fates.of(subscriber, |publication, finding| {
            books.enter(subscriber, publication, finding);
        });
    }
    for out_of_order in order::reordered(plan, publications, crowd) {
        books.enter_reordered(out_of_order);
    }
    books.enter_unattributed(crowd);
    let mut counts = LedgerCounts::default();
    for publication in &books.counts {
        assert!(
            publication.balances(),
            "the ledger does not balance: {publication:?}"
        );
        counts.add(publication);
    }
    counts.corrupt += crowd.unattributed;
    Ledger {
        counts,
        publications: books.counts,
        wrong: books.wrong,
        unconnected: unconnected(&expectations),
        undecided: books.undecided,
        delivered_though_refused: books.delivered_though_refused,
        foreign: crowd.foreign,
        expectations,
    }
}

fn unconnected(expectations: &Expectations) -> Vec<Unconnected> {
    (0_u32..)
        .zip(&expectations.confirmed)
        .filter_map(|(subscriber, confirmed)| {
            let Confirmed::Never(failure) = confirmed else {
                return None;
            };
            Some(Unconnected {
                subscriber,
                failure: failure.clone(),
            })
        })
        .collect()
}

/// The books while they are being filled.
struct Books<'run> {
    plan: &'run Plan,
    counts: Vec<LedgerCounts>,
    wrong: WrongDeliveries,
    undecided: u64,
    delivered_though_refused: u64,
}

impl Books<'_> {
    fn enter(&mut self, subscriber: u32, publication: u32, finding: Finding) {
        let counts = &mut self.counts[publication as usize];
        let wrong = match finding {
            Finding::Expected(Fate::Undecided) => {
                self.undecided += 1;
                return;
            }
            Finding::Excess(Excess::NotPublished) => {
                self.delivered_though_refused += 1;
                return;
            }
            Finding::Expected(fate) => {
                counts.expected += 1;
                match fate {
                    Fate::OnTime(_) => counts.on_time += 1,
                    Fate::Late(_) => counts.late += 1,
                    Fate::Replayed(_) => counts.replayed += 1,
                    Fate::Lost | Fate::Undecided => counts.lost += 1,
                }
                if fate != Fate::Lost {
                    return;
                }
                WrongKind::Lost
            }
            Finding::Excess(Excess::Duplicate) => {
                counts.duplicate += 1;
                WrongKind::Duplicate
            }
            Finding::Excess(Excess::Leaked) => {
                counts.leaked += 1;
                WrongKind::Leaked
            }
            Finding::Excess(Excess::Corrupt) => {
                counts.corrupt += 1;
                WrongKind::Corrupt
            }
        };
        self.name(wrong, subscriber, publication, None);
    }

    fn enter_reordered(&mut self, found: order::Reordered) {
        self.counts[found.publication as usize].reordered += 1;
        let after = &self.plan.publications[found.after as usize];
        let detail = format!(
            "came after update {} of publisher {}",
            after.sequence, after.publisher
        );
        self.name(
            WrongKind::Reordered,
            found.subscriber,
            found.publication,
            Some(detail),
        );
    }

    fn enter_unattributed(&mut self, crowd: &CrowdRecord) {
        for oddity in &crowd.unattributed_named {
            self.wrong.push(WrongDelivery {
                kind: WrongKind::Corrupt,
                subscriber: oddity.subscriber,
                publisher: None,
                sequence: None,
                topic: None,
                planned_us: None,
                detail: Some(format!("received at {}, its stamp unreadable", oddity.at)),
            });
        }
        let named = crowd.unattributed_named.len() as u64;
        self.wrong
            .omit(WrongKind::Corrupt, crowd.unattributed - named);
    }

    fn name(&mut self, kind: WrongKind, subscriber: u32, publication: u32, detail: Option<String>) {
        if !self.wrong.has_room(kind) {
            // Nothing is made up for a name that would be dropped: a dead hub loses millions.
            self.wrong.omit(kind, 1);
            return;
        }
        let planned = &self.plan.publications[publication as usize];
        self.wrong.push(WrongDelivery {
            kind,
            subscriber,
            publisher: Some(planned.publisher),
            sequence: Some(planned.sequence),
            topic: Some(self.plan.topics[planned.topic as usize].iri.clone()),
            planned_us: Some(planned.at.0),
            detail,
        });
    }
}
