//! The sentence of a migration, and its rows in the order of importance.

use std::fmt::Write as _;

use assay_results::{MigrationRun, SampleRow, Standing};

use super::ended;
use crate::number::{counted, grouped};

/// What the run found; what the site has to do comes first.
pub(crate) fn sentence(run: &MigrationRun) -> String {
    ended(&found(run), run.record().partial.as_ref())
}

// The results of `write!` are dropped, since writing into a `String` does not fail.
fn found(run: &MigrationRun) -> String {
    let summary = run.summary();
    let samples = counted(summary.samples, "sample works", "samples work");
    let mut text = format!(
        "{} of {samples} after the move with compatibility off",
        grouped(summary.work_moved)
    );
    if summary.must_change > 0 {
        let needs = if summary.must_change == 1 {
            "needs"
        } else {
            "need"
        };
        let _ = write!(text, "; {} {needs} a change", grouped(summary.must_change));
        if summary.silent > 0 {
            let silent = grouped(summary.silent);
            let _ = write!(text, ", {silent} of which would fail without a word");
        }
    }
    if summary.open > 0 {
        let _ = write!(text, "; {} could not be judged", grouped(summary.open));
    }
    text
}

/// The rows that want something, the worst first: silent failures, refusals, what is open.
pub(crate) fn wanting(run: &MigrationRun) -> Vec<&SampleRow> {
    let rank = |row: &SampleRow| match (row.standing(), row.is_silent()) {
        (Standing::MustChange, true) => 0,
        (Standing::MustChange, false) => 1,
        (Standing::Open, _) => 2,
        (Standing::Stays, _) => 3,
    };
    let rows = run.record().samples.iter();
    let mut rows: Vec<_> = rows
        .filter(|row| row.standing() != Standing::Stays)
        .collect();
    rows.sort_by_key(|row| rank(row));
    rows
}

/// `templates/live.html.twig:12:7`, and how many more.
pub(crate) fn places(row: &SampleRow) -> String {
    let mut shown: Vec<_> = row
        .places
        .iter()
        .take(3)
        .map(|place| format!("{}:{}:{}", place.file, place.line, place.column))
        .collect();
    if row.places.len() > shown.len() {
        shown.push(format!("{} more", row.places.len() - shown.len()));
    }
    shown.join(", ")
}

/// The three fates with the names of their worlds.
pub(crate) fn fates(row: &SampleRow) -> [(&'static str, &assay_results::Fate); 3] {
    use assay_results::World;
    [
        (World::Today.as_str(), &row.today),
        (World::Compatible.as_str(), &row.compatible),
        (World::Moved.as_str(), &row.moved),
    ]
}
