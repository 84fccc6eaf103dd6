//! The sentence of a search for a capacity, and the words for its parts.

use std::fmt::Write as _;

use assay_results::{
    CapacityAnswer, CapacityKind, CapacityQuestion, CapacityRun, CapacityStep, Cause, LoadLevel,
    Noun, Purpose, Raised, StepVerdict,
};

use super::ended;
use crate::number::{grouped, quantile};

/// The most that a hub holds, and what ends first.
pub(crate) fn sentence(run: &CapacityRun) -> String {
    ended(&found(run), run.record().partial.as_ref())
}

fn found(run: &CapacityRun) -> String {
    let question = &run.record().question;
    match run.summary().answers.as_slice() {
        [] => "nothing was tried".to_owned(),
        [answer] if question.raised != Raised::Both => one(question, answer),
        answers => frontier(question, answers),
    }
}

fn one(question: &CapacityQuestion, answer: &CapacityAnswer) -> String {
    let under = objectives(question);
    let load = |load: LoadLevel| load_text(load, question);
    match (answer.kind, answer.passed) {
        (CapacityKind::Capacity, Some(passed)) => format!(
            "This hub holds {} with {under}; what ends first is {}",
            load(passed),
            answer.cause.map_or("not known", cause)
        ),
        (CapacityKind::AtLeast, Some(passed)) => {
            let end = if answer.ended.is_some() {
                "beyond that this workbench is at its end"
            } else {
                "more was not asked for"
            };
            format!(
                "This hub holds at least {} with {under}: {end}",
                load(passed)
            )
        }
        (CapacityKind::None, _) => format!(
            "Not even {} were held with {under}{}",
            answer.ended.map_or_else(String::new, load),
            because(answer)
        ),
        (CapacityKind::NotMeasurable, _) => format!(
            "This is not a result: the workbench cannot carry even {}{}",
            answer.ended.map_or_else(String::new, load),
            because(answer)
        ),
        _ => undecided(question, answer),
    }
}

fn undecided(question: &CapacityQuestion, answer: &CapacityAnswer) -> String {
    let Some(once) = answer.passed_once else {
        return format!(
            "Nothing was decided of {}: too few events stand behind the steps",
            objectives(question)
        );
    };
    format!(
        "{} were held once with {}, and that was not confirmed",
        load_text(once, question),
        objectives(question)
    )
}

fn because(answer: &CapacityAnswer) -> String {
    let why = answer.why.as_ref();
    why.map_or_else(String::new, |why| format!(": {why}"))
}

/// The highest rate for each number of subscribers.
fn frontier(question: &CapacityQuestion, answers: &[CapacityAnswer]) -> String {
    let event = &question.event.many;
    let parts: Vec<String> = answers
        .iter()
        .filter_map(|answer| {
            let passed = answer.passed?;
            let least = match answer.kind {
                CapacityKind::AtLeast => "at least ",
                _ => "",
            };
            Some(format!(
                "{least}{} {event}/s for {}",
                rate(passed.updates_per_second),
                subscribers(passed.subscribers, &question.audience)
            ))
        })
        .collect();
    let under = objectives(question);
    match parts.split_last() {
        None => format!("No load was held with {under}"),
        Some((only, [])) => format!("With {under} this hub holds {only}"),
        Some((last, others)) => {
            format!(
                "With {under} this hub holds {} and {last}",
                others.join(", ")
            )
        }
    }
}

/// `event_last.p99 < 1s and lost = 0`.
pub(crate) fn objectives(question: &CapacityQuestion) -> String {
    let expected = question.objectives.iter().map(|one| one.expect.as_str());
    expected.collect::<Vec<_>>().join(" and ")
}

/// `4,200 followers at 45 goals/s`.
pub(crate) fn load_text(load: LoadLevel, question: &CapacityQuestion) -> String {
    format!(
        "{} at {} {}/s",
        subscribers(load.subscribers, &question.audience),
        rate(load.updates_per_second),
        question.event.many
    )
}

fn subscribers(count: u64, audience: &Noun) -> String {
    format!("{} {}", grouped(count), audience.for_count(count))
}

/// `4,500`, `45`, `4.5`, `0.45`: three digits that say something, and no zero behind a point.
pub(crate) fn rate(per_second: f64) -> String {
    if per_second >= 100.0 {
        return grouped(per_second.round() as u64);
    }
    let digits = (2.0 - per_second.max(1e-3).log10().floor()).clamp(0.0, 5.0);
    let text = format!("{per_second:.*}", digits as usize);
    if text.contains('.') {
        let text = text.trim_end_matches('0').trim_end_matches('.');
        return text.to_owned();
    }
    text
}

/// What ended first, as the end of a sentence.
pub(crate) const fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::HubCpu => "the CPU of the hub",
        Cause::MachineCpu => "the CPUs that hub and workbench share",
        Cause::HubMemory => "the memory of the hub",
        Cause::Latency => "latency, while the hub had CPU to spare",
        Cause::LatencyUnseen => "latency, and what the hub used was not seen",
        Cause::Loss => "deliveries that go wrong",
        Cause::Connections => "connecting",
        Cause::Publishes => "publishing",
        Cause::Objective => "an objective that is no latency",
        Cause::HubGone => "the hub itself: it ended",
        Cause::Workbench => "this workbench",
    }
}

pub(crate) const fn step_verdict(verdict: StepVerdict) -> &'static str {
    match verdict {
        StepVerdict::Met => "met",
        StepVerdict::Missed => "missed",
        StepVerdict::Undecided => "undecided",
        StepVerdict::NotMeasurable => "not measurable",
    }
}

pub(crate) const fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Raise => "raise",
        Purpose::Narrow => "narrow",
        Purpose::Confirm => "confirm",
    }
}

/// A step that is over, in a line: `step 3: 400 followers at 45/s: met, slowest p99 12.3 ms`.
pub fn step_line(step: &CapacityStep, audience: &Noun) -> String {
    let mut line = format!(
        "step {}: {} at {}/s: {}",
        step.number,
        subscribers(step.load.subscribers, audience),
        rate(step.load.updates_per_second),
        step_verdict(step.verdict)
    );
    if let Some(figures) = &step.figures {
        let (p50, p99) = (figures.event_last_p50, figures.event_last_p99);
        let _ = write!(
            line,
            ", slowest p50 {}, p99 {}",
            quantile(p50),
            quantile(p99)
        );
    }
    if let Some(why) = &step.why {
        let _ = write!(line, " ({why})");
    }
    crate::harmless(&line.replace('\u{a0}', " "))
}
