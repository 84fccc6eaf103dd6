//! Objectives held against runs: kept, missed, and not to be decided.

mod sample;

use assay_results::{LoadRecord, Outcome, Slo, SloLevel, SloObserved, SloVerdict};
use sample::with_event_last;

fn judged(
    record: &LoadRecord,
    expect: &str,
    level: SloLevel,
) -> (SloVerdict, SloObserved, Outcome) {
    let slo = Slo {
        name: "it".to_owned(),
        expect: expect.parse().unwrap(),
        level,
    };
    let mut record = record.clone();
    let row = slo.judge(&record);
    let (verdict, observed) = (row.verdict, row.observed);
    record.slos = vec![row];
    (verdict, observed, record.outcome())
}

#[test]
fn a_latency_is_kept_missed_or_undecided() {
    use SloVerdict::{Met, Missed, Undecided};
    for (publishes, slow_us, lost, expect, verdict) in [
        (400, 900_000, 0, "event_last.p99 < 1s", Met),
        (400, 1_200_000, 0, "event_last.p99 < 1s", Missed),
        (400, 1_200_000, 0, "event_last.p90 < 1s", Met),
        // A lost one is infinitely late.
        (400, 1_000, 9, "event_last.p99 < 1s", Missed),
        (400, 1_000, 1, "event_last.max < 1s", Missed),
        // 298 publishes decide no p99, however fast they were; but a median that is too slow decides it.
        (298, 1_000, 0, "event_last.p99 < 1s", Undecided),
        (298, 1_000, 0, "event_last.max < 1s", Undecided),
        (298, 1_000, 0, "event_last.p99 < 900us", Missed),
        (298, 1_000, 0, "event_last.p50 <= 1001us", Met),
        // Nothing was measured of it.
        (298, 1_000, 0, "own_echo.p50 < 1s", Undecided),
    ] {
        let record = with_event_last(publishes, slow_us, lost);
        let (seen, ..) = judged(&record, expect, SloLevel::Must);
        assert_eq!(
            seen, verdict,
            "{expect} of {publishes}, {slow_us} µs, {lost} lost"
        );
    }
}

#[test]
fn a_count_is_held_against_its_whole() {
    let mut record = with_event_last(400, 1_000, 0);
    record.ledger.on_time -= 3;
    record.ledger.late = 3;
    let (verdict, observed, _) = judged(&record, "late <= 3", SloLevel::Must);
    assert_eq!(
        (verdict, observed),
        (SloVerdict::Met, SloObserved::Count(3))
    );
    let (verdict, ..) = judged(&record, "late < 3", SloLevel::Must);
    assert_eq!(verdict, SloVerdict::Missed);
    let (verdict, observed, _) = judged(&record, "late < 100%", SloLevel::Must);
    let percent = 300.0 / record.ledger.expected as f64;
    assert_eq!(
        (verdict, observed),
        (SloVerdict::Met, SloObserved::Percent(Some(percent)))
    );
    record.publishes.planned = 0;
    let (verdict, observed, _) = judged(&record, "refused < 1%", SloLevel::Must);
    assert_eq!(
        (verdict, observed),
        (SloVerdict::Undecided, SloObserved::Percent(None))
    );
}

#[test]
fn a_miss_fails_the_run_and_doubt_is_no_pass() {
    let record = with_event_last(298, 1_000, 0);
    assert_eq!(record.outcome(), Outcome::Passed);
    for (expect, level, outcome) in [
        ("event_last.p50 < 1s", SloLevel::Must, Outcome::Passed),
        ("event_last.p50 < 1us", SloLevel::Must, Outcome::Broken),
        ("event_last.p50 < 1us", SloLevel::Should, Outcome::Passed),
        ("event_last.p99 < 1s", SloLevel::Must, Outcome::TooFewEvents),
        ("event_last.p99 < 1s", SloLevel::Should, Outcome::Passed),
    ] {
        let (.., ended) = judged(&record, expect, level);
        assert_eq!(ended, outcome, "{expect} {level:?}");
    }
}
