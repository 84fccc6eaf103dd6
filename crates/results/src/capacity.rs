//! The document of a search for the capacity of a hub: every step with its figures, and the answer that follows from them. Not for
//! deciding what to try next: that is the workbench's.

pub(crate) mod answer;
pub(crate) mod judge;
pub(crate) mod step;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bounds::SCHEMA_VERSION;
use crate::environment::Environment;
use crate::load::Partial;
use crate::load::calibration::Calibration;
use crate::load::scenario::Noun;
use crate::load::slo::SloExpression;
use crate::outcome::Outcome;
use crate::target::Target;
use answer::{CapacityAnswer, CapacityKind};
use step::CapacityStep;

/// A search for a capacity as a document. Made from a [`CapacityRecord`], so that its answers cannot disagree with its steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CapacityRun {
    /// Version of this format.
    schema: u32,
    /// Always `capacity`.
    kind: DocumentKind,
    /// The answers.
    summary: CapacitySummary,
    #[serde(flatten)]
    record: CapacityRecord,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum DocumentKind {
    Capacity,
}

/// What the steps say together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CapacitySummary {
    /// One for each search, in their order.
    pub answers: Vec<CapacityAnswer>,
    /// What the command exits with.
    pub exit_code: u8,
}

/// Everything that was tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CapacityRecord {
    /// Why the search ended early, if it did; its instant counts from the first step.
    pub partial: Option<Partial>,
    /// What was looked for, and how.
    pub question: CapacityQuestion,
    /// The hub, as the last step met it.
    pub target: Option<Target>,
    /// Machine, program, command.
    pub environment: Environment,
    /// What this machine can hear at all, where that was looked into.
    pub calibration: Option<Calibration>,
    /// One, or one for each number of subscribers of a frontier.
    pub searches: Vec<CapacitySearch>,
    /// Anything else that a reader must know.
    pub notes: Vec<String>,
}

/// What was looked for, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CapacityQuestion {
    /// Name of the scenario.
    pub scenario: String,
    /// The question that it asks.
    pub asks: String,
    /// What an update is to its readers.
    pub event: Noun,
    /// Who a subscriber is.
    pub audience: Noun,
    /// Of the first step; each next one has one more.
    pub seed: u64,
    /// What was raised.
    pub raised: Raised,
    /// What a step must keep, beside a ledger that is right.
    pub objectives: Vec<CapacityObjective>,
    /// The answer is as near to the first load that failed, in percent.
    pub within_percent: f64,
    /// How often a load must pass again to be the answer.
    pub confirmations: u32,
    /// Length of a step's measured phase, in µs; a step that needs more events for its objectives is longer.
    pub step_measured_us: u64,
    /// Whether the hub was started again for each step.
    pub fresh_hub: bool,
    /// Whether the run of each step is kept, in `steps/NNN`.
    pub keeps_steps: bool,
}

/// What a search raises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Raised {
    /// How many subscribers there are.
    Subscribers,
    /// How often is published.
    Rate,
    /// How often is published, for several numbers of subscribers.
    Both,
}

/// Something that every step must keep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CapacityObjective {
    /// As it was written.
    pub expect: String,
    /// Its bound, when it is one of a latency, in µs.
    pub latency_bound_us: Option<f64>,
}

impl CapacityObjective {
    /// Of an expression.
    pub fn of(expression: &SloExpression) -> Self {
        Self {
            expect: expression.to_string(),
            latency_bound_us: expression.latency_bound_us(),
        }
    }
}

/// Steps that raise one quantity, all others the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CapacitySearch {
    /// The quantity: never both.
    pub raised: Raised,
    /// In the order in which they were made.
    pub steps: Vec<CapacityStep>,
}

impl CapacityRun {
    /// The document of a record.
    pub fn new(record: CapacityRecord) -> Self {
        Self {
            schema: SCHEMA_VERSION,
            kind: DocumentKind::Capacity,
            summary: CapacitySummary {
                answers: record.answers(),
                exit_code: record.outcome().exit_code(),
            },
            record,
        }
    }

    /// The answers.
    pub const fn summary(&self) -> &CapacitySummary {
        &self.summary
    }

    /// Everything that was tried.
    pub const fn record(&self) -> &CapacityRecord {
        &self.record
    }

    /// How the search ended.
    pub fn outcome(&self) -> Outcome {
        self.record.outcome()
    }
}

impl CapacityRecord {
    fn answers(&self) -> Vec<CapacityAnswer> {
        let confirmations = self.question.confirmations;
        let of = |search: &CapacitySearch| CapacityAnswer::of(search, confirmations);
        self.searches.iter().map(of).collect()
    }

    /// How the search ended: passed (0) where any capacity was found, be it "so much at least". A frontier has an end: a number of
    /// subscribers at which even the least rate is too much fails nothing as long as another was held.
    pub fn outcome(&self) -> Outcome {
        let end = self
            .partial
            .as_ref()
            .map_or(Outcome::Passed, |partial| partial.cause.outcome());
        let answers = self.answers();
        let found = if answers.iter().any(|answer| answer.passed.is_some()) {
            Outcome::Passed
        } else if answers.is_empty() {
            Outcome::NotMeasurable
        } else {
            Outcome::worst(answers.iter().map(|answer| match answer.kind {
                CapacityKind::Capacity | CapacityKind::AtLeast => Outcome::Passed,
                CapacityKind::None => Outcome::Broken,
                CapacityKind::NotMeasurable => Outcome::NotMeasurable,
                CapacityKind::Undecided => Outcome::TooFewEvents,
            }))
        };
        Outcome::worst([end, found])
    }
}
