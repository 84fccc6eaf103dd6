//! The top of a load document, for programs and for the impatient.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::distribution::Distribution;
use crate::load::LoadRecord;
use crate::load::health::Validity;
use crate::load::metric::Metric;
use crate::quantile::Quantile;

/// Derived from the [`LoadRecord`] below it. Counts cover the whole run, latencies (µs) the measured phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LoadSummary {
    /// Subscribers of the plan.
    pub subscribers: u64,
    /// Those of them that never connected.
    pub unconnected: u64,
    /// Publishes that the hub accepted.
    pub publishes: u64,
    /// Expected deliveries.
    pub expected: u64,
    /// Came live, in time.
    pub on_time: u64,
    /// Came live, late.
    pub late: u64,
    /// Came after a reconnect.
    pub replayed: u64,
    /// Never came.
    pub lost: u64,
    /// Came again.
    pub duplicate: u64,
    /// Came in the wrong order.
    pub reordered: u64,
    /// Came to one who may not have it.
    pub leaked: u64,
    /// Came damaged.
    pub corrupt: u64,
    /// Delivery latency over all deliveries.
    pub delivery_us: QuantileSummary,
    /// Delivery latency of the slowest subscriber of each publish.
    pub event_last_us: QuantileSummary,
    /// Over subscribers, each one's own p99.
    pub by_subscriber_p99_us: QuantileSummary,
    /// Whether the run is a result.
    pub validity: Validity,
    /// What the command exits with.
    pub exit_code: u8,
}

/// Quantiles in µs; each may be `"lost"`, or null when too few publishes stand behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QuantileSummary {
    /// Median.
    pub p50: Quantile,
    /// 90th percentile.
    pub p90: Quantile,
    /// 99th percentile.
    pub p99: Quantile,
    /// 99.9th percentile.
    pub p999: Quantile,
    /// Largest.
    pub max: Quantile,
    /// Values behind it, lost ones included.
    pub count: u64,
}

impl QuantileSummary {
    fn of(distribution: Option<&Distribution>) -> Self {
        let too_few = Quantile::TooFew;
        distribution.map_or(
            Self {
                p50: too_few,
                p90: too_few,
                p99: too_few,
                p999: too_few,
                max: too_few,
                count: 0,
            },
            |distribution| Self {
                p50: distribution.p50,
                p90: distribution.p90,
                p99: distribution.p99,
                p999: distribution.p999,
                max: distribution.max,
                count: distribution.count,
            },
        )
    }
}

impl LoadSummary {
    pub(super) fn of(record: &LoadRecord) -> Self {
        let ledger = &record.ledger;
        let quantiles = |metric| QuantileSummary::of(record.metrics.get(&metric));
        Self {
            subscribers: record.subscribers,
            unconnected: record.unconnected,
            publishes: record.publishes.accepted,
            expected: ledger.expected,
            on_time: ledger.on_time,
            late: ledger.late,
            replayed: ledger.replayed,
            lost: ledger.lost,
            duplicate: ledger.duplicate,
            reordered: ledger.reordered,
            leaked: ledger.leaked,
            corrupt: ledger.corrupt,
            delivery_us: quantiles(Metric::Delivery),
            event_last_us: quantiles(Metric::EventLast),
            by_subscriber_p99_us: quantiles(Metric::BySubscriberP99),
            validity: record.validity(),
            exit_code: record.outcome().exit_code(),
        }
    }
}
