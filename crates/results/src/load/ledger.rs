//! The ledger: what became of each expected delivery (measuring.md, "The ledger").

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bounds::WRONG_DELIVERIES_NAMED_OF_A_KIND;

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
    /// Of those that were refused or failed: while the scenario itself kept the hub from them.
    #[serde(default)]
    pub failed_by_plan: u64,
    /// Written after their instant because the in-flight cap was hit.
    pub held_back: u64,
}

/// Deliveries that went wrong: the first of each kind by name, all of them counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WrongDeliveries {
    /// The first of each kind, [`WRONG_DELIVERIES_NAMED_OF_A_KIND`] at most, in the order of subscribers.
    pub named: Vec<WrongDelivery>,
    /// How many there were of each kind, named or not; a kind that did not occur is absent.
    #[serde(default)]
    #[schemars(extend("propertyNames" = serde_json::json!({ "enum": WrongKind::ALL })))]
    pub totals: BTreeMap<WrongKind, u64>,
    /// How many of them are not named.
    pub omitted: u64,
}

impl WrongDeliveries {
    /// Whether the next one of a kind would still be named.
    pub fn has_room(&self, kind: WrongKind) -> bool {
        self.totals.get(&kind).copied().unwrap_or(0) < WRONG_DELIVERIES_NAMED_OF_A_KIND
    }

    /// Counts one more, and names it as long as there is room for its kind.
    pub fn push(&mut self, wrong: WrongDelivery) {
        if self.has_room(wrong.kind) {
            *self.totals.entry(wrong.kind).or_default() += 1;
            self.named.push(wrong);
        } else {
            self.omit(wrong.kind, 1);
        }
    }

    /// Counts `count` more of a kind without naming them.
    pub fn omit(&mut self, kind: WrongKind, count: u64) {
        if count > 0 {
            *self.totals.entry(kind).or_default() += count;
            self.omitted += count;
        }
    }

    /// The named ones of each kind that occurred, a kind after the other.
    pub fn named_by_kind(&self) -> BTreeMap<WrongKind, Vec<&WrongDelivery>> {
        let mut by_kind: BTreeMap<WrongKind, Vec<&WrongDelivery>> = BTreeMap::new();
        for wrong in &self.named {
            by_kind.entry(wrong.kind).or_default().push(wrong);
        }
        by_kind
    }

    /// How many there were of a kind, named or not.
    pub fn total(&self, kind: WrongKind) -> u64 {
        let named = || self.named.iter().filter(|wrong| wrong.kind == kind).count() as u64;
        self.totals.get(&kind).copied().unwrap_or_else(named)
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

impl WrongKind {
    /// All of them, in the order of documents.
    pub const ALL: [Self; 5] = [
        Self::Lost,
        Self::Duplicate,
        Self::Reordered,
        Self::Leaked,
        Self::Corrupt,
    ];
}
