//! The sentence of a load run, in the words of its scenario.

use std::fmt::Write as _;

use assay_results::{FaultRow, LoadRun, Metric, Outcome, PhaseKind, Quantile, Validity};

use crate::number::{counted, duration, grouped};

/// What the run found; what stands against it comes first.
pub(crate) fn sentence(run: &LoadRun) -> String {
    let found = match run.outcome() {
        Outcome::Defect => "Assay itself failed: this run says nothing about the hub".to_owned(),
        _ if nobody_connected(run) => nobody(run),
        _ if run.summary().validity == Validity::Invalid => invalid(run),
        _ => reached(run),
    };
    super::ended(&found, run.record().partial.as_ref())
}

fn nobody_connected(run: &LoadRun) -> bool {
    let summary = run.summary();
    summary.subscribers > 0 && summary.unconnected >= summary.subscribers
}

fn nobody(run: &LoadRun) -> String {
    let audience = &run.record().scenario.audience;
    let why = run
        .record()
        .failures
        .iter()
        .max_by_key(|failure| failure.count);
    let why = why.map_or(String::new(), |failure| format!(": {}", failure.reason));
    format!(
        "None of the {} could connect{why}",
        counted(run.summary().subscribers, &audience.one, &audience.many)
    )
}

fn invalid(run: &LoadRun) -> String {
    let health = &run.record().health;
    let past: Vec<&str> = health
        .gates
        .iter()
        .filter(|gate| gate.seconds_past > 0)
        .map(|gate| crate::gate::short(gate.name))
        .collect();
    let wrong = wrong(run).map_or(String::new(), |wrong| format!("; and {wrong}"));
    format!(
        "This is not a result: the workbench was at its limit in {} of {} measured seconds ({}){wrong}",
        grouped(health.seconds_past),
        grouped(health.seconds),
        past.join(", ")
    )
}

/// Who had their streams again after a fault, and when.
fn came_back(fault: &FaultRow) -> String {
    let longest = fault.gap.as_ref().and_then(|gap| gap.max.value_us());
    match (&fault.problem, fault.broken, longest) {
        (Some(_), ..) => "nothing is known, since it could not be carried out".to_owned(),
        (None, 0, _) => "no stream ended".to_owned(),
        (None, broken, Some(longest)) if fault.not_back == 0 => format!(
            "all {} were back within {}",
            counted(broken, "stream", "streams"),
            duration(longest)
        ),
        (None, broken, _) => format!(
            "{} of {} were not back",
            grouped(fault.not_back),
            counted(broken, "stream", "streams")
        ),
    }
}

/// Who was reached, and how long the slowest waited.
fn reached(run: &LoadRun) -> String {
    let record = run.record();
    let (event, audience) = (&record.scenario.event, &record.scenario.audience);
    let summary = run.summary();
    let mut text = match wrong(run) {
        Some(wrong) => capitalised(&wrong),
        None if summary.expected == 0 => {
            format!("No {} was due to any {}", event.one, audience.one)
        }
        None => format!(
            "Every {} reached all of its {}{}",
            event.one,
            audience.many,
            about(run)
        ),
    };
    if summary.late > 0 {
        let _ = write!(
            text,
            ", {} of {} deliveries late (after {})",
            grouped(summary.late),
            grouped(summary.expected),
            duration(record.scenario.late_after_us)
        );
    }
    if let Some(wait) = slowest(run) {
        let _ = write!(text, "; the slowest one waited {wait}");
    }
    for fault in &record.faults {
        let _ = write!(text, "; after {} {}", fault.name, came_back(fault));
    }
    if summary.unconnected > 0 {
        let of = counted(summary.subscribers, &audience.one, &audience.many);
        let _ = write!(
            text,
            "; {} of {of} never connected",
            grouped(summary.unconnected)
        );
    }
    let unheard = record.publishes.refused + record.publishes.failed;
    if unheard > 0 {
        let of = counted(record.publishes.planned, &event.one, &event.many);
        // First: what follows is only about the others.
        text = format!(
            "The hub did not accept {} of {of}. Of the others: {text}",
            grouped(unheard)
        );
    }
    text
}

/// What must be zero and is not: `of 40,000 expected deliveries, 3 were lost and 2 duplicated`.
fn wrong(run: &LoadRun) -> Option<String> {
    let ledger = &run.record().ledger;
    let mut parts: Vec<String> = [
        (ledger.lost, "lost"),
        (ledger.duplicate, "duplicated"),
        (ledger.reordered, "reordered"),
        (
            ledger.leaked,
            "leaked to subscribers that may not have them",
        ),
        (ledger.corrupt, "corrupted"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{} {what}", grouped(count)))
    .collect();
    // `15 were lost, 4 duplicated and 1 leaked …`
    let first = parts.first_mut()?;
    let verb = if first.starts_with("1 ") {
        " was "
    } else {
        " were "
    };
    *first = first.replacen(' ', verb, 1);
    let last = parts.pop()?;
    let list = if parts.is_empty() {
        last
    } else {
        format!("{} and {last}", parts.join(", "))
    };
    Some(format!(
        "of {} expected deliveries, {list}",
        grouped(ledger.expected)
    ))
}

/// ` (about 100 of 1,000)`, the mean audience of a measured publish; nothing without publishes.
fn about(run: &LoadRun) -> String {
    let (mut publishes, mut expected) = (0, 0);
    for row in &run.record().publications {
        if row.phase == PhaseKind::Measure && row.ledger.expected > 0 {
            publishes += 1;
            expected += row.ledger.expected;
        }
    }
    let subscribers = run.summary().subscribers;
    if publishes == 0 {
        return String::new();
    }
    let mean = (expected as f64 / f64::from(publishes)).round() as u64;
    if mean == subscribers {
        return format!(" ({})", grouped(subscribers));
    }
    format!(" (about {} of {})", grouped(mean), grouped(subscribers))
}

/// `6.1 ms (median goal) / 11.8 ms (99th percentile)`, with what cannot be said said so.
fn slowest(run: &LoadRun) -> Option<String> {
    let last = run
        .record()
        .metrics
        .get(&Metric::EventLast)
        .filter(|last| last.count > 0)?;
    let event = &run.record().scenario.event;
    let longest = last.max_received.map(duration);
    let median = match last.p50 {
        Quantile::Value(us) => format!("{} (median {})", duration(us), event.one),
        Quantile::Lost => format!("forever (median {})", event.one),
        Quantile::TooFew => {
            let events = counted(last.events, &event.one, &event.many);
            return longest
                .map(|longest| format!("up to {longest} ({events}: too few for a median)"));
        }
    };
    let tail = match last.p99 {
        Quantile::Value(us) => format!("{} (99th percentile)", duration(us)),
        Quantile::Lost => "forever (99th percentile)".to_owned(),
        Quantile::TooFew => format!(
            "up to {} (of {}: too few for a 99th percentile)",
            longest?,
            counted(last.events, &event.one, &event.many)
        ),
    };
    Some(format!("{median} / {tail}"))
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| {
        first.to_uppercase().chain(chars).collect()
    })
}
