//! The sentence of a comparison, and the words for its parts.

use assay_results::{Compared, ComparedRow, ComparisonRun, Evidence, Finding, PairRun};

use super::ended;
use crate::number::{bytes, duration, grouped};

/// What differs between the two; what stands against b comes first.
pub(crate) fn sentence(run: &ComparisonRun) -> String {
    ended(&found(run), run.record().partial.as_ref())
}

fn found(run: &ComparisonRun) -> String {
    let (record, summary) = (run.record(), run.summary());
    let (a, b) = (&record.a.name, &record.b.name);
    if let Evidence::Saved { .. } = record.evidence {
        return saved(run);
    }
    let rows = |wanted: Finding| -> Vec<&ComparedRow> {
        let rows = summary.rows.iter();
        rows.filter(|row| row.finding == wanted).collect()
    };
    let mut parts = Vec::new();
    if summary.wrong_a + summary.wrong_b > 0 {
        parts.push(format!(
            "deliveries went wrong: {} at {a}, {} at {b}",
            grouped(summary.wrong_a),
            grouped(summary.wrong_b)
        ));
    }
    for (finding, word) in [(Finding::Worse, "worse"), (Finding::Better, "better")] {
        let changes: Vec<String> = rows(finding).into_iter().map(change).collect();
        if !changes.is_empty() {
            parts.push(format!("{b} is {word} than {a} in {}", changes.join(", ")));
        }
    }
    if parts.is_empty() {
        return nothing(run);
    }
    let text = parts.join("; ");
    let mut chars = text.chars();
    let first = chars
        .next()
        .filter(|_| summary.wrong_a + summary.wrong_b > 0);
    first.map_or(text.clone(), |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

/// No interval lies on one side: what could have been seen.
fn nothing(run: &ComparisonRun) -> String {
    let (record, summary) = (run.record(), run.summary());
    let (a, b) = (&record.a.name, &record.b.name);
    if summary.usable_pairs == 0 {
        return format!("{a} and {b} could not be compared: no pair has two results");
    }
    let first = summary.rows.first();
    match first.and_then(|row| Some((row, row.detectable?))) {
        None => {
            format!("{a} and {b} could not be compared: too few pairs, or too few events in them")
        }
        Some((row, detectable)) => format!(
            "No difference between {a} and {b} was seen; of {}, one of {} would have been",
            figure(row.figure),
            percent(detectable)
        ),
    }
}

fn saved(run: &ComparisonRun) -> String {
    let record = run.record();
    let (a, b) = (&record.a.name, &record.b.name);
    let beyond = |row: &&ComparedRow| {
        let interval = row.interval.as_ref();
        interval.is_some_and(|interval| interval.low > 1.0 || interval.high < 1.0)
    };
    let changes: Vec<String> = run
        .summary()
        .rows
        .iter()
        .filter(beyond)
        .map(change)
        .collect();
    if changes.is_empty() {
        return format!(
            "One run each: {b} and {a} differ by no more than the seconds within each of them do"
        );
    }
    format!(
        "One run each: {b} differs from {a} by more than its seconds do in {}; whether two runs of the same hub would not, only pairs tell",
        changes.join(", ")
    )
}

/// `event last p99 (1.25 s instead of 980 ms, +28 %)`.
fn change(row: &ComparedRow) -> String {
    format!(
        "{} ({} instead of {}, {})",
        figure(row.figure),
        value(row.figure, row.b),
        value(row.figure, row.a),
        percent(row.ratio)
    )
}

/// `+28 %`, `−3.1 %`; from 10 times on `12 times`.
pub(crate) fn percent(ratio: f64) -> String {
    if ratio >= 10.0 {
        return format!("{ratio:.0}\u{a0}times");
    }
    let percent = (ratio - 1.0) * 100.0;
    let sign = if percent < 0.0 { "−" } else { "+" };
    let digits = usize::from(percent.abs() < 10.0);
    format!("{sign}{:.digits$}\u{a0}%", percent.abs())
}

/// As people say it.
pub(crate) const fn figure(figure: Compared) -> &'static str {
    match figure {
        Compared::EventLastP50 => "event last p50",
        Compared::EventLastP99 => "event last p99",
        Compared::DeliveryP50 => "delivery p50",
        Compared::DeliveryP99 => "delivery p99",
        Compared::PublishResponseP99 => "publish response p99",
        Compared::HubCpuADelivery => "hub CPU a delivery",
        Compared::HubMemory => "hub memory",
    }
}

pub(crate) fn value(figure: Compared, value: f64) -> String {
    match figure {
        Compared::HubMemory => bytes(value as u64),
        Compared::HubCpuADelivery => format!("{value:.2}\u{a0}µs"),
        _ => duration(value as u64),
    }
}

pub(crate) const fn finding(finding: Finding) -> &'static str {
    match finding {
        Finding::Better => "better",
        Finding::Worse => "worse",
        Finding::NoDifference => "no difference seen",
        Finding::Unknown => "–",
    }
}

/// What the last column of the table says of a row: a finding, or of saved runs whether it means anything.
pub(crate) fn verdict(row: &ComparedRow) -> &'static str {
    let interval = row.interval.as_ref().filter(|_| row.pairs == 0);
    match interval {
        Some(interval) if interval.low > 1.0 || interval.high < 1.0 => {
            "more than the seconds differ by"
        }
        Some(_) => "means nothing",
        None => finding(row.finding),
    }
}

/// What a smallest change is called, by what the comparison stands on.
pub(crate) const fn detectable_head(evidence: &Evidence) -> &'static str {
    match evidence {
        Evidence::Pairs { .. } => "could have seen",
        Evidence::Saved { .. } => "means nothing below",
    }
}

/// How to read the intervals.
pub(crate) fn how(run: &ComparisonRun) -> String {
    match &run.record().evidence {
        Evidence::Pairs { planned, pairs } => format!(
            "{} of {planned} pairs count: each is a run on both hubs, one right after the other in random order, both started again where \
             they were started for it. The ratio is the mean over pairs; its interval is Student's t over their logarithms, all of a \
             comparison together with 95 %: two equal hubs are told apart in one comparison of twenty at most. “Could have seen”: so \
             large a change would have been found in 80 of 100 comparisons like this one ({} made).",
            run.summary().usable_pairs,
            pairs.len()
        ),
        Evidence::Saved { .. } => "One run each. The interval knows only what the seconds within each run differ by (blocks of them, drawn \
            again and again): a difference below it means nothing, and one above it may still be what one run differs from the next by. \
            assay compare SCENARIO --hub-a … --hub-b … makes pairs of runs, which can tell."
            .to_owned(),
    }
}

/// A run of a pair that is over, in a line: `pair 3, reference: event last p50 6.1 ms, p99 12 ms`.
pub fn pair_line(number: u32, name: &str, run: &PairRun) -> String {
    let figures: Vec<String> = run
        .figures
        .iter()
        .map(|(figure_of, found)| format!("{} {}", figure(*figure_of), value(*figure_of, *found)))
        .collect();
    let left_out = run.unusable.as_ref();
    let left_out = left_out.map_or_else(String::new, |why| format!(" (left out: {why})"));
    let wrong = match run.wrong {
        0 => String::new(),
        wrong => format!(", {} deliveries wrong", grouped(wrong)),
    };
    let line = format!(
        "pair {number}, {name}: {}{wrong}{left_out}",
        figures.join(", ")
    );
    crate::harmless(&line.replace('\u{a0}', " "))
}
