//! Which requirements of the catalogue are checked, and why the others are not: the closed matrix of conformance.md.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Dialect;
use crate::conformance::verdict::Level;

/// One hub requirement of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// Its id.
    pub requirement: String,
    /// Its dialect.
    pub dialect: Dialect,
    /// Its level.
    pub level: Level,
    /// Its section of the draft.
    pub section: String,
    /// Who checks it, or why nobody does.
    #[serde(flatten)]
    pub status: CoverageStatus,
}

/// Who checks a requirement, or why nobody does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum CoverageStatus {
    /// A check judges it.
    Checked {
        /// Its id.
        check: String,
    },
    /// It cannot be seen from outside.
    Reason {
        /// Why.
        reason: String,
    },
}
