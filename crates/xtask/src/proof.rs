//! Proofs that take longer than a test may: the same tests, with more rounds, and their last words kept under
//! `reports/published/proofs/` with its date, commit and command.

use std::fs;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::step::root;

/// Tests that are a proof when they run for long enough.
struct Proof {
    name: &'static str,
    /// What `cargo test` is told: the package, the target and the tests in it.
    tests: &'static [&'static str],
    rounds: u32,
    /// How each line begins that a test prints at its end.
    line: &'static str,
}

const PROOFS: [Proof; 2] = [
    Proof {
        name: "kill-9",
        tests: &["-p", "assay-cli", "--test", "durability", "kill_9"],
        rounds: 100,
        line: "kill -9: ",
    },
    Proof {
        name: "simulation",
        tests: SIMULATION,
        rounds: 10_000,
        line: "simulation: ",
    },
];
/// Optimised, a seed takes a few milliseconds.
const SIMULATION: &[&str] = &[
    "--release",
    "-p",
    "assay-hub-core",
    "--test",
    "suite",
    "simulation",
];
/// Seeds of each simulation of the hub core at every commit.
const SIMULATION_ROUNDS_IN_CI: u32 = 3_000;

/// Runs the proof of this name, and keeps what it says.
pub(crate) fn run(name: &str) -> Result<()> {
    let Some(proof) = PROOFS.iter().find(|proof| proof.name == name) else {
        let known = PROOFS.map(|proof| proof.name).join(", ");
        bail!("no proof is called `{name}`; the proofs are {known}");
    };
    let lines = lines(proof.tests, proof.rounds, proof.line)?;
    println!("{lines}");
    keep(proof, &lines)
}

/// Thousands of seeds; nothing is kept.
pub(crate) fn simulate() -> Result<()> {
    println!(
        "{}",
        lines(SIMULATION, SIMULATION_ROUNDS_IN_CI, "simulation: ")?
    );
    Ok(())
}

/// Runs tests for so many rounds; what they say of themselves.
fn lines(tests: &[&str], rounds: u32, beginning: &str) -> Result<String> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .arg("test")
        .args(tests)
        .args(["--", "--nocapture"])
        .env("ASSAY_PROOF_ROUNDS", rounds.to_string())
        .current_dir(root())
        .stderr(Stdio::inherit())
        .output()
        .context("failed to start cargo")?;
    let said = String::from_utf8_lossy(&output.stdout);
    let mut lines: Vec<_> = said
        .lines()
        .filter_map(|line| line.find(beginning).map(|at| &line[at..]))
        .collect();
    if lines.is_empty() || !output.status.success() {
        bail!("the proof failed:\n{said}");
    }
    // Tests end in any order.
    lines.sort_unstable();
    Ok(lines.join("\n"))
}

fn keep(proof: &Proof, lines: &str) -> Result<()> {
    let folder = root().join("reports/published/proofs");
    fs::create_dir_all(&folder)?;
    let date = said("date", &["-u", "+%Y-%m-%d"])?;
    let commit = said("git", &["rev-parse", "--short", "HEAD"])?;
    let system = said("uname", &["-srm"])?;
    let text = format!(
        "{lines}\n\n{date}, commit {commit}, {system}\ncargo xtask proof {}\n",
        proof.name
    );
    let path = folder.join(format!("{}.txt", proof.name));
    fs::write(&path, text).with_context(|| format!("failed to write {}", path.display()))
}

/// What a program says, in a line.
fn said(program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(root())
        .output()
        .with_context(|| format!("failed to start {program}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
