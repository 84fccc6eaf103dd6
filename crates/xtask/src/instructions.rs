//! What the hot operations of the hub core cost in instructions, against the merge base built in the same run.
//!
//! Callgrind counts, so a busy machine changes nothing: two counts of the same program differ by less than a thousandth. A
//! change that makes an operation dearer than [`MOST`] has to be one that was meant.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::package::require;
use crate::step::{capture, root};

/// How much dearer an operation may become, as a share.
const MOST: f64 = 0.03;
/// How often an operation is performed: the difference takes away what setting up costs.
const COUNTS: [u64; 2] = [100, 300];
const BENCH: [&str; 8] = [
    "bench",
    "--package",
    "assay-hub-core",
    "--bench",
    "instructions",
    "--no-run",
    "--message-format",
    "json",
];

/// Instructions of each operation.
type Costs = BTreeMap<String, u64>;

/// Fails when an operation has become dearer; prints all.
pub(crate) fn check() -> Result<()> {
    require("valgrind", "valgrind")?;
    let Some(base) = base()? else {
        println!("no commit before this one to compare with");
        return Ok(());
    };
    let checkout = BaseCheckout::new(&base)?;
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let before = match checkout
        .folder()
        .join("crates/hub-core/benches/instructions.rs")
    {
        bench if bench.is_file() => costs(&build(checkout.folder(), &target.join("merge-base"))?)?,
        _ => Costs::new(),
    };
    let now = costs(&build(&root(), &target)?)?;
    println!("{:<28} {:>12} {:>12}", "instructions", &base[..12], "now");
    let mut dearer = Vec::new();
    for (operation, count) in &now {
        let Some(before) = before.get(operation) else {
            println!("{operation:<28} {:>12} {count:>12}", "–");
            continue;
        };
        let change = *count as f64 / *before as f64 - 1.0;
        println!(
            "{operation:<28} {before:>12} {count:>12} {:+.1} %",
            change * 100.0
        );
        if change > MOST {
            dearer.push(operation.as_str());
        }
    }
    ensure!(
        dearer.is_empty(),
        "dearer by more than {} % than at {base}: {}. Make it cheap again, or say in the commit why it has to cost that: the \
         next one compares with it",
        MOST * 100.0,
        dearer.join(", ")
    );
    Ok(())
}

/// Where this branch left main, or the commit before on main itself; none for a first commit, or one alone.
fn base() -> Result<Option<String>> {
    let git = |arguments: &[&str]| capture(Command::new("git").args(arguments));
    let head = git(&["rev-parse", "HEAD"])?;
    let merge_base = git(&["rev-parse", "--verify", "--quiet", "origin/main"])
        .and_then(|main| git(&["merge-base", "HEAD", &main]))
        .unwrap_or_default();
    if !merge_base.is_empty() && merge_base != head {
        return Ok(Some(merge_base));
    }
    Ok(git(&["rev-parse", "--verify", "--quiet", "HEAD^"]).ok())
}

/// Another commit's files, in a folder of their own while this lives.
struct BaseCheckout {
    folder: tempfile::TempDir,
}

impl BaseCheckout {
    fn new(commit: &str) -> Result<Self> {
        let folder = tempfile::tempdir().context("failed to make a folder for the merge base")?;
        let base = Self { folder };
        let mut archive = Command::new("git")
            .args(["archive", commit])
            .current_dir(root())
            .stdout(Stdio::piped())
            .spawn()
            .context("failed to start git")?;
        let files = archive.stdout.take().context("git archive has an output")?;
        let unpacked = Command::new("tar")
            .args(["-x", "-C"])
            .arg(base.folder())
            .stdin(files)
            .status()
            .context("failed to start tar")?;
        ensure!(
            archive.wait()?.success() && unpacked.success(),
            "failed to check out {commit}"
        );
        Ok(base)
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// Builds the bench of the workspace in `folder` into `target`, and returns its program. Two workspaces never share a target
/// folder: cargo would take the younger program for both.
fn build(folder: &Path, target: &Path) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let messages = capture(
        Command::new(cargo)
            .args(BENCH)
            .current_dir(folder)
            .env("CARGO_TARGET_DIR", target),
    )?;
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["target"]["name"] == "instructions")
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .context("cargo built no program for the bench `instructions`")
}

fn costs(program: &Path) -> Result<Costs> {
    let operations = capture(&mut Command::new(program))?;
    operations
        .lines()
        .map(|operation| {
            let [few, many] = COUNTS;
            let all = instructions(program, operation, many)?;
            let fixed = instructions(program, operation, few)?;
            Ok((operation.to_owned(), (all - fixed) / (many - few)))
        })
        .collect()
}

fn instructions(program: &Path, operation: &str, count: u64) -> Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args([operation, &count.to_string()])
        .output()
        .context("failed to start valgrind")?;
    let said = String::from_utf8_lossy(&output.stderr);
    let collected = said
        .lines()
        .find_map(|line| line.split_once("Collected : "))
        .and_then(|(_, number)| number.trim().parse().ok());
    match collected {
        Some(number) if output.status.success() => Ok(number),
        _ => bail!("callgrind counted nothing of {operation}:\n{said}"),
    }
}
