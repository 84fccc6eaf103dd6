//! The tables of a load run's page.

use assay_results::{
    Distribution, Estimate, FaultRow, LoadRun, Metric, ProbeComparison, SloVerdict, WrongDelivery,
};

use crate::gate;
use crate::number::{counted, duration, grouped, interval, quantile, received};
use crate::objective::{slo_level, slo_observed, slo_verdict};
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
        objectives(run),
        first,
        latencies(run),
        Some(ledger(run)),
        faults(run),
        failures(run),
        wrong(run),
        Some(gates(run)),
        later,
        hub(run),
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
        note: "“too few” where too few events stand behind a quantile: p50 needs 5, p90 29, p99 299, p99.9 2,995. One that falls on a lost delivery is lost. In brackets the 95 % confidence interval, where the events are independent samples; deliveries of one publish are not.",
        heads: heads(["", "p50", "p90", "p99", "p99.9", "max", "values", "events"]),
        rows,
    })
}

fn latency_cells(distribution: &Distribution) -> Vec<String> {
    let sure = &distribution.intervals;
    let mut cells: Vec<String> = [
        (distribution.p50, sure.p50),
        (distribution.p90, sure.p90),
        (distribution.p99, sure.p99),
        (distribution.p999, sure.p999),
        (distribution.max, None),
    ]
    .map(|(value, sure)| match sure {
        Some(sure) => format!("{} ({})", quantile(value), interval(sure)),
        None => quantile(value),
    })
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
        Metric::OwnEcho => "own echo, at whoever wrote it",
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

fn objectives(run: &LoadRun) -> Option<Table> {
    let slos = &run.record().slos;
    (!slos.is_empty()).then(|| Table {
        caption: "What the run was to keep".to_owned(),
        note: "Undecided where too few events stand behind it: neither kept nor broken.",
        heads: heads(["", "verdict", "seen", "objective", "level"]),
        rows: slos
            .iter()
            .map(|slo| Row {
                head: slo.name.clone(),
                cells: vec![
                    slo_verdict(slo.verdict).to_owned(),
                    slo_observed(slo.observed),
                    slo.expect.clone(),
                    slo_level(slo.level).to_owned(),
                ],
                alarming: slo.verdict == SloVerdict::Missed,
            })
            .collect(),
    })
}

fn faults(run: &LoadRun) -> Option<Table> {
    let faults = &run.record().faults;
    (!faults.is_empty()).then(|| Table {
        caption: "What went wrong on purpose".to_owned(),
        note: "From one fault to the next. The gap of a subscriber is the time from the end of its stream to the response headers of the next one; what it missed must come from the history, once.",
        heads: heads([
            "", "at", "took", "streams ended", "not back", "gap p50", "gap max", "replayed", "lost", "duplicate",
        ]),
        rows: faults.iter().map(fault_row).collect(),
    })
}

fn fault_row(fault: &FaultRow) -> Row {
    let nothing = || "–".to_owned();
    let took = fault.began_us.zip(fault.ended_us);
    let (median, longest) = fault.gap.as_ref().map_or_else(
        || (nothing(), nothing()),
        |gap| (quantile(gap.p50), quantile(gap.max)),
    );
    let problem = fault.problem.as_ref();
    Row {
        head: format!("{} ({})", fault.name, fault.kind),
        cells: vec![
            duration(fault.planned_us),
            problem.map_or_else(
                || took.map_or_else(nothing, |(began, ended)| duration(ended - began)),
                |problem| format!("not carried out: {problem}"),
            ),
            grouped(fault.broken),
            grouped(fault.not_back),
            median,
            longest,
            grouped(fault.replayed),
            grouped(fault.lost),
            grouped(fault.duplicate),
        ],
        alarming: problem.is_some() || fault.not_back + fault.lost + fault.duplicate > 0,
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

fn hub(run: &LoadRun) -> Option<Table> {
    let cost = run.record().hub_cost?;
    let row = |head: &str, estimate: Option<Estimate>| {
        estimate.map(|one| Row {
            head: head.to_owned(),
            cells: [one.value, one.low, one.high].map(figure).into(),
            alarming: false,
        })
    };
    let rows = [
        row(
            "bytes of memory a connection, as they came",
            cost.bytes_a_connection,
        ),
        row("µs of CPU a second without updates", cost.idle_cpu_us),
        row("µs of CPU a publish", cost.cpu_us_a_publish),
        row("µs of CPU a delivery", cost.cpu_us_a_delivery),
    ];
    Some(Table {
        caption: "What the hub cost".to_owned(),
        note: "Fitted to the seconds of this run (least squares). Of a process, without what the kernel keeps for its sockets.",
        heads: heads(["", "fitted", "at least", "at most (95 %)"]),
        rows: rows.into_iter().flatten().collect(),
    })
}

/// Three digits that say something.
fn figure(value: f64) -> String {
    if value.abs() >= 100.0 {
        let whole = grouped(value.abs().round() as u64);
        return if value < 0.0 {
            format!("−{whole}")
        } else {
            whole
        };
    }
    let digits = if value.abs() >= 10.0 { 1 } else { 2 };
    format!("{value:.digits$}")
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
