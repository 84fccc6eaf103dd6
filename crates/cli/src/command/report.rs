//! `assay report`: pages of saved runs, from their folders alone.

use std::path::Path;

use assay_results::{Outcome, RunDirectory};

use crate::args::report::ReportArgs;
use crate::failure::{CommandResult, Failure, OrFail, usage};
use crate::output;

/// Renders each run; with `--out` and several runs, into a folder of its own name each.
pub(crate) fn run(args: &ReportArgs) -> CommandResult {
    for path in &args.runs {
        let directory = RunDirectory::open(path).or_usage()?;
        let saved = directory.read().or_usage()?;
        let pages = match &args.out {
            None => directory,
            Some(out) => pages_folder(out, path, args.runs.len())?,
        };
        output::render_saved(&pages, &saved)?;
    }
    Ok(Outcome::Passed)
}

fn pages_folder(out: &Path, run: &Path, runs: usize) -> Result<RunDirectory, Failure> {
    if runs == 1 {
        return RunDirectory::create(out).or_usage();
    }
    let name = run.file_name().ok_or_else(|| {
        usage(format_args!(
            "{} has no name of its own: name the run's folder",
            run.display()
        ))
    })?;
    RunDirectory::create(out.join(name)).or_usage()
}
