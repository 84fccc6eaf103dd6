//! What was looked at before the first check.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Dialect;

/// One step of the preflight, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PreflightStep {
    /// Such as `tls` or `token: audience`.
    pub name: String,
    /// Dialect spoken, when it matters.
    pub dialect: Option<Dialect>,
    /// How it went.
    pub outcome: StepOutcome,
    /// What was seen, and the next step when it failed.
    pub detail: String,
}

/// How a step of the preflight went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepOutcome {
    /// As it should.
    Ok,
    /// Not so.
    Failed,
    /// Not looked at, since an earlier one failed or nothing was given to look with.
    Skipped,
}

/// Something that a hub may have and need not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Feature {
    /// Its name in the catalogue.
    pub name: String,
    /// Dialect spoken.
    pub dialect: Dialect,
    /// Whether this hub has it.
    pub state: FeatureState,
    /// What showed it.
    pub evidence: String,
}

/// Whether a hub has a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FeatureState {
    /// It has.
    Present,
    /// It has not.
    Absent,
    /// It cannot be told.
    Unknown,
}
