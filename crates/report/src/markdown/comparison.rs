//! A comparison as `summary.md`: the sentence, a row a figure.

use std::fmt::Write as _;

use assay_results::ComparisonRun;

use super::escape;
use crate::sentence::comparison::{
    detectable_head, figure, how, percent, sentence, value, verdict,
};

/// The text; the results of `writeln!` are dropped, since writing into a `String` does not fail.
pub(crate) fn summary(run: &ComparisonRun) -> String {
    let record = run.record();
    let mut text = format!("## Two hubs compared\n\n{}\n", escape(&sentence(run)));
    let _ = writeln!(
        text,
        "\n| | a: {} | b: {} | change | interval | {} | b is |\n|---|---:|---:|---:|---:|---:|---|",
        escape(&record.a.name),
        escape(&record.b.name),
        detectable_head(&record.evidence)
    );
    for row in &run.summary().rows {
        let interval = row.interval.as_ref().map_or_else(String::new, |one| {
            format!("{} … {}", percent(one.low), percent(one.high))
        });
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {interval} | {} | {} |",
            figure(row.figure),
            value(row.figure, row.a),
            value(row.figure, row.b),
            percent(row.ratio),
            row.detectable.map_or_else(String::new, percent),
            verdict(row),
        );
    }
    let _ = writeln!(text, "\n{}", escape(&how(run)));
    text.replace('\u{a0}', " ")
}
