//! `assay report`: pages of saved runs, from their folders alone.

use std::path::{Path, PathBuf};

use assay_report::NamedRun;
use assay_results::{Outcome, Run, RunDirectory, SavedRun};

use crate::args::report::ReportArgs;
use crate::failure::{CommandResult, Failure, OrFail, usage};
use crate::output;

/// A saved run, and what its user calls it.
struct Named {
    name: Option<String>,
    path: PathBuf,
    directory: RunDirectory,
    saved: SavedRun,
}

/// Renders each run, with `--out` and several runs into a folder of its own name each; then those that can stand side by
/// side.
pub(crate) fn run(args: &ReportArgs) -> CommandResult {
    // All are read first: a name that is wrong leaves nothing half done.
    let runs: Vec<_> = args
        .runs
        .iter()
        .map(|given| read(given))
        .collect::<Result<_, _>>()?;
    for named in &runs {
        let pages = match &args.out {
            None => named.directory.clone(),
            Some(out) => pages_folder(out, named, runs.len())?,
        };
        output::render_saved(&pages, &named.saved)?;
    }
    side_by_side(&runs, args.out.as_deref())?;
    Ok(Outcome::Passed)
}

// A folder whose own name has a `=` in it is taken as it is.
fn read(given: &Path) -> Result<Named, Failure> {
    let text = given.to_string_lossy();
    let (name, path) = match text.split_once('=') {
        Some((name, path)) if !given.exists() => (Some(name.to_owned()), PathBuf::from(path)),
        _ => (None, given.to_owned()),
    };
    let directory = RunDirectory::open(&path).or_usage()?;
    let saved = directory.read().or_usage()?;
    Ok(Named {
        name,
        path,
        directory,
        saved,
    })
}

fn pages_folder(out: &Path, named: &Named, runs: usize) -> Result<RunDirectory, Failure> {
    if runs == 1 {
        return RunDirectory::create(out).or_usage();
    }
    RunDirectory::create(out.join(named.column()?)).or_usage()
}

impl Named {
    /// The name of its column, and of its folder under `--out`.
    fn column(&self) -> Result<String, Failure> {
        if let Some(name) = &self.name {
            return Ok(name.replace(['/', '\\'], "-"));
        }
        let name = self.path.file_name().ok_or_else(|| {
            usage(format_args!(
                "{} has no name of its own: name the run's folder, or write NAME=DIR",
                self.path.display()
            ))
        })?;
        Ok(name.to_string_lossy().into_owned())
    }
}

fn side_by_side(runs: &[Named], out: Option<&Path>) -> Result<(), Failure> {
    let mut columns = Vec::new();
    for named in runs {
        if let Run::Conformance(run) = &named.saved.run {
            columns.push((named.column()?, run));
        }
    }
    if columns.len() < 2 {
        return Ok(());
    }
    let columns: Vec<_> = columns
        .iter()
        .map(|(name, run)| NamedRun { name, run })
        .collect();
    output::show_side_by_side(out, &columns)
}
