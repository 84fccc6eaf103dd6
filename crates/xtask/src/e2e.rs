//! The real programs, as a newcomer runs them: the release binary, and its report in a browser. And what takes optimised code:
//! thousands of seeds of the simulations, and counts of instructions.

mod browser;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::package::require;
use crate::step::{cargo, root, timed};
use crate::{action, deploy, instructions, proof};

/// Runs all parts; each is real, and a missing program is a failure.
pub(crate) fn run() -> Result<()> {
    let reports = tempfile::tempdir().context("failed to make a folder for the reports")?;
    let assay = build()?;
    let load = reports.path().join("live-score");
    timed("e2e: live score", || live_score(&assay, &load))?;
    let conformance = reports.path().join("check");
    timed("e2e: check", || check(&assay, &conformance))?;
    timed("e2e: action", || action::check(&assay))?;
    deploy::check(&assay)?;
    timed("e2e: browser", || {
        require("chromium", "chromium")?;
        browser::fits(&load, "delivery")?;
        browser::fits(&conformance, "conform")
    })?;
    timed("e2e: simulation", proof::simulate)?;
    timed("e2e: instructions", instructions::check)
}

/// Builds the release binary; its path.
pub(crate) fn build() -> Result<PathBuf> {
    timed("e2e: release build", || {
        cargo(&["build", "--release", "--package", "assay-cli"])
    })?;
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    Ok(target.join("release/assay"))
}

/// Nothing may be lost or wrong. A machine too busy for a valid figure is no defect: the report has to say so.
fn live_score(assay: &Path, out: &Path) -> Result<()> {
    let code = run_assay(assay, &["run", "live-score"], out)?;
    let document: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(out.join("run.json"))?)?;
    let summary = &document["summary"];
    let count = |name: &str| summary[name].as_u64().with_context(|| format!("no {name}"));
    ensure!(count("expected")? > 40_000, "too few deliveries: {summary}");
    ensure!(
        count("expected")? == count("on_time")? + count("late")?,
        "deliveries are missing: {summary}"
    );
    for wrong in ["duplicate", "reordered", "leaked", "corrupt"] {
        ensure!(count(wrong)? == 0, "{wrong} deliveries: {summary}");
    }
    match (code, summary["validity"].as_str()) {
        (0, Some("valid" | "marked")) | (3, Some("invalid")) => Ok(()),
        (code, validity) => bail!("assay run ended with {code}, validity {validity:?}"),
    }
}

fn check(assay: &Path, out: &Path) -> Result<()> {
    let code = run_assay(assay, &["check"], out)?;
    ensure!(code == 0, "assay check ended with {code}");
    Ok(())
}

/// The exit code; every file of a report has to be there.
fn run_assay(assay: &Path, arguments: &[&str], out: &Path) -> Result<i32> {
    let status = Command::new(assay)
        .args(arguments)
        .arg("--out")
        .arg(out)
        .status()
        .with_context(|| format!("failed to start {}", assay.display()))?;
    for file in ["run.json", "index.html", "junit.xml"] {
        ensure!(
            out.join(file).is_file(),
            "{file} is missing in {}",
            out.display()
        );
    }
    status
        .code()
        .with_context(|| format!("assay {} was killed: {status}", arguments.join(" ")))
}
