//! `assay report`.

use std::path::PathBuf;

use clap::Args;

/// Render saved runs again, from their folders alone.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  assay report reports/live-score-20261124-101500
  assay report DIR --out public/                         pages elsewhere, the run untouched")]
pub(crate) struct ReportArgs {
    /// Folders of runs
    #[arg(required = true, value_name = "DIR")]
    pub(crate) runs: Vec<PathBuf>,
    /// Folder of the pages [default: each run's own]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}
