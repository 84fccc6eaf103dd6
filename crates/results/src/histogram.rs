//! Latencies in µs as an HDR histogram: 3 significant digits, 1 µs to 60 s, and beside it what has no number (lost) or
//! a larger one (overflow).
//!
//! Not a summary: [`crate::Distribution`] is what goes into a document.

use std::fmt;

use crate::bounds::{LONGEST_LATENCY_US, SIGNIFICANT_DIGITS};
use crate::quantile::{Quantile, events_needed};

/// A mergeable recorder of latencies. Memory grows with the largest value, up to about 140 KiB.
#[derive(Clone, PartialEq)]
pub struct Histogram {
    counts: hdrhistogram::Histogram<u64>,
    lost: u64,
    overflow: u64,
    /// Exact, which the buckets are not.
    min_us: u64,
    max_us: u64,
}

impl Histogram {
    /// An empty one.
    pub fn new() -> Self {
        let counts = hdrhistogram::Histogram::new(SIGNIFICANT_DIGITS)
            .expect("invariant: 3 significant digits are within the crate's 0 to 5");
        Self {
            counts,
            lost: 0,
            overflow: 0,
            min_us: u64::MAX,
            max_us: 0,
        }
    }

    /// One value that came.
    pub fn record(&mut self, us: u64) {
        self.record_many(us, 1);
    }

    /// The same value `count` times. Above 60 s it counts as 60 s and as overflow.
    pub fn record_many(&mut self, us: u64, count: u64) {
        if count == 0 {
            return;
        }
        let kept = us.min(LONGEST_LATENCY_US);
        if us > kept {
            self.overflow += count;
        }
        self.counts
            .record_n(kept, count)
            .expect("invariant: the histogram resizes, and 60 s in µs fits its range");
        self.min_us = self.min_us.min(kept);
        self.max_us = self.max_us.max(kept);
    }

    /// `count` deliveries that never came: each counts as infinitely late.
    pub fn record_lost(&mut self, count: u64) {
        self.lost += count;
    }

    /// Adds what another recorder saw; merging is exact, in any order.
    pub fn merge(&mut self, other: &Self) {
        self.counts
            .add(&other.counts)
            .expect("invariant: the histogram resizes to its other");
        self.lost += other.lost;
        self.overflow += other.overflow;
        self.min_us = self.min_us.min(other.min_us);
        self.max_us = self.max_us.max(other.max_us);
    }

    /// Values recorded and lost.
    pub fn samples(&self) -> u64 {
        self.counts.len() + self.lost
    }

    /// Deliveries that never came.
    pub const fn lost(&self) -> u64 {
        self.lost
    }

    /// Values above 60 s.
    pub const fn overflow(&self) -> u64 {
        self.overflow
    }

    /// Smallest value that came.
    pub fn min_us(&self) -> Option<u64> {
        (!self.counts.is_empty()).then_some(self.min_us)
    }

    /// Largest value that came, whatever was lost.
    pub fn max_us(&self) -> Option<u64> {
        (!self.counts.is_empty()).then_some(self.max_us)
    }

    /// Mean of the values that came.
    pub fn mean_us(&self) -> Option<f64> {
        (!self.counts.is_empty()).then(|| self.counts.mean())
    }

    /// Quantile `q` in `0.0..=1.0`, without regard to how many events stand behind it: `None` when nothing was recorded.
    pub fn rank(&self, q: f64) -> Option<Quantile> {
        self.ranks(&[q]).pop()
    }

    /// Quantile `q` among the values that came, whatever was lost: for comparing clocks with each other, never for what a hub
    /// is said to do. `None` when nothing came.
    pub fn received(&self, q: f64) -> Option<u64> {
        let came = self.samples() - self.lost;
        let of_all = q * came as f64 / self.samples().max(1) as f64;
        self.rank(of_all).and_then(Quantile::value_us)
    }

    /// Several quantiles, ascending, in one pass; empty when nothing was recorded.
    pub fn ranks(&self, ascending: &[f64]) -> Vec<Quantile> {
        let samples = self.samples();
        if samples == 0 {
            return Vec::new();
        }
        let mut values = self.counts.iter_recorded();
        let (mut seen, mut value_us) = (0, 0);
        ascending
            .iter()
            .map(|&q| {
                let rank = nearest_rank(q, samples);
                while seen < rank {
                    let Some(step) = values.next() else {
                        return Quantile::Lost;
                    };
                    seen += step.count_since_last_iteration();
                    value_us = step.value_iterated_to();
                }
                Quantile::Value(value_us.clamp(self.min_us, self.max_us))
            })
            .collect()
    }

    /// The value at a place of all samples in ascending order, the first of which is 1; [`Quantile::TooFew`] where there is none.
    pub fn at(&self, place: u64) -> Quantile {
        let samples = self.samples();
        if place == 0 || place > samples {
            return Quantile::TooFew;
        }
        let mut seen = 0;
        let bucket = self.counts.iter_recorded().find(|step| {
            seen += step.count_since_last_iteration();
            seen >= place
        });
        bucket.map_or(Quantile::Lost, |step| {
            Quantile::Value(step.value_iterated_to().clamp(self.min_us, self.max_us))
        })
    }

    /// Quantile `q`, or [`Quantile::TooFew`] unless `events` independent events suffice for it ([`events_needed`]).
    ///
    /// A publish is an event; its deliveries are not, since they share its fate.
    pub fn quantile(&self, q: f64, events: u64) -> Quantile {
        if events < events_needed(q) {
            return Quantile::TooFew;
        }
        self.rank(q).unwrap_or(Quantile::TooFew)
    }

    /// The largest value, or `lost`, or too few when nothing was recorded.
    pub fn max(&self) -> Quantile {
        self.rank(1.0).unwrap_or(Quantile::TooFew)
    }

    /// Recorded values, ascending, with their counts: `(value_us, count)`.
    pub fn recorded(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.counts.iter_recorded().map(|step| {
            (
                step.value_iterated_to().clamp(self.min_us, self.max_us),
                step.count_since_last_iteration(),
            )
        })
    }

    pub(crate) const fn counts(&self) -> &hdrhistogram::Histogram<u64> {
        &self.counts
    }

    /// From a log, where buckets only have their bounds: minimum and maximum are those of the buckets. `None` when a
    /// value is out of range.
    pub(crate) fn from_counts(
        counts: &hdrhistogram::Histogram<u64>,
        lost: u64,
        overflow: u64,
    ) -> Option<Self> {
        let mut histogram = Self {
            lost,
            overflow,
            ..Self::new()
        };
        histogram.counts.add(counts).ok()?;
        if !counts.is_empty() {
            histogram.min_us = counts.min().min(LONGEST_LATENCY_US);
            histogram.max_us = counts.max().min(LONGEST_LATENCY_US);
        }
        Some(histogram)
    }
}

/// The smallest rank that covers the share `q`. The margin keeps 0.99 × 400 from becoming 397.
fn nearest_rank(q: f64, samples: u64) -> u64 {
    ((q * samples as f64 - 1e-6).ceil() as u64).clamp(1, samples)
}

impl Default for Histogram {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Histogram")
            .field("samples", &self.samples())
            .field("lost", &self.lost)
            .field("overflow", &self.overflow)
            .field("min_us", &self.min_us())
            .field("max_us", &self.max_us())
            .finish_non_exhaustive()
    }
}
