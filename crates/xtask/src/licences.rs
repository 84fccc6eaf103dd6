//! Licences of all dependencies, against the list in `deny.toml`.
//!
//! `cargo deny check` reads the same file and checks more; it is no part of a toolchain, and
//! this needs only one.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, bail};
use cargo_metadata::MetadataCommand;
use serde::Deserialize;

use crate::step::root;

#[derive(Deserialize)]
struct Deny {
    licenses: Licenses,
}

#[derive(Deserialize)]
struct Licenses {
    allow: BTreeSet<String>,
}

/// Fails with every package whose licence expression the list does not satisfy.
pub(crate) fn check() -> Result<()> {
    let text = fs::read_to_string(root().join("deny.toml")).context("failed to read deny.toml")?;
    let deny: Deny = toml::from_str(&text).context("failed to read deny.toml")?;
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .exec()?;
    let refused: Vec<String> = metadata
        .packages
        .iter()
        .filter(|package| package.source.is_some())
        .filter(|package| {
            !allowed(
                package.license.as_deref().unwrap_or(""),
                &deny.licenses.allow,
            )
        })
        .map(|package| {
            format!(
                "{} {}: {:?}",
                package.name, package.version, package.license
            )
        })
        .collect();
    if !refused.is_empty() {
        bail!(
            "licences that deny.toml does not allow:\n  {}",
            refused.join("\n  ")
        );
    }
    println!(
        "{} packages, all permissively licensed",
        metadata.packages.len()
    );
    Ok(())
}

/// SPDX expressions as they occur in practice: a conjunction of (parenthesised) disjunctions,
/// or the reverse; `/` is the old spelling of OR.
fn allowed(expression: &str, list: &BTreeSet<String>) -> bool {
    let spelled = expression.replace('/', " OR ").replace(['(', ')'], " ");
    let any = |part: &str| part.split(" OR ").any(|name| list.contains(name.trim()));
    spelled.split(" AND ").all(any)
        || spelled
            .split(" OR ")
            .any(|part| part.split(" AND ").all(|name| list.contains(name.trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions() {
        let list: BTreeSet<String> = ["MIT", "Apache-2.0", "ISC"].map(String::from).into();
        for (expression, expected) in [
            ("MIT", true),
            ("MIT/GPL-3.0", true),
            ("GPL-3.0", false),
            ("", false),
            ("ISC AND (Apache-2.0 OR ISC)", true),
            ("ISC AND OpenSSL", false),
            ("MIT OR GPL-2.0 AND OpenSSL", true),
        ] {
            assert_eq!(allowed(expression, &list), expected, "{expression}");
        }
    }
}
