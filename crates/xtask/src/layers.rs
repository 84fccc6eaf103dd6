//! Who may use whom: the arrows between our crates, as ARCHITECTURE.md draws them.
//!
//! The two halves meet only over HTTP: nothing of the workbench may link the hub. A crate's
//! tests may use `crooked` besides; tests that need the hub as a program live in the cli.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use cargo_metadata::{DependencyKind, MetadataCommand, Package};

use crate::step::root;

const EVERYTHING: &[&str] = &["*"];

/// A crate and what it may use; a crate that is not listed is an error.
const ALLOWED: [(&str, &[&str]); 11] = [
    ("assay-hub-core", &[]),
    ("assay-hub", &["assay-hub-core"]),
    ("assay-client", &[]),
    ("assay-results", &[]),
    ("assay-crooked", &[]),
    ("assay-conformance", &["assay-client", "assay-results"]),
    ("assay-load", &["assay-client", "assay-results"]),
    ("assay-report", &["assay-results"]),
    ("assay-cli", EVERYTHING),
    (
        "assay-benches",
        &["assay-hub-core", "assay-hub", "assay-load"],
    ),
    ("xtask", &[]),
];

/// Fails with every forbidden arrow.
pub(crate) fn check() -> Result<()> {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()?;
    let ours: BTreeSet<String> = metadata
        .workspace_packages()
        .iter()
        .map(|package| package.name.to_string())
        .collect();
    let forbidden: Vec<String> = metadata
        .workspace_packages()
        .iter()
        .flat_map(|package| forbidden_arrows(package, &ours))
        .collect();
    if !forbidden.is_empty() {
        bail!(
            "arrows that the design forbids:\n  {}",
            forbidden.join("\n  ")
        );
    }
    println!("{} crates, no forbidden arrow", ours.len());
    Ok(())
}

fn forbidden_arrows(package: &Package, ours: &BTreeSet<String>) -> Vec<String> {
    let name = package.name.as_str();
    let Some((_, allowed)) = ALLOWED.iter().find(|(listed, _)| *listed == name) else {
        return vec![format!(
            "{name} is not in the table of crates/xtask/src/layers.rs"
        )];
    };
    package
        .dependencies
        .iter()
        .filter(|dependency| ours.contains(dependency.name.as_str()))
        .filter(|dependency| {
            let test_double = dependency.kind == DependencyKind::Development
                && dependency.name == "assay-crooked";
            *allowed != EVERYTHING && !test_double && !allowed.contains(&dependency.name.as_str())
        })
        .map(|dependency| format!("{name} → {}", dependency.name))
        .collect()
}
