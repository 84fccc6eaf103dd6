//! Does a hub keep the Mercure protocol? The catalogue of requirements, the checks that judge them, and the runner.
//!
//! A requirement is a sentence of a draft ([`requirement`]). A check sends something, observes what comes, and holds it
//! against an accept-set; the [`run`] gives one verdict a requirement, and a row in the coverage table for each requirement
//! that is not checked. Most checks are rows of a table of three shapes: a *sandwich* (good, bad, good) for refusals, an
//! *allowance* for what must work, *deliveries* (a fence with an entitled twin) for who receives what.
//!
//! It reads the wire by itself, and never links a hub. Not for load (`assay-load`), not for pages (`assay-report`), and it
//! prints nothing.

mod accept;
mod answer;
mod check;
mod coverage;
pub mod doctor;
mod doubt;
mod execution;
mod explain;
mod features;
mod hub;
mod interrupt;
mod lab;
mod link;
mod migration;
mod preflight;
mod repro;
mod request;
pub mod requirement;
mod row;
mod runner;
mod selection;
mod session;
mod shape;
mod stop;
mod target;
mod token;
mod transcript;
mod verdict;
pub mod watch;
mod weakening;
mod wire;

pub use coverage::of as coverage;
pub use explain::{CheckInfo, checks};
pub use features::{OptionalFeature, UnknownFeature};
pub use interrupt::Interrupt;
pub use migration::{
    Grounds, Migration, MigrationProgress, Sample, SamplesError, dialects_of, migrate, read_samples,
};
pub use runner::{DEFAULT_LANES, Outcome, Progress, RunOptions, run};
pub use selection::{LeastLevel, Selection, SelectionError};
pub use target::{
    DialectChoice, FOREIGN_ORIGIN, HttpVersion, Limits, Places, Plan, RoleCredential, Running,
    StartError, Target, TargetError, TargetFile,
};
pub use weakening::Weakening;
