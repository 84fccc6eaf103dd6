//! A live score: 1,000 followers, 10 matches, 480 goals in bursts.

use std::collections::BTreeMap;
use std::time::Duration;

use assay_results::*;

use super::Dice;

const FOLLOWERS: u64 = 1_000;
const MATCHES: u64 = 10;
const SECONDS: u32 = 15;
const MEASURED: std::ops::Range<u32> = 4..13;

/// How the sampled run went.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Course {
    /// Everything reached everyone.
    Green,
    /// The hub stalls for half a second, loses some and repeats others.
    Stalled,
    /// Only a few goals.
    Short,
    /// The workbench could not keep up.
    Saturated,
}

/// What is collected while goals are drawn.
struct Draw {
    pooled: Histogram,
    last: Histogram,
    first: Histogram,
    p99: Histogram,
    by_subscriber: Vec<Histogram>,
    by_second: Vec<Histogram>,
    publications: Vec<PublicationRow>,
    ledger: LedgerCounts,
    wrong: WrongDeliveries,
}

pub(crate) fn results(course: Course) -> LoadResults {
    let draw = draw(course);
    let intervals = draw
        .by_second
        .iter()
        .zip(0..)
        .map(|(histogram, at)| {
            Interval::new(Duration::from_secs(at), Duration::from_secs(1), histogram)
        })
        .collect();
    LoadResults {
        interval_logs: vec![IntervalLog {
            metric: Metric::Delivery,
            started_unix_ms: 1_795_489_200_000,
            intervals,
        }],
        run: LoadRun::new(record(course, draw)),
        scenario_toml: "# How fast does a goal reach everyone who follows the match?\n".to_owned(),
    }
}

fn draw(course: Course) -> Draw {
    let mut dice = Dice::new(20_261_124);
    let mut draw = Draw {
        pooled: Histogram::new(),
        last: Histogram::new(),
        first: Histogram::new(),
        p99: Histogram::new(),
        by_subscriber: vec![Histogram::new(); FOLLOWERS as usize],
        by_second: vec![Histogram::new(); SECONDS as usize],
        publications: Vec::new(),
        ledger: LedgerCounts::default(),
        wrong: WrongDeliveries::default(),
    };
    let each_second = if course == Course::Short { 4 } else { 52 };
    let mut sequence = 0;
    for second in 3..MEASURED.end {
        let burst = dice.below(700_000);
        for _ in 0..each_second {
            let planned_us = u64::from(second) * 1_000_000 + burst + dice.below(300_000);
            goal(&mut draw, &mut dice, course, sequence, planned_us);
            sequence += 1;
        }
    }
    draw.publications.sort_by_key(|row| row.planned_us);
    draw
}

fn goal(draw: &mut Draw, dice: &mut Dice, course: Course, sequence: u32, planned_us: u64) {
    let topic = dice.below(MATCHES);
    let second = (planned_us / 1_000_000) as u32;
    let measured = MEASURED.contains(&second);
    // A stalled hub delivers at the end of its stall.
    let stall = match planned_us {
        8_100_000..8_600_000 if course == Course::Stalled => 8_600_000 - planned_us,
        _ => 0,
    };
    let mut own = Histogram::new();
    let mut ledger = LedgerCounts::default();
    for follower in (topic..FOLLOWERS).step_by(MATCHES as usize) {
        ledger.expected += 1;
        if course == Course::Stalled && stall > 0 && dice.below(400) == 0 {
            ledger.lost += 1;
            own.record_lost(1);
            draw.wrong.push(wrong(
                WrongKind::Lost,
                follower,
                sequence,
                topic,
                planned_us,
            ));
            continue;
        }
        ledger.on_time += 1;
        let us = stall + 900 + follower * 4 + (1_100.0 * (0.55 * dice.bell()).exp()) as u64;
        own.record(us);
        if measured {
            draw.by_subscriber[follower as usize].record(us);
        }
        if course == Course::Stalled && dice.below(9_000) == 0 {
            ledger.duplicate += 1;
            draw.wrong.push(wrong(
                WrongKind::Duplicate,
                follower,
                sequence,
                topic,
                planned_us,
            ));
        }
    }
    draw.ledger.add(&ledger);
    draw.by_second[second as usize].merge(&own);
    let exact = |q| own.rank(q).unwrap();
    if measured {
        draw.pooled.merge(&own);
        for (family, q) in [
            (&mut draw.first, 0.0),
            (&mut draw.p99, 0.99),
            (&mut draw.last, 1.0),
        ] {
            match exact(q) {
                Quantile::Value(us) => family.record(us),
                Quantile::Lost | Quantile::TooFew => family.record_lost(1),
            }
        }
    }
    draw.publications.push(PublicationRow {
        publisher: 0,
        sequence,
        phase: if measured {
            PhaseKind::Measure
        } else {
            PhaseKind::WarmUp
        },
        topic: format!("https://example.com/matches/{topic}"),
        planned_us,
        sent_us: Some(planned_us + 40 + dice.below(60)),
        answered_us: Some(planned_us + stall + 700 + dice.below(900)),
        outcome: PublicationOutcome::Accepted,
        ledger,
        first: exact(0.0),
        median: exact(0.5),
        p99: exact(0.99),
        last: exact(1.0),
    });
}

fn wrong(
    kind: WrongKind,
    follower: u64,
    sequence: u32,
    topic: u64,
    planned_us: u64,
) -> WrongDelivery {
    WrongDelivery {
        kind,
        subscriber: follower as u32,
        publisher: Some(0),
        sequence: Some(sequence),
        topic: Some(format!("https://example.com/matches/{topic}")),
        planned_us: Some(planned_us),
        detail: None,
    }
}

fn record(course: Course, draw: Draw) -> LoadRecord {
    let goals = draw.publications.len() as u64;
    let measured = draw.last.samples();
    let mut subscribers = Histogram::new();
    for own in &draw.by_subscriber {
        match own.rank(0.99) {
            Some(Quantile::Value(us)) => subscribers.record(us),
            _ => subscribers.record_lost(1),
        }
    }
    let lag = if course == Course::Saturated {
        4_000
    } else {
        180
    };
    LoadRecord {
        partial: None,
        scenario: ScenarioInfo {
            name: "live-score".to_owned(),
            question: "How fast does a goal reach everyone who follows the match?".to_owned(),
            seed: 20_261_124,
            event: Noun::new("goal", "goals"),
            audience: Noun::new("follower", "followers"),
            late_after_us: 1_000_000,
            topics: MATCHES,
            publishes: goals,
            deliveries: draw.ledger.expected,
        },
        target: super::target(&[Dialect::V1]),
        environment: super::environment("assay run live-score"),
        phases: phases(),
        subscribers: FOLLOWERS,
        unconnected: 0,
        ramp_failed: false,
        publishes: PublishCounts {
            planned: goals,
            accepted: goals,
            ..PublishCounts::default()
        },
        ledger: draw.ledger,
        wrong_deliveries: draw.wrong,
        failures: vec![],
        faults: Vec::new(),
        slos: Vec::new(),
        calibration: None,
        fairness: Fairness::of(&fairness()),
        hub_cost: None,
        metrics: BTreeMap::from([
            (Metric::Delivery, with_intervals(&draw.pooled, measured)),
            (Metric::EventLast, with_intervals(&draw.last, measured)),
            (Metric::EventFirst, with_intervals(&draw.first, measured)),
            (Metric::EventP99, with_intervals(&draw.p99, measured)),
            (
                Metric::BySubscriberP99,
                Distribution::of(&subscribers, measured.min(FOLLOWERS)),
            ),
        ]),
        health: Health::judge(
            (0..SECONDS).map(|at_s| health(at_s, lag)).collect(),
            draw.pooled.max_us().unwrap_or(0),
        ),
        probes: Some(ProbeComparison {
            probes: 50,
            events: measured,
            probes_p50: Some(3_850),
            crowd_p50: Some(4_010),
            probes_p99: Some(7_300),
            crowd_p99: Some(7_420),
        }),
        seconds: draw
            .by_second
            .iter()
            .zip(0..)
            .map(|(histogram, at_s)| second(histogram, at_s))
            .collect(),
        ramp: vec![],
        arrival: arrival_curve(&draw.pooled, 0),
        publications: draw.publications,
        notes: vec![],
    }
}

fn phases() -> Vec<Phase> {
    [
        ("connect", PhaseKind::Ramp, 0, 2),
        ("settle", PhaseKind::Settle, 2, 3),
        ("kick-off", PhaseKind::WarmUp, 3, 4),
        ("goals", PhaseKind::Measure, 4, 13),
        ("drain", PhaseKind::Drain, 13, 15),
    ]
    .map(|(name, kind, start_s, end_s)| Phase {
        name: name.to_owned(),
        kind,
        start_us: start_s * 1_000_000,
        end_us: end_s * 1_000_000,
    })
    .into()
}

fn health(at_s: u32, lag_us: u64) -> HealthSecond {
    HealthSecond {
        at_s,
        measured: MEASURED.contains(&at_s),
        schedule_lag_p99_us: Some(lag_us),
        read_lag_p99_us: Some(lag_us / 2),
        busiest_thread: Some(ThreadShare {
            thread: "crowd-0".to_owned(),
            share: 0.42,
        }),
        kernel_drops: 0,
        throttled_us: 0,
    }
}

fn second(histogram: &Histogram, at_s: u32) -> Second {
    // Every goal goes to a hundred.
    let events = histogram.samples() / 100;
    Second {
        at_s,
        phase: if MEASURED.contains(&at_s) {
            PhaseKind::Measure
        } else {
            PhaseKind::WarmUp
        },
        planned: histogram.samples() / 100,
        sent: histogram.samples() / 100,
        answered: histogram.samples() / 100,
        delivered: histogram.samples() - histogram.lost(),
        connections: FOLLOWERS,
        events,
        p50_us: histogram.quantile(0.5, events),
        p99_us: histogram.quantile(0.99, events),
        max_us: histogram.max_us(),
        lost: histogram.lost(),
        heat: heat_cells(histogram),
        hub_cpu: Some(0.3),
        hub_memory_bytes: Some(40 << 20),
        hub_socket_bytes: None,
        hub_open_files: None,
        hub_context_switches: None,
    }
}

/// About as sure as so many events make it.
fn with_intervals(histogram: &Histogram, events: u64) -> Distribution {
    let distribution = Distribution::of(histogram, events);
    let interval = |q: f64| {
        let margin = 1.96 * (q * (1.0 - q) / events as f64).sqrt();
        let place = |q: f64| (q * histogram.samples() as f64).ceil().max(0.0) as u64;
        let (low, high) = (place(q - margin), place(q + margin));
        ConfidenceInterval::of(histogram.at(low), histogram.at(high))
    };
    let quantiles = distribution.quantiles();
    let intervals: Vec<_> = quantiles
        .into_iter()
        .filter_map(|q| Some((q, interval(q)?)))
        .collect();
    distribution.with_intervals(&intervals)
}

/// Those who joined last wait longest; all of this is made up.
fn fairness() -> Vec<Option<u64>> {
    (0..1_000_u64)
        .map(|subscriber| Some(40_000 + subscriber * 60 + subscriber * 7_919 % 9_000))
        .collect()
}
