//! Small documents with every kind of value, for the tests of this crate.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::collections::BTreeMap;
use std::time::Duration;

use assay_results::*;

/// Four publishes to three subscribers; one delivery lost.
pub(crate) fn load_record() -> LoadRecord {
    let mut delivery = Histogram::new();
    for us in [
        900, 1_100, 1_500, 2_000, 2_500, 3_000, 4_000, 5_000, 6_100, 7_000, 11_800,
    ] {
        delivery.record(us);
    }
    delivery.record_lost(1);
    LoadRecord {
        partial: None,
        scenario: ScenarioInfo {
            name: "live-score".to_owned(),
            question: "How fast does a goal reach everyone?".to_owned(),
            seed: 7,
            event: Noun::new("goal", "goals"),
            audience: Noun::new("follower", "followers"),
            late_after_us: 1_000_000,
            topics: 1,
            publishes: 4,
            deliveries: 12,
        },
        target: target(),
        environment: environment(),
        phases: vec![Phase {
            name: "goals".to_owned(),
            kind: PhaseKind::Measure,
            start_us: 0,
            end_us: 4_000_000,
        }],
        subscribers: 3,
        unconnected: 0,
        ramp_failed: false,
        publishes: PublishCounts {
            planned: 4,
            accepted: 4,
            ..PublishCounts::default()
        },
        ledger: LedgerCounts {
            expected: 12,
            on_time: 11,
            lost: 1,
            ..LedgerCounts::default()
        },
        wrong_deliveries: wrong_deliveries(),
        failures: vec![Failure {
            stage: Stage::Stream,
            reason: "closed by the hub".to_owned(),
            count: 1,
            first_us: 9,
        }],
        faults: Vec::new(),
        slos: Vec::new(),
        calibration: None,
        fairness: Fairness::of(&[Some(900), None, Some(1_200)]),
        hub_cost: None,
        metrics: BTreeMap::from([
            (Metric::Delivery, Distribution::of(&delivery, 400)),
            (Metric::EventLast, Distribution::of(&delivery, 400)),
            (Metric::BySubscriberP99, Distribution::of(&delivery, 3)),
        ]),
        health: Health::judge(
            vec![HealthSecond {
                measured: true,
                ..HealthSecond::default()
            }],
            0,
        ),
        probes: None,
        seconds: vec![second(&delivery)],
        ramp: vec![RampPoint {
            at_us: 0,
            planned: 3,
            connected: 3,
            confirmed: 3,
            failed: 0,
        }],
        arrival: arrival_curve(&delivery, 0),
        publications: (0..4).map(publication).collect(),
        notes: vec![Note {
            at_us: None,
            text: "none of note".to_owned(),
            marks_run: false,
        }],
    }
}

/// Event-last of so many publishes, of which the slowest hundredth takes `slow_us`, and some never come.
pub(crate) fn with_event_last(publishes: u64, slow_us: u64, lost: u64) -> LoadRecord {
    let mut record = load_record();
    (record.ledger.on_time, record.ledger.lost) = (record.ledger.expected, 0);
    let mut histogram = Histogram::new();
    for publish in 0..publishes {
        let us = if publish % 50 == 0 { slow_us } else { 1_000 };
        histogram.record(us);
    }
    histogram.record_lost(lost);
    let events = publishes + lost;
    record
        .metrics
        .insert(Metric::EventLast, Distribution::of(&histogram, events));
    record
}

fn wrong_deliveries() -> WrongDeliveries {
    let mut wrong = WrongDeliveries::default();
    wrong.push(WrongDelivery {
        kind: WrongKind::Lost,
        subscriber: 2,
        publisher: Some(0),
        sequence: Some(3),
        topic: Some("https://example.com/a".to_owned()),
        planned_us: Some(3_000_000),
        detail: None,
    });
    wrong
}

fn second(delivery: &Histogram) -> Second {
    Second {
        at_s: 0,
        phase: PhaseKind::Measure,
        planned: 4,
        sent: 4,
        answered: 4,
        delivered: 11,
        connections: 3,
        events: 4,
        p50_us: Quantile::Value(3_000),
        p99_us: Quantile::TooFew,
        max_us: Some(11_800),
        lost: 1,
        heat: heat_cells(delivery),
        hub_cpu: Some(0.25),
        hub_memory_bytes: None,
        hub_socket_bytes: None,
        hub_open_files: None,
        hub_context_switches: None,
    }
}

pub(crate) fn publication(sequence: u32) -> PublicationRow {
    PublicationRow {
        publisher: 0,
        sequence,
        phase: PhaseKind::Measure,
        topic: "https://example.com/a,b".to_owned(),
        planned_us: u64::from(sequence) * 1_000_000,
        sent_us: Some(u64::from(sequence) * 1_000_000 + 20),
        answered_us: None,
        outcome: if sequence == 1 {
            PublicationOutcome::Refused { status: 429 }
        } else {
            PublicationOutcome::Accepted
        },
        ledger: LedgerCounts {
            expected: 3,
            on_time: 3,
            ..LedgerCounts::default()
        },
        first: Quantile::Value(900),
        median: Quantile::Value(1_100),
        p99: Quantile::Lost,
        last: Quantile::TooFew,
    }
}

pub(crate) fn load_results(record: LoadRecord) -> LoadResults {
    let mut histogram = Histogram::new();
    histogram.record(900);
    histogram.record_lost(2);
    LoadResults {
        run: LoadRun::new(record),
        interval_logs: vec![Metric::Delivery, Metric::EventLast]
            .into_iter()
            .map(|metric| IntervalLog {
                metric,
                started_unix_ms: 1_795_000_000_123,
                intervals: vec![Interval::new(
                    Duration::from_secs(1),
                    Duration::from_secs(1),
                    &histogram,
                )],
            })
            .collect(),
        scenario_toml: "name = \"live-score\"\n".to_owned(),
    }
}

pub(crate) fn target() -> Target {
    Target {
        hub: HubOrigin::Given,
        url: "http://127.0.0.1:3000/.well-known/mercure".to_owned(),
        publish_url: None,
        dialects: vec![DialectEvidence {
            dialect: Dialect::V1,
            evidence: "asked for".to_owned(),
        }],
        issuer: Some("https://localhost".to_owned()),
        audience: None,
        insecure: false,
        connect_to: None,
        extra_headers: vec!["X-Trace".to_owned()],
        server: None,
    }
}

pub(crate) fn environment() -> Environment {
    Environment {
        machine: Machine {
            cpus: 2,
            cpu_model: Some("a CPU".to_owned()),
            memory_bytes: Some(24 << 30),
            os: "linux x86_64".to_owned(),
            kernel: None,
            fd_limit: Some(20_000),
        },
        assay: Assay {
            version: "0.1.0".to_owned(),
            commit: None,
        },
        started_at: "2026-11-24T03:00:00Z".to_owned(),
        command_line: vec!["assay".to_owned(), "run".to_owned()],
    }
}

pub(crate) fn row(check: &str, verdict: Verdict) -> VerdictRow {
    VerdictRow {
        check: check.to_owned(),
        requirement: "token.aud".to_owned(),
        level: Level::MustNot,
        verdict,
        expected: "401".to_owned(),
        observed: "200".to_owned(),
        difference: None,
        repro: verdict
            .wants_attention()
            .then(|| "#!/bin/sh\ncurl -i \"$HUB\"\n".to_owned()),
        section: "Token Validation".to_owned(),
        area: "authorization".to_owned(),
        dialect: Dialect::V0,
        sent: "GET /.well-known/mercure".to_owned(),
        duration_ms: 12,
        why: "else a token for another service opens this one".to_owned(),
    }
}

pub(crate) fn conformance_record(verdicts: Vec<VerdictRow>) -> ConformanceRecord {
    let coverage = |requirement: &str, status| Coverage {
        requirement: requirement.to_owned(),
        dialect: Dialect::V0,
        level: Level::Should,
        section: "7".to_owned(),
        status,
    };
    ConformanceRecord {
        subject: Subject::Hub,
        partial: None,
        fail_on: FailOn::Must,
        baseline: None,
        seed: 3,
        duration_ms: 900,
        target: target(),
        environment: environment(),
        preflight: vec![PreflightStep {
            name: "tcp".to_owned(),
            dialect: None,
            outcome: StepOutcome::Ok,
            detail: "connected".to_owned(),
        }],
        features: vec![Feature {
            name: "history".to_owned(),
            dialect: Dialect::V1,
            state: FeatureState::Present,
            evidence: "a canary was replayed".to_owned(),
        }],
        verdicts,
        coverage: vec![
            coverage(
                "a",
                CoverageStatus::Checked {
                    check: "token/aud".to_owned(),
                },
            ),
            coverage(
                "b",
                CoverageStatus::Reason {
                    reason: "not on the wire".to_owned(),
                },
            ),
        ],
        notes: vec![],
    }
}
