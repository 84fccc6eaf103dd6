//! How much a hub bears under objectives: which load to try next, and the scenario of one short run under it. Not for running it
//! ([`crate::run`]) or for what a run says ([`assay_results::CapacityStep`]).

pub mod search;
mod short;

pub use search::{Next, Search};
pub use short::StepLength;
