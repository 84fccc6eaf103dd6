//! Proofs that take longer than a test may: the same tests, with more rounds, and their last word kept under
//! `reports/published/proofs/` with its date, commit and command.

use std::fs;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::step::root;

/// A test that is a proof when it runs for long enough.
struct Proof {
    name: &'static str,
    /// The test target of the command line, and the test in it.
    test: [&'static str; 2],
    rounds: u32,
    /// How the line begins that the test prints at its end.
    line: &'static str,
}

const PROOFS: [Proof; 1] = [Proof {
    name: "kill-9",
    test: ["durability", "kill_9"],
    rounds: 100,
    line: "kill -9: ",
}];

/// Runs the proof of this name.
pub(crate) fn run(name: &str) -> Result<()> {
    let Some(proof) = PROOFS.iter().find(|proof| proof.name == name) else {
        let known = PROOFS.map(|proof| proof.name).join(", ");
        bail!("no proof is called `{name}`; the proofs are {known}");
    };
    let [target, test] = proof.test;
    let arguments = [
        "test",
        "-p",
        "assay-cli",
        "--test",
        target,
        test,
        "--",
        "--nocapture",
    ];
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(arguments)
        .env("ASSAY_PROOF_ROUNDS", proof.rounds.to_string())
        .current_dir(root())
        .stderr(Stdio::inherit())
        .output()
        .context("failed to start cargo")?;
    let said = String::from_utf8_lossy(&output.stdout);
    let line = said
        .lines()
        .find_map(|line| line.find(proof.line).map(|at| &line[at..]));
    let Some(line) = line.filter(|_| output.status.success()) else {
        bail!("the proof failed:\n{said}");
    };
    println!("{line}");
    keep(proof, line)
}

fn keep(proof: &Proof, line: &str) -> Result<()> {
    let folder = root().join("reports/published/proofs");
    fs::create_dir_all(&folder)?;
    let date = said("date", &["-u", "+%Y-%m-%d"])?;
    let commit = said("git", &["rev-parse", "--short", "HEAD"])?;
    let system = said("uname", &["-srm"])?;
    let text = format!(
        "{line}\n\n{date}, commit {commit}, {system}\ncargo xtask proof {}\n",
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
