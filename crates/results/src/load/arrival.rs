//! The arrival curve: which share of the audience an update has reached so many µs after its planned instant.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::histogram::Histogram;

/// Points of a curve at most, so that a picture of it stays small.
const POINTS_AT_MOST: u64 = 200;

/// One point of the curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ArrivalPoint {
    /// Since the planned publish instant.
    pub since_us: u64,
    /// Share of the audience reached by then, `0.0..=1.0`.
    pub share: f64,
}

/// The curve over all deliveries of a histogram. What was lost stays unreached, and so do `unconnected` deliveries: what
/// subscribers that never connected would have got, since they belong to the denominator (measuring.md, "The ledger").
pub fn arrival_curve(histogram: &Histogram, unconnected: u64) -> Vec<ArrivalPoint> {
    let audience = histogram.samples() + unconnected;
    let step = audience.div_ceil(POINTS_AT_MOST).max(1);
    let mut points = Vec::new();
    let (mut reached, mut drawn) = (0, 0);
    let mut last = None;
    for (us, count) in histogram.recorded() {
        reached += count;
        let point = ArrivalPoint {
            since_us: us,
            share: rounded(reached as f64 / audience as f64),
        };
        last = Some(point);
        if points.is_empty() || reached >= drawn + step {
            points.push(point);
            drawn = reached;
        }
    }
    if let Some(last) = last.filter(|last| points.last() != Some(last)) {
        points.push(last);
    }
    points
}

fn rounded(share: f64) -> f64 {
    (share * 1e6).round() / 1e6
}
