//! The page of a conformance run.

use askama::Template;
use assay_results::{
    AreaStatus, ConformanceRun, CoverageStatus, FeatureState, StepOutcome, Subject, Verdict,
    VerdictRow,
};

use super::parting::Parting;
use super::{Fact, Row, Table, badge, environment_facts, fact, heads, stylesheet, target_facts};
use crate::number::{counted, grouped};
use crate::sentence::conformance::{bound, findings, sentence};

#[derive(Template)]
#[template(path = "conformance.html")]
struct Page<'a> {
    title: String,
    style: String,
    sentence: String,
    badge: (&'static str, &'static str),
    missing: &'a [String],
    matrix: Vec<MatrixRow>,
    unfolded: Vec<Finding<'a>>,
    tables: Vec<Table>,
    folded: Vec<Table>,
    notes: &'a [String],
    target: Vec<Fact>,
    environment: Vec<Fact>,
}

/// A row that wants attention.
struct Finding<'a> {
    row: &'a VerdictRow,
    parting: Option<Parting>,
    /// Whether `assay explain` knows its check: those of a watch are no requests that anybody could send again.
    is_explained: bool,
}

/// An area with its counts; a count of zero is empty, so that the others stand out.
struct MatrixRow {
    dialect: &'static str,
    area: String,
    status: &'static str,
    class: &'static str,
    counts: Vec<(&'static str, String)>,
}

pub(crate) fn page(run: &ConformanceRun, missing: &[String]) -> Result<String, askama::Error> {
    let record = run.record();
    let page = Page {
        title: "Conformance · Assay".to_owned(),
        style: stylesheet(),
        sentence: sentence(run),
        badge: badge(run.outcome()),
        missing,
        matrix: matrix(run),
        unfolded: findings(run)
            .into_iter()
            .map(|row| Finding {
                row,
                parting: row.difference.as_ref().map(Parting::of),
                is_explained: record.subject == Subject::Hub,
            })
            .collect(),
        tables: [baseline(run), preflight(run), features(run)]
            .into_iter()
            .flatten()
            .collect(),
        folded: [verdicts(run), coverage(run)]
            .into_iter()
            .flatten()
            .collect(),
        notes: &record.notes,
        target: target_facts(&record.target),
        environment: [
            fact("Seed", record.seed.to_string()),
            fact("Took", format!("{} ms", grouped(record.duration_ms))),
        ]
        .into_iter()
        .chain(environment_facts(&record.environment))
        .collect(),
    };
    page.render()
}

fn matrix(run: &ConformanceRun) -> Vec<MatrixRow> {
    let class = |status| match status {
        AreaStatus::Conformant => "good",
        AreaStatus::NotConformant => "bad",
        AreaStatus::NotClaimed | AreaStatus::NotObserved | AreaStatus::NotMeasurable => "open",
    };
    // Columns that are empty throughout only cost room; these two say something even so.
    let total = &run.summary().counts;
    let shown = |verdict: &Verdict| {
        matches!(verdict, Verdict::Pass | Verdict::Fail) || total.get(*verdict) > 0
    };
    let count = |count| {
        if count == 0 {
            String::new()
        } else {
            grouped(count)
        }
    };
    run.summary()
        .areas
        .iter()
        .map(|area| MatrixRow {
            dialect: area.dialect.as_str(),
            area: area.area.clone(),
            status: area.status.as_str(),
            class: class(area.status),
            counts: Verdict::ALL
                .into_iter()
                .filter(shown)
                .map(|verdict| (verdict.as_str(), count(area.counts.get(verdict))))
                .collect(),
        })
        .collect()
}

fn baseline(run: &ConformanceRun) -> Option<Table> {
    let baseline = run.record().baseline.as_ref()?;
    Some(Table {
        caption: format!("Baseline: {}", baseline.file),
        note: "Known failures break no gate; what is not listed, heals or fails in another way does.",
        heads: heads([
            "",
            "dialect",
            "check",
            "state",
            "came, as listed",
            "reason",
            "link",
        ]),
        rows: baseline
            .entries
            .iter()
            .map(|entry| Row {
                head: entry.requirement.clone(),
                cells: vec![
                    entry.dialect.to_string(),
                    entry.check.clone(),
                    entry.state.as_str().to_owned(),
                    entry.was.clone().unwrap_or_default(),
                    entry.reason.clone(),
                    entry.link.clone(),
                ],
                alarming: entry.state.is_news(),
            })
            .collect(),
    })
}

fn preflight(run: &ConformanceRun) -> Option<Table> {
    let steps = &run.record().preflight;
    (!steps.is_empty()).then(|| Table {
        caption: "Preflight: what was looked at before the first check".to_owned(),
        note: "",
        heads: heads(["", "dialect", "outcome", "detail"]),
        rows: steps
            .iter()
            .map(|step| {
                let outcome = match step.outcome {
                    StepOutcome::Ok => "ok",
                    StepOutcome::Failed => "failed",
                    StepOutcome::Skipped => "skipped",
                };
                let dialect = step.dialect.map_or("", |dialect| dialect.as_str());
                Row {
                    head: step.name.clone(),
                    cells: vec![dialect.to_owned(), outcome.to_owned(), step.detail.clone()],
                    alarming: step.outcome == StepOutcome::Failed,
                }
            })
            .collect(),
    })
}

fn features(run: &ConformanceRun) -> Option<Table> {
    let features = &run.record().features;
    (!features.is_empty()).then(|| Table {
        caption: "Features: what a hub may have and need not".to_owned(),
        note: "",
        heads: heads(["", "dialect", "state", "what showed it"]),
        rows: features
            .iter()
            .map(|feature| {
                let state = match feature.state {
                    FeatureState::Present => "present",
                    FeatureState::Absent => "absent",
                    FeatureState::Unknown => "cannot be told",
                };
                Row {
                    head: feature.name.clone(),
                    cells: vec![
                        feature.dialect.to_string(),
                        state.to_owned(),
                        feature.evidence.clone(),
                    ],
                    alarming: false,
                }
            })
            .collect(),
    })
}

fn verdicts(run: &ConformanceRun) -> Option<Table> {
    let rows = &run.record().verdicts;
    (!rows.is_empty()).then(|| Table {
        caption: format!("All {}", counted(rows.len() as u64, "verdict", "verdicts")),
        note: "",
        heads: heads([
            "", "verdict", "level", "dialect", "section", "check", "came",
        ]),
        rows: rows
            .iter()
            .map(|row| Row {
                head: row.requirement.clone(),
                cells: vec![
                    row.verdict.to_string(),
                    row.level.to_string(),
                    row.dialect.to_string(),
                    row.section.clone(),
                    row.check.clone(),
                    row.observed.clone(),
                ],
                alarming: row.verdict.wants_attention(),
            })
            .collect(),
    })
}

fn coverage(run: &ConformanceRun) -> Option<Table> {
    let coverage = &run.record().coverage;
    let summary = run.summary();
    let subject = bound(run);
    (!coverage.is_empty()).then(|| Table {
        caption: format!(
            "Coverage: {} of {} have a check",
            grouped(summary.requirements_checked),
            counted(summary.requirements_known, subject.0, subject.1)
        ),
        note: "",
        heads: heads(["", "dialect", "level", "section", "status"]),
        rows: coverage
            .iter()
            .map(|row| {
                let status = match &row.status {
                    CoverageStatus::Checked { check } => format!("check {check}"),
                    CoverageStatus::Reason { reason } => reason.clone(),
                };
                Row {
                    head: row.requirement.clone(),
                    cells: vec![
                        row.dialect.to_string(),
                        row.level.to_string(),
                        row.section.clone(),
                        status,
                    ],
                    alarming: false,
                }
            })
            .collect(),
    })
}
