//! `assay run`.

use std::path::PathBuf;

use assay_results::SloExpression;
use clap::Args;

use super::load::{LoadedHubArgs, WorkArgs};
use super::target::{ConnectionArgs, CredentialArgs};

/// Put load on a hub, and report.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  assay run live-score                                   on the built-in reference hub
  assay run live-score --subscribers 5000 --rate 50/s --for 60s
  assay run chat --set publishers.typing.rate=100/s --set subscribers.users.count=2000
  assay run my.toml --hub http://127.0.0.1:3000/.well-known/mercure --jwt-key @key --dialect 0.x
  assay explain live-score > my.toml                     a file to begin with")]
pub(crate) struct RunArgs {
    /// A preset (`assay explain --list` names them) or a file
    pub(crate) scenario: String,
    #[command(flatten)]
    pub(crate) hub: LoadedHubArgs,
    #[command(flatten)]
    pub(crate) work: WorkArgs,
    /// What the run shall keep, such as "event_last.p99 < 1s" or "lost = 0"; may be repeated
    #[arg(long, value_name = "EXPRESSION")]
    pub(crate) slo: Vec<SloExpression>,
    /// Folder of the results [default: reports/SCENARIO-TIME]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Repeat the same plan [default: random, and reported]
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
