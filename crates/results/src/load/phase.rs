//! The parts of a load run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A part of a run, as planned, in µs since the run began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Phase {
    /// Its name in the scenario.
    pub name: String,
    /// What it is for.
    pub kind: PhaseKind,
    /// Its begin.
    pub start_us: u64,
    /// Its end, exclusive.
    pub end_us: u64,
}

/// What a phase is for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PhaseKind {
    /// Subscribers connect.
    Ramp,
    /// Canaries show that each subscriber hears.
    Settle,
    /// Load, not measured.
    WarmUp,
    /// Load, measured: percentiles are of this phase alone.
    Measure,
    /// No more publishes; stragglers are awaited.
    Drain,
}
