//! The page of a search for a capacity.

use askama::Template;
use assay_results::{CapacityKind, CapacityRun, CapacityStep, Raised, StepVerdict};

use super::{Fact, Row, Table, badge, environment_facts, fact, heads, stylesheet, target_facts};
use crate::chart::Chart;
use crate::number::{bytes, duration, grouped, quantile};
use crate::sentence::capacity::{load_text, objectives, purpose, rate, sentence, step_verdict};

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
    notes: &'a [String],
    target: Vec<Fact>,
    environment: Vec<Fact>,
}

pub(crate) fn page(
    run: &CapacityRun,
    charts: &[Chart],
    missing: &[String],
) -> Result<String, askama::Error> {
    let record = run.record();
    let page = Page {
        title: format!("Capacity, {} · Assay", record.question.scenario),
        style: stylesheet(),
        sentence: sentence(run),
        badge: badge(run.outcome()),
        question: &record.question.asks,
        marked: marked(run),
        missing,
        tiles: tiles(run),
        charts,
        tables: vec![steps(run)],
        notes: &record.notes,
        target: record.target.iter().flat_map(target_facts).collect(),
        environment: [
            fact("How", how(run)),
            fact(
                "Scenario",
                format!(
                    "{} (seed {})",
                    record.question.scenario, record.question.seed
                ),
            ),
        ]
        .into_iter()
        .chain(environment_facts(&record.environment))
        .collect(),
    };
    page.render()
}

/// What a reader must know before any figure.
fn marked(run: &CapacityRun) -> Option<&'static str> {
    let ended_with_us = |kind| matches!(kind, CapacityKind::AtLeast | CapacityKind::NotMeasurable);
    let mut answers = run.summary().answers.iter();
    answers
        .any(|answer| ended_with_us(answer.kind) && answer.ended.is_some())
        .then_some("Where the workbench is at its end nothing is known of the hub: it may hold more than stands here.")
}

fn tiles(run: &CapacityRun) -> Vec<Fact> {
    let question = &run.record().question;
    let mut tiles = Vec::new();
    for answer in &run.summary().answers {
        let label = match answer.kind {
            CapacityKind::AtLeast => "holds at least",
            _ => "holds",
        };
        tiles.extend(
            answer
                .passed
                .map(|load| fact(label, load_text(load, question))),
        );
    }
    tiles.push(fact("objectives", objectives(question)));
    let steps: usize = run
        .record()
        .searches
        .iter()
        .map(|search| search.steps.len())
        .sum();
    tiles.push(fact("steps", grouped(steps as u64)));
    tiles
}

/// How the answer was come by, as a sentence.
pub(crate) fn how(run: &CapacityRun) -> String {
    let question = &run.record().question;
    let raised = match question.raised {
        Raised::Subscribers => "The number of subscribers",
        Raised::Rate => "The publish rate",
        Raised::Both => "The publish rate, for several numbers of subscribers,",
    };
    let hub = if question.fresh_hub {
        "on a hub started for each"
    } else {
        "all on the same hub, which kept what the steps before had left in it"
    };
    let confirmed = match question.confirmations {
        0 => "not confirmed".to_owned(),
        1 => "which passed once more".to_owned(),
        times => format!("which passed {times} times more"),
    };
    let kept = if question.keeps_steps {
        " The run of each step, with its own page, is in steps/ under its number."
    } else {
        ""
    };
    format!(
        "{raised} was raised in steps of {} measured, {hub}: doubled until one failed, then narrowed to {} %; the answer is the \
         largest below the first failure, {confirmed}.{kept}",
        duration(question.step_measured_us),
        question.within_percent,
    )
}

fn steps(run: &CapacityRun) -> Table {
    let searches = run.record().searches.iter();
    Table {
        caption: "Every step".to_owned(),
        note: "A step that is not measurable says nothing about the hub. One that failed is never believed again, nor is any load above it.",
        heads: heads([
            "step",
            "subscribers",
            "updates/s",
            "verdict",
            "slowest p50",
            "slowest p99",
            "events/s",
            "wrong",
            "hub CPUs",
            "memory",
            "why",
        ]),
        rows: searches.flat_map(|search| &search.steps).map(row).collect(),
    }
}

fn row(step: &CapacityStep) -> Row {
    let mut cells = vec![
        grouped(step.load.subscribers),
        rate(step.load.updates_per_second),
        step_verdict(step.verdict).to_owned(),
    ];
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
    match &step.figures {
        None => cells.extend(std::iter::repeat_n("–".to_owned(), 6)),
        Some(figures) => cells.extend([
            quantile(figures.event_last_p50),
            quantile(figures.event_last_p99),
            grouped(figures.deliveries_per_second.round() as u64),
            grouped(figures.wrong),
            or_dash(figures.hub_cpu.map(|cpus| format!("{cpus:.2}"))),
            or_dash(figures.hub_memory_bytes.map(bytes)),
        ]),
    }
    cells.push(step.why.clone().unwrap_or_default());
    Row {
        head: format!("{} {}", step.number, purpose(step.purpose)),
        cells,
        alarming: step.verdict == StepVerdict::Missed,
    }
}
