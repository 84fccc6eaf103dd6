//! A load run in a terminal.

use std::fmt::Write as _;

use assay_results::{
    LoadRun, Metric, Outcome, ProbeComparison, Quantile, QuantileSummary, SloVerdict, Validity,
    WrongDelivery, WrongKind,
};

use super::{Paint, harmless};
use crate::gate;
use crate::number::{duration, grouped, interval, quantile, received};
use crate::objective::{slo_level, slo_observed, slo_verdict};
use crate::sentence::load::sentence;

/// Wrong deliveries of a kind that are shown one by one.
const SHOWN_OF_A_KIND: usize = 3;

pub(super) fn summary(run: &LoadRun, paint: Paint) -> String {
    let sentence = harmless(&sentence(run));
    let mut text = match run.outcome() {
        Outcome::Passed => paint.green(&sentence),
        _ => paint.red(&sentence),
    };
    text.push_str("\n\n");
    ledger(&mut text, run, paint);
    probes(&mut text, run, paint);
    quantiles(&mut text, run);
    objectives(&mut text, run, paint);
    health(&mut text, run, paint);
    faults(&mut text, run);
    trouble(&mut text, run, paint);
    text
}

fn ledger(text: &mut String, run: &LoadRun, paint: Paint) {
    let ledger = &run.record().ledger;
    let red = |count: u64, what: &str| {
        let part = format!("{} {what}", grouped(count));
        if count > 0 { paint.red(&part) } else { part }
    };
    let _ = writeln!(
        text,
        "ledger   {} expected = {} on time + {} late + {} replayed + {}",
        grouped(ledger.expected),
        grouped(ledger.on_time),
        grouped(ledger.late),
        grouped(ledger.replayed),
        red(ledger.lost, "lost"),
    );
    let _ = writeln!(
        text,
        "         {} · {} · {} · {}",
        red(ledger.duplicate, "duplicate"),
        red(ledger.reordered, "reordered"),
        red(ledger.leaked, "leaked"),
        red(ledger.corrupt, "corrupt"),
    );
}

/// Probes that contradict the crowd, before any figure of the crowd.
fn probes(text: &mut String, run: &LoadRun, paint: Paint) {
    let Some(probes) = run.record().probes.filter(ProbeComparison::differs) else {
        return;
    };
    let side = |p50, p99| {
        let (p50, p99) = (
            received(0.5, p50, probes.events),
            received(0.99, p99, probes.events),
        );
        format!("p50 {p50}, p99 {p99}")
    };
    let line = format!(
        "delivery at the probes {}; at the crowd {}: they differ, the run is marked",
        side(probes.probes_p50, probes.probes_p99),
        side(probes.crowd_p50, probes.crowd_p99),
    );
    let _ = writeln!(text, "\nprobes   {}", paint.bold(&line));
}

fn quantiles(text: &mut String, run: &LoadRun) {
    let summary = run.summary();
    let _ = writeln!(
        text,
        "\n{:<18}{:>10}{:>10}{:>10}{:>10}{:>10}{:>12}",
        "latency", "p50", "p90", "p99", "p99.9", "max", "count"
    );
    let mut too_few = false;
    for (name, family) in [
        ("delivery", &summary.delivery_us),
        ("event last", &summary.event_last_us),
        ("by subscriber p99", &summary.by_subscriber_p99_us),
    ] {
        let QuantileSummary {
            p50,
            p90,
            p99,
            p999,
            max,
            count,
        } = *family;
        too_few |= [p50, p90, p99].contains(&Quantile::TooFew) && count > 0;
        let cell = |value| {
            if value == Quantile::TooFew {
                "–".to_owned()
            } else {
                quantile(value)
            }
        };
        let _ = writeln!(
            text,
            "{name:<18}{:>10}{:>10}{:>10}{:>10}{:>10}{:>12}",
            cell(p50),
            cell(p90),
            cell(p99),
            cell(p999),
            cell(max),
            grouped(count)
        );
    }
    if too_few {
        text.push_str("–: too few events (p50 needs 5, p90 29, p99 299, p99.9 2,995)\n");
    }
    intervals(text, run);
}

/// How sure the two families are that have events of their own.
fn intervals(text: &mut String, run: &LoadRun) {
    for (name, metric) in [
        ("delivery", Metric::Delivery),
        ("event last", Metric::EventLast),
    ] {
        let Some(distribution) = run.record().metrics.get(&metric) else {
            continue;
        };
        let sure = &distribution.intervals;
        let known: Vec<String> = [("p50", sure.p50), ("p90", sure.p90), ("p99", sure.p99)]
            .into_iter()
            .filter_map(|(quantile, sure)| Some(format!("{quantile} {}", interval(sure?))))
            .collect();
        if !known.is_empty() {
            let _ = writeln!(text, "95 % intervals of {name}: {}", known.join(", "));
        }
    }
}

fn objectives(text: &mut String, run: &LoadRun, paint: Paint) {
    if !run.record().slos.is_empty() {
        text.push('\n');
    }
    for slo in &run.record().slos {
        let line = format!(
            "{} {}: {} ({}, saw {})",
            slo_verdict(slo.verdict),
            harmless(&slo.name),
            slo.expect,
            slo_level(slo.level),
            slo_observed(slo.observed)
        );
        let line = match slo.verdict {
            SloVerdict::Met => line,
            SloVerdict::Missed => paint.red(&line),
            SloVerdict::Undecided => paint.bold(&line),
        };
        let _ = writeln!(text, "slo      {line}");
    }
}

fn health(text: &mut String, run: &LoadRun, paint: Paint) {
    let health = &run.record().health;
    let verdict = match run.summary().validity {
        Validity::Valid => "valid".to_owned(),
        Validity::Marked => paint.bold("marked: read the notes"),
        Validity::Invalid => paint.red("invalid: not a result"),
    };
    let _ = writeln!(
        text,
        "\nvalidity {verdict}; {} of {} measured seconds past a gate",
        grouped(health.seconds_past),
        grouped(health.seconds)
    );
    for gate in health.gates.iter().filter(|gate| gate.seconds_past > 0) {
        let _ = writeln!(
            text,
            "         {}: worst {}, limit {}, past it in {} s",
            gate::name(gate.name),
            gate::value(gate),
            gate::limit(gate),
            gate.seconds_past
        );
    }
    for note in &run.record().notes {
        let at = note
            .at_us
            .map_or(String::new(), |at| format!(" (at {})", duration(at)));
        let _ = writeln!(text, "note     {}{at}", harmless(&note.text));
    }
}

fn faults(text: &mut String, run: &LoadRun) {
    for fault in &run.record().faults {
        let (name, kind) = (harmless(&fault.name), &fault.kind);
        let _ = write!(
            text,
            "fault    {name} ({kind}) at {}: {} streams ended, {} not back",
            duration(fault.planned_us),
            grouped(fault.broken),
            grouped(fault.not_back)
        );
        if let Some(gap) = &fault.gap {
            let (median, longest) = (quantile(gap.p50), quantile(gap.max));
            let _ = write!(text, ", gap p50 {median} and at most {longest}");
        }
        let _ = writeln!(
            text,
            "; {} replayed, {} lost, {} twice",
            grouped(fault.replayed),
            grouped(fault.lost),
            grouped(fault.duplicate)
        );
    }
}

fn trouble(text: &mut String, run: &LoadRun, paint: Paint) {
    for failure in &run.record().failures {
        let line = format!("{} × {}", grouped(failure.count), harmless(&failure.reason));
        let _ = writeln!(text, "failed   {}", paint.red(&line));
    }
    let wrong = &run.record().wrong_deliveries;
    for (kind, of_kind) in wrong.named_by_kind() {
        for delivery in of_kind.iter().take(SHOWN_OF_A_KIND) {
            let _ = writeln!(text, "wrong    {}", paint.red(&wrong_line(delivery)));
        }
        let more = wrong
            .total(kind)
            .saturating_sub(of_kind.len().min(SHOWN_OF_A_KIND) as u64);
        if more > 0 {
            let _ = writeln!(text, "         {} more {}", grouped(more), wrong_kind(kind));
        }
    }
}

fn wrong_line(delivery: &WrongDelivery) -> String {
    let publish = match (delivery.publisher, delivery.sequence) {
        (Some(publisher), Some(sequence)) => format!("publish {publisher}/{sequence}"),
        _ => "an unknown publish".to_owned(),
    };
    let at = delivery
        .planned_us
        .map_or(String::new(), |at| format!(", planned at {}", duration(at)));
    format!(
        "{} {publish} at subscriber {}{at}",
        wrong_kind(delivery.kind),
        delivery.subscriber
    )
}

pub(crate) const fn wrong_kind(kind: WrongKind) -> &'static str {
    match kind {
        WrongKind::Lost => "lost",
        WrongKind::Duplicate => "duplicate",
        WrongKind::Reordered => "reordered",
        WrongKind::Leaked => "leaked",
        WrongKind::Corrupt => "corrupt",
    }
}
