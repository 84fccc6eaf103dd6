//! What the probes say beside the crowd, with kernel receive stamps: how much of a latency is ours (measuring.md, "Is it us?").

use crate::clock::Micros;
use crate::crowd::CrowdRecord;
use crate::ledger::Ledger;
use crate::ledger::fates::{Fate, Fates, Finding};
use crate::plan::{PhaseKind, Plan};
use crate::record::PublicationRecord;
use assay_results::Histogram;

/// The times of the probes, in microseconds, over updates of the measured phase.
#[derive(Clone, Debug, Default)]
pub struct ProbeTimes {
    /// How many subscribers were probes.
    pub probes: u64,
    /// R − I at the probes; what they lost included.
    pub delivery: Histogram,
    /// R − I at all others; what they lost included.
    pub crowd_delivery: Histogram,
    /// K − S: hub and network, without us at either end; of the last event of each read. All that the probes lost is included.
    pub wire_delivery: Histogram,
    /// R − K: our reader's part; of the last event of each read.
    pub read_lag: Histogram,
    /// The same by the second in which R lies, for the gate.
    pub read_lag_by_second: Vec<Histogram>,
}

impl ProbeTimes {
    pub(super) fn of(
        plan: &Plan,
        publications: &[PublicationRecord],
        crowd: &CrowdRecord,
        ledger: &Ledger,
    ) -> Self {
        let mut sent_at = vec![None; plan.publications.len()];
        for record in publications {
            sent_at[record.publication as usize] = record.sent_at;
        }
        let mut times = Self::default();
        times.add_deliveries(plan, crowd, ledger);
        let probes = plan.subscribers.iter().zip(&crowd.subscribers);
        for (_, record) in probes.filter(|(planned, _)| planned.probe) {
            times.probes += 1;
            for (receipt, kernel) in record.receipts.iter().zip(&record.kernel_received_at) {
                let planned = &plan.publications[receipt.publication as usize];
                if let (PhaseKind::Measure, Some(received_by_kernel)) = (planned.phase, *kernel) {
                    let received_at = Micros(planned.at.0 + receipt.latency_us());
                    times.add_stamped(
                        received_at,
                        received_by_kernel,
                        sent_at[receipt.publication as usize],
                    );
                }
            }
        }
        if times.wire_delivery.samples() > 0 {
            times.wire_delivery.record_lost(times.delivery.lost());
        }
        times
    }

    fn add_deliveries(&mut self, plan: &Plan, crowd: &CrowdRecord, ledger: &Ledger) {
        let mut fates = Fates::new(plan, crowd, &ledger.expectations);
        for (subscriber, planned) in (0_u32..).zip(&plan.subscribers) {
            let histogram = if planned.probe {
                &mut self.delivery
            } else {
                &mut self.crowd_delivery
            };
            fates.of(subscriber, |publication, finding| {
                let is_measured =
                    plan.publications[publication as usize].phase == PhaseKind::Measure;
                match finding {
                    Finding::Expected(fate) if is_measured && fate != Fate::Undecided => {
                        super::record(histogram, fate.latency_us());
                    }
                    Finding::Expected(_) | Finding::Excess(_) => {}
                }
            });
        }
    }

    fn add_stamped(
        &mut self,
        received_at: Micros,
        received_by_kernel: Micros,
        sent_at: Option<Micros>,
    ) {
        let read_lag_us = received_at.micros_since(received_by_kernel);
        self.read_lag.record(read_lag_us);
        let second = received_at.second() as usize;
        if self.read_lag_by_second.len() <= second {
            self.read_lag_by_second
                .resize_with(second + 1, Histogram::new);
        }
        self.read_lag_by_second[second].record(read_lag_us);
        if let Some(sent_at) = sent_at {
            self.wire_delivery
                .record(received_by_kernel.micros_since(sent_at));
        }
    }
}
