//! The seeds of the simulations: a few hundred in any test run, thousands where `ASSAY_PROOF_ROUNDS` says so (`cargo xtask e2e`,
//! `cargo xtask proof simulation`), one alone to see a failure again.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// How many seeds, instead of a few hundred.
const ROUNDS: &str = "ASSAY_PROOF_ROUNDS";
/// The one seed to run.
const SEED: &str = "ASSAY_SEED";

/// How many seeds a simulation runs.
pub(crate) struct Seeds {
    /// In a test run.
    pub(crate) few: u64,
    /// In a proof: each so-manieth of its rounds, since a simulation on files takes long.
    pub(crate) one_in: u64,
}

/// Runs a simulation for each seed; how many there were. The first that fails is said, with the command that runs it alone.
#[allow(clippy::print_stdout, reason = "the line of the proof")]
pub(crate) fn each(seeds: &Seeds, question: &str, mut simulate: impl FnMut(u64)) -> u64 {
    let range = match (number(SEED), number(ROUNDS)) {
        (Some(seed), _) => seed..seed + 1,
        (None, Some(rounds)) => 0..rounds.div_ceil(seeds.one_in),
        (None, None) => 0..seeds.few,
    };
    for seed in range.clone() {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| simulate(seed))) {
            println!(
                "simulation: seed {seed} fails: {question}; again with: \
                 {SEED}={seed} cargo test -p assay-hub-core --test suite simulation"
            );
            resume_unwind(panic);
        }
    }
    println!(
        "simulation: seeds {} to {}, as the model says: {question}",
        range.start,
        range.end - 1
    );
    range.end - range.start
}

fn number(variable: &str) -> Option<u64> {
    let written = std::env::var(variable).ok()?;
    Some(written.parse().expect("a number"))
}
