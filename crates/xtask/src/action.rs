//! The composite GitHub Action: linted, and its script run as a job runs it, with the variables that the service sets.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::package::require;
use crate::step::{program, root};

const SCRIPT: &str = "action/check.sh";
/// Long descriptions are meant to be read by people.
const YAML_RULES: &str = "{extends: default, rules: {line-length: disable, document-start: disable, truthy: {check-keys: false}}}";

/// Lints it, then runs it on the reference hub: once well, once with an input that is wrong.
pub(crate) fn check(assay: &Path) -> Result<()> {
    require("shellcheck", "shellcheck")?;
    program("shellcheck", &[SCRIPT])?;
    require("yamllint", "yamllint")?;
    let files = ["action.yml", "docs/examples/conformance.yml"];
    program(
        "yamllint",
        &[["--strict", "-d", YAML_RULES].as_slice(), &files].concat(),
    )?;
    let job = run(assay, &[("CHECK_ARGS", "--area=cors\n--jobs=8")])?;
    ensure!(job.code == 0, "the action ended with {}", job.code);
    ensure!(
        job.summary.contains("## Mercure conformance"),
        "no summary: {}",
        job.summary
    );
    for line in ["exit-code=0", "report="] {
        ensure!(job.outputs.contains(line), "no {line} in {}", job.outputs);
    }
    // What an input holds is an argument, whatever it looks like.
    let wrong = run(
        assay,
        &[("CHECK_BASELINE", "$(touch intruder); missing.toml")],
    )?;
    ensure!(
        wrong.code == 2,
        "a missing baseline ended with {}",
        wrong.code
    );
    ensure!(wrong.outputs.contains("exit-code=2"), "{}", wrong.outputs);
    Ok(())
}

struct Job {
    code: i32,
    summary: String,
    outputs: String,
}

fn run(assay: &Path, inputs: &[(&str, &str)]) -> Result<Job> {
    let folder = tempfile::tempdir().context("failed to make a folder for the job")?;
    let (summary, outputs) = (folder.path().join("summary"), folder.path().join("outputs"));
    for file in [&summary, &outputs] {
        fs::write(file, "")?;
    }
    let status = Command::new("bash")
        .arg(root().join(SCRIPT))
        .current_dir(folder.path())
        .env("ASSAY", assay)
        .env("RUNNER_TEMP", folder.path())
        .env("GITHUB_STEP_SUMMARY", &summary)
        .env("GITHUB_OUTPUT", &outputs)
        .envs(inputs.iter().copied())
        .status()
        .context("failed to start bash")?;
    ensure!(
        !folder.path().join("intruder").exists(),
        "an input was run as a command"
    );
    Ok(Job {
        code: status.code().context("the action was killed")?,
        summary: fs::read_to_string(summary)?,
        outputs: fs::read_to_string(outputs)?,
    })
}
