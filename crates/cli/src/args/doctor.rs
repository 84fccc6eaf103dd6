//! `assay doctor`.

use std::path::PathBuf;

use clap::Args;

use super::target::{ConnectionArgs, CredentialArgs};

/// Is it the hub, or is it your setup?
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  assay doctor https://example.com/.well-known/mercure --jwt-key @key
  assay doctor --env .env                                a project's own MERCURE_URL, MERCURE_PUBLIC_URL, MERCURE_JWT_SECRET
  assay doctor URL --jwt-key @key --origin https://www.example.com --by-cookie
  assay doctor URL --jwt-key @key --idle 90              does something cut a stream that is silent for so long?

Exit codes: 0 well · 1 a rung is broken · 2 usage · 3 the hub cannot be reached")]
pub(crate) struct DoctorArgs {
    /// The hub's URL, as browsers use it
    #[arg(required_unless_present = "env")]
    pub(crate) url: Option<String>,
    /// Take URLs and secret from a project's .env: publishes by MERCURE_URL, subscribes by MERCURE_PUBLIC_URL
    #[arg(long, value_name = "FILE")]
    pub(crate) env: Option<PathBuf>,
    /// The origin of the page that has trouble, such as https://example.com
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) origin: Option<String>,
    /// That page counts on a cookie
    #[arg(long, requires = "origin")]
    pub(crate) by_cookie: bool,
    /// Leave a stream without updates for so many seconds
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) idle: Option<u64>,
    /// The rungs as JSON on stdout
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) credentials: CredentialArgs,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
}
