//! `assay report`.

use std::path::PathBuf;

use clap::Args;

/// Render saved runs again, from their folders alone.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  assay report reports/live-score-20261124-101500
  assay report DIR --out public/                         pages elsewhere, the run untouched
  assay report 1.0.0=DIR 1.1.0=DIR                       also hubs or versions against requirements")]
pub(crate) struct ReportArgs {
    /// Folders of runs; several conformance runs also come side by side, named NAME=DIR or after their folders
    #[arg(required = true, value_name = "DIR")]
    pub(crate) runs: Vec<PathBuf>,
    /// Folder of the pages [default: each run's own; side by side: reports/side-by-side-TIME]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}
