//! How long to wait before a connection is tried again. Pure: randomness comes in as an argument.

use std::time::Duration;

/// Used until the hub sends `retry`.
const DEFAULT_TIME: Duration = Duration::from_secs(1);
/// With `retry: 0` a hub that refuses would be asked in a tight loop, so the second try in a row waits at least this.
const BACKOFF_MIN: Duration = Duration::from_millis(100);
/// Backing off ends here; only `retry` can make the wait longer.
const BACKOFF_MAX: Duration = Duration::from_secs(30);
/// A hub cannot send us away for longer.
const TIME_MAX: Duration = Duration::from_hours(1);

/// The reconnection time of one stream, and how often in a row it failed.
///
/// ```
/// use assay_client::Reconnection;
///
/// let mut reconnection = Reconnection::new();
/// reconnection.set_time_ms(200);
/// assert_eq!(reconnection.next_delay(0).as_millis(), 200);
/// assert_eq!(reconnection.next_delay(0).as_millis(), 400);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Reconnection {
    time: Duration,
    failures: u8,
}

impl Default for Reconnection {
    fn default() -> Self {
        Self::new()
    }
}

impl Reconnection {
    /// One second, until told otherwise.
    pub fn new() -> Self {
        Self {
            time: DEFAULT_TIME,
            failures: 0,
        }
    }

    /// The hub sent `retry`, in milliseconds; at most an hour counts. // replay.hub-retry
    pub fn set_time_ms(&mut self, retry_ms: u64) {
        self.time = Duration::from_millis(retry_ms).min(TIME_MAX);
    }

    /// A connection brought something: backing off starts over.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// The delay before the next try: the reconnection time, doubled for each failure in a row, and up to a half more by
    /// chance, so that a crowd does not come back as one. `random` is uniform over all of `u32`.
    pub fn next_delay(&mut self, random: u32) -> Duration {
        let least = if self.failures == 0 {
            Duration::ZERO
        } else {
            BACKOFF_MIN
        };
        let backed_off = self
            .time
            .max(least)
            .saturating_mul(1 << self.failures.min(16));
        self.failures = self.failures.saturating_add(1);
        let delay = backed_off.min(BACKOFF_MAX.max(self.time));
        delay + delay.mul_f64(f64::from(random) / f64::from(u32::MAX) / 2.0)
    }
}
