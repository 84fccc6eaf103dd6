//! What rustc and clippy do not see: each file says what it is for, and none is long.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::step::root;

/// Longer than this and a file most likely tells two things.
const LINES_MAX: usize = 500;

/// Tests are tables of cases: long, and still one thing.
const TEST_LINES_MAX: usize = 800;

/// Fails with every Rust file under version control that breaks a rule.
pub(crate) fn check() -> Result<()> {
    let root = root();
    let listed = Command::new("git")
        .args([
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            "*.rs",
        ])
        .current_dir(&root)
        .output()
        .context("failed to list the files with git")?;
    let files = String::from_utf8(listed.stdout).context("a file name is not UTF-8")?;
    let mut broken = Vec::new();
    let mut count = 0;
    for file in files.lines().filter(|file| root.join(file).exists()) {
        count += 1;
        broken.extend(rules_broken(&root, file)?);
    }
    if !broken.is_empty() {
        bail!("untidy:\n  {}", broken.join("\n  "));
    }
    println!("{count} files tidy");
    Ok(())
}

fn rules_broken(root: &Path, file: &str) -> Result<Vec<String>> {
    let text =
        fs::read_to_string(root.join(file)).with_context(|| format!("failed to read {file}"))?;
    let mut broken = Vec::new();
    // A module of a test binary is named after what it tests; the binary itself says what it is for.
    let test_module = file.ends_with("/tests.rs") || is_module_of_test_binary(file);
    if !test_module && !text.starts_with("//!") {
        broken.push(format!("{file}: does not begin with `//!`, what it is for"));
    }
    let lines = text.lines().count();
    let most = if test_module {
        TEST_LINES_MAX
    } else {
        LINES_MAX
    };
    if lines > most {
        broken.push(format!(
            "{file}: {lines} lines, more than {most}: is it two files?"
        ));
    }
    Ok(broken)
}

/// `crates/x/tests/suite/topic.rs`, but not `crates/x/tests/suite/main.rs`.
fn is_module_of_test_binary(file: &str) -> bool {
    file.split_once("/tests/")
        .is_some_and(|(_, below)| below.contains('/') && !below.ends_with("/main.rs"))
}
