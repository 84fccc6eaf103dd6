//! `assay subscribe`.

use clap::Args;

use super::target::{ConnectionArgs, CredentialArgs};

/// Follow topics, by hand: a line an event; reconnects.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  assay subscribe http://127.0.0.1:3000/.well-known/mercure https://example.com/books/1
  assay subscribe URL --pattern 'https://example.com/books/:id' --last-event-id earliest --json")]
pub(crate) struct SubscribeArgs {
    /// The hub's URL
    pub(crate) url: String,
    /// Topics to follow (in 0.x also URI templates)
    #[arg(required_unless_present = "patterns")]
    pub(crate) topics: Vec<String>,
    /// URL patterns to follow, 1.0 only (repeat)
    #[arg(long = "pattern", value_name = "PATTERN")]
    pub(crate) patterns: Vec<String>,
    /// Begin after this event; `earliest` for all that the hub has
    #[arg(long, value_name = "ID")]
    pub(crate) last_event_id: Option<String>,
    /// End after so many events
    #[arg(long, value_name = "N")]
    pub(crate) count: Option<u64>,
    /// A JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) credentials: CredentialArgs,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
}
