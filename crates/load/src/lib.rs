//! What a Mercure hub bears: puts load on any hub over HTTP, and accounts for and times every delivery.
//!
//! ```text
//! scenarios/*.toml ─ Scenario ─ Plan ─ Publishers + Crowd (with probes) ─ records ─ Ledger + percentiles ─ LoadRun
//!      scenario        │       plan       publishers.rs    crowd/                   ledger.rs  percentiles.rs  assemble.rs
//!                      └ seed                   └─────── run.rs watches both ┘
//! ```
//!
//! A [`scenario::Scenario`] and a seed give a [`plan::Plan`], the timetable to the microsecond; [`preflight`] compares its sums
//! with what the machine and the hub allow; [`run::run`] carries it out on the run's one [`clock::Clock`] and returns records;
//! [`assemble::assemble`] makes the document of them. Every stage knows the noun that it is given and the noun that it returns.
//!
//! How much a hub bears is found by several short runs: [`capacity`] says which.
//!
//! It never links a hub, and is not for judging whether one keeps the protocol (`assay-conformance`), nor for writing or drawing
//! results (`assay-results`, `assay-report`). It prints nothing and does not read the environment; all that is peculiar to an
//! operating system, and all `unsafe`, is in [`platform`].

pub mod assemble;
pub mod capacity;
pub mod clock;
pub mod crowd;
mod health;
pub mod hub_control;
pub mod hub_process;
pub mod ledger;
pub mod null_hub;
pub mod percentiles;
pub mod plan;
pub mod platform;
pub mod preflight;
pub mod progress;
pub mod publishers;
pub mod reach;
pub mod record;
pub mod run;
pub mod scenario;
pub mod shard;
pub mod stamp;
pub mod stop;
pub mod target;
