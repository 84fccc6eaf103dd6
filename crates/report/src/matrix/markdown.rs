//! Runs side by side as Markdown, for the page of a job or a review.

use std::fmt::Write as _;

use super::Matrix;
use crate::markdown::escape;

/// The results of `writeln!` are dropped: writing into a `String` does not fail.
pub(super) fn summary(matrix: &Matrix<'_>) -> String {
    let mut text = format!(
        "## Mercure conformance, side by side\n\n{}\n\n",
        escape(&matrix.sentence())
    );
    let names: Vec<_> = matrix.runs.iter().map(|named| escape(named.name)).collect();
    let _ = writeln!(
        text,
        "| requirement | dialect | level | {} |",
        names.join(" | ")
    );
    let _ = writeln!(text, "|---|---|---|{}", "---|".repeat(names.len()));
    let mut differing = 0;
    for row in matrix.differing() {
        differing += 1;
        let words: Vec<_> = (0..names.len()).map(|column| row.word(column)).collect();
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} |",
            row.requirement,
            row.dialect,
            row.level,
            words.join(" | ")
        );
    }
    let same = matrix.rows.len() - differing;
    let _ = writeln!(
        text,
        "\n{same} requirements have the same verdict in all runs."
    );
    text
}
