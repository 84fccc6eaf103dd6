//! The binary `assay`: reads arguments, hands them to a library, shows what comes back.
//!
//! The only crate that prints, exits or reads the environment. Nothing is decided here that a
//! library could decide: see `command/` for one thin file a subcommand, `args/` for what can be typed.
mod args;
mod calibration;
mod command;
mod commanded_hub;
mod connection;
mod console;
mod credentials;
mod embedded_hub;
mod environment;
mod failure;
mod hub_settings;
mod hub_under_test;
mod interrupt;
mod output;
mod runtime;
mod secret;
mod usage;

use std::panic::catch_unwind;
use std::process::ExitCode;

use assay_results::Outcome;
use clap::CommandFactory;

use args::{Cli, Command};
use failure::CommandResult;

fn main() -> ExitCode {
    // A panic is a defect of ours, whatever a library made of it: the message was printed by the hook.
    let outcome = catch_unwind(|| match dispatch(usage::parse().command) {
        Ok(outcome) => outcome,
        Err(failure) => {
            console::tell(format_args!("assay: {}", failure.sentence()));
            failure.outcome
        }
    })
    .unwrap_or(Outcome::Defect);
    ExitCode::from(outcome.exit_code())
}

fn dispatch(command: Command) -> CommandResult {
    match command {
        Command::Hub(args) => command::hub::run(args),
        Command::Run(args) => command::run::run(&args),
        Command::Find(args) => command::find::run(&args),
        Command::Compare(args) => command::compare::run(&args),
        Command::Check(args) => command::check::run(&args),
        Command::Doctor(args) => command::doctor::run(&args),
        Command::Watch(args) => command::watch::run(&args),
        Command::Publish(args) => command::publish::run(&args),
        Command::Subscribe(args) => command::subscribe::run(&args),
        Command::Token(args) => command::token::run(&args),
        Command::Report(args) => command::report::run(&args),
        Command::Calibrate(args) => command::calibrate::run(&args),
        Command::LoadWorker => command::load_worker::run(),
        Command::NullHub(args) => command::null_hub::run(&args),
        Command::Explain(args) => command::explain::run(&args),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "assay", &mut script);
            console::show(&String::from_utf8_lossy(&script))?;
            Ok(Outcome::Passed)
        }
    }
}
