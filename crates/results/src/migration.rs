//! The document of a migration: which samples of a site work on a hub of 0.x, on one of 1.0 that also speaks 0.x, and on one
//! of 1.0 alone, and what to write instead. Not for trying them: that is the workbench's.

pub(crate) mod sample;
pub(crate) mod summary;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bounds::SCHEMA_VERSION;
use crate::conformance::preflight::PreflightStep;
use crate::environment::Environment;
use crate::load::Partial;
use crate::outcome::Outcome;
use crate::target::Target;
use sample::{SampleRow, Standing};
use summary::MigrationSummary;

/// A migration as a document. Made from a [`MigrationRecord`], so that its summary cannot disagree with the rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MigrationRun {
    /// Version of this format.
    schema: u32,
    /// Always `migration`.
    kind: MigrationKind,
    /// The most important figures.
    summary: MigrationSummary,
    #[serde(flatten)]
    record: MigrationRecord,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum MigrationKind {
    Migration,
}

/// Everything that was tried and seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MigrationRecord {
    /// Why the run ended early, if it did.
    pub partial: Option<Partial>,
    /// How long it took.
    pub duration_ms: u64,
    /// Machine, program, command.
    pub environment: Environment,
    /// The three hubs, in the order of the move.
    pub worlds: Vec<WorldHub>,
    /// What was read to find the samples.
    pub sources: SourcesRead,
    /// One row a sample; the same text found at several places is one sample.
    pub samples: Vec<SampleRow>,
    /// Anything else that a reader must know.
    pub notes: Vec<String>,
}

/// What a site speaks to, at one step of the move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum World {
    /// A hub of 0.x.
    Today,
    /// A hub of 1.0 that also answers 0.x: moved, compatibility on.
    Compatible,
    /// A hub of 1.0 alone: moved, compatibility off.
    Moved,
}

impl World {
    /// In the order of the move.
    pub const ALL: [Self; 3] = [Self::Today, Self::Compatible, Self::Moved];

    /// As people say it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Today => "today",
            Self::Compatible => "moved, compatibility on",
            Self::Moved => "moved, compatibility off",
        }
    }
}

/// The hub of one world.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WorldHub {
    /// Which.
    pub world: World,
    /// The hub; none where it could not be started or reached.
    pub target: Option<Target>,
    /// What was looked at before the first sample.
    pub preflight: Vec<PreflightStep>,
    /// Why nothing could be tried on it, if so.
    pub unusable: Option<String>,
}

/// What was read to find the samples.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourcesRead {
    /// What was given, as it was given.
    pub given: Vec<String>,
    /// Files that were read.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What was passed over, and why, with how often.
    pub skipped: Vec<Skipped>,
}

/// What was not read, for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Skipped {
    /// Such as `node_modules` or `larger than 1 MiB`.
    pub reason: String,
    /// Files or folders.
    pub count: u64,
    /// One of them.
    pub example: String,
}

impl MigrationRun {
    /// The document of a record.
    pub fn new(record: MigrationRecord) -> Self {
        Self {
            schema: SCHEMA_VERSION,
            kind: MigrationKind::Migration,
            summary: MigrationSummary::of(&record),
            record,
        }
    }

    /// The most important figures.
    pub const fn summary(&self) -> &MigrationSummary {
        &self.summary
    }

    /// Everything that was tried and seen.
    pub const fn record(&self) -> &MigrationRecord {
        &self.record
    }

    /// How the run ended.
    pub fn outcome(&self) -> Outcome {
        self.record.outcome()
    }
}

impl MigrationRecord {
    /// How the run ended: broken (1) where any sample must change, else not measurable (3) where any could not be judged, else
    /// passed: the site may move without compatibility.
    pub fn outcome(&self) -> Outcome {
        let end = self
            .partial
            .as_ref()
            .map_or(Outcome::Passed, |partial| partial.cause.outcome());
        let any = |wanted: Standing| self.samples.iter().any(|row| row.standing() == wanted);
        let judged = if any(Standing::MustChange) {
            Outcome::Broken
        } else if any(Standing::Open) || self.samples.is_empty() {
            Outcome::NotMeasurable
        } else {
            Outcome::Passed
        };
        Outcome::worst([end, judged])
    }
}
