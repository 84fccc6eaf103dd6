//! `cargo xtask`: everything that CI runs, so that it runs the same by hand.
//!
//! Not for building or releasing. Each part is one module and one subcommand; [`ci`] runs
//! them in turn, stops at the first failure and prints the minutes that each one took.
#![allow(clippy::print_stdout, reason = "a command line tool")]

mod action;
mod ci;
mod deploy;
mod e2e;
mod instructions;
mod layers;
mod licences;
mod package;
mod proof;
mod step;
mod tidy;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Automation of the Assay workspace")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Formatting, lints, tests, docs, layers, tidiness, licences
    Ci {
        /// Leave a part out (repeat); `.ci/run` leaves out `test`, which it ran before
        #[arg(long = "except", value_name = "PART")]
        except: Vec<String>,
    },
    /// Who may use whom: fails on an arrow that the design forbids
    Layers,
    /// Module docs and file lengths
    Tidy,
    /// Licences of all dependencies, against deny.toml
    Licences,
    /// The configurations of docs/hub.md (systemd, nginx, Apache, Caddy), run before the hub; part of `e2e`
    Deploy {
        /// The binary, instead of the release one
        #[arg(long, value_name = "FILE")]
        assay: Option<PathBuf>,
    },
    /// The real programs: the release binary as a newcomer runs it, its report in a browser
    E2e,
    /// What the hot operations of the hub core cost in instructions, against the merge base
    Instructions,
    /// A test to its whole extent, whose outcome is kept: kill-9, disk-full, churn, simulation, kill-matrix, second-order, floor, repro, steadiness
    Proof {
        /// Which one
        name: String,
    },
}

fn main() -> anyhow::Result<()> {
    match Args::parse().command {
        Command::Ci { except } => ci::run(&except),
        Command::Layers => layers::check(),
        Command::Tidy => tidy::check(),
        Command::Licences => licences::check(),
        Command::Deploy { assay } => match assay {
            Some(assay) => deploy::check(&assay),
            None => deploy::check(&e2e::build()?),
        },
        Command::E2e => e2e::run(),
        Command::Instructions => instructions::check(),
        Command::Proof { name } => proof::run(&name),
    }
}
