//! Confidence intervals against runs whose truth is known: deliveries of one update share most of their delay, and an interval that
//! took each for a sample would be far too sure.

#![allow(clippy::print_stdout, reason = "a proof prints what it found")]

use assay_load::percentiles::intervals::{Resampling, order_statistics};
use assay_results::{ConfidenceInterval, Histogram, Quantile};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

const AUDIENCE: usize = 40;
const QUANTILES: [f64; 3] = [0.5, 0.9, 0.99];
/// Mean delay that an update has in common, and mean delay of each delivery of it, both exponential.
const COMMON_US: f64 = 20_000.0;
const OWN_US: f64 = 5_000.0;

/// An exponential delay whose distribution has the value `share` there.
fn exponential(mean_us: f64, share: f64) -> f64 {
    -mean_us * (1.0 - share).ln()
}

/// The quantile of one delivery: common and own delay together.
fn delivery_truth(q: f64) -> f64 {
    let beyond = |us: f64| {
        let (common, own) = ((-us / COMMON_US).exp(), (-us / OWN_US).exp());
        (COMMON_US * common - OWN_US * own) / (COMMON_US - OWN_US)
    };
    let (mut low, mut high) = (0.0, 60e6);
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if beyond(middle) > 1.0 - q {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// The slowest delivery of an update: its common delay and the largest of so many own ones.
fn slowest(rng: &mut StdRng) -> f64 {
    let largest = rng.random::<f64>().powf(1.0 / AUDIENCE as f64);
    exponential(COMMON_US, rng.random()) + exponential(OWN_US, largest)
}

/// The quantiles of the slowest delivery, from so many updates that they are sure to a thousandth.
fn slowest_truth() -> [f64; 3] {
    let mut rng = StdRng::seed_from_u64(0);
    let mut samples: Vec<f64> = (0..2_000_000).map(|_| slowest(&mut rng)).collect();
    samples.sort_by(f64::total_cmp);
    QUANTILES.map(|q| samples[(q * samples.len() as f64) as usize])
}

/// What an interval says of a truth; an end that is open excludes nothing.
fn covers(interval: ConfidenceInterval, truth_us: f64) -> bool {
    let is_above_low = interval
        .low
        .value_us()
        .is_none_or(|low| low as f64 <= truth_us);
    let is_below_high = interval
        .high
        .value_us()
        .is_none_or(|high| truth_us <= high as f64);
    is_above_low && is_below_high
}

/// How many runs covered the truth, by quantile, and how many intervals had an open end.
#[derive(Debug, Default)]
struct Coverage {
    covered: [u64; 3],
    open: [u64; 3],
}

impl Coverage {
    fn count(&mut self, intervals: &[(f64, ConfidenceInterval)], truth_us: [f64; 3]) {
        assert_eq!(intervals.len(), QUANTILES.len(), "{intervals:?}");
        for (place, (_, interval)) in intervals.iter().enumerate() {
            self.covered[place] += u64::from(covers(*interval, truth_us[place]));
            let open = [interval.low, interval.high].contains(&Quantile::TooFew);
            self.open[place] += u64::from(open);
        }
    }
}

/// One run: its events, each with the latencies of its deliveries in ascending order.
fn events(events: usize, seed: u64) -> Vec<Vec<u32>> {
    let mut rng = StdRng::seed_from_u64(seed);
    let event = |_| {
        let common_us = exponential(COMMON_US, rng.random());
        let mut latencies_us: Vec<u32> = (0..AUDIENCE)
            .map(|_| (common_us + exponential(OWN_US, rng.random())) as u32)
            .collect();
        latencies_us.sort_unstable();
        latencies_us
    };
    (0..events).map(event).collect()
}

/// So many runs of so many events: at least nine of ten intervals cover the truth, and none of them by excluding nothing.
fn check(runs: u64, events_a_run: usize) {
    let truths = (QUANTILES.map(delivery_truth), slowest_truth());
    let [mut pooled, mut last, mut naive] = [(); 3].map(|()| Coverage::default());
    for seed in 1..=runs {
        let events = events(events_a_run, seed);
        let [mut delivery, mut slowest] = [(); 2].map(|()| Histogram::new());
        for latencies_us in &events {
            for &us in latencies_us {
                delivery.record(us.into());
            }
            slowest.record(latencies_us[AUDIENCE - 1].into());
        }
        let mut resampling = Resampling::new(&delivery, QUANTILES.to_vec(), events_a_run);
        for latencies_us in &events {
            resampling.add(latencies_us, 0);
        }
        pooled.count(&resampling.intervals(&delivery, seed), truths.0);
        last.count(&order_statistics(&slowest, &QUANTILES), truths.1);
        naive.count(&order_statistics(&delivery, &QUANTILES), truths.0);
    }
    println!(
        "injection: intervals: the truth of p50, p90 and p99 was in {:?} of {runs} intervals (all deliveries) and in {:?} (slowest of each), {events_a_run} events a run",
        pooled.covered, last.covered
    );
    for (name, coverage) in [("all deliveries", &pooled), ("slowest of each", &last)] {
        assert!(
            coverage.covered.iter().all(|&of| of * 10 >= runs * 9),
            "{name}: {coverage:?}"
        );
        assert_eq!(coverage.open, [0; 3], "{name}: {coverage:?}");
    }
    // The control: that deliveries do not count as samples is seen by the same judge.
    assert!(naive.covered[0] * 2 < runs, "{naive:?}");
}

#[test]
fn intervals_cover_the_truth_as_often_as_they_say() {
    check(300, 400);
}

#[test]
fn events_that_are_drawn_in_groups_are_as_sure() {
    check(100, 2_500);
}

/// What comes of events, each given as latencies and losses.
fn resampled(events: &[(&[u32], usize)]) -> Option<ConfidenceInterval> {
    let mut pooled = Histogram::new();
    for (latencies_us, lost) in events {
        for &us in *latencies_us {
            pooled.record(us.into());
        }
        pooled.record_lost(*lost as u64);
    }
    let mut resampling = Resampling::new(&pooled, vec![0.5], events.len());
    for (latencies_us, lost) in events {
        resampling.add(latencies_us, *lost);
    }
    let intervals = resampling.intervals(&pooled, 1);
    intervals.first().map(|(_, interval)| *interval)
}

#[test]
fn what_is_lost_or_known_of_too_few_events_is_no_number() {
    let few: &[u32] = &[10, 20];
    let of = |low, high| ConfidenceInterval::of(low, high);
    let (lost, open) = (Quantile::Lost, Quantile::TooFew);
    for (events, expected) in [
        (vec![], None),
        // One event is drawn for itself: nothing says how another one would have been.
        (vec![(few, 0)], None),
        (vec![(few, 0); 3], None),
        (vec![(&[][..], 2); 40], of(lost, lost)),
        // Sixteen of forty lost all: the median came, and would have been lost in some runs.
        (
            [vec![(few, 0); 24], vec![(&[][..], 2); 16]].concat(),
            of(Quantile::Value(20), lost),
        ),
        (vec![(few, 0), (&[][..], 0)], of(open, open)),
        (
            vec![(few, 0); 6],
            of(Quantile::Value(10), Quantile::Value(20)),
        ),
    ] {
        assert_eq!(resampled(&events), expected, "{events:?}");
    }
}
