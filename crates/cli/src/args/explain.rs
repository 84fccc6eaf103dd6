//! `assay explain`.

use clap::Args;

/// What a check, a requirement or a scenario is, and why.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  assay explain live-score                               the filled-in file and its arithmetic
  assay explain token/aud-mismatch                       a check
  assay explain token.aud.mismatch                       a requirement of the catalogue
  assay explain --list                                   all names")]
pub(crate) struct ExplainArgs {
    /// A preset, a scenario file, a check or a requirement
    #[arg(required_unless_present = "list")]
    pub(crate) name: Option<String>,
    /// Every name that can be explained
    #[arg(long)]
    pub(crate) list: bool,
}
