//! `assay calibrate`.

use std::path::PathBuf;

use clap::Args;

/// What can this machine's workbench hear at all?
///
/// Puts load on a hub that does nothing, first lightly, then more and more. The result is kept, and shown in each report of a run
/// on this machine.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  assay calibrate                                        half a minute; keep the machine quiet meanwhile
  assay calibrate --subscribers 5000")]
pub(crate) struct CalibrateArgs {
    /// How many subscribers listen
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(50..=15_000))]
    pub(crate) subscribers: u64,
    /// Look for the ceiling up to so many events a second
    #[arg(long, value_name = "N", default_value_t = 5_000_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) up_to: u32,
    /// Where it is kept
    #[arg(long, value_name = "FILE", default_value = crate::calibration::DEFAULT_FILE)]
    pub(crate) out: PathBuf,
    /// The result as JSON on stdout
    #[arg(long)]
    pub(crate) json: bool,
}
