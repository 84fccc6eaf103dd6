//! What a machine's workbench can hear of a hub that does nothing: beside it every other figure stands. Made by `assay calibrate`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::environment::{Assay, Machine};
use crate::quantile::Quantile;

/// The floor of latencies and the ceiling of deliveries of one machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Calibration {
    /// When it was made, RFC 3339 in UTC.
    pub made_at: String,
    /// On which machine: it says nothing of another one.
    pub machine: Machine,
    /// By which program.
    pub assay: Assay,
    /// Subscribers of one topic.
    pub subscribers: u64,
    /// Delivery (R − I), median, at a light load.
    pub floor_delivery_p50_us: Quantile,
    /// The slowest subscriber of each publish, median, at the same load.
    pub floor_event_last_p50_us: Quantile,
    /// The same, 99th percentile.
    pub floor_event_last_p99_us: Quantile,
    /// R − K, 99th percentile, at the same load.
    pub floor_read_lag_p99_us: Quantile,
    /// Events a second that came in the steepest load that was kept.
    pub ceiling_deliveries_per_second: f64,
    /// What was at its limit in the next one.
    pub limited_by: Limit,
}

/// What a ceiling is the ceiling of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Our readers or publishers.
    Workbench,
    /// The hub that does nothing, or the system under it.
    NullHub,
    /// The last step that there is: so much at least.
    None,
}

impl Calibration {
    /// Whether it was made on a machine like this one.
    pub fn is_of(&self, machine: &Machine) -> bool {
        self.machine == *machine
    }
}
