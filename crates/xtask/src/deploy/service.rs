//! The unit of docs/hub.md, as systemd reads it. Not run: no machine of a test is run by systemd.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::page::Page;
use super::site::Site;
use crate::package::require;

/// systemd takes the unit, with our binary in the place of an installed one, and says nothing about it.
pub(super) fn verify(page: &Page, assay: &Path, site: &Site) -> Result<()> {
    require("systemd-analyze", "systemd")?;
    let unit = page
        .snippet("ini", "[Service]")?
        .with("/usr/local/bin/assay", &assay.display().to_string())?;
    let file = site.file("assay-hub.service");
    fs::write(&file, unit.text())?;
    let output = Command::new("systemd-analyze")
        .args(["verify", "--man=no"])
        .arg(&file)
        .output()
        .context("failed to start systemd-analyze")?;
    let said = [output.stdout, output.stderr].concat();
    ensure!(
        output.status.success() && said.is_empty(),
        "systemd does not take the unit ({}):\n{}",
        output.status,
        String::from_utf8_lossy(&said)
    );
    Ok(())
}
