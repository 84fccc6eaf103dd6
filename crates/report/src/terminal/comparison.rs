//! A comparison in a terminal: the sentence, a line a figure, and how to read them.

use std::fmt::Write as _;

use assay_results::{ComparisonRun, Evidence, Finding, Outcome};

use super::{Paint, harmless};
use crate::number::grouped;
use crate::sentence::comparison::{
    detectable_head, figure, how, percent, sentence, value, verdict,
};

pub(super) fn summary(run: &ComparisonRun, paint: Paint) -> String {
    let record = run.record();
    let sentence = harmless(&sentence(run));
    let mut text = match run.outcome() {
        Outcome::Passed => paint.bold(&sentence),
        _ => paint.red(&sentence),
    };
    let _ = writeln!(
        text,
        "\n\na        {}\nb        {}\n",
        harmless(&record.a.name),
        harmless(&record.b.name)
    );
    rows(&mut text, run, paint);
    unusable(&mut text, run);
    let _ = writeln!(text, "\nhow      {}", how(run));
    for note in &record.notes {
        let _ = writeln!(text, "note     {}", harmless(note));
    }
    text
}

fn rows(text: &mut String, run: &ComparisonRun, paint: Paint) {
    let head = detectable_head(&run.record().evidence);
    let _ = writeln!(
        text,
        "{:<22}{:>11}{:>11}{:>10}{:>20}{:>21}  b is",
        "", "a", "b", "change", "interval", head
    );
    for row in &run.summary().rows {
        let interval = row.interval.as_ref().map_or_else(
            || "–".to_owned(),
            |one| format!("{} … {}", percent(one.low), percent(one.high)),
        );
        let verdict = verdict(row);
        let verdict = match row.finding {
            Finding::Worse => paint.red(verdict),
            Finding::Better => paint.green(verdict),
            Finding::NoDifference | Finding::Unknown => verdict.to_owned(),
        };
        let _ = writeln!(
            text,
            "{:<22}{:>11}{:>11}{:>10}{interval:>20}{:>21}  {verdict}",
            figure(row.figure),
            value(row.figure, row.a),
            value(row.figure, row.b),
            percent(row.ratio),
            row.detectable.map_or_else(|| "–".to_owned(), percent),
        );
    }
    let summary = run.summary();
    let _ = writeln!(
        text,
        "{:<22}{:>11}{:>11}",
        "deliveries wrong",
        grouped(summary.wrong_a),
        grouped(summary.wrong_b)
    );
}

/// Pairs that are left out, and why.
fn unusable(text: &mut String, run: &ComparisonRun) {
    let Evidence::Pairs { pairs, .. } = &run.record().evidence else {
        return;
    };
    for pair in pairs {
        for (side, one) in [("a", &pair.a), ("b", &pair.b)] {
            if let Some(why) = &one.unusable {
                let _ = writeln!(
                    text,
                    "left out pair {}: {side}: {}",
                    pair.number,
                    harmless(why)
                );
            }
        }
    }
}
