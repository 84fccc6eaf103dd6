//! What the hub counts, for its operator. Numbers only, and reason codes: no topic, no address, no token.
//!
//! Nobody shares a counter while updates are handed out: a lane counts for itself and adds once a round, the queues of HTTP/2
//! are counted by the hub core under the lock that it holds anyway. The page of all of it is `page`'s.

pub(crate) mod page;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What happened for each of a few reasons.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<BTreeMap<(&'static str, &'static str), u64>>);

impl Tally {
    /// Once more for the reason `area.code`; all reasons stand in the code, so there are few.
    pub(crate) fn add(&self, area: &'static str, code: &'static str) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((area, code)).or_default() += 1;
    }

    /// Adds what is here to `sum`.
    fn add_to(&self, sum: &mut BTreeMap<(&'static str, &'static str), u64>) {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (reason, count) in &*counts {
            *sum.entry(*reason).or_default() += count;
        }
    }
}

/// Upper ends of the ranges of a histogram of durations, in microseconds: a loopback write to a stalled disk.
const BOUNDS_US: [u64; 14] = [
    50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000,
    5_000_000,
];

/// A histogram of durations.
#[derive(Debug, Default)]
pub(crate) struct Times {
    /// The last one has no upper end.
    ranges: [AtomicU64; BOUNDS_US.len() + 1],
    sum_us: AtomicU64,
}

impl Times {
    /// So many events took this long.
    pub(crate) fn record(&self, took: Duration, events: u64) {
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let range = BOUNDS_US.partition_point(|&bound| bound < took_us);
        self.ranges[range].fetch_add(events, Relaxed);
        self.sum_us
            .fetch_add(took_us.saturating_mul(events), Relaxed);
    }
}

/// What one lane counts. Only its thread writes here.
#[derive(Debug, Default)]
pub(crate) struct LaneCounts {
    /// Live updates handed to sockets, one for each subscriber.
    pub(crate) delivered: AtomicU64,
    /// Updates of the history handed to sockets.
    pub(crate) replayed: AtomicU64,
    /// The most that ever waited for one socket.
    pub(crate) high_water: AtomicUsize,
    /// From taking updates up to the last write of them.
    pub(crate) fan_out: Times,
    /// Streams that ended, by reason.
    pub(crate) ends: Tally,
}

/// What is counted beside the lanes.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    /// Requests that were refused, by reason.
    pub(crate) refusals: Tally,
    /// Connections that were refused or cut, by reason.
    pub(crate) connections: Tally,
    /// Certificates that were not got, by reason.
    pub(crate) certificates: Tally,
    /// Streams of hyper that ended, by reason.
    pub(crate) ends: Tally,
    /// From a publication's last byte to the answer of the history.
    pub(crate) publish: Times,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_counted_in_its_range() {
        let times = Times::default();
        for (took_us, range) in [(0, 0), (50, 0), (51, 1), (5_000_000, 13), (u64::MAX, 14)] {
            times.record(Duration::from_micros(took_us), 2);
            assert_eq!(times.ranges[range].swap(0, Relaxed), 2, "{took_us}");
        }
    }
}
