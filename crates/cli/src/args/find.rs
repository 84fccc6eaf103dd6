//! `assay find`.

use std::path::PathBuf;

use assay_results::SloExpression;
use clap::{Args, ValueEnum};

use super::load::{CrowdArgs, LoadedHubArgs};
use super::target::{ConnectionArgs, CredentialArgs};

/// How much does a hub bear? Raises the load in short runs until objectives are missed, and confirms what it held.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  assay find --slo 'event_last.p99 < 500ms'              how many subscribers, on the built-in reference hub
  assay find chat --by rate --from 50/s                  how often may be published
  assay find --by both --from 500 --to 4000              the highest rate for 500, 1,000, 2,000 and 4,000 subscribers
  assay find --hub http://127.0.0.1:3000/.well-known/mercure --hub-pid 4711 --jwt-key @key

Exit codes: 0 a capacity, or \"so much at least\" · 1 not even the least load keeps the objectives ·
3 not measurable · 6 too few events to decide")]
pub(crate) struct FindArgs {
    /// A preset (`assay explain --list` names them) or a file
    #[arg(default_value = "live-score")]
    pub(crate) scenario: String,
    /// What each step shall keep; may be repeated [default: as the scenario says, else event_last.p99 < 1s]
    #[arg(long, value_name = "EXPRESSION")]
    pub(crate) slo: Vec<SloExpression>,
    /// What is raised: subscribers, rate, or both: the highest rate for several numbers of subscribers
    #[arg(long, value_enum, default_value_t = RaisedArg::Subscribers, hide_possible_values = true)]
    pub(crate) by: RaisedArg,
    /// The least load, as subscribers or R/s [default: a tenth of the scenario's]
    #[arg(long, value_name = "N")]
    pub(crate) from: Option<String>,
    /// The largest load [default: none; with --by both eight times the least]
    #[arg(long, value_name = "N")]
    pub(crate) to: Option<String>,
    /// How near the answer is to the first load that fails
    #[arg(long, value_name = "PERCENT", default_value = "10%")]
    pub(crate) within: String,
    /// How often the answer must pass again
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(0..=20))]
    pub(crate) confirm: u32,
    /// Length of a step's measured phase; one that needs more events for its objectives is longer, up to 60s
    #[arg(long, value_name = "DURATION", default_value = "10s")]
    pub(crate) step_for: String,
    #[command(flatten)]
    pub(crate) hub: LoadedHubArgs,
    /// How many subscribers, with --by rate
    #[arg(long, value_name = "N")]
    pub(crate) subscribers: Option<u64>,
    /// Mean publish rate, with --by subscribers; with --by both the least
    #[arg(long, value_name = "R/s")]
    pub(crate) rate: Option<String>,
    #[command(flatten)]
    pub(crate) crowd: CrowdArgs,
    /// Any value of the scenario, such as publishers.stadiums.payload=2kB; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Folder of the results [default: reports/find-SCENARIO-TIME]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Keep no run of a step, only its row
    #[arg(long)]
    pub(crate) no_steps: bool,
    /// Of the first step; each next one has one more [default: random, and reported]
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// The document on stdout
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) credentials: CredentialArgs,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
}

/// What is raised, as typed.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RaisedArg {
    /// All groups of subscribers together
    Subscribers,
    /// All publishers together
    Rate,
    /// A frontier
    Both,
}
