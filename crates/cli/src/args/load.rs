//! What every command that puts load on a hub takes: which hub, and who loads it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// The hub that is put under load, and where its own use of this machine can be seen.
#[derive(Args, Debug, Clone, Default)]
pub(crate) struct LoadedHubArgs {
    /// The hub [default: the reference hub, started for each run]
    #[arg(long = "hub", value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Starts the hub for each run, by a shell; it listens on $PORT, and $KEY is the secret of its tokens (the command is in the report)
    #[arg(long = "hub-command", value_name = "COMMAND", conflicts_with = "url")]
    pub(crate) command: Option<String>,
    /// The hub's process on this machine: its CPU, memory and file descriptors are in the report
    #[arg(long, value_name = "PID", requires = "url")]
    pub(crate) hub_pid: Option<u32>,
    /// The hub's control group (v2), for a hub in a container
    #[arg(long, value_name = "DIR", requires = "url")]
    pub(crate) hub_cgroup: Option<PathBuf>,
}

impl LoadedHubArgs {
    /// Whether it is another one than the hub that comes with Assay.
    pub(crate) const fn is_of_others(&self) -> bool {
        self.url.is_some() || self.command.is_some()
    }
}

/// The crowd that loads it.
#[derive(Args, Debug, Clone)]
pub(crate) struct CrowdArgs {
    /// HTTP version of the subscribers, 1.1 or 2, by which 100 streams share a connection [default: as the scenario says]
    #[arg(long, value_name = "VERSION", hide_possible_values = true)]
    pub(crate) http: Option<HttpArg>,
    /// Worker processes that share the crowd [default: as many as file descriptors make necessary, usually none]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(crate) workers: Option<u32>,
}

/// What is done to it: how a command line changes a scenario.
#[derive(Args, Debug, Clone)]
pub(crate) struct WorkArgs {
    /// How many subscribers
    #[arg(long, value_name = "N")]
    pub(crate) subscribers: Option<u64>,
    /// Mean publish rate, such as 20/s
    #[arg(long, value_name = "R/s")]
    pub(crate) rate: Option<String>,
    /// Length of the measured phase, such as 30s
    #[arg(long = "for", value_name = "DURATION")]
    pub(crate) duration: Option<String>,
    #[command(flatten)]
    pub(crate) crowd: CrowdArgs,
    /// Any value of the scenario, such as subscribers.fans.count=5000; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
}

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

impl From<HttpArg> for assay_load::scenario::Http {
    fn from(typed: HttpArg) -> Self {
        match typed {
            HttpArg::One => Self::One,
            HttpArg::Two => Self::TWO,
        }
    }
}
