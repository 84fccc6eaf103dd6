//! Runs side by side in a terminal.

use std::fmt::Write as _;

use super::{Change, Matrix, Row};
use crate::terminal::{Colour, Paint, harmless};

/// The results of `writeln!` are dropped: writing into a `String` does not fail.
pub(super) fn summary(matrix: &Matrix<'_>, colour: Colour) -> String {
    let paint = Paint::new(colour);
    let mut text = format!("{}\n", harmless(&matrix.sentence()));
    let differing: Vec<_> = matrix.differing().collect();
    let same = matrix.rows.len() - differing.len();
    let width = differing.iter().map(|row| row.requirement.len()).max();
    for (column, named) in matrix.runs.iter().enumerate() {
        let _ = writeln!(text, "  {:<4} {}", letter(column), harmless(named.name));
    }
    for row in differing {
        let _ = write!(
            text,
            "{}  {:<10}  {:<width$}",
            row.dialect,
            row.level.as_str(),
            row.requirement,
            width = width.unwrap_or(0)
        );
        for column in 0..matrix.runs.len() {
            let _ = write!(text, "  {}", cell(row, column, paint));
        }
        text.push('\n');
    }
    let _ = writeln!(
        text,
        "{same} requirements have the same verdict in all runs"
    );
    text
}

fn cell(row: &Row<'_>, column: usize, paint: Paint) -> String {
    let last = column + 1 == row.verdicts.len();
    let width = if last { 0 } else { 12 };
    let padded = format!("{} {:<width$}", letter(column), row.word(column));
    match row.change(column) {
        Some(Change::Broke) => paint.red(&padded),
        Some(Change::Healed) => paint.green(&padded),
        Some(Change::Other) => paint.bold(&padded),
        None => padded,
    }
}

// A column of a table on 80 columns has no room for a name.
fn letter(column: usize) -> String {
    u8::try_from(column)
        .ok()
        .filter(|column| *column < 26)
        .map_or_else(
            || column.to_string(),
            |column| char::from(b'A' + column).to_string(),
        )
}
