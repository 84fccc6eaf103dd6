//! How a run is coming along: a value every fifth of a second, for whoever shows it. Nothing in a report comes from here.

use assay_results::ThreadShare;

use crate::clock::Micros;
use crate::crowd::CrowdProgress;
use crate::plan::PhaseKind;
use crate::publishers::PublisherProgress;

/// A look at a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// When.
    pub at: Micros,
    /// The phase, by the plan.
    pub phase: PhaseKind,
    /// When the plan ends; a drain may end before.
    pub ends_at: Micros,
    /// How many subscribers the plan has.
    pub subscribers: u64,
    /// How many of them were due to connect by now.
    pub subscribers_due: u64,
    /// The subscribers' side, totals.
    pub crowd: CrowdProgress,
    /// How many updates the plan has.
    pub updates: u64,
    /// The publishers' side, totals.
    pub publishers: PublisherProgress,
    /// Over the last second.
    pub rates: Rates,
    /// Deliveries whose planned instant is past and whose subscriber was confirmed by then, unless the hub did not take the update:
    /// what the ledger will expect, some of it still under way.
    pub deliveries_due: u64,
    /// How many of these came; `crowd.receipts` has repeats and the like as well.
    pub deliveries_came: u64,
    /// Deliveries that are later than the scenario's bound and have not come: late ones and losses to be.
    pub deliveries_overdue: u64,
    /// Event-last, R − I in microseconds, over the updates that reached everyone by now and were planned in the last second:
    /// median and worst.
    pub event_last_us: Option<(u64, u64)>,
    /// The busiest workbench thread in the last second.
    pub busiest_thread: Option<ThreadShare>,
    /// CPUs that the hub's process used in the last second, where it is known.
    pub hub_cpu: Option<f64>,
}

/// Events per second, over the last second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rates {
    /// Updates whose instant came.
    pub planned: f64,
    /// Updates that were written.
    pub sent: f64,
    /// Deliveries that came.
    pub delivered: f64,
    /// Deliveries that became due.
    pub deliveries_due: f64,
}
