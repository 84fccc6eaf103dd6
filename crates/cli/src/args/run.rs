//! `assay run`.

use std::path::PathBuf;

use assay_results::SloExpression;
use clap::{Args, ValueEnum};

use super::target::{ConnectionArgs, CredentialArgs};

/// Over what subscribers read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum HttpArg {
    /// A connection each.
    #[value(name = "1.1")]
    One,
    /// Streams that share connections.
    #[value(name = "2")]
    Two,
}

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
    /// The hub [default: the reference hub, started for this run]
    #[arg(long, value_name = "URL")]
    pub(crate) hub: Option<String>,
    /// The hub's process on this machine: its CPU, memory and file descriptors are in the report
    #[arg(long, value_name = "PID", requires = "hub")]
    pub(crate) hub_pid: Option<u32>,
    /// The hub's control group (v2), for a hub in a container
    #[arg(long, value_name = "DIR", requires = "hub")]
    pub(crate) hub_cgroup: Option<PathBuf>,
    /// How many subscribers
    #[arg(long, value_name = "N")]
    pub(crate) subscribers: Option<u64>,
    /// Mean publish rate, such as 20/s
    #[arg(long, value_name = "R/s")]
    pub(crate) rate: Option<String>,
    /// Length of the measured phase, such as 30s
    #[arg(long = "for", value_name = "DURATION")]
    pub(crate) duration: Option<String>,
    /// HTTP version of the subscribers, 1.1 or 2, by which 100 streams share a connection [default: as the scenario says]
    #[arg(long, value_name = "VERSION", hide_possible_values = true)]
    pub(crate) http: Option<HttpArg>,
    /// Worker processes that share the crowd [default: as many as file descriptors make necessary, usually none]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(crate) workers: Option<u32>,
    /// Any value of the scenario, such as subscribers.fans.count=5000; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
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
