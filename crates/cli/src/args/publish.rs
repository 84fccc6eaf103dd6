//! `assay publish`.

use clap::Args;

use super::target::{ConnectionArgs, CredentialArgs};

/// Publish one update, by hand; prints its event id.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  assay publish http://127.0.0.1:3000/.well-known/mercure https://example.com/books/1 '{\"stock\":3}' --jwt-key @key
  date | assay publish URL clock - --jwt-key @key        data from stdin")]
pub(crate) struct PublishArgs {
    /// The hub's URL
    pub(crate) url: String,
    /// Topic of the update
    pub(crate) topic: String,
    /// Its content; `-` reads it from stdin
    #[arg(default_value = "")]
    pub(crate) data: String,
    /// Further (alternate) topics (repeat)
    #[arg(long = "topic", value_name = "TOPIC")]
    pub(crate) alternate_topics: Vec<String>,
    /// Only for subscribers whose token grants it
    #[arg(long)]
    pub(crate) private: bool,
    /// Event id to ask for
    #[arg(long)]
    pub(crate) id: Option<String>,
    /// Event type
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) event_type: Option<String>,
    /// Reconnection time to tell subscribers, in milliseconds
    #[arg(long, value_name = "MS")]
    pub(crate) retry: Option<u64>,
    #[command(flatten)]
    pub(crate) credentials: CredentialArgs,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
}
