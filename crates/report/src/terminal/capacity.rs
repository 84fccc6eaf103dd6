//! A search for a capacity in a terminal: the sentence, what ended it, a line a step.

use std::fmt::Write as _;

use assay_results::{CapacityRun, CapacityStep, Outcome, Quantile, StepVerdict};

use super::{Paint, harmless};
use crate::number::{bytes, grouped, quantile};
use crate::sentence::capacity::{load_text, purpose, rate, sentence, step_verdict};

pub(super) fn summary(run: &CapacityRun, paint: Paint) -> String {
    let sentence = harmless(&sentence(run));
    let mut text = match run.outcome() {
        Outcome::Passed => paint.green(&sentence),
        _ => paint.red(&sentence),
    };
    text.push_str("\n\n");
    ends(&mut text, run);
    steps(&mut text, run, paint);
    how(&mut text, run);
    for note in &run.record().notes {
        let _ = writeln!(text, "note     {}", harmless(note));
    }
    text
}

/// What was seen where each search ended.
fn ends(text: &mut String, run: &CapacityRun) {
    let question = &run.record().question;
    for answer in &run.summary().answers {
        if let Some((load, why)) = answer.ended.zip(answer.why.as_ref()) {
            let load = load_text(load, question);
            let _ = writeln!(text, "ended    {load}: {}", harmless(why));
        }
    }
}

fn steps(text: &mut String, run: &CapacityRun, paint: Paint) {
    let _ = writeln!(
        text,
        "\n{:>4} {:<8}{:>12}{:>10}{:>11}{:>11}{:>11}{:>8}{:>9}{:>11}  verdict",
        "step",
        "",
        "subscribers",
        "rate/s",
        "last p50",
        "last p99",
        "all p99",
        "wrong",
        "hub CPU",
        "memory"
    );
    let searches = run.record().searches.iter();
    for step in searches.flat_map(|search| &search.steps) {
        let line = line(step);
        let verdict = step_verdict(step.verdict);
        let verdict = match step.verdict {
            StepVerdict::Met => verdict.to_owned(),
            StepVerdict::Missed => paint.red(verdict),
            StepVerdict::Undecided | StepVerdict::NotMeasurable => paint.bold(verdict),
        };
        let _ = writeln!(text, "{line}  {verdict}");
    }
}

fn line(step: &CapacityStep) -> String {
    let cell = |value: Quantile| match value {
        Quantile::TooFew => "–".to_owned(),
        value => quantile(value),
    };
    let figures = step.figures.as_ref();
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
    format!(
        "{:>4} {:<8}{:>12}{:>10}{:>11}{:>11}{:>11}{:>8}{:>9}{:>11}",
        step.number,
        purpose(step.purpose),
        grouped(step.load.subscribers),
        rate(step.load.updates_per_second),
        or_dash(figures.map(|one| cell(one.event_last_p50))),
        or_dash(figures.map(|one| cell(one.event_last_p99))),
        or_dash(figures.map(|one| cell(one.delivery_p99))),
        or_dash(figures.map(|one| grouped(one.wrong))),
        or_dash(figures.and_then(|one| Some(format!("{:.2}", one.hub_cpu?)))),
        or_dash(figures.and_then(|one| Some(bytes(one.hub_memory_bytes?)))),
    )
}

fn how(text: &mut String, run: &CapacityRun) {
    let _ = writeln!(text, "\nhow      {}", crate::page::capacity::how(run));
}
