//! `assay check`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::target::{ConnectionArgs, CredentialArgs};

/// Does a hub keep the protocol?
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  assay check                                            the built-in reference hub, both dialects
  assay check https://example.com/.well-known/mercure --jwt-key @key --allowed-origin https://example.com
  assay check URL --jwt-key @key --only token/
  assay explain token/aud-mismatch                       what a check does, and why")]
pub(crate) struct CheckArgs {
    /// The hub's URL [default: the reference hub, started for this run]
    pub(crate) url: Option<String>,
    /// Go on although the preflight failed
    #[arg(long)]
    pub(crate) force: bool,
    /// From which level on a broken requirement is exit code 1: must or should
    #[arg(long, value_enum, default_value_t = FailOn::Must, hide_possible_values = true)]
    pub(crate) fail_on: FailOn,
    /// Only checks or requirements whose id begins so (repeat)
    #[arg(long, value_name = "ID")]
    pub(crate) only: Vec<String>,
    /// An origin that the hub's CORS configuration allows
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) allowed_origin: Option<String>,
    /// An origin that it does not allow
    #[arg(long, value_name = "ORIGIN", default_value = "https://foreign.example")]
    pub(crate) foreign_origin: String,
    /// An origin that may publish by cookie
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) publish_origin: Option<String>,
    /// Name of the token cookie [default: the draft's]
    #[arg(long, value_name = "NAME")]
    pub(crate) cookie_name: Option<String>,
    /// Folder of the results [default: reports/check-TIME]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Order of the checks [default: random, and reported]
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// The run document on stdout
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) credentials: CredentialArgs,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
}

/// Level from which on a broken requirement fails the command.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailOn {
    /// MUST and MUST NOT
    Must,
    /// SHOULD and SHOULD NOT too
    Should,
}
