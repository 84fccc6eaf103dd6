//! What a document keeps of a [`Histogram`]: its quantiles, and a curve to draw.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::confidence::{ConfidenceInterval, QuantileIntervals};
use crate::histogram::Histogram;
use crate::quantile::{Quantile, events_needed};

/// Steps of the curve for each nine: 0 to 0.9, 0.9 to 0.99 and so on.
const STEPS_A_NINE: u32 = 20;

/// Nines of the curve at most: up to 0.999999.
const NINES_AT_MOST: u32 = 6;

/// What is stated as a number, ascending.
const STATED: [f64; 5] = [0.5, 0.9, 0.95, 0.99, 0.999];

/// One metric, summarised. Every latency is in µs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Distribution {
    /// Values recorded, and those that never came.
    pub count: u64,
    /// Independent events behind the quantiles: publishes for what a publish causes.
    pub events: u64,
    /// Those that never came.
    pub lost: u64,
    /// Those above 60 s, recorded as 60 s.
    pub overflow: u64,
    /// Smallest value that came.
    pub min: Option<u64>,
    /// Mean of those that came, rounded.
    pub mean: Option<u64>,
    /// Median.
    pub p50: Quantile,
    /// 90th percentile.
    pub p90: Quantile,
    /// 95th percentile.
    pub p95: Quantile,
    /// 99th percentile.
    pub p99: Quantile,
    /// 99.9th percentile.
    pub p999: Quantile,
    /// How sure the five above are.
    #[serde(default)]
    pub intervals: QuantileIntervals,
    /// Largest value.
    pub max: Quantile,
    /// Largest value that came, whatever was lost.
    pub max_received: Option<u64>,
    /// Ascending, for drawing: also where too few events stand behind it.
    pub curve: Vec<CurvePoint>,
}

/// A point of a quantile curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CurvePoint {
    /// Quantile, `0.0..=1.0`.
    pub q: f64,
    /// Its value in µs, or `"lost"`.
    pub us: Quantile,
    /// How sure it is; absent where too few events stand behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<ConfidenceInterval>,
}

impl Distribution {
    /// Summarises; `events` are the independent events behind the quantiles: the measured publishes for everything that
    /// a publish causes, and the smaller of subscribers and publishes for the by-subscriber family.
    pub fn of(histogram: &Histogram, events: u64) -> Self {
        let quantile = |q| histogram.quantile(q, events);
        Self {
            count: histogram.samples(),
            events,
            lost: histogram.lost(),
            overflow: histogram.overflow(),
            min: histogram.min_us(),
            mean: histogram.mean_us().map(|mean| mean.round() as u64),
            p50: quantile(0.5),
            p90: quantile(0.9),
            p95: quantile(0.95),
            p99: quantile(0.99),
            p999: quantile(0.999),
            intervals: QuantileIntervals::default(),
            max: histogram.max(),
            max_received: histogram.max_us(),
            curve: curve(histogram),
        }
    }

    /// The quantiles of this distribution that may have an interval, ascending: those stated and those of the curve, as far as
    /// enough events stand behind them.
    pub fn quantiles(&self) -> Vec<f64> {
        let stated = STATED.into_iter().chain(self.curve.iter().map(|at| at.q));
        let mut quantiles: Vec<f64> = stated
            .filter(|&q| q > 0.0 && self.events >= events_needed(q))
            .collect();
        quantiles.sort_by(f64::total_cmp);
        quantiles.dedup();
        quantiles
    }

    /// With the intervals of its [`Distribution::quantiles`], by quantile; one that is not among `intervals` has none.
    #[must_use]
    pub fn with_intervals(mut self, intervals: &[(f64, ConfidenceInterval)]) -> Self {
        let of = |wanted: f64| {
            let place = intervals.binary_search_by(|(q, _)| q.total_cmp(&wanted));
            place.ok().map(|place| intervals[place].1)
        };
        let [p50, p90, p95, p99, p999] = STATED.map(of);
        self.intervals = QuantileIntervals {
            p50,
            p90,
            p95,
            p99,
            p999,
        };
        for point in &mut self.curve {
            point.interval = of(point.q);
        }
        self
    }
}

/// Evenly spaced on an axis of nines, up to the last sample.
fn curve(histogram: &Histogram) -> Vec<CurvePoint> {
    let samples = histogram.samples();
    let mut quantiles: Vec<f64> = (0..=STEPS_A_NINE * NINES_AT_MOST)
        .map(|step| 1.0 - 10_f64.powf(-f64::from(step) / f64::from(STEPS_A_NINE)))
        .take_while(|q| (1.0 - q) * samples as f64 >= 1.0)
        // Short in the document, and the same on every machine.
        .map(|q| (q * 1e9).round() / 1e9)
        .collect();
    quantiles.push(1.0);
    let values = histogram.ranks(&quantiles);
    quantiles
        .into_iter()
        .zip(values)
        .map(|(q, us)| CurvePoint {
            q,
            us,
            interval: None,
        })
        .collect()
}
