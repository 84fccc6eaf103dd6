//! Programs of others that a part needs: Debian's packages, installed here when they are missing and we may.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::step::program;

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
