//! `assay compare`: two saved runs, or two hubs in pairs of runs.
//!
//! What follows from the runs is decided by `assay_results`; here they are read, or made.

mod pairs;
mod saved;

use std::path::Path;

use assay_results::{ComparisonRecord, ComparisonRun, Run, RunDirectory};

use crate::args::compare::CompareArgs;
use crate::failure::{CommandResult, Failure, usage};
use crate::output::{self, Show};

/// Compares, writes the folder, shows what was found.
pub(crate) fn run(args: &CompareArgs) -> CommandResult {
    let given = [&args.hub_a, &args.hub_b, &args.command_a, &args.command_b];
    let names_hubs = given.into_iter().any(Option::is_some);
    match args.what.as_slice() {
        [a, b] if !names_hubs => {
            let (record, name) = saved::compared(args, Path::new(a), Path::new(b))?;
            let directory = output::create(args.out.as_deref(), &format!("compare-{name}"))?;
            finish(args, &directory, record)
        }
        [_, _] => Err(usage(
            "two saved runs are compared as they are: leave --hub-a and --hub-b out, or name one scenario",
        )),
        [scenario] if names_hubs => pairs::compared(args, scenario),
        [] if names_hubs => pairs::compared(args, "live-score"),
        _ => Err(usage(
            "what is compared? Name the folders of two load runs, or two hubs with --hub-a or --command-a, and --hub-b or --command-b; one that is left out is the reference hub",
        )),
    }
}

fn finish(args: &CompareArgs, directory: &RunDirectory, record: ComparisonRecord) -> CommandResult {
    let run = ComparisonRun::new(record);
    let saved = directory.save_comparison(&run);
    let run = Run::Comparison(Box::new(run));
    output::finish(directory, &run, saved, Show::from_flag(args.json))
}

/// What two sides are called, so that they can be told apart.
fn names(a: &str, b: &str) -> (String, String) {
    if a == b {
        return (format!("{a} (a)"), format!("{b} (b)"));
    }
    (a.to_owned(), b.to_owned())
}

/// A failure of what was typed.
fn refused(sentence: String) -> Failure {
    usage(sentence)
}
