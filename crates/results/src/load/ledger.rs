//! The ledger: what became of each expected delivery (measuring.md, "The ledger").

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bounds::WRONG_DELIVERIES_NAMED_AT_MOST;

/// Counts over deliveries, of one publish or of many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LedgerCounts {
    /// Deliveries that confirmed subscribers were entitled to.
    pub expected: u64,
    /// Came live, in time.
    pub on_time: u64,
    /// Came live, but after `late_after_us`.
    pub late: u64,
    /// Came after a reconnect.
    pub replayed: u64,
    /// Never came.
    pub lost: u64,
    /// Came again on top.
    pub duplicate: u64,
    /// Came in an order that the publishes did not have.
    pub reordered: u64,
    /// Came to one who may not have it.
    pub leaked: u64,
    /// Came damaged.
    pub corrupt: u64,
}

impl LedgerCounts {
    /// The identity that every ledger must keep: expected = on time + late + replayed + lost.
    pub const fn balances(&self) -> bool {
        self.expected == self.on_time + self.late + self.replayed + self.lost
    }

    /// Adds another part of the run.
    pub const fn add(&mut self, other: &Self) {
        self.expected += other.expected;
        self.on_time += other.on_time;
        self.late += other.late;
        self.replayed += other.replayed;
        self.lost += other.lost;
        self.duplicate += other.duplicate;
        self.reordered += other.reordered;
        self.leaked += other.leaked;
        self.corrupt += other.corrupt;
    }

    /// Lost, duplicate, reordered, leaked and corrupt together: what must be zero.
    pub const fn wrong(&self) -> u64 {
        self.lost + self.duplicate + self.reordered + self.leaked + self.corrupt
    }
}

/// What the hub answered to the publishes of the run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PublishCounts {
    /// In the plan.
    pub planned: u64,
    /// Answered with success.
    pub accepted: u64,
    /// Answered with an error: nothing was expected of them.
    pub refused: u64,
    /// Not answered, or never written.
    pub failed: u64,
    /// Written after their instant because the in-flight cap was hit.
    pub held_back: u64,
}

/// Deliveries that went wrong, by name as far as the bound goes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WrongDeliveries {
    /// The first of them.
    pub named: Vec<WrongDelivery>,
    /// How many more there were.
    pub omitted: u64,
}

impl WrongDeliveries {
    /// Names one more, or counts it once [`WRONG_DELIVERIES_NAMED_AT_MOST`] are named.
    pub fn push(&mut self, wrong: WrongDelivery) {
        if self.named.len() < WRONG_DELIVERIES_NAMED_AT_MOST {
            self.named.push(wrong);
        } else {
            self.omitted += 1;
        }
    }
}

/// One delivery that went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WrongDelivery {
    /// In which way.
    pub kind: WrongKind,
    /// Number of the subscriber in the plan.
    pub subscriber: u32,
    /// Number of the publisher, when the stamp could be read.
    pub publisher: Option<u16>,
    /// Its sequence number, when the stamp could be read.
    pub sequence: Option<u32>,
    /// The topic, when known.
    pub topic: Option<String>,
    /// Planned publish instant in µs since the run began, when known.
    pub planned_us: Option<u64>,
    /// What else is known, such as what it came before.
    pub detail: Option<String>,
}

/// In which way a delivery went wrong.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum WrongKind {
    /// Never came.
    Lost,
    /// Came again.
    Duplicate,
    /// Came in the wrong order.
    Reordered,
    /// Came to one who may not have it.
    Leaked,
    /// Came damaged.
    Corrupt,
}
