//! A conformance run in a terminal.

use std::fmt::Write as _;

use assay_results::{AreaStatus, ConformanceRun, Outcome, StepOutcome, Verdict, VerdictRow};

use super::{Paint, harmless};
use crate::number::{counted, grouped};
use crate::sentence::conformance::{findings, sentence};

pub(super) fn summary(run: &ConformanceRun, paint: Paint) -> String {
    let sentence = harmless(&sentence(run));
    let mut text = match run.outcome() {
        Outcome::Passed => paint.green(&sentence),
        _ => paint.red(&sentence),
    };
    text.push('\n');
    preflight(&mut text, run, paint);
    areas(&mut text, run, paint);
    for row in findings(run) {
        unfolded(&mut text, row, paint);
    }
    let known = run.summary().requirements_known;
    if known > 0 {
        let checked = grouped(run.summary().requirements_checked);
        let known = counted(known, "hub requirement", "hub requirements");
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
            AreaStatus::NotClaimed | AreaStatus::NotMeasurable => paint.dim(&status),
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
        let _ = writeln!(text, "  repeat   sh {}", row.repro_file());
    }
}
