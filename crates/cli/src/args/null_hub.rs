//! `assay null-hub`.

use std::net::SocketAddr;

use clap::Args;

/// The hub that does nothing.
#[derive(Args, Debug)]
pub(crate) struct NullHubArgs {
    /// How many processes share its port
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(crate) processes: u32,
    /// Be one of several, at this address
    #[arg(long, hide = true)]
    pub(crate) with: Option<SocketAddr>,
}
