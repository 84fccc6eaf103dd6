//! How a crowd is let go when the hub ends: not all in the same moment, and not to come back in the same moment.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use bytes::Bytes;

use crate::limits::{FAREWELLS_PER_S, LONGEST_RETRY, RESTART, RETURNS_PER_S, SMALL_CROWD};

/// What streams do at the end; nothing special until there is a plan.
#[derive(Debug, Default)]
pub(crate) struct Farewell {
    /// Streams end within this time, each at a moment of its own.
    over_ms: AtomicU64,
    /// They come back within this time; 0 for as they like.
    return_over_ms: AtomicU64,
}

impl Farewell {
    /// For so many streams, in a hub that has `drain_timeout` to end: half of it is for those who are slow to take the end.
    pub(crate) fn plan(&self, streams: usize, drain_timeout: Duration) {
        if streams <= SMALL_CROWD {
            return;
        }
        let streams = streams as u64;
        let longest_ms = u64::try_from(drain_timeout.as_millis()).unwrap_or(u64::MAX) / 2;
        let over_ms = (streams * 1_000 / FAREWELLS_PER_S).min(longest_ms);
        self.over_ms.store(over_ms, Relaxed);
        let longest_retry_ms = LONGEST_RETRY.as_secs() * 1_000;
        let return_over_ms = (streams * 1_000 / RETURNS_PER_S).min(longest_retry_ms);
        self.return_over_ms.store(return_over_ms, Relaxed);
    }

    /// When, from now, a stream ends.
    pub(crate) fn delay(&self) -> Duration {
        Duration::from_millis(part_of(self.over_ms.load(Relaxed)))
    }

    /// A line that tells a subscriber when to come back (sse.retry), and dispatches nothing.
    pub(crate) fn retry(&self) -> Option<Bytes> {
        let return_over_ms = self.return_over_ms.load(Relaxed);
        // Not before the last has gone, and a hub that is only started again is there: through a proxy who comes too early
        // gets a 502, at which browsers give up for good.
        let away_ms = self.over_ms.load(Relaxed) + RESTART.as_secs() * 1_000;
        let retry_ms = away_ms + part_of(return_over_ms);
        (return_over_ms > 0).then(|| Bytes::from(format!("retry: {retry_ms}\n\n")))
    }
}

/// A random part of a whole.
fn part_of(whole: u64) -> u64 {
    (whole as f64 * rand::random::<f64>()) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_is_spread_and_a_few_are_not() {
        for (streams, drain_s, over_ms, return_over_ms) in [
            (0, 8, 0, 0),
            (SMALL_CROWD, 8, 0, 0),
            (1_000, 8, 200, 1_000),
            (10_000, 8, 2_000, 10_000),
            (100_000, 8, 4_000, 30_000),
            (100_000, 0, 0, 30_000),
        ] {
            let farewell = Farewell::default();
            farewell.plan(streams, Duration::from_secs(drain_s));
            let planned = (&farewell.over_ms, &farewell.return_over_ms);
            let planned = (planned.0.load(Relaxed), planned.1.load(Relaxed));
            assert_eq!(planned, (over_ms, return_over_ms), "{streams}");
            assert!(farewell.delay() <= Duration::from_millis(over_ms));
            let retry = farewell.retry();
            assert_eq!(retry.is_some(), return_over_ms > 0);
            let away_ms = over_ms + 2_000;
            for text in retry.iter().map(|it| String::from_utf8_lossy(it)) {
                let digits = text.trim().trim_start_matches("retry: ");
                let retry_ms: u64 = digits.parse().expect("a number");
                assert!(
                    (away_ms..=away_ms + return_over_ms).contains(&retry_ms),
                    "{text}"
                );
            }
        }
    }
}
