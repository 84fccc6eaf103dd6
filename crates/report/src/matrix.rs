//! Several conformance runs side by side: hubs, or versions of one hub, against requirements. Not for a single run.

mod markdown;
mod page;
mod terminal;

use std::collections::BTreeMap;

use assay_results::{ConformanceRun, Dialect, Level, Verdict};

use crate::{Colour, File, RenderError};

/// A run under the name of its column.
#[derive(Debug, Clone, Copy)]
pub struct NamedRun<'a> {
    /// Such as the hub and its version.
    pub name: &'a str,
    /// The run.
    pub run: &'a ConformanceRun,
}

/// The runs side by side.
#[derive(Debug)]
struct Matrix<'a> {
    runs: &'a [NamedRun<'a>],
    rows: Vec<Row<'a>>,
}

/// A requirement, with its verdict in each run; none where it was not judged.
#[derive(Debug)]
struct Row<'a> {
    dialect: Dialect,
    requirement: &'a str,
    level: Level,
    verdicts: Vec<Option<Verdict>>,
}

/// What became of a requirement from one run to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    /// It is broken now and was not.
    Broke,
    /// It is kept now and was broken.
    Healed,
    /// Anything else that is not the same.
    Other,
}

impl<'a> Matrix<'a> {
    fn of(runs: &'a [NamedRun<'a>]) -> Self {
        let mut rows: BTreeMap<(Dialect, &str), Row<'a>> = BTreeMap::new();
        for (column, named) in runs.iter().enumerate() {
            for verdict in &named.run.record().verdicts {
                let row = rows
                    .entry((verdict.dialect, &verdict.requirement))
                    .or_insert_with(|| Row {
                        dialect: verdict.dialect,
                        requirement: &verdict.requirement,
                        level: verdict.level,
                        verdicts: vec![None; runs.len()],
                    });
                row.verdicts[column] = Some(verdict.verdict);
            }
        }
        Self {
            runs,
            rows: rows.into_values().collect(),
        }
    }

    /// The requirements that do not have the same verdict throughout.
    fn differing(&self) -> impl Iterator<Item = &Row<'a>> {
        let differs = |row: &&Row<'_>| {
            row.verdicts
                .iter()
                .any(|verdict| *verdict != row.verdicts[0])
        };
        self.rows.iter().filter(differs)
    }

    /// How many requirements changed so from the run before to this one.
    fn count(&self, column: usize, wanted: Change) -> usize {
        let changes = self.rows.iter().filter_map(|row| row.change(column));
        changes.filter(|change| *change == wanted).count()
    }

    /// What changed, in a sentence for each step from one run to the next.
    fn sentence(&self) -> String {
        let steps = self.runs.windows(2).enumerate().map(|(before, pair)| {
            let count = |change| self.count(before + 1, change);
            format!(
                "From {} to {}: {} broke, {} healed, {} changed otherwise",
                pair[0].name,
                pair[1].name,
                count(Change::Broke),
                count(Change::Healed),
                count(Change::Other)
            )
        });
        format!("{}.", steps.collect::<Vec<_>>().join(". "))
    }
}

impl Row<'_> {
    /// What became of it from the run before to this one; none where it is the same.
    fn change(&self, column: usize) -> Option<Change> {
        let before = self.verdicts[column.checked_sub(1)?];
        let now = self.verdicts[column];
        let is_broken = |verdict| {
            matches!(
                verdict,
                Some(Verdict::Fail | Verdict::Flaky | Verdict::Warn)
            )
        };
        let is_kept = |verdict| matches!(verdict, Some(Verdict::Pass | Verdict::Note));
        match (before, now) {
            (before, now) if before == now => None,
            (before, now) if is_broken(now) && !is_broken(before) => Some(Change::Broke),
            (before, now) if is_broken(before) && is_kept(now) => Some(Change::Healed),
            _ => Some(Change::Other),
        }
    }

    /// Its verdict in a run, in a word.
    fn word(&self, column: usize) -> &'static str {
        self.verdicts[column].map_or("–", Verdict::as_str)
    }
}

/// The files of the comparison, `index.html` and `summary.md`. The runs come in the order of their columns.
///
/// # Errors
/// The page cannot be filled in: a defect of ours.
pub fn render_matrix(runs: &[NamedRun<'_>]) -> Result<Vec<File>, RenderError> {
    let matrix = Matrix::of(runs);
    Ok(vec![
        crate::file("index.html", page::page(&matrix)?),
        crate::file("summary.md", markdown::summary(&matrix)),
    ])
}

/// The comparison on a terminal: what differs, a line a requirement.
pub fn matrix_summary(runs: &[NamedRun<'_>], colour: Colour) -> String {
    terminal::summary(&Matrix::of(runs), colour)
}
