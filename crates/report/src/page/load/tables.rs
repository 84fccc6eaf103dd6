//! The tables of a load run's page.

use assay_results::{Distribution, LoadRun, Metric, ProbeComparison, WrongDelivery};

use crate::gate;
use crate::number::{counted, duration, grouped, quantile, received};
use crate::page::{Row, Table, heads};
use crate::terminal::wrong_kind;

/// Wrong deliveries of a kind on the page; all that are named stand in `run.json`.
const WRONG_SHOWN_OF_A_KIND: usize = 20;

/// All of them, those without rows left out. Probes that contradict the crowd come first.
pub(super) fn all(run: &LoadRun) -> Vec<Table> {
    let differs = |probes: &ProbeComparison| probes.differs();
    let probes_first = run.record().probes.as_ref().is_some_and(differs);
    let (first, later) = if probes_first {
        (probes(run), None)
    } else {
        (None, probes(run))
    };
    [
        first,
        latencies(run),
        Some(ledger(run)),
        failures(run),
        wrong(run),
        Some(gates(run)),
        later,
        phases(run),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn latencies(run: &LoadRun) -> Option<Table> {
    let rows: Vec<Row> = run
        .record()
        .metrics
        .iter()
        .map(|(&metric, distribution)| Row {
            head: metric_name(metric).to_owned(),
            cells: latency_cells(distribution),
            alarming: distribution.lost > 0,
        })
        .collect();
    (!rows.is_empty()).then(|| Table {
        caption: "Latencies of the measured phase".to_owned(),
        note: "“too few” where too few events stand behind a quantile: p50 needs 5, p90 29, p99 299, p99.9 2,995. One that falls on a lost delivery is lost.",
        heads: heads(["", "p50", "p90", "p99", "p99.9", "max", "values", "events"]),
        rows,
    })
}

fn latency_cells(distribution: &Distribution) -> Vec<String> {
    let mut cells: Vec<String> = [
        distribution.p50,
        distribution.p90,
        distribution.p99,
        distribution.p999,
        distribution.max,
    ]
    .map(quantile)
    .into();
    cells.push(grouped(distribution.count));
    cells.push(grouped(distribution.events));
    cells
}

const fn metric_name(metric: Metric) -> &'static str {
    match metric {
        Metric::Delivery => "delivery, all",
        Metric::EventLast => "delivery, slowest of each publish",
        Metric::BySubscriberP99 => "delivery, p99 of each subscriber",
        Metric::EventFirst => "delivery, first of each publish",
        Metric::EventMedian => "delivery, median of each publish",
        Metric::EventP99 => "delivery, p99 of each publish",
        Metric::EventSpread => "spread, last − first of each publish",
        Metric::ProbeDelivery => "delivery at the probes",
        Metric::WireDelivery => "wire delivery at the probes (kernel receipt − first byte written)",
        Metric::ScheduleLag => "schedule lag (our publisher)",
        Metric::ReadLag => "read lag (our reader)",
        Metric::PublishResponse => "publish response (from the planned instant)",
        Metric::PublishService => "publish service (from the first byte)",
        Metric::Connect => "connect",
        Metric::Headers => "headers",
        Metric::FirstEvent => "first event",
        Metric::ReconnectGap => "reconnect gap",
    }
}

fn ledger(run: &LoadRun) -> Table {
    let (ledger, publishes) = (&run.record().ledger, &run.record().publishes);
    let row = |head: &str, count: u64, meaning: &str, wrong: bool| Row {
        head: head.to_owned(),
        cells: vec![grouped(count), meaning.to_owned()],
        alarming: wrong && count > 0,
    };
    Table {
        caption: "The ledger of the whole run".to_owned(),
        note: "expected = on time + late + replayed + lost; what stands below “lost”, and it, should be zero.",
        heads: heads(["", "deliveries", "meaning"]),
        rows: vec![
            row(
                "expected",
                ledger.expected,
                "due to a confirmed subscriber",
                false,
            ),
            row("on time", ledger.on_time, "came live", false),
            row(
                "late",
                ledger.late,
                &format!(
                    "came live, after {}",
                    duration(run.record().scenario.late_after_us)
                ),
                false,
            ),
            row("replayed", ledger.replayed, "came after a reconnect", false),
            row("lost", ledger.lost, "never came", true),
            row("duplicate", ledger.duplicate, "came again", true),
            row(
                "reordered",
                ledger.reordered,
                "came in an order that the publishes did not have",
                true,
            ),
            row(
                "leaked",
                ledger.leaked,
                "came to one who may not have it",
                true,
            ),
            row("corrupt", ledger.corrupt, "came damaged", true),
            row(
                "publishes refused",
                publishes.refused,
                "answered with an error; nothing was expected of them",
                true,
            ),
            row("publishes failed", publishes.failed, "not answered", true),
            row(
                "publishes held back",
                publishes.held_back,
                "written late because the in-flight cap was hit",
                true,
            ),
            row(
                "unconnected",
                run.summary().unconnected,
                "subscribers that never connected",
                true,
            ),
        ],
    }
}

fn failures(run: &LoadRun) -> Option<Table> {
    let failures = &run.record().failures;
    (!failures.is_empty()).then(|| Table {
        caption: "What failed besides".to_owned(),
        note: "",
        heads: heads(["", "times", "first at"]),
        rows: failures
            .iter()
            .map(|failure| Row {
                head: failure.reason.clone(),
                cells: vec![grouped(failure.count), duration(failure.first_us)],
                alarming: true,
            })
            .collect(),
    })
}

fn wrong(run: &LoadRun) -> Option<Table> {
    let wrong = &run.record().wrong_deliveries;
    let by_kind = wrong.named_by_kind();
    let shown = by_kind
        .values()
        .flat_map(|of_kind| of_kind.iter().take(WRONG_SHOWN_OF_A_KIND));
    let counts: Vec<String> = by_kind
        .iter()
        .map(|(&kind, of_kind)| {
            let shown = of_kind.len().min(WRONG_SHOWN_OF_A_KIND) as u64;
            let (shown, total) = (grouped(shown), grouped(wrong.total(kind)));
            format!("{shown} of {total} {}", wrong_kind(kind))
        })
        .collect();
    (!by_kind.is_empty()).then(|| Table {
        caption: format!("Wrong deliveries: {}", counts.join(", ")),
        note: "The first of each kind; run.json names more.",
        heads: heads([
            "",
            "subscriber",
            "publisher/sequence",
            "planned at",
            "topic",
            "detail",
        ]),
        rows: shown.map(|delivery| wrong_row(delivery)).collect(),
    })
}

fn wrong_row(delivery: &WrongDelivery) -> Row {
    let unknown = || "unknown".to_owned();
    let publish = delivery.publisher.zip(delivery.sequence);
    Row {
        head: wrong_kind(delivery.kind).to_owned(),
        cells: vec![
            grouped(u64::from(delivery.subscriber)),
            publish.map_or_else(unknown, |(publisher, sequence)| {
                format!("{publisher}/{sequence}")
            }),
            delivery.planned_us.map_or_else(unknown, duration),
            delivery.topic.clone().unwrap_or_else(unknown),
            delivery.detail.clone().unwrap_or_default(),
        ],
        alarming: true,
    }
}

fn gates(run: &LoadRun) -> Table {
    let health = &run.record().health;
    Table {
        caption: format!(
            "Is it us? {} of {} past a gate",
            grouped(health.seconds_past),
            counted(health.seconds, "measured second", "measured seconds")
        ),
        note: "More than 5 % of the seconds, and three at least, make the run invalid.",
        heads: heads(["", "worst second", "limit", "seconds past it"]),
        rows: health
            .gates
            .iter()
            .map(|gate| Row {
                head: gate::name(gate.name).to_owned(),
                cells: vec![
                    gate::value(gate),
                    gate::limit(gate),
                    grouped(gate.seconds_past),
                ],
                alarming: gate.seconds_past > 0,
            })
            .collect(),
    }
}

fn probes(run: &LoadRun) -> Option<Table> {
    let probes = run.record().probes.as_ref()?;
    let cell = |q, us| received(q, us, probes.events);
    let row = |head: String, p50, p99| Row {
        head,
        cells: vec![cell(0.5, p50), cell(0.99, p99)],
        alarming: probes.differs(),
    };
    Some(Table {
        caption: "Delivery at the probes (a quiet thread, kernel receive stamps) beside the crowd"
            .to_owned(),
        note: "",
        heads: heads(["", "p50", "p99"]),
        rows: vec![
            row(
                counted(probes.probes, "probe", "probes"),
                probes.probes_p50,
                probes.probes_p99,
            ),
            row("crowd".to_owned(), probes.crowd_p50, probes.crowd_p99),
        ],
    })
}

fn phases(run: &LoadRun) -> Option<Table> {
    let phases = &run.record().phases;
    (!phases.is_empty()).then(|| Table {
        caption: "Phases, as planned".to_owned(),
        note: "",
        heads: heads(["", "from", "to"]),
        rows: phases
            .iter()
            .map(|phase| Row {
                head: phase.name.clone(),
                cells: vec![duration(phase.start_us), duration(phase.end_us)],
                alarming: false,
            })
            .collect(),
    })
}
