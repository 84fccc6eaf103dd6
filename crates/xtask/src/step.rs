//! One timed part of a longer run: a name, its work, and the minutes that it took.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

/// The workspace's root folder: all parts run there, wherever they were called.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("the manifest of xtask lies two folders below the root")
        .to_path_buf()
}

/// Runs `work` and prints how long it took, also when it fails.
pub(crate) fn timed(name: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    println!("── {name}");
    let start = Instant::now();
    let outcome = work();
    let word = if outcome.is_ok() { "ok" } else { "FAILED" };
    let minutes = start.elapsed().as_secs_f64() / 60.0;
    println!("── {name}: {word}, {minutes:.1} min");
    outcome.with_context(|| format!("part `{name}` failed"))
}

/// Runs a program in the root folder; its output goes straight through.
pub(crate) fn program(name: &str, arguments: &[&str]) -> Result<()> {
    run(Command::new(name).args(arguments))
}

/// Runs `cargo`, the same one that runs us.
pub(crate) fn cargo(arguments: &[&str]) -> Result<()> {
    run(cargo_command().args(arguments))
}

/// Runs `cargo doc` and lets no warning pass.
pub(crate) fn cargo_doc() -> Result<()> {
    run(cargo_command()
        .args([
            "doc",
            "--workspace",
            "--no-deps",
            "--document-private-items",
        ])
        .env("RUSTDOCFLAGS", "-D warnings"))
}

/// Runs a program, in the root folder unless it says otherwise, and returns what it says, without white space at its end.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let name = command.get_program().display().to_string();
    if command.get_current_dir().is_none() {
        command.current_dir(root());
    }
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("failed to start {name}"))?;
    if !output.status.success() {
        bail!("{name} ended with {}", output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout)
        .trim_end()
        .to_owned())
}

fn cargo_command() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn run(command: &mut Command) -> Result<()> {
    let status = command
        .current_dir(root())
        .status()
        .with_context(|| format!("failed to start {}", command.get_program().display()))?;
    if !status.success() {
        bail!("{} ended with {status}", command.get_program().display());
    }
    Ok(())
}
