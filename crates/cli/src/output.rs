//! What a run leaves and shows: its folder with data and pages, its summary on the terminal.

use std::io::IsTerminal;
use std::path::Path;
use std::time::SystemTime;

use assay_report::{
    Colour, NamedRun, harmless, matrix_summary, render, render_matrix, terminal_summary,
};
use assay_results::{Outcome, PreflightStep, Run, RunDirectory, SavedRun, StepOutcome, WriteError};

use crate::console;
use crate::environment::compact_utc;
use crate::failure::{CommandResult, Failure, OrFail};

/// The folder of a run: the one asked for, or `reports/NAME-TIME`.
///
/// # Errors
/// It cannot be written, or holds a run already.
pub(crate) fn create(asked: Option<&Path>, name: &str) -> Result<RunDirectory, Failure> {
    let made = asked.map_or_else(
        || {
            let name = format!("{name}-{}", compact_utc(SystemTime::now()));
            RunDirectory::create_new(Path::new("reports"), &name)
        },
        RunDirectory::create,
    );
    made.or_usage()
}

/// Takes the folder of a run that could not begin away again, unless something is in it.
pub(crate) fn discard_empty(directory: &RunDirectory) {
    // It fails where there is something to keep.
    let _ = std::fs::remove_dir(directory.path());
}

/// Takes the folder of runs that are not to be kept away, and all that their hubs wrote there; unless a hub failed, whose log is there.
pub(crate) fn discard_runs(directory: &RunDirectory, folder: &str, failure: Option<&Failure>) {
    if failure.is_none_or(|failure| failure.outcome == Outcome::Interrupted) {
        // What cannot be removed is seen by whoever looks there.
        let _ = std::fs::remove_dir_all(directory.path().join(folder));
    }
}

/// How a run is shown on stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Show {
    /// The summary for people.
    Summary,
    /// The run document; the summary goes to stderr.
    Json,
}

impl Show {
    /// As `--json` says.
    pub(crate) fn from_flag(json: bool) -> Self {
        if json { Self::Json } else { Self::Summary }
    }
}

/// Shows a run whose data are in `directory`, after its pages are written there, those also that fit beside data that did
/// not. What could not be written, such as `saved` on a full disk, is told after the summary, so that the figures are never
/// lost with the files.
pub(crate) fn finish(
    directory: &RunDirectory,
    run: &Run,
    saved: Result<(), WriteError>,
    show: Show,
) -> CommandResult {
    let written = write_pages(directory, run, &[]);
    let pages = saved.or_usage().and(written);
    let index = pages.is_ok().then(|| index_of(directory));
    let shown = match show {
        Show::Json => {
            let colour = colour(&std::io::stderr());
            console::tell(terminal_summary(run, colour, index.as_deref()).trim_end());
            console::show(&run.to_json().or_usage()?)
        }
        Show::Summary => {
            let colour = colour(&std::io::stdout());
            console::show(&terminal_summary(run, colour, index.as_deref()))
        }
    };
    let outcome = outcome_of(run);
    match pages.and(shown) {
        Ok(()) => Ok(outcome),
        Err(failure) => Err(Failure {
            outcome: Outcome::worst([outcome, failure.outcome]),
            ..failure
        }),
    }
}

/// Renders a saved run into a folder of pages, and shows its summary.
pub(crate) fn render_saved(pages: &RunDirectory, saved: &SavedRun) -> Result<(), Failure> {
    write_pages(pages, &saved.run, &saved.missing)?;
    for missing in &saved.missing {
        console::tell(format_args!("assay: {missing}"));
    }
    let colour = colour(&std::io::stdout());
    console::show(&terminal_summary(
        &saved.run,
        colour,
        Some(&index_of(pages)),
    ))
}

/// Writes the comparison of several conformance runs, and shows it. `out` is the folder [default: a new one of `reports/`].
pub(crate) fn show_side_by_side(out: Option<&Path>, runs: &[NamedRun<'_>]) -> Result<(), Failure> {
    let directory = create(out, "side-by-side")?;
    let files = render_matrix(runs).map_err(|error| Failure {
        outcome: Outcome::Defect,
        error: error.into(),
    })?;
    let files = files.iter().map(|file| (&*file.name, &*file.text));
    directory.save_pages(files).or_usage()?;
    let summary = matrix_summary(runs, colour(&std::io::stdout()));
    console::show(&format!("{summary}\nreport   {}\n", index_of(&directory)))
}

/// Renders a run into a folder of pages.
pub(crate) fn write_pages(
    directory: &RunDirectory,
    run: &Run,
    missing: &[String],
) -> Result<(), Failure> {
    let files = render(run, missing).map_err(|error| Failure {
        outcome: Outcome::Defect,
        error: error.into(),
    })?;
    let files = files.iter().map(|file| (&*file.name, &*file.text));
    directory.save_pages(files).or_usage()
}

/// A rung of a ladder as a line: how it went, its name, what was seen.
pub(crate) fn rung_line(rung: &PreflightStep) -> String {
    let (mark, code) = match rung.outcome {
        StepOutcome::Ok => ("ok", "32"),
        StepOutcome::Failed => ("broken", "1;31"),
        StepOutcome::Skipped => ("skipped", "2"),
    };
    let padded = format!("{mark:<7}");
    let mark = match colour(&std::io::stdout()) {
        Colour::Ansi => format!("\u{1b}[{code}m{padded}\u{1b}[0m"),
        Colour::Plain => padded,
    };
    format!("{mark}  {:<16}  {}", rung.name, harmless(&rung.detail))
}

fn index_of(directory: &RunDirectory) -> String {
    directory.path().join("index.html").display().to_string()
}

fn outcome_of(run: &Run) -> Outcome {
    match run {
        Run::Load(run) => run.outcome(),
        Run::Conformance(run) => run.outcome(),
        Run::Migration(run) => run.outcome(),
        Run::Capacity(run) => run.outcome(),
        Run::Comparison(run) => run.outcome(),
    }
}

fn colour(stream: &impl IsTerminal) -> Colour {
    if stream.is_terminal() && std::env::var_os("NO_COLOR").is_none() {
        Colour::Ansi
    } else {
        Colour::Plain
    }
}
