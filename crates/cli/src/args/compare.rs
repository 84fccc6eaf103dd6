//! `assay compare`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::load::WorkArgs;
use super::target::{ConnectionArgs, CredentialArgs};

/// Two saved runs, or two hubs in turns: what differs, and does it mean anything?
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  assay compare reports/chat-before reports/chat-after   one run each: which differences mean nothing
  assay compare chat --hub-a http://127.0.0.1:3000/.well-known/mercure --jwt-key @key
                                                         in pairs: that hub, and the reference hub as b
  assay compare --command-a './hub-1.0 --port $PORT' --command-b './hub-1.1 --port $PORT' --fail-if worse

Exit codes: 0 compared · 1 only with --fail-if worse: an interval lies wholly on the wrong side, or only b
lost deliveries · 3 no pair has two results · 6 too few pairs, or too few events in them")]
pub(crate) struct CompareArgs {
    /// Folders of two load runs; or a preset or file, to compare two hubs in pairs [default: live-score]
    #[arg(value_name = "RUN RUN | SCENARIO", num_args = 0..=2)]
    pub(crate) what: Vec<String>,
    /// The hub that is compared with: a URL, or reference, which is started for each run [default: reference]
    #[arg(long, value_name = "URL")]
    pub(crate) hub_a: Option<String>,
    /// The hub that is better or worse
    #[arg(long, value_name = "URL")]
    pub(crate) hub_b: Option<String>,
    /// Starts a for each run, by a shell; it listens on $PORT, and $KEY is the secret of its tokens (the command is in the report)
    #[arg(long, value_name = "COMMAND", conflicts_with = "hub_a")]
    pub(crate) command_a: Option<String>,
    /// Starts b
    #[arg(long, value_name = "COMMAND", conflicts_with = "hub_b")]
    pub(crate) command_b: Option<String>,
    /// The process of --hub-a on this machine: its CPU and memory are compared too
    #[arg(long, value_name = "PID", requires = "hub_a")]
    pub(crate) pid_a: Option<u32>,
    /// That of --hub-b
    #[arg(long, value_name = "PID", requires = "hub_b")]
    pub(crate) pid_b: Option<u32>,
    /// Pairs of runs, one on each hub
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u32).range(3..=100))]
    pub(crate) pairs: u32,
    /// End with 1 when b is worse
    #[arg(long, value_enum, value_name = "worse", hide_possible_values = true)]
    pub(crate) fail_if: Option<FailIfArg>,
    #[command(flatten)]
    pub(crate) work: WorkArgs,
    /// Folder of the results [default: reports/compare-SCENARIO-TIME]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Keep no run of a pair, only its figures
    #[arg(long)]
    pub(crate) no_runs: bool,
    /// Of the first pair; each next one has one more [default: random, and reported]
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

/// What makes a comparison fail.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailIfArg {
    /// b is worse than a
    Worse,
}
