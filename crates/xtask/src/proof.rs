//! Proofs that take longer than a test may: the same tests, with more rounds or to a larger extent. What they say is kept under
//! `reports/published/` with its date, commit and command: last words as a text, findings as a document with its page.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::step::{cargo, root};

/// Tests that are a proof when they run for long enough.
struct Proof {
    name: &'static str,
    /// What `cargo test` is told: the target and the tests in it; of the whole workspace where no other package has such a target, so that
    /// what is built for its tests is used.
    tests: &'static [&'static str],
    rounds: u32,
    keeps: Keeps,
}

/// What is left of a proof.
#[derive(Clone, Copy)]
enum Keeps {
    /// Each line that a test prints at its end and that begins so.
    Lines(&'static str),
    /// The document that the test writes, in this folder below `reports/published`, and its page.
    Document(&'static str),
}

const PROOFS: [Proof; 12] = [
    Proof {
        name: "kill-9",
        tests: &["--workspace", "--test", "durability", "kill_9"],
        rounds: 100,
        keeps: Keeps::Lines("kill -9: "),
    },
    Proof {
        name: "disk-full",
        tests: &["--workspace", "--test", "durability", "disk_full"],
        rounds: 32,
        keeps: Keeps::Lines("disk full: "),
    },
    Proof {
        name: "churn",
        tests: &["--workspace", "--test", "durability", "churn"],
        // Subscribers in each of its four scenes.
        rounds: 1_000_000,
        keeps: Keeps::Lines("churn: "),
    },
    Proof {
        name: "simulation",
        tests: SIMULATION,
        rounds: 10_000,
        keeps: Keeps::Lines("simulation: "),
    },
    Proof {
        name: "injection",
        tests: &[
            "--workspace",
            "--test",
            "injection",
            "--test",
            "intervals",
            "--test",
            "starved",
        ],
        rounds: 1,
        keeps: Keeps::Lines("injection: "),
    },
    Proof {
        name: "workbench",
        tests: &["--release", "-p", "assay-load", "--bench", "own_cost"],
        rounds: 1,
        keeps: Keeps::Lines("workbench: "),
    },
    Proof {
        name: "kill-matrix",
        tests: &[
            "--workspace",
            "--test",
            "kill_matrix",
            "each_check_goes_red",
        ],
        rounds: 1,
        keeps: Keeps::Document(""),
    },
    Proof {
        name: "second-order",
        tests: &["--workspace", "--test", "kill_matrix", "weaker_checks"],
        rounds: 1,
        keeps: Keeps::Document("proofs"),
    },
    Proof {
        name: "floor",
        tests: &["--workspace", "--test", "floor"],
        rounds: 1,
        keeps: Keeps::Document("proofs"),
    },
    Proof {
        name: "repro",
        tests: &["--workspace", "--test", "repro"],
        rounds: 1,
        keeps: Keeps::Document("proofs"),
    },
    Proof {
        name: "scale",
        tests: &["--workspace", "--test", "scale"],
        // Subscribers.
        rounds: 100_000,
        keeps: Keeps::Lines("scale: "),
    },
    Proof {
        name: "steadiness",
        tests: &["-p", "assay-cli", "--test", "steadiness"],
        rounds: 100,
        keeps: Keeps::Document("proofs"),
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
    match proof.keeps {
        Keeps::Lines(beginning) => {
            let lines = lines(proof.tests, proof.rounds, beginning)?;
            println!("{lines}");
            keep(proof, &lines)
        }
        Keeps::Document(folder) => document(proof, &published().join(folder)),
    }
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
    let output = test(tests, rounds)
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

fn test(tests: &[&str], rounds: u32) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .arg("test")
        .args(tests)
        .args(["--", "--nocapture"])
        .env("ASSAY_PROOF_ROUNDS", rounds.to_string())
        .current_dir(root())
        .stderr(Stdio::inherit());
    command
}

fn keep(proof: &Proof, lines: &str) -> Result<()> {
    let folder = published().join("proofs");
    fs::create_dir_all(&folder)?;
    let Making {
        date,
        commit,
        system,
        command,
    } = Making::of(proof)?;
    let text = format!("{lines}\n\n{date}, commit {commit}, {system}\n{command}\n");
    let path = folder.join(format!("{}.txt", proof.name));
    fs::write(&path, text).with_context(|| format!("failed to write {}", path.display()))
}

/// Runs tests that write a document, and makes its page. One that does not hold is written too: it says what is wrong.
fn document(proof: &Proof, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let path = folder.join(format!("{}.json", proof.name));
    let made = serde_json::to_string(&Making::of(proof)?)?;
    let status = test(proof.tests, proof.rounds)
        .env("ASSAY_PROOF_OUT", &path)
        .env("ASSAY_PROOF_MADE", made)
        .status()
        .context("failed to start cargo")?;
    let path = path.to_str().context("the checkout has a path of UTF-8")?;
    cargo(&[
        "run",
        "--quiet",
        "-p",
        "assay-report",
        "--example",
        "proof",
        "--",
        path,
    ])?;
    ensure!(status.success(), "the proof failed: {path}");
    Ok(())
}

/// When, of which commit, where, by which command.
#[derive(serde::Serialize)]
struct Making {
    date: String,
    commit: String,
    system: String,
    command: String,
}

impl Making {
    fn of(proof: &Proof) -> Result<Self> {
        Ok(Self {
            date: said("date", &["-u", "+%Y-%m-%d"])?,
            commit: said("git", &["rev-parse", "--short", "HEAD"])?,
            system: said("uname", &["-srm"])?,
            command: format!("cargo xtask proof {}", proof.name),
        })
    }
}

fn published() -> PathBuf {
    root().join("reports/published")
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
