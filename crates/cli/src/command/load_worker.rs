//! `assay load-worker`: a share of a run's crowd, as a process of its own.

use std::io;

use assay_load::shard::{WorkerError, work};
use assay_results::Outcome;

use crate::failure::{CommandResult, OrFail};

/// Does what the run that started this orders, until it is done or the run is gone.
pub(crate) fn run() -> CommandResult {
    match work(io::stdin(), io::stdout().lock()) {
        // Nobody is there to be told.
        Ok(()) | Err(WorkerError::Pipe(_)) => Ok(Outcome::Passed),
        Err(error) => Err(error).or_not_measurable(),
    }
}
