//! `assay watch`.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::Args;

use super::{check::FailOn, target::ConnectionArgs};

/// What do the clients of a hub say?
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  assay watch --upstream http://localhost:3000/.well-known/mercure
  assay watch --listen 0.0.0.0:3001 --upstream https://hub.example.com/.well-known/mercure --for 10m
then let the application use http://127.0.0.1:3001/.well-known/mercure as its hub, and end with Ctrl-C

Exit codes: 0 nothing broken · 1 a requirement broken · 2 usage · 3 nothing observed")]
pub(crate) struct WatchArgs {
    /// Where the application connects, HTTP/1.1 without TLS
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:3001")]
    pub(crate) listen: SocketAddr,
    /// The hub's URL
    #[arg(long, value_name = "URL")]
    pub(crate) upstream: String,
    /// End after so long, such as 30s or 10m [default: Ctrl-C]
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub(crate) at_most: Option<Duration>,
    /// Let the hub see the Host that the client sent, instead of its own
    #[arg(long)]
    pub(crate) keep_host: bool,
    /// From which level on a broken requirement is exit code 1: must or should
    #[arg(long, value_enum, default_value_t = FailOn::Must, hide_possible_values = true)]
    pub(crate) fail_on: FailOn,
    /// Folder of the results [default: reports/watch-TIME]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// The run document on stdout
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
}

fn duration(typed: &str) -> Result<Duration, String> {
    match humantime::parse_duration(typed) {
        Ok(duration) if duration.is_zero() => Err("longer than nothing, such as 30s".to_owned()),
        Ok(duration) => Ok(duration),
        Err(error) => Err(format!("{error}: write it as 30s, 10m or 1h")),
    }
}
