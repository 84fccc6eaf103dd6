//! What a run ends with: the rules of design.md and measuring.md over tables of runs.

mod sample;

use std::collections::BTreeMap;

use assay_results::*;

/// A run without blemish.
fn green() -> LoadRecord {
    let mut record = sample::load_record();
    record.ledger = LedgerCounts {
        expected: 12,
        on_time: 12,
        ..LedgerCounts::default()
    };
    record
}

#[test]
fn a_load_run_ends_with_the_worst_that_stands_against_it() {
    let check = |what: &str, exit_code: u8, spoil: &dyn Fn(&mut LoadRecord)| {
        let mut record = green();
        spoil(&mut record);
        let run = LoadRun::new(record);
        assert_eq!(run.outcome().exit_code(), exit_code, "{what}");
        assert_eq!(run.summary().exit_code, exit_code, "{what}");
    };
    let counts =
        |spoil: fn(&mut LedgerCounts)| move |record: &mut LoadRecord| spoil(&mut record.ledger);
    let partial = |cause| {
        move |record: &mut LoadRecord| {
            record.partial = Some(Partial {
                cause,
                reason: "x".to_owned(),
                at_us: 1,
            });
        }
    };
    check("green", 0, &|_| {});
    check(
        "lost",
        5,
        &counts(|ledger| (ledger.on_time, ledger.lost) = (11, 1)),
    );
    check(
        "duplicate",
        5,
        &counts(|ledger| {
            ledger.duplicate = 1;
        }),
    );
    check(
        "reordered",
        5,
        &counts(|ledger| {
            ledger.reordered = 1;
        }),
    );
    check(
        "leaked",
        5,
        &counts(|ledger| {
            ledger.leaked = 1;
        }),
    );
    check(
        "corrupt",
        5,
        &counts(|ledger| {
            ledger.corrupt = 1;
        }),
    );
    check(
        "late is not wrong",
        0,
        &counts(|ledger| (ledger.on_time, ledger.late) = (0, 12)),
    );
    check(
        "replayed is not wrong",
        0,
        &counts(|ledger| (ledger.on_time, ledger.replayed) = (0, 12)),
    );
    check(
        "a ledger that does not balance is our defect",
        4,
        &counts(|ledger| {
            ledger.on_time = 11;
        }),
    );
    check("a publish refused", 1, &|record| {
        record.publishes.refused = 1;
    });
    check("a publish unanswered", 1, &|record| {
        record.publishes.failed = 1;
    });
    check("ramp past its bound", 1, &|record| {
        record.ramp_failed = true;
    });
    check("some unconnected within the bound", 0, &|record| {
        record.unconnected = 1;
    });
    check("nobody connected", 3, &|record| {
        record.unconnected = 3;
    });
    check("interrupted", 130, &partial(PartialCause::Interrupted));
    check("hub died", 3, &partial(PartialCause::HubUnusable));
    check("defect", 4, &partial(PartialCause::Defect));
    check("no event measured", 6, &|record| record.metrics.clear());
    check("delivery wrong beats an invalid run", 5, &|record| {
        record.ledger.duplicate = 1;
        record.health = saturated();
    });
    check("an invalid run beats a refused publish", 3, &|record| {
        record.publishes.refused = 1;
        record.health = saturated();
    });
}

fn saturated() -> Health {
    let second = HealthSecond {
        measured: true,
        schedule_lag_p99_us: Some(1_001),
        ..HealthSecond::default()
    };
    Health::judge(vec![second; 3], 0)
}

#[test]
fn gates_forgive_two_seconds_and_five_percent() {
    let check = |seconds: usize, past: usize, saturated: bool| {
        let health = Health::judge(
            (0..seconds)
                .map(|at| HealthSecond {
                    measured: true,
                    read_lag_p99_us: Some(if at < past { 1_001 } else { 1_000 }),
                    ..HealthSecond::default()
                })
                .collect(),
            10_000,
        );
        assert_eq!(
            (health.seconds_past, health.saturated()),
            (past as u64, saturated),
            "{past} of {seconds}"
        );
    };
    check(10, 2, false);
    check(10, 3, true);
    check(60, 3, false);
    check(60, 4, true);
}

#[test]
fn each_gate_has_its_threshold() {
    let base = HealthSecond {
        measured: true,
        ..HealthSecond::default()
    };
    let check = |what: &str, delivery_p99_us: u64, second: HealthSecond, past: u64| {
        assert_eq!(
            Health::judge(vec![second], delivery_p99_us).seconds_past,
            past,
            "{what}"
        );
    };
    let thread = |share| {
        Some(ThreadShare {
            thread: "crowd-0".to_owned(),
            share,
        })
    };
    check(
        "a tenth of delivery",
        50_000,
        HealthSecond {
            read_lag_p99_us: Some(5_000),
            ..base.clone()
        },
        0,
    );
    check(
        "above it",
        50_000,
        HealthSecond {
            read_lag_p99_us: Some(5_001),
            ..base.clone()
        },
        1,
    );
    check(
        "thread at 85 %",
        0,
        HealthSecond {
            busiest_thread: thread(0.85),
            ..base.clone()
        },
        0,
    );
    check(
        "thread above",
        0,
        HealthSecond {
            busiest_thread: thread(0.86),
            ..base.clone()
        },
        1,
    );
    check(
        "a drop",
        0,
        HealthSecond {
            kernel_drops: 1,
            ..base.clone()
        },
        1,
    );
    check(
        "throttled",
        0,
        HealthSecond {
            throttled_us: 1,
            ..base.clone()
        },
        1,
    );
    check(
        "two gates in one second",
        0,
        HealthSecond {
            throttled_us: 1,
            kernel_drops: 1,
            ..base.clone()
        },
        1,
    );
    check(
        "warm-up does not count",
        0,
        HealthSecond {
            throttled_us: 1,
            measured: false,
            ..base
        },
        0,
    );
}

#[test]
fn probes_that_disagree_mark_the_run() {
    let check_after = |events, probes, crowd, validity| {
        let mut record = green();
        record.probes = Some(ProbeComparison {
            probes: 50,
            events,
            probes_p50: Some(100),
            crowd_p50: Some(100),
            probes_p99: Some(probes),
            crowd_p99: Some(crowd),
        });
        assert_eq!(
            LoadRun::new(record).summary().validity,
            validity,
            "{probes} {crowd} {events}"
        );
    };
    let check = |probes, crowd, validity| check_after(299, probes, crowd, validity);
    check(2_000, 3_000, Validity::Valid);
    check(2_000, 3_001, Validity::Marked);
    check(50_000, 55_000, Validity::Valid);
    check(50_000, 55_001, Validity::Marked);
    check(50_000, 44_999, Validity::Marked);
    // What may not be stated may not be compared.
    check_after(298, 50_000, 44_999, Validity::Valid);
}

#[test]
fn a_conformance_run_ends_by_its_verdicts() {
    use Verdict::{Error, Fail, Flaky, Inconclusive, Note, Pass, Unsupported, Warn};
    let check = |fail_on, verdicts: &[Verdict], exit_code| {
        let rows = verdicts
            .iter()
            .map(|&verdict| sample::row("a/b", verdict))
            .collect();
        let run = ConformanceRun::new(ConformanceRecord {
            fail_on,
            ..sample::conformance_record(rows)
        });
        assert_eq!(run.outcome().exit_code(), exit_code, "{verdicts:?}");
        assert_eq!(run.summary().exit_code, exit_code);
    };
    for fail_on in [FailOn::Must, FailOn::Should] {
        check(fail_on, &[Pass, Note, Unsupported], 0);
        check(fail_on, &[], 3);
        check(fail_on, &[Unsupported], 3);
        check(fail_on, &[Pass, Inconclusive], 3);
        check(fail_on, &[Pass, Inconclusive, Fail], 1);
        check(fail_on, &[Pass, Flaky], 1);
        check(fail_on, &[Pass, Fail, Error], 4);
    }
    check(FailOn::Must, &[Pass, Warn], 0);
    check(FailOn::Should, &[Pass, Warn], 1);
}

#[test]
fn an_area_never_claims_what_stayed_open() {
    use Verdict::{Error, Fail, Flaky, Inconclusive, Note, Pass, Unsupported, Warn};
    let check = |verdicts: &[Verdict], status: AreaStatus| {
        let rows = verdicts
            .iter()
            .map(|&verdict| sample::row("a/b", verdict))
            .collect();
        let run = ConformanceRun::new(sample::conformance_record(rows));
        assert_eq!(run.summary().areas[0].status, status, "{verdicts:?}");
    };
    check(&[Pass, Warn, Note, Unsupported], AreaStatus::Conformant);
    check(&[Pass, Inconclusive], AreaStatus::NotMeasurable);
    check(&[Pass, Error], AreaStatus::NotMeasurable);
    check(&[Pass, Inconclusive, Fail], AreaStatus::NotConformant);
    check(&[Pass, Flaky], AreaStatus::NotConformant);
    check(&[Unsupported], AreaStatus::NotClaimed);
}

#[test]
fn a_hub_that_loses_everything_does_not_hide_what_it_leaked() {
    let mut wrong = WrongDeliveries::default();
    let one = sample::load_record().wrong_deliveries.named.remove(0);
    for _ in 0..WRONG_DELIVERIES_NAMED_OF_A_KIND + 5 {
        wrong.push(one.clone());
    }
    wrong.omit(WrongKind::Lost, 2);
    wrong.omit(WrongKind::Duplicate, 0);
    let leaked = WrongDelivery {
        kind: WrongKind::Leaked,
        ..one
    };
    wrong.push(leaked.clone());
    assert_eq!(
        (wrong.named.len() as u64, wrong.omitted),
        (WRONG_DELIVERIES_NAMED_OF_A_KIND + 1, 7)
    );
    assert_eq!(
        wrong.totals,
        BTreeMap::from([
            (WrongKind::Lost, WRONG_DELIVERIES_NAMED_OF_A_KIND + 7),
            (WrongKind::Leaked, 1)
        ])
    );
    assert_eq!(wrong.named_by_kind()[&WrongKind::Leaked], [&leaked]);
    assert!(!wrong.has_room(WrongKind::Lost) && wrong.has_room(WrongKind::Leaked));
}
