//! The page of a load run.

mod tables;

use askama::Template;
use assay_results::{Calibration, Limit, LoadRun, Validity};

use super::{Fact, Table, badge, environment_facts, fact, stylesheet, target_facts};
use crate::chart::Chart;
use crate::number::{counted, duration, grouped, quantile};
use crate::sentence::load::sentence;

#[derive(Template)]
#[template(path = "load.html")]
struct Page<'a> {
    title: String,
    style: String,
    sentence: String,
    badge: (&'static str, &'static str),
    question: &'a str,
    marked: Option<&'static str>,
    missing: &'a [String],
    tiles: Vec<Fact>,
    charts: &'a [Chart],
    tables: Vec<Table>,
    notes: Vec<String>,
    target: Vec<Fact>,
    environment: Vec<Fact>,
}

pub(crate) fn page(
    run: &LoadRun,
    charts: &[Chart],
    missing: &[String],
) -> Result<String, askama::Error> {
    let record = run.record();
    let page = Page {
        title: format!("{} · Assay", record.scenario.name),
        style: stylesheet(),
        sentence: sentence(run),
        badge: badge(run.outcome()),
        question: &record.scenario.question,
        marked: marked(run),
        missing,
        tiles: tiles(run),
        charts,
        tables: tables::all(run),
        notes: record
            .notes
            .iter()
            .map(|note| {
                note.at_us.map_or(note.text.clone(), |at| {
                    format!("{} (at {})", note.text, duration(at))
                })
            })
            .collect(),
        target: target_facts(&record.target),
        environment: scenario_facts(run)
            .into_iter()
            .chain(environment_facts(&record.environment))
            .collect(),
    };
    page.render()
}

/// What a reader must know before any figure.
fn marked(run: &LoadRun) -> Option<&'static str> {
    match run.summary().validity {
        Validity::Valid => None,
        Validity::Marked => Some(
            "This run is marked: read its notes, and the probes beside the crowd, before using a figure.",
        ),
        Validity::Invalid => Some(
            "This run is invalid: the workbench was at its limit, so its latencies say nothing about the hub.",
        ),
    }
}

fn tiles(run: &LoadRun) -> Vec<Fact> {
    let (summary, record) = (run.summary(), run.record());
    let wrong = record.ledger.wrong();
    vec![
        fact(&record.scenario.audience.many, grouped(summary.subscribers)),
        fact(&record.scenario.event.many, grouped(summary.publishes)),
        fact("deliveries expected", grouped(summary.expected)),
        fact("deliveries wrong", grouped(wrong)),
        fact(
            format!("slowest, median {}", record.scenario.event.one),
            quantile(summary.event_last_us.p50),
        ),
        fact(
            "slowest, 99th percentile",
            quantile(summary.event_last_us.p99),
        ),
    ]
}

fn calibrated(calibration: &Calibration) -> String {
    let limit = match calibration.limited_by {
        Limit::Workbench => "then the workbench is at its limit",
        Limit::NullHub => "then a hub that does nothing is at its limit",
        Limit::None => "and more",
    };
    format!(
        "of a hub that does nothing, with {} subscribers: slowest p50 {}, p99 {}; {} events a second, {limit}",
        grouped(calibration.subscribers),
        quantile(calibration.floor_event_last_p50_us),
        quantile(calibration.floor_event_last_p99_us),
        grouped(calibration.ceiling_deliveries_per_second.round() as u64),
    )
}

fn scenario_facts(run: &LoadRun) -> Vec<Fact> {
    let scenario = &run.record().scenario;
    let calibration = run.record().calibration.as_ref().map_or_else(
        || "not known: `assay calibrate` finds out".to_owned(),
        calibrated,
    );
    vec![
        fact("What this machine can hear", calibration),
        fact(
            "Scenario",
            format!("{} (seed {})", scenario.name, scenario.seed),
        ),
        fact(
            "Plan",
            format!(
                "{} to {} of {}: {}",
                counted(scenario.publishes, "publish", "publishes"),
                counted(run.summary().subscribers, "subscriber", "subscribers"),
                counted(scenario.topics, "topic", "topics"),
                counted(scenario.deliveries, "delivery", "deliveries")
            ),
        ),
    ]
}
