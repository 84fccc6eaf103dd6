//! One row a publish: when it was planned, what the hub said, and how it reached its audience.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::load::ledger::LedgerCounts;
use crate::load::phase::PhaseKind;
use crate::quantile::Quantile;

/// One publish. Instants are µs since the run began, latencies µs from the planned instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PublicationRow {
    /// Number of the publisher.
    pub publisher: u16,
    /// Sequence number of that publisher.
    pub sequence: u32,
    /// Phase of its planned instant.
    pub phase: PhaseKind,
    /// Its topic.
    pub topic: String,
    /// I: the planned instant.
    pub planned_us: u64,
    /// S: the first byte of the POST was written.
    pub sent_us: Option<u64>,
    /// A: the answer was read.
    pub answered_us: Option<u64>,
    /// What the hub answered.
    pub outcome: PublicationOutcome,
    /// What became of its deliveries.
    pub ledger: LedgerCounts,
    /// The first subscriber had it.
    pub first: Quantile,
    /// Half of the expected subscribers had it.
    pub median: Quantile,
    /// 99 % of the expected subscribers had it. Exact over its audience: no sampling, so no minimum of events.
    pub p99: Quantile,
    /// The last expected subscriber had it; `"lost"` when one never did.
    pub last: Quantile,
}

/// What the hub answered to a publish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum PublicationOutcome {
    /// With success.
    Accepted,
    /// With an error.
    Refused {
        /// HTTP status.
        status: u16,
    },
    /// Not at all.
    Failed {
        /// Why.
        reason: String,
    },
}
