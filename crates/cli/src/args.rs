//! What was typed: clap definitions and nothing else. Each command checks its values itself.
#![allow(
    clippy::doc_markdown,
    rustdoc::bare_urls,
    rustdoc::invalid_html_tags,
    reason = "these comments are help texts, not Markdown"
)]

pub(crate) mod calibrate;
pub(crate) mod check;
pub(crate) mod compare;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod find;
pub(crate) mod hub;
pub(crate) mod load;
pub(crate) mod null_hub;
pub(crate) mod publish;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod subscribe;
pub(crate) mod target;
pub(crate) mod token;
pub(crate) mod watch;

use clap::{Parser, Subcommand};

/// The whole command line.
#[derive(Parser, Debug)]
#[command(
    name = "assay",
    version = env!("ASSAY_VERSION"),
    about = "Tells what a Mercure hub is worth: does it keep the protocol, and what load does it bear?",
    after_help = "\
Examples:
  assay run live-score                           load on the built-in reference hub
  assay run live-score --hub https://example.com/.well-known/mercure --jwt-key @key
  assay check https://example.com/.well-known/mercure --jwt-key @key
  assay hub --jwt-key @key --anonymous           the reference hub

Exit codes: 0 passed · 1 requirement broken or SLO missed · 2 usage · 3 not measurable ·
4 defect in Assay · 5 delivery wrong · 6 too few events to decide · 130 interrupted",
    disable_help_subcommand = true,
    max_term_width = 100
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// One subcommand a variant.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Run the reference hub
    Hub(hub::HubArgs),
    /// Put load on a hub, and report
    Run(run::RunArgs),
    /// How much does a hub bear under objectives?
    Find(Box<find::FindArgs>),
    /// Two saved runs, or two hubs in turns: what differs?
    Compare(Box<compare::CompareArgs>),
    /// Does a hub keep the protocol?
    Check(Box<check::CheckArgs>),
    /// Is it the hub, or is it your setup?
    Doctor(doctor::DoctorArgs),
    /// What do the clients of a hub say? A proxy that grades them
    Watch(watch::WatchArgs),
    /// Publish one update, by hand
    Publish(publish::PublishArgs),
    /// Follow topics, by hand: a line an event
    Subscribe(subscribe::SubscribeArgs),
    /// Mint a token
    Token(token::TokenArgs),
    /// Render saved runs again
    Report(report::ReportArgs),
    /// What can this machine's workbench hear at all?
    Calibrate(calibrate::CalibrateArgs),
    /// The hub that does nothing, for `calibrate`: says its URL, and ends when its standard input closes
    #[command(hide = true)]
    NullHub(null_hub::NullHubArgs),
    /// A share of a run's crowd, for `run`: takes an order on standard input, and tells what came on standard output
    #[command(hide = true)]
    LoadWorker,
    /// What a check, a requirement or a scenario is, and why
    Explain(explain::ExplainArgs),
    /// Shell completions, to stdout
    Completions {
        /// bash, zsh, fish, elvish or powershell
        shell: clap_complete::Shell,
    },
}
