//! Pages and charts from results.
//!
//! Pure: a run goes in, texts come out, and the same run gives the same bytes, so that a report can be rebuilt from its run
//! directory at any time. What a run found is said once, in [`sentence()`], and every form of the report begins with it.
//!
//! Not for measuring or judging: every figure and verdict stands in the run already. No file is written here, nothing is
//! printed, and a page asks for nothing from the network.

mod badge;
mod chart;
mod gate;
mod junit;
mod markdown;
mod matrix;
mod number;
mod objective;
mod page;
mod proof;
mod sentence;
mod terminal;

use assay_results::{ReadError, Run};
use thiserror::Error;

pub use matrix::{NamedRun, matrix_summary, render_matrix};
pub use proof::render_proof;
pub use sentence::capacity::step_line;
pub use sentence::comparison::pair_line;
pub use terminal::{Colour, harmless, terminal_summary};

/// A file of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Path below the report's directory, with slashes.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// A report could not be made: a defect of ours, since every document that was read can be drawn.
#[derive(Debug, Error)]
pub enum RenderError {
    /// A chart.
    #[error("cannot draw the chart {name}: {reason}")]
    Chart {
        /// Its name.
        name: &'static str,
        /// Why.
        reason: String,
    },
    /// The page.
    #[error("cannot fill in index.html: {0}")]
    Page(#[from] askama::Error),
    /// The `JUnit` file.
    #[error("cannot write junit.xml: {0}")]
    JUnit(#[from] quick_junit::SerializeError),
    /// The run.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// What a run found, in one sentence: "Every goal reached all of its followers …".
pub fn sentence(run: &Run) -> String {
    match run {
        Run::Load(run) => sentence::load::sentence(run),
        Run::Conformance(run) => sentence::conformance::sentence(run),
        Run::Migration(run) => sentence::migration::sentence(run),
        Run::Capacity(run) => sentence::capacity::sentence(run),
        Run::Comparison(run) => sentence::comparison::sentence(run),
    }
}

/// The files of a run's report: `index.html` and `junit.xml`; for a load run `charts/*.svg` with their figures in `charts/*.csv`, for a conformance run `summary.md`
/// and `badge.json`, for a migration `summary.md`; for a search for a capacity and a comparison `summary.md` and charts, without `junit.xml`.
///
/// `missing` is what the run directory should have and has not ([`assay_results::SavedRun::missing`]); the page says so.
pub fn render(run: &Run, missing: &[String]) -> Result<Vec<File>, RenderError> {
    match run {
        Run::Load(run) => {
            let charts = chart::load_charts(run)?;
            let mut files = vec![
                file("index.html", page::load::page(run, &charts, missing)?),
                file("junit.xml", junit::load::junit(run)?),
            ];
            files.extend(chart_files(&charts));
            Ok(files)
        }
        Run::Conformance(run) => Ok(vec![
            file("index.html", page::conformance::page(run, missing)?),
            file("junit.xml", junit::conformance::junit(run)?),
            file("summary.md", markdown::summary(run)),
            file("badge.json", badge::badge(run)),
        ]),
        Run::Migration(run) => Ok(vec![
            file("index.html", page::migration::page(run, missing)?),
            file("junit.xml", junit::migration::junit(run)?),
            file("summary.md", markdown::migration::summary(run)),
        ]),
        Run::Comparison(run) => {
            let charts = chart::comparison_charts(run)?;
            let mut files = vec![
                file("index.html", page::comparison::page(run, &charts, missing)?),
                file("summary.md", markdown::comparison::summary(run)),
            ];
            files.extend(chart_files(&charts));
            Ok(files)
        }
        Run::Capacity(run) => {
            let charts = chart::capacity_charts(run)?;
            let mut files = vec![
                file("index.html", page::capacity::page(run, &charts, missing)?),
                file("summary.md", markdown::capacity::summary(run)),
            ];
            files.extend(chart_files(&charts));
            Ok(files)
        }
    }
}

/// Each as a picture, with its figures beside it.
fn chart_files(charts: &[chart::Chart]) -> impl Iterator<Item = File> {
    charts.iter().flat_map(|chart| {
        let name = format!("charts/{}", chart.name);
        [
            file(&format!("{name}.svg"), chart.standalone()),
            file(&format!("{name}.csv"), chart.data.clone()),
        ]
    })
}

fn file(name: &str, text: String) -> File {
    File {
        name: name.to_owned(),
        text,
    }
}
