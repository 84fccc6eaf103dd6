//! A conformance run in a terminal.

use std::fmt::Write as _;

use assay_results::{
    AreaStatus, BaselineState, ConformanceRun, Outcome, StepOutcome, Verdict, VerdictRow,
};

use super::{Paint, harmless};
use crate::number::{counted, grouped};
use crate::sentence::conformance::{bound, findings, sentence};

pub(super) fn summary(run: &ConformanceRun, paint: Paint) -> String {
    let sentence = harmless(&sentence(run));
    let mut text = match run.outcome() {
        Outcome::Passed => paint.green(&sentence),
        _ => paint.red(&sentence),
    };
    text.push('\n');
    preflight(&mut text, run, paint);
    areas(&mut text, run, paint);
    let known = |row: &VerdictRow| {
        let baseline = run.record().baseline.as_ref();
        let entry = baseline.and_then(|baseline| baseline.entry(row));
        entry.is_some_and(|entry| entry.state == BaselineState::Known)
    };
    for row in findings(run).into_iter().filter(|row| !known(row)) {
        unfolded(&mut text, row, paint);
    }
    baseline(&mut text, run, paint);
    let known = run.summary().requirements_known;
    if known > 0 {
        let checked = grouped(run.summary().requirements_checked);
        let known = counted(known, bound(run).0, bound(run).1);
        let _ = writeln!(text, "\ncoverage {checked} of {known} have a check");
    }
    for note in &run.record().notes {
        let _ = writeln!(text, "note     {}", harmless(note));
    }
    text
}

fn preflight(text: &mut String, run: &ConformanceRun, paint: Paint) {
    for step in run
        .record()
        .preflight
        .iter()
        .filter(|step| step.outcome == StepOutcome::Failed)
    {
        let line = format!("{}: {}", step.name, harmless(&step.detail));
        let _ = writeln!(text, "\npreflight {}", paint.red(&line));
    }
}

fn areas(text: &mut String, run: &ConformanceRun, paint: Paint) {
    if run.summary().areas.is_empty() {
        return;
    }
    let width = run
        .summary()
        .areas
        .iter()
        .map(|area| area.area.chars().count())
        .max()
        .unwrap_or(0);
    text.push('\n');
    for area in &run.summary().areas {
        let status = format!("{:<16}", area.status.as_str());
        let status = match area.status {
            AreaStatus::Conformant => paint.green(&status),
            AreaStatus::NotConformant => paint.red(&status),
            AreaStatus::NotClaimed | AreaStatus::NotObserved | AreaStatus::NotMeasurable => {
                paint.dim(&status)
            }
        };
        let counts: Vec<String> = Verdict::ALL
            .into_iter()
            .map(|verdict| (verdict, area.counts.get(verdict)))
            .filter(|(_, count)| *count > 0)
            .map(|(verdict, count)| format!("{} {verdict}", grouped(count)))
            .collect();
        let _ = writeln!(
            text,
            "{}  {:<width$}  {status} {}",
            area.dialect,
            area.area,
            counts.join(", ")
        );
    }
}

// A line an entry: what is known is not unfolded, and what heals has no finding of its own.
fn baseline(text: &mut String, run: &ConformanceRun, paint: Paint) {
    let Some(baseline) = &run.record().baseline else {
        return;
    };
    let _ = writeln!(text, "\nbaseline {}", harmless(&baseline.file));
    for entry in &baseline.entries {
        let state = entry.state.as_str();
        let state = if entry.state.is_news() {
            paint.red(state)
        } else {
            paint.dim(state)
        };
        let reason = if entry.reason.is_empty() {
            String::new()
        } else {
            format!(" ({})", harmless(&entry.reason))
        };
        let _ = writeln!(
            text,
            "  {} {} ({}): {state}{reason}",
            entry.dialect, entry.requirement, entry.check
        );
    }
}

fn unfolded(text: &mut String, row: &VerdictRow, paint: Paint) {
    let head = format!(
        "{} {} {}",
        row.verdict.as_str().to_uppercase(),
        row.level,
        row.requirement
    );
    let head = if row.verdict == Verdict::Warn {
        paint.bold(&head)
    } else {
        paint.red(&head)
    };
    let _ = writeln!(
        text,
        "\n{head}  ({}, check {}, section {})",
        row.dialect, row.check, row.section
    );
    for (label, value) in [
        ("sent", &row.sent),
        ("expected", &row.expected),
        ("came", &row.observed),
    ] {
        let value = harmless(value).replace('\n', "\n           ");
        let _ = writeln!(text, "  {label:<8} {value}");
    }
    if row.repro.is_some() {
        let _ = writeln!(text, "  repeat   bash {}", row.repro_file());
    }
}
