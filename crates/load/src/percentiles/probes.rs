//! What the probes say beside the crowd, with kernel receive stamps: how much of a latency is ours (measuring.md, "Is it us?").

use super::interval;
use crate::clock::Micros;
use crate::crowd::{CrowdRecord, ReadLag};
use crate::plan::{PhaseKind, Plan};
use crate::record::PublicationRecord;
use assay_results::{Histogram, Interval, Quantile};

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
    /// p99 of the same by the second in which R lies, for the gate; none where there is nothing.
    pub read_lag_p99_us: Vec<Option<u64>>,
    /// The same by the second, as a log.
    pub read_lag_log: Vec<Interval>,
}

impl ProbeTimes {
    /// `own` are the latencies of one subscriber's measured deliveries; none is a lost one.
    pub(super) fn add_deliveries(&mut self, is_probe: bool, own: &[Option<u64>]) {
        let histogram = if is_probe {
            self.probes += 1;
            &mut self.delivery
        } else {
            &mut self.crowd_delivery
        };
        for &latency_us in own {
            super::record(histogram, latency_us);
        }
    }

    /// To be called when all deliveries were added.
    pub(super) fn add_stamps(
        &mut self,
        plan: &Plan,
        publications: &[PublicationRecord],
        crowd: &CrowdRecord,
    ) {
        let mut sent_at = vec![None; plan.publications.len()];
        for record in publications {
            sent_at[record.publication as usize] = record.sent_at;
        }
        // By the second of R, which does not ascend from subscriber to subscriber.
        let mut by_second: Vec<Vec<ReadLag>> = Vec::new();
        let probes = plan.subscribers.iter().zip(&crowd.subscribers);
        for (_, record) in probes.filter(|(planned, _)| planned.probe) {
            for (receipt, read_lag) in record.receipts.iter().zip(&record.read_lags) {
                let planned = &plan.publications[receipt.publication as usize];
                let (PhaseKind::Measure, Some(read_lag_us)) = (planned.phase, read_lag.us()) else {
                    continue;
                };
                let received_at = Micros(planned.at.0 + receipt.latency_us());
                self.read_lag.record(read_lag_us);
                let second = received_at.second() as usize;
                if by_second.len() <= second {
                    by_second.resize_with(second + 1, Vec::new);
                }
                by_second[second].push(*read_lag);
                if let Some(sent_at) = sent_at[receipt.publication as usize] {
                    let received_by_kernel = Micros(received_at.0.saturating_sub(read_lag_us));
                    self.wire_delivery
                        .record(received_by_kernel.micros_since(sent_at));
                }
            }
        }
        if self.wire_delivery.samples() > 0 {
            self.wire_delivery.record_lost(self.delivery.lost());
        }
        self.add_seconds(by_second);
    }

    fn add_seconds(&mut self, by_second: Vec<Vec<ReadLag>>) {
        for (second, lags) in (0_u32..).zip(by_second) {
            let mut histogram = Histogram::new();
            for lag_us in lags.into_iter().filter_map(ReadLag::us) {
                histogram.record(lag_us);
            }
            let p99 = histogram.rank(0.99).and_then(Quantile::value_us);
            self.read_lag_p99_us.push(p99);
            self.read_lag_log.extend(interval(second, &histogram));
        }
    }
}
