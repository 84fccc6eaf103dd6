//! The hub's instants on the run's clock, and how late the workbench itself was.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use assay_load::clock::Micros;
use assay_load::crowd::{Receipt, SubscriberRecord};
use assay_load::plan::Plan;
use assay_load::progress::Progress;

/// Where the run's epoch lies: each look is told a moment after it was taken, and that which was told soonest is nearest.
#[derive(Default)]
pub(crate) struct Epoch(Option<Instant>);

impl Epoch {
    pub(crate) fn see(&mut self, progress: &Progress) {
        // Before its epoch the clock stands.
        if progress.at > Micros::ZERO {
            let epoch = Instant::now().checked_sub(progress.at.since_epoch());
            self.0 = [self.0, epoch].into_iter().flatten().min();
        }
    }

    pub(crate) fn at(&self, instant: Instant) -> Micros {
        let since = instant.saturating_duration_since(self.0.expect("a run is looked at"));
        Micros(since.as_micros() as u64)
    }
}

/// When the hub wrote each delivery: by publication, one or more.
#[derive(Clone, Default)]
pub(crate) struct Written(Arc<Mutex<BTreeMap<u32, Vec<Instant>>>>);

impl Written {
    pub(crate) fn now(&self, publication: u32) {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        written.entry(publication).or_default().push(Instant::now());
    }

    /// R − I of each as it would be if nothing came between the hub and its hearers.
    pub(crate) fn latencies_us(&self, plan: &Plan, epoch: &Epoch) -> BTreeMap<u32, Vec<u64>> {
        let written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |(&publication, instants): (&u32, &Vec<Instant>)| {
            let planned_at = plan.publications[publication as usize].at;
            let latency_us = |&at: &Instant| epoch.at(at).micros_since(planned_at);
            (publication, instants.iter().map(latency_us).collect())
        };
        written.iter().map(of).collect()
    }
}

/// R − K of each receipt at a probe: how long the workbench itself left it unread. What was read together waited as long as its last.
pub(crate) fn own_lags_us(record: &SubscriberRecord) -> Vec<(Receipt, u64)> {
    let mut of_read_us = 0;
    let backwards = record.receipts.iter().zip(&record.read_lags).rev();
    backwards
        .map(|(receipt, lag)| {
            of_read_us = lag.us().unwrap_or(of_read_us);
            (*receipt, of_read_us)
        })
        .collect()
}
