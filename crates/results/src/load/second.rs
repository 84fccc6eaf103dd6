//! The run a second at a time: rates, connections, and the latencies of the updates planned in that second.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bounds::LONGEST_LATENCY_US;
use crate::histogram::Histogram;
use crate::load::phase::PhaseKind;
use crate::quantile::Quantile;

/// Rows of the heat map for each power of ten.
const BUCKETS_A_DECADE: f64 = 8.0;

/// One second of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Second {
    /// Whole seconds since the run began.
    pub at_s: u32,
    /// Phase at its begin.
    pub phase: PhaseKind,
    /// Publishes planned in it.
    pub planned: u64,
    /// Publishes whose first byte was written in it.
    pub sent: u64,
    /// Publishes whose answer was read in it.
    pub answered: u64,
    /// Events received in it, by all subscribers.
    pub delivered: u64,
    /// Streams open at its end.
    pub connections: u64,
    /// Publishes planned in it that anyone was expected to receive: the independent events behind its quantiles.
    #[serde(default)]
    pub events: u64,
    /// Median of R − I over the expected deliveries of the publishes planned in it; null below 5 events.
    pub p50_us: Quantile,
    /// 99th percentile of the same; null below 299 events.
    pub p99_us: Quantile,
    /// Largest of those that came.
    pub max_us: Option<u64>,
    /// Deliveries planned in it that never came.
    pub lost: u64,
    /// Latencies of what was planned in it, for the heat map.
    pub heat: Vec<HeatCell>,
    /// CPU share of the hub's process, 1.0 for one CPU; known only for a child or a local process.
    pub hub_cpu: Option<f64>,
    /// Resident memory of the hub's process, or what is charged to its control group.
    pub hub_memory_bytes: Option<u64>,
    /// Of which buffers of its sockets; known only of a control group.
    #[serde(default)]
    pub hub_socket_bytes: Option<u64>,
    /// File descriptors of the hub's process.
    #[serde(default)]
    pub hub_open_files: Option<u64>,
    /// How often threads of the hub's process left their CPU in it.
    #[serde(default)]
    pub hub_context_switches: Option<u64>,
}

/// Deliveries whose latency lies in one bucket of [`heat_bucket`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeatCell {
    /// Bucket number: it begins at `10^(bucket/8)` µs.
    pub bucket: u8,
    /// Deliveries in it.
    pub count: u64,
}

/// Bucket of a latency: eight for each power of ten, from 1 µs up.
pub fn heat_bucket(us: u64) -> u8 {
    let us = us.clamp(1, LONGEST_LATENCY_US);
    // The margin keeps powers of ten at the begin of their own bucket.
    ((us as f64).log10() * BUCKETS_A_DECADE + 1e-9) as u8
}

/// Where a bucket begins, in µs; the next one's begin is its end.
pub fn heat_bucket_start_us(bucket: u8) -> f64 {
    10_f64.powf(f64::from(bucket) / BUCKETS_A_DECADE)
}

/// The column of the heat map for a histogram, ascending, without empty cells.
pub fn heat_cells(histogram: &Histogram) -> Vec<HeatCell> {
    let mut cells: Vec<HeatCell> = Vec::new();
    for (us, count) in histogram.recorded() {
        let bucket = heat_bucket(us);
        match cells.last_mut() {
            Some(cell) if cell.bucket == bucket => cell.count += count,
            _ => cells.push(HeatCell { bucket, count }),
        }
    }
    cells
}

/// The connect ramp at one instant: how many subscribers had come how far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RampPoint {
    /// Since the run began.
    pub at_us: u64,
    /// Were to connect by then.
    pub planned: u64,
    /// Had their response headers.
    pub connected: u64,
    /// Were confirmed.
    pub confirmed: u64,
    /// Had failed for good.
    pub failed: u64,
}
