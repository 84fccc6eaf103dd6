//! The question that a run asked, in the words of its scenario.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a report says about the scenario; the whole of it is in `scenario.toml` beside the document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScenarioInfo {
    /// Its name.
    pub name: String,
    /// The question that it asks.
    pub question: String,
    /// Repeats the same plan.
    pub seed: u64,
    /// What a publish is to its readers, such as goal/goals.
    pub event: Noun,
    /// Who a subscriber is, such as follower/followers.
    pub audience: Noun,
    /// After this many µs a live delivery counts as late.
    pub late_after_us: u64,
    /// Topics in all.
    pub topics: u64,
    /// Planned publishes in all.
    pub publishes: u64,
    /// Planned deliveries in all.
    pub deliveries: u64,
}

/// A noun of the scenario in both numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Noun {
    /// Singular.
    pub one: String,
    /// Plural.
    pub many: String,
}

impl Noun {
    /// Both forms.
    pub fn new(one: impl Into<String>, many: impl Into<String>) -> Self {
        Self {
            one: one.into(),
            many: many.into(),
        }
    }

    /// The form that fits a count.
    pub fn for_count(&self, count: u64) -> &str {
        if count == 1 { &self.one } else { &self.many }
    }
}
