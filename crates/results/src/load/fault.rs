//! What the scenario made go wrong, and how subscribers came over it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::distribution::Distribution;

/// A fault of the scenario's timetable. What is counted of it reaches until the next one begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FaultRow {
    /// What the scenario calls it.
    pub name: String,
    /// What it was, as scenarios spell it.
    pub kind: String,
    /// When it was planned, in µs since the run began.
    pub planned_us: u64,
    /// When it began; absent when the run ended before.
    pub began_us: Option<u64>,
    /// When the hub accepted again, or went on.
    pub ended_us: Option<u64>,
    /// Why it could not be carried out, if so.
    pub problem: Option<String>,
    /// Streams that ended since it began.
    pub broken: u64,
    /// Those of them whose subscribers had no other one until the end.
    pub not_back: u64,
    /// From the end of a stream to the response headers of its successor.
    pub gap: Option<Distribution>,
    /// Deliveries that came from the history, of updates planned since shortly before it began.
    pub replayed: u64,
    /// Deliveries of the same updates that never came.
    pub lost: u64,
    /// Deliveries of the same updates that came again.
    pub duplicate: u64,
}
