//! What failed besides deliveries, by reason.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Failures that share a stage and a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// Where.
    pub stage: Stage,
    /// Why, and what to do about it, as a sentence fragment.
    pub reason: String,
    /// How often.
    pub count: u64,
    /// First time, in µs since the run began.
    pub first_us: u64,
}

/// Where something failed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// A subscriber could not connect.
    Connect,
    /// A subscriber got no event stream.
    Headers,
    /// A subscriber's canary did not come.
    Settle,
    /// A stream ended or could not be read.
    Stream,
    /// A publish was refused or not answered.
    Publish,
}
