//! Quantiles against a sorted list, merging, and interval logs.

use std::time::Duration;

use assay_results::{
    Distribution, Histogram, HistogramError, Interval, IntervalLog, Metric, Quantile,
    arrival_curve, heat_bucket, heat_bucket_start_us, heat_cells,
};
use proptest::prelude::*;

fn histogram(values: &[u64], lost: u64) -> Histogram {
    let mut histogram = Histogram::new();
    for &us in values {
        histogram.record(us);
    }
    histogram.record_lost(lost);
    histogram
}

#[test]
fn lost_is_infinitely_late_and_few_events_decide_nothing() {
    let hundred: Vec<u64> = (1..=100).collect();
    let check = |lost, q, events, expected| {
        assert_eq!(
            histogram(&hundred, lost).quantile(q, events),
            expected,
            "{lost} lost, q {q}, {events} events"
        );
    };
    check(0, 0.5, 400, Quantile::Value(50));
    check(0, 0.99, 299, Quantile::Value(99));
    check(0, 0.99, 298, Quantile::TooFew);
    check(0, 0.999, 2_994, Quantile::TooFew);
    check(0, 0.999, 2_995, Quantile::Value(100));
    // Of 101, rank 100 is the last that came; of 102, rank 101 never came.
    check(1, 0.99, 400, Quantile::Value(100));
    check(2, 0.99, 400, Quantile::Lost);
    check(100, 0.5, 400, Quantile::Value(100));
    check(101, 0.5, 400, Quantile::Lost);
    assert_eq!(histogram(&hundred, 1).max(), Quantile::Lost);
    assert_eq!(histogram(&hundred, 1).max_us(), Some(100));
    assert_eq!(
        (Histogram::new().max(), Histogram::new().rank(0.5)),
        (Quantile::TooFew, None)
    );
}

#[test]
fn among_what_came_losses_do_not_count() {
    let hundred: Vec<u64> = (1..=100).collect();
    for lost in [0, 1, 100, 10_000] {
        let histogram = histogram(&hundred, lost);
        assert_eq!(
            [0.0, 0.5, 0.99, 1.0].map(|q| histogram.received(q)),
            [Some(1), Some(50), Some(99), Some(100)],
            "{lost} lost"
        );
    }
    assert_eq!(histogram(&[], 7).received(0.5), None);
    assert_eq!(Histogram::new().received(0.5), None);
}

#[test]
fn above_a_minute_counts_as_a_minute_and_as_overflow() {
    let histogram = histogram(&[1_000, 60_000_000, 60_000_001, u64::MAX], 0);
    assert_eq!(
        (histogram.overflow(), histogram.max_us()),
        (2, Some(60_000_000))
    );
    assert_eq!(Distribution::of(&histogram, 5).overflow, 2);
}

#[test]
fn a_curve_ends_where_its_samples_do() {
    let curve = Distribution::of(&histogram(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0), 10).curve;
    assert_eq!(
        (curve.first().unwrap().q, curve.last().unwrap().q),
        (0.0, 1.0)
    );
    assert!(
        curve[curve.len() - 2].q <= 0.9,
        "one value of ten says nothing beyond the first nine"
    );
    assert!(curve.windows(2).all(|pair| pair[0].q < pair[1].q));
}

#[test]
fn the_unreached_stay_in_the_denominator() {
    let reached = |lost, unconnected| {
        arrival_curve(&histogram(&[10, 20, 30], lost), unconnected)
            .last()
            .unwrap()
            .share
    };
    assert!((reached(0, 0) - 1.0).abs() < 1e-9);
    assert!((reached(3, 0) - 0.5).abs() < 1e-9);
    assert!((reached(0, 3) - 0.5).abs() < 1e-9);
    assert!(arrival_curve(&histogram(&[], 3), 3).is_empty());
}

#[test]
fn heat_buckets_meet_at_powers_of_ten() {
    for (us, bucket) in [
        (0, 0),
        (1, 0),
        (9, 7),
        (10, 8),
        (99, 15),
        (100, 16),
        (1_000_000, 48),
        (u64::MAX, 62),
    ] {
        assert_eq!(heat_bucket(us), bucket, "{us} µs");
    }
    assert!((heat_bucket_start_us(24) - 1_000.0).abs() < 1e-6);
}

#[test]
fn a_log_that_was_cut_off_is_read_up_to_there_and_a_spoilt_one_is_refused() {
    let interval = |second| {
        Interval::new(
            Duration::from_secs(second),
            Duration::from_secs(1),
            &histogram(&[100, 200], second),
        )
    };
    let log = IntervalLog {
        metric: Metric::Delivery,
        started_unix_ms: 1_795_000_000_123,
        intervals: vec![interval(0), interval(1)],
    };
    let text = log.to_text();
    assert!(
        text.contains("#[StartTime: 1795000000.123 (seconds since epoch)]\n"),
        "{text}"
    );
    assert!(text.contains("\n1795000000.123,1.000,200.000,"), "{text}");
    assert!(text.contains("#[Lost: 1]\n1795000001.123,1.000,"), "{text}");
    assert_eq!(
        IntervalLog::from_text(Metric::Delivery, &text).unwrap(),
        log
    );

    let cut = IntervalLog::from_text(Metric::Delivery, &text[..text.len() - 5]).unwrap();
    assert_eq!(cut.intervals, [interval(0)]);
    assert_eq!(
        IntervalLog::from_text(Metric::Delivery, "")
            .unwrap()
            .intervals,
        []
    );
    for (spoilt, line) in [
        ("#[Lost: many]\n", 1),
        ("\n\n0.0,1.0,2.0,!!!\n", 1),
        ("#x\n0.0,1.0,2.0,AAAA\n", 2),
    ] {
        let error = IntervalLog::from_text(Metric::Delivery, spoilt).unwrap_err();
        assert_eq!(error, HistogramError::Line { line }, "{spoilt}");
    }
}

/// The rules of `HistogramLogReader`: stamps count from the base time; without one they are of the wall clock, unless they are far
/// before the start of the log.
#[test]
fn stamps_of_a_log_are_read_whatever_they_count_from() {
    let interval = Interval::new(
        Duration::from_secs(7),
        Duration::from_secs(1),
        &histogram(&[100], 0),
    );
    let log = IntervalLog {
        metric: Metric::Delivery,
        started_unix_ms: 1_795_000_000_123,
        intervals: vec![interval],
    };
    let absolute = log.to_text();
    let relative = absolute.replace("\n1795000007.123,", "\n7.000,");
    assert_ne!(relative, absolute);
    let with_base = relative.replace(
        "\"StartTimestamp\"",
        "#[BaseTime: 1795000000.123 (seconds since epoch)]\n\"StartTimestamp\"",
    );
    for text in [absolute, relative, with_base] {
        assert_eq!(
            IntervalLog::from_text(Metric::Delivery, &text).unwrap(),
            log,
            "{text}"
        );
    }
}

/// HDR keeps three digits: half a part in a thousand on either side.
fn close(hdr: u64, exact: u64) -> bool {
    hdr.abs_diff(exact) <= exact / 1_000 + 1
}

proptest! {
    #[test]
    fn quantiles_are_those_of_the_sorted_list(
        mut values in prop::collection::vec(0_u64..60_000_000, 1..300), lost in 0_u64..50, q in 0.0_f64..=1.0,
    ) {
        let recorded = histogram(&values, lost);
        values.sort_unstable();
        let samples = values.len() as u64 + lost;
        let rank = ((q * samples as f64 - 1e-6).ceil() as u64).clamp(1, samples) as usize;
        match (recorded.rank(q).unwrap(), values.get(rank - 1)) {
            (Quantile::Value(us), Some(&exact)) => prop_assert!(close(us, exact), "{us} for {exact}"),
            (Quantile::Lost, None) => {}
            (got, exact) => prop_assert!(false, "{got:?} for {exact:?}"),
        }
    }

    #[test]
    fn merging_is_recording_in_one(
        left in prop::collection::vec(0_u64..70_000_000, 0..100), right in prop::collection::vec(0_u64..70_000_000, 0..100),
    ) {
        let mut merged = histogram(&left, 1);
        merged.merge(&histogram(&right, 2));
        prop_assert_eq!(merged, histogram(&[left, right].concat(), 3));
    }

    #[test]
    fn logs_come_back(values in prop::collection::vec(0_u64..70_000_000, 0..50), lost in 0_u64..5) {
        let log = IntervalLog {
            metric: Metric::ReadLag,
            started_unix_ms: 12_345,
            intervals: vec![Interval::new(
                Duration::from_millis(1_250),
                Duration::from_secs(1),
                &histogram(&values, lost),
            )],
        };
        let back = IntervalLog::from_text(Metric::ReadLag, &log.to_text()).unwrap();
        prop_assert_eq!(back.intervals.len(), 1);
        prop_assert_eq!(back.intervals[0].start(), Duration::from_millis(1_250));
        let (was, is) = (histogram(&values, lost), back.intervals[0].histogram());
        prop_assert_eq!((was.samples(), was.lost(), was.overflow()), (is.samples(), is.lost(), is.overflow()));
        for q in [0.0, 0.25, 0.5, 0.99, 1.0] {
            match (was.rank(q), is.rank(q)) {
                (Some(Quantile::Value(was)), Some(Quantile::Value(is))) => prop_assert!(close(is, was)),
                (was, is) => prop_assert_eq!(was, is),
            }
        }
    }

    #[test]
    fn no_text_makes_the_log_reader_panic(text in "([0-9.,#\\[\\]A-Za-z+/= ]|\n){0,200}") {
        let _ = IntervalLog::from_text(Metric::Delivery, &text);
    }

    #[test]
    fn heat_cells_hold_every_delivery(values in prop::collection::vec(0_u64..70_000_000, 0..200)) {
        let cells = heat_cells(&histogram(&values, 0));
        prop_assert_eq!(cells.iter().map(|cell| cell.count).sum::<u64>(), values.len() as u64);
        prop_assert!(cells.windows(2).all(|pair| pair[0].bucket < pair[1].bucket));
    }
}
