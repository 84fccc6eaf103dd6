//! The sentence of a conformance run.

use std::fmt::Write as _;

use assay_results::{
    BaselineState, ConformanceRun, Dialect, Outcome, StepOutcome, Subject, Verdict, VerdictRow,
};

use crate::number::{counted, grouped};

/// What the run found; what stands against the hub comes first.
pub(crate) fn sentence(run: &ConformanceRun) -> String {
    let found = found(run);
    super::ended(&found, run.record().partial.as_ref())
}

/// The rows that want attention, the worst first.
pub(crate) fn findings(run: &ConformanceRun) -> Vec<&VerdictRow> {
    let rank = |verdict| match verdict {
        Verdict::Error => 0,
        Verdict::Fail => 1,
        Verdict::Flaky => 2,
        Verdict::Inconclusive => 3,
        Verdict::Warn => 4,
        Verdict::Pass | Verdict::Note | Verdict::Unsupported | Verdict::NotObserved => 5,
    };
    let rows = run.record().verdicts.iter();
    let mut findings: Vec<&VerdictRow> = rows.filter(|row| row.verdict.wants_attention()).collect();
    findings.sort_by_key(|row| rank(row.verdict));
    findings
}

fn found(run: &ConformanceRun) -> String {
    let counts = &run.summary().counts;
    let judged = run.summary().requirements_judged;
    if judged == 0 {
        let step = run
            .record()
            .preflight
            .iter()
            .find(|step| step.outcome == StepOutcome::Failed);
        let nothing = match run.record().subject {
            Subject::Hub => "Nothing was measured",
            Subject::Clients => "Nothing was observed",
        };
        return step.map_or(nothing.to_owned(), |step| {
            format!(
                "Nothing was measured, since the preflight failed at {}: {}",
                step.name, step.detail
            )
        });
    }
    let requirements = counted(judged, "requirement", "requirements");
    let mut text = match (counts.fail, counts.flaky) {
        (0, 0) if run.outcome() == Outcome::NotMeasurable => {
            format!(
                "Not measurable: {} of {requirements} stayed open",
                grouped(counts.inconclusive.max(1))
            )
        }
        (0, 0) if counts.error > 0 => format!(
            "Assay itself failed on {} of {requirements}",
            grouped(counts.error)
        ),
        (0, 0) => format!(
            "{} none of the {requirements} judged ({})",
            breaks(run),
            by_dialect(run)
        ),
        (fail, 0) => format!(
            "{} {} of the {requirements} judged, in {}",
            breaks(run),
            grouped(fail),
            areas(run)
        ),
        (fail, flaky) => format!(
            "{} {} of the {requirements} judged and {} from time to time, in {}",
            breaks(run),
            grouped(fail),
            grouped(flaky),
            areas(run)
        ),
    };
    if counts.warn > 0 {
        let verb = if counts.warn == 1 { "is" } else { "are" };
        let warned = counted(counts.warn, "recommendation", "recommendations");
        let _ = write!(text, "; {warned} {verb} not followed");
    }
    if counts.inconclusive > 0 && run.outcome() != Outcome::NotMeasurable {
        let _ = write!(text, "; {} stayed open", grouped(counts.inconclusive));
    }
    text.push_str(&against_baseline(run));
    text
}

// What the gate decides by comes last, and is never left out.
fn against_baseline(run: &ConformanceRun) -> String {
    let Some(baseline) = &run.record().baseline else {
        return String::new();
    };
    let count = |state| grouped(baseline.count(state) as u64);
    let parts: Vec<_> = [
        (BaselineState::Known, "known"),
        (BaselineState::Unlisted, "not known"),
        (BaselineState::Different, "broken in another way than known"),
        (BaselineState::Healed, "kept now though listed"),
        (BaselineState::Open, "listed and open"),
    ]
    .into_iter()
    .filter(|(state, _)| baseline.count(*state) > 0)
    .map(|(state, says)| format!("{} {says}", count(state)))
    .collect();
    match parts.len() {
        0 => "; the baseline lists nothing".to_owned(),
        _ => format!("; by the baseline {}", parts.join(", ")),
    }
}

/// What the requirements bind, one and several.
pub(crate) fn bound(run: &ConformanceRun) -> (&'static str, &'static str) {
    match run.record().subject {
        Subject::Hub => ("hub requirement", "hub requirements"),
        Subject::Clients => ("client requirement", "client requirements"),
    }
}

fn breaks(run: &ConformanceRun) -> &'static str {
    match run.record().subject {
        Subject::Hub => "The hub breaks",
        Subject::Clients => "The clients break",
    }
}

fn by_dialect(run: &ConformanceRun) -> String {
    [Dialect::V1, Dialect::V0]
        .into_iter()
        .map(|dialect| {
            (
                dialect,
                run.record()
                    .verdicts
                    .iter()
                    .filter(|row| row.verdict != Verdict::NotObserved)
                    .filter(|row| row.dialect == dialect)
                    .count(),
            )
        })
        .filter(|(_, rows)| *rows > 0)
        .map(|(dialect, rows)| format!("{dialect}: {}", grouped(rows as u64)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// `authorization (1.0) and cors (0.x)`, those with a fail or a flaky.
fn areas(run: &ConformanceRun) -> String {
    let broken = |verdict| matches!(verdict, Verdict::Fail | Verdict::Flaky);
    let mut names: Vec<String> = run
        .summary()
        .areas
        .iter()
        .filter(|area| {
            Verdict::ALL
                .iter()
                .any(|&verdict| broken(verdict) && area.counts.get(verdict) > 0)
        })
        .map(|area| format!("{} ({})", area.area, area.dialect))
        .collect();
    let Some(last) = names.pop() else {
        return String::new();
    };
    if names.is_empty() {
        last
    } else {
        format!("{} and {last}", names.join(", "))
    }
}
