//! The document of a conformance run.

pub(crate) mod baseline;
pub(crate) mod coverage;
pub(crate) mod preflight;
mod signature;
pub(crate) mod summary;
pub(crate) mod verdict;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bounds::SCHEMA_VERSION;
use crate::conformance::baseline::BaselineComparison;
use crate::conformance::coverage::Coverage;
use crate::conformance::preflight::{Feature, PreflightStep};
use crate::conformance::summary::ConformanceSummary;
use crate::conformance::verdict::{Verdict, VerdictRow};
use crate::environment::Environment;
use crate::load::Partial;
use crate::outcome::Outcome;
use crate::target::Target;

/// A conformance run as a document. Made from a [`ConformanceRecord`], so that its summary cannot disagree with the rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConformanceRun {
    /// Version of this format.
    schema: u32,
    /// Always `conformance`.
    kind: ConformanceKind,
    /// The most important figures.
    summary: ConformanceSummary,
    #[serde(flatten)]
    record: ConformanceRecord,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ConformanceKind {
    Conformance,
}

/// Everything that a conformance run observed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConformanceRecord {
    /// Who was judged; the hub in documents before there was a watch.
    #[serde(default)]
    pub subject: Subject,
    /// Why the run ended early, if it did.
    pub partial: Option<Partial>,
    /// From which level on a broken requirement fails the command.
    pub fail_on: FailOn,
    /// How the verdicts stand to the list of known failures, if one was given.
    pub baseline: Option<BaselineComparison>,
    /// Order of the checks.
    pub seed: u64,
    /// How long it took.
    pub duration_ms: u64,
    /// The hub.
    pub target: Target,
    /// Machine, program, command.
    pub environment: Environment,
    /// What was looked at before the first check.
    pub preflight: Vec<PreflightStep>,
    /// What the hub has, of what a hub need not have.
    pub features: Vec<Feature>,
    /// One row a requirement.
    pub verdicts: Vec<VerdictRow>,
    /// Every requirement of the catalogue on whoever was judged: who checks it, or why nobody does.
    pub coverage: Vec<Coverage>,
    /// Anything else that a reader must know.
    pub notes: Vec<String>,
}

/// Who was judged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A hub, by requests of ours.
    #[default]
    Hub,
    /// The publishers and subscribers of a hub, by what passed between them and it.
    Clients,
}

/// From which level on a broken requirement fails the command.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailOn {
    /// MUST and MUST NOT.
    #[default]
    Must,
    /// SHOULD and SHOULD NOT too.
    Should,
}

/// What a conformance run hands over to be written: the document and the files beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct ConformanceResults {
    /// `run.json`, and `repro/*.sh` from its rows.
    pub run: ConformanceRun,
    /// `transcripts/*.txt`.
    pub transcripts: Vec<Transcript>,
}

/// Everything that went over the connections of one check, on one clock, secrets redacted by the one who wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcript {
    /// Id of the check.
    pub check: String,
    /// The text.
    pub text: String,
}

impl ConformanceRun {
    /// The document of a record.
    pub fn new(record: ConformanceRecord) -> Self {
        Self {
            schema: SCHEMA_VERSION,
            kind: ConformanceKind::Conformance,
            summary: ConformanceSummary::of(&record),
            record,
        }
    }

    /// The most important figures.
    pub const fn summary(&self) -> &ConformanceSummary {
        &self.summary
    }

    /// Everything observed.
    pub const fn record(&self) -> &ConformanceRecord {
        &self.record
    }

    /// How the run ended.
    pub fn outcome(&self) -> Outcome {
        self.record.outcome()
    }
}

impl ConformanceRecord {
    /// How the run ended, by its own `fail_on` (design.md, "The command"): any *error* is our defect; any *fail* or
    /// *flaky*, and *warn* under `--fail-on should`, is broken; else *inconclusive*, or nothing measured, is not
    /// measurable. With a baseline, broken is what is news to it, and whatever is flaky. A preflight that failed without any verdict after it is not measurable too.
    pub fn outcome(&self) -> Outcome {
        let end = self
            .partial
            .as_ref()
            .map_or(Outcome::Passed, |partial| partial.cause.outcome());
        Outcome::worst([end, self.judged()])
    }

    fn judged(&self) -> Outcome {
        let any = |wanted: &[Verdict]| {
            self.verdicts
                .iter()
                .any(|row| wanted.contains(&row.verdict))
        };
        let broken: &[Verdict] = match self.fail_on {
            FailOn::Must => &[Verdict::Fail, Verdict::Flaky],
            FailOn::Should => &[Verdict::Fail, Verdict::Flaky, Verdict::Warn],
        };
        let is_broken = match &self.baseline {
            None => any(broken),
            Some(baseline) => baseline.has_news() || any(&[Verdict::Flaky]),
        };
        let measured = any(&[Verdict::Pass, Verdict::Fail, Verdict::Warn, Verdict::Note]);
        if any(&[Verdict::Error]) {
            Outcome::Defect
        } else if is_broken {
            Outcome::Broken
        } else if any(&[Verdict::Inconclusive]) || !measured {
            Outcome::NotMeasurable
        } else {
            Outcome::Passed
        }
    }
}
