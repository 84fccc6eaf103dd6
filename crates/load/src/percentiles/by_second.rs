//! The subscribers' side of a run a second at a time.

use crate::clock::Micros;
use crate::crowd::CrowdRecord;
use crate::ledger::Ledger;
use crate::ledger::fates::{Fate, Fates, Finding};
use crate::plan::{PhaseKind, Plan};
use assay_results::Histogram;

/// One second of the run.
#[derive(Clone, Debug, Default)]
pub struct SubscriberSecond {
    /// R − I of what was planned in it and expected, of every phase; lost ones included.
    pub delivery: Histogram,
    /// The same of the measured phase alone.
    pub measured: Histogram,
    /// Events of this run received in it, whatever they were.
    pub received: u64,
    /// Streams open at its end.
    pub connections: u64,
}

/// Every second from the epoch until the crowd stopped reading.
pub fn by_second(plan: &Plan, crowd: &CrowdRecord, ledger: &Ledger) -> Vec<SubscriberSecond> {
    let mut seconds = vec![SubscriberSecond::default(); crowd.ended_at.second() as usize + 1];
    let last = seconds.len() - 1;
    let second_of = |at: Micros| (at.second() as usize).min(last);
    let mut fates = Fates::new(plan, crowd, &ledger.expectations);
    for (subscriber, record) in (0_u32..).zip(&crowd.subscribers) {
        fates.of(subscriber, |publication, finding| {
            let Finding::Expected(fate) = finding else {
                return;
            };
            let planned = &plan.publications[publication as usize];
            let second = &mut seconds[second_of(planned.at)];
            if fate != Fate::Undecided {
                super::record(&mut second.delivery, fate.latency_us());
                if planned.phase == PhaseKind::Measure {
                    super::record(&mut second.measured, fate.latency_us());
                }
            }
        });
        for receipt in &record.receipts {
            let planned_at = plan.publications[receipt.publication as usize].at;
            let received_at = Micros(planned_at.0 + receipt.latency_us());
            seconds[second_of(received_at)].received += 1;
        }
        for stream in &record.streams {
            let broke_in = stream.broke_at.map_or(seconds.len(), second_of);
            for second in &mut seconds[second_of(stream.opened_at)..broke_in] {
                second.connections += 1;
            }
        }
    }
    seconds
}
