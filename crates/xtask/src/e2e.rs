//! The real programs, as a newcomer runs them: the release binary, and its report in a browser. And what takes optimised code:
//! thousands of seeds of the simulations, and counts of instructions.
//!
//! Chromium comes as Debian's package, installed here when it is missing and we may.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::step::{cargo, program, root, timed};
use crate::{action, instructions, proof};

/// Widths that the pages must fit: a phone and a laptop, in CSS pixels.
const WIDTHS_PX: [u32; 2] = [390, 1280];

/// Runs all parts; each is real, and a missing program is a failure.
pub(crate) fn run() -> Result<()> {
    let reports = tempfile::tempdir().context("failed to make a folder for the reports")?;
    timed("e2e: release build", || {
        cargo(&["build", "--release", "--package", "assay-cli"])
    })?;
    let assay = release_binary();
    let load = reports.path().join("live-score");
    timed("e2e: live score", || live_score(&assay, &load))?;
    let conformance = reports.path().join("check");
    timed("e2e: check", || check(&assay, &conformance))?;
    timed("e2e: action", || action::check(&assay))?;
    timed("e2e: browser", || {
        require("chromium", "chromium")?;
        in_browser(&load, "delivery")?;
        in_browser(&conformance, "conform")
    })?;
    timed("e2e: simulation", proof::simulate)?;
    timed("e2e: instructions", instructions::check)
}

fn release_binary() -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    target.join("release/assay")
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

/// The page renders, says what it found, and never scrolls sideways.
fn in_browser(report: &Path, expected_word: &str) -> Result<()> {
    let page = fs::read_to_string(report.join("index.html"))?;
    let probe = "<script>document.title = 'width ' + document.documentElement.scrollWidth \
                 + ' of ' + window.innerWidth</script>";
    let probed = report.join("probed.html");
    let page = without_policy(&page)?.replace("</body>", &format!("{probe}</body>"));
    fs::write(&probed, page)?;
    for width_px in WIDTHS_PX {
        let dom = dump_dom(&probed, width_px)?;
        ensure!(
            dom.to_lowercase().contains(expected_word),
            "the page does not say {expected_word:?}"
        );
        let (content_px, window_px) =
            widths(&dom).context("the page did not render: no title was set")?;
        ensure!(
            content_px <= window_px,
            "at {width_px} px the page is {content_px} px wide and scrolls sideways"
        );
    }
    Ok(())
}

/// The page without its Content-Security-Policy, which forbids the script that measures it.
fn without_policy(page: &str) -> Result<String> {
    let (before, rest) = page
        .split_once("<meta http-equiv=\"Content-Security-Policy\"")
        .context("the page has no Content-Security-Policy")?;
    let (_, after) = rest
        .split_once('>')
        .context("the page's Content-Security-Policy does not end")?;
    Ok(format!("{before}{after}"))
}

fn dump_dom(page: &Path, width_px: u32) -> Result<String> {
    let profile = tempfile::tempdir()?;
    let output = Command::new("chromium")
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
        ])
        .args([
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--window-size={width_px},900"))
        .arg("--dump-dom")
        .arg(format!("file://{}", page.display()))
        .output()
        .context("failed to start chromium")?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn widths(dom: &str) -> Option<(u32, u32)> {
    let (_, rest) = dom.split_once("<title>width ")?;
    let (content, rest) = rest.split_once(" of ")?;
    let (window, _) = rest.split_once('<')?;
    Some((content.parse().ok()?, window.parse().ok()?))
}

/// Makes sure that the program `name` is there, by Debian's `package` if need be.
pub(crate) fn require(name: &str, package: &str) -> Result<()> {
    let present = || Command::new(name).arg("--version").output().is_ok();
    if present() {
        return Ok(());
    }
    program("apt-get", &["update", "-qq"])
        .and_then(|()| program("apt-get", &["install", "-y", "-qq", package]))
        .with_context(|| {
            format!("`{name}` is missing and could not be installed: install Debian's `{package}`")
        })?;
    if !present() {
        bail!("`{name}` is still missing after Debian's `{package}` was installed");
    }
    Ok(())
}
