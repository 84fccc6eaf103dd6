//! How sure a quantile is: 95 % confidence intervals (measuring.md, "Is it us?"). Not for computing them: that needs the events of a
//! run, which a [`crate::Histogram`] does not keep apart.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::quantile::Quantile;

/// The share of repeated runs whose interval covers the true quantile.
pub const CONFIDENCE: f64 = 0.95;

/// Both ends in µs. Null where too few events lie beyond the quantile for an end on that side: then only the other one is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfidenceInterval {
    /// Lower end.
    pub low: Quantile,
    /// Upper end; `"lost"` when deliveries that never came reach as far as the interval does.
    pub high: Quantile,
}

impl ConfidenceInterval {
    /// The interval of these ends; none when neither is known.
    pub fn of(low: Quantile, high: Quantile) -> Option<Self> {
        (low != Quantile::TooFew || high != Quantile::TooFew).then_some(Self { low, high })
    }
}

/// The intervals of the quantiles that a [`crate::Distribution`] states. One is absent where its quantile is not stated, where the
/// events behind it are too few for either end, and for metrics of connections and subscribers, which are no independent events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QuantileIntervals {
    /// Of the median.
    pub p50: Option<ConfidenceInterval>,
    /// Of the 90th percentile.
    pub p90: Option<ConfidenceInterval>,
    /// Of the 95th percentile.
    pub p95: Option<ConfidenceInterval>,
    /// Of the 99th percentile.
    pub p99: Option<ConfidenceInterval>,
    /// Of the 99.9th percentile.
    pub p999: Option<ConfidenceInterval>,
}
