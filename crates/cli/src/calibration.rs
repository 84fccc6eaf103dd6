//! Where the calibration of a machine is kept, for the reports of runs on it. Not for making one.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use assay_results::{Calibration, Machine};

/// Beside the runs.
pub(crate) const DEFAULT_FILE: &str = "reports/calibration.json";

/// Writes it down.
///
/// # Errors
/// The file cannot be written; the message names it.
pub(crate) fn save(calibration: &Calibration, file: &Path) -> Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let text = serde_json::to_string_pretty(calibration).context("the calibration is no JSON")?;
    fs::write(file, text + "\n").with_context(|| format!("cannot write {}", file.display()))
}

/// The one that is kept, when it is of a machine like this one. A file that cannot be read is as good as none: it only adds to a report.
pub(crate) fn of(machine: &Machine) -> Option<Calibration> {
    let text = fs::read_to_string(DEFAULT_FILE).ok()?;
    let calibration: Calibration = serde_json::from_str(&text).ok()?;
    calibration.is_of(machine).then_some(calibration)
}
