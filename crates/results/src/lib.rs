//! The documents that a run leaves: what a load run, a search for a capacity, a comparison, a conformance run or a
//! migration found, as versioned data with a JSON
//! Schema, and the directory that keeps it.
//!
//! A workbench crate fills a [`LoadRecord`], a [`ConformanceRecord`] or a [`MigrationRecord`]; their runs derive their
//! summary and their [`Outcome`] from it, so that a summary never disagrees with what stands below it. [`RunDirectory`]
//! writes and reads the files.
//!
//! Not for measuring, and not for drawing: this crate has no sockets, no clock, no async runtime, and prints nothing.

mod bounds;
mod capacity;
mod comparison;
mod confidence;
mod conformance;
mod dialect;
mod directory;
mod distribution;
mod environment;
mod error;
mod histogram;
mod interval_log;
mod load;
mod migration;
mod outcome;
mod proof;
mod quantile;
mod redaction;
mod schema;
mod student;
mod target;

pub use bounds::WRONG_DELIVERIES_NAMED_OF_A_KIND;
pub use capacity::answer::{CapacityAnswer, CapacityKind, Tried, least_missed, most_met};
pub use capacity::judge::Room;
pub use capacity::step::{CapacityStep, Cause, LoadLevel, Purpose, StepFigures, StepVerdict};
pub use capacity::{
    CapacityObjective, CapacityQuestion, CapacityRecord, CapacityRun, CapacitySearch,
    CapacitySummary, Raised,
};
pub use comparison::row::{ComparedRow, Finding};
pub use comparison::spread::{Spread, spreads};
pub use comparison::{
    Compared, ComparisonRecord, ComparisonRun, ComparisonSide, ComparisonSummary, Evidence, Pair,
    PairRun,
};
pub use confidence::{CONFIDENCE, ConfidenceInterval, QuantileIntervals};
pub use conformance::baseline::{
    Baseline, BaselineComparison, BaselineEntry, BaselineError, BaselineState, KnownFailure,
};
pub use conformance::coverage::{Coverage, CoverageStatus};
pub use conformance::preflight::{Feature, FeatureState, PreflightStep, StepOutcome};
pub use conformance::summary::{AreaStatus, AreaSummary, ConformanceSummary, VerdictCounts};
pub use conformance::verdict::{Difference, Level, Verdict, VerdictRow};
pub use conformance::{
    ConformanceRecord, ConformanceResults, ConformanceRun, FailOn, Subject, Transcript,
};
pub use dialect::Dialect;
pub use directory::{Run, RunDirectory, SavedRun};
pub use distribution::{CurvePoint, Distribution};
pub use environment::{Assay, Environment, Machine};
pub use error::{HistogramError, ReadError, WriteError};
pub use histogram::Histogram;
pub use interval_log::{Interval, IntervalLog};
pub use load::arrival::{ArrivalPoint, arrival_curve};
pub use load::calibration::{Calibration, Limit};
pub use load::cost::{Estimate, HubCost};
pub use load::failure::{Failure, Stage};
pub use load::fairness::{Fairness, JoinGroup};
pub use load::fault::FaultRow;
pub use load::health::{Gate, GateName, Health, HealthSecond, ThreadShare, Validity};
pub use load::ledger::{LedgerCounts, PublishCounts, WrongDeliveries, WrongDelivery, WrongKind};
pub use load::metric::Metric;
pub use load::phase::{Phase, PhaseKind};
pub use load::probes::ProbeComparison;
pub use load::publication::{PublicationOutcome, PublicationRow};
pub use load::scenario::{Noun, ScenarioInfo};
pub use load::second::{
    HeatCell, RampPoint, Second, heat_bucket, heat_bucket_start_us, heat_cells,
};
pub use load::slo::{Slo, SloError, SloExpression, SloLevel, SloObserved, SloRow, SloVerdict};
pub use load::summary::{LoadSummary, QuantileSummary};
pub use load::{LoadRecord, LoadResults, LoadRun, Note, Partial, PartialCause};
pub use migration::sample::{
    Basis, Change, End, Fate, Instead, Place, SampleKind, SampleRow, Standing,
};
pub use migration::summary::MigrationSummary;
pub use migration::{MigrationRecord, MigrationRun, Skipped, SourcesRead, World, WorldHub};
pub use outcome::Outcome;
pub use proof::{Figure, Making, Proof, ProofFindings, ProofGroup, ProofTable};
pub use quantile::{Quantile, events_needed};
pub use redaction::redact_command_line;
pub use schema::{
    capacity_run_schema, comparison_run_schema, conformance_run_schema, load_run_schema,
    migration_run_schema,
};
pub use target::{DialectEvidence, HubOrigin, Target};
