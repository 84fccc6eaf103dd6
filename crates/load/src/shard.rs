//! The crowd, spread over processes where one has too few file descriptors (measuring.md, "Limits of one machine").
//!
//! ```text
//! run ── Order ──▶ worker 1: every n-th of the crowd ── News: counters, then records ──▶ run
//!    ╰── Order ──▶ worker 2 …                                                              │ the probes, the publishers,
//!                                                                                          ╰ the ledger: one process
//! ```
//!
//! An `Order` is a scenario and a seed, from which each worker makes the same plan; what it sends back are the very
//! records that a thread would have left, so that nothing downstream knows of processes. Both are messages on a pipe, with
//! nothing shared in memory. Probes stay with the run: there are few of them, and they carry the figures.

mod message;
mod news;
mod pool;
mod worker;

use std::io;
use std::sync::Arc;

pub(crate) use message::Told;
pub use pool::{PoolError, WorkerPool};
pub use worker::{WorkerError, work};

use crate::clock::Clock;
use crate::crowd::{Crowd, CrowdLive, CrowdRecord, Part, StartError};
use crate::plan::Plan;
use crate::reach::Reach;
use crate::stop::Stop;
use crate::target::Target;
use pool::{Enlisted, Workers};

/// How the crowd is spread.
#[derive(Clone, Debug)]
pub enum Spread {
    /// Over so many threads of this process; the probes have one more.
    Threads(usize),
    /// Over worker processes.
    Workers(WorkerPool),
}

/// A crowd whose workers, if it has any, have made their plan and wait for the run to begin.
pub(crate) struct Ready {
    workers: Option<Enlisted>,
    reader_threads: usize,
}

/// A crowd at work, wherever it is.
pub(crate) struct WholeCrowd {
    here: Crowd,
    elsewhere: Option<Workers>,
    live: CrowdLive,
}

/// Starts the workers, if there are to be any, and waits until each has its plan.
pub(crate) fn get_ready(
    spread: &Spread,
    plan: &Plan,
    target: &Target,
    reach: &Reach,
) -> Result<Ready, PoolError> {
    Ok(match spread {
        Spread::Threads(reader_threads) => Ready {
            workers: None,
            reader_threads: *reader_threads,
        },
        Spread::Workers(pool) => Ready {
            workers: Some(Enlisted::from(pool, plan, target, reach.hub)?),
            reader_threads: 1,
        },
    })
}

impl Ready {
    /// Lets the crowd begin, see [`Crowd::start`].
    pub(crate) fn start(
        self,
        plan: &Arc<Plan>,
        target: &Target,
        reach: &Reach,
        clock: &Clock,
        stop: &Stop,
    ) -> Result<WholeCrowd, StartError> {
        let part = match self.workers {
            Some(_) => Part::Probes,
            None => Part::Whole {
                reader_threads: self.reader_threads,
            },
        };
        let here = Crowd::start(plan, target, reach.hub, clock, stop, part)?;
        let elsewhere = match self.workers {
            Some(workers) => Some(workers.begin(plan, clock).map_err(|source| {
                stop.request();
                StartError {
                    name: "workers".to_owned(),
                    source,
                }
            })?),
            None => None,
        };
        let live = match &elsewhere {
            Some(workers) => here.live().with(workers.live()),
            None => here.live().clone(),
        };
        Ok(WholeCrowd {
            here,
            elsewhere,
            live,
        })
    }
}

impl WholeCrowd {
    /// A view of how far it has come.
    pub(crate) fn live(&self) -> &CrowdLive {
        &self.live
    }

    /// Whether every part of it has ended.
    pub(crate) fn is_finished(&self) -> bool {
        self.here.is_finished() && self.elsewhere.as_ref().is_none_or(Workers::are_finished)
    }

    /// Which worker ended before it had told all that it saw, and what of; none while that has not happened.
    pub(crate) fn lost(&self) -> Option<String> {
        self.elsewhere.as_ref().and_then(Workers::lost)
    }

    /// Waits until it ends, which must have been asked for or be due, and returns what it saw.
    pub(crate) fn join(self) -> CrowdRecord {
        let mut record = self.here.join();
        if let Some(workers) = self.elsewhere {
            workers.join(&mut record);
        }
        record
    }
}

/// What is wrong with a message, as an error of reading.
fn malformed(error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
