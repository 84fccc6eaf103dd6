//! Proofs by injection: a hub does wrong by known amounts, to known deliveries, at known instants, and the run has to say exactly that.
//!
//! ```text
//! cargo test --workspace --test injection     small and quick
//! cargo xtask proof injection                 at full size, on a machine that does nothing else; kept in reports/published/proofs
//! ```
//!
//! The whole ones run one after the other; a thread that is starved has a binary of its own, `starved`, since it takes a CPU.
//!
//! Where a busy machine keeps the workbench from its threads, the small ones allow for what the workbench itself says of its lag, and for
//! what the hub says of its own; the whole ones allow for nothing.

#![allow(clippy::print_stdout, reason = "a proof prints what it found")]

mod closed_form;
#[path = "../fan_out_hub/mod.rs"]
mod fan_out_hub;
mod faults;
mod pause;
mod stopwatch;
#[path = "../whole_run/mod.rs"]
mod whole_run;
mod wrong_deliveries;

use std::sync::{Mutex, MutexGuard, PoisonError};

use assay_load::plan::Plan;
use assay_load::stamp::Stamp;

/// By so much two clocks of one machine may differ when one is read between two looks at the other.
const READING_US: u64 = 1_000;

/// Held by the part of a whole proof that is on.
static MACHINE: Mutex<()> = Mutex::new(());

/// Whether this is the whole proof.
fn is_whole() -> bool {
    std::env::var_os("ASSAY_PROOF_ROUNDS").is_some()
}

/// The machine to oneself, among the parts of a whole proof.
fn machine() -> Option<MutexGuard<'static, ()>> {
    is_whole().then(|| MACHINE.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Which planned update this is the `data` of; none for the preflight's.
fn published(plan: &Plan, data: &str) -> Option<u32> {
    let stamp = Stamp::read(data.as_bytes()).ok()?;
    let is_ours = stamp.run_id == plan.run_id;
    is_ours
        .then(|| plan.publication_index(stamp.publisher, stamp.sequence))
        .flatten()
}
