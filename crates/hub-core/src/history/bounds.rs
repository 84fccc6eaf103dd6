//! How much a history keeps: the oldest is forgotten first.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::limits;

/// What a history keeps at most; each bound holds by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryBounds {
    /// Updates; 0 keeps none.
    pub updates: u64,
    /// Bytes: of memory, or of what is written to a file for the updates and their index.
    pub bytes: u64,
    /// How old an update may get; none for any age.
    pub age: Option<Duration>,
}

impl HistoryBounds {
    /// Of a history in memory, unless configured otherwise.
    pub const MEMORY: Self = Self {
        updates: limits::HISTORY_UPDATES as u64,
        bytes: limits::HISTORY_BYTES as u64,
        age: None,
    };
    /// Of a durable history, unless configured otherwise.
    pub const DURABLE: Self = Self {
        updates: limits::DURABLE_HISTORY_UPDATES,
        bytes: limits::DURABLE_HISTORY_BYTES,
        age: None,
    };
}

/// What tells the time to a history that forgets by age: the time since the Unix epoch. It may be set back: then updates live
/// longer.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Duration + Send + Sync>);

impl Clock {
    /// The clock that `now` reads.
    pub fn new(now: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// In milliseconds since the Unix epoch.
    pub(super) fn now_ms(&self) -> u64 {
        u64::try_from((self.0)().as_millis()).unwrap_or(u64::MAX)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// The ages of a log: stamps that never fall, and which of them are too old.
#[derive(Clone, Debug)]
pub(super) struct Ages {
    longest_ms: Option<u64>,
    clock: Clock,
    newest_ms: u64,
}

impl Ages {
    pub(super) fn new(longest: Option<Duration>, clock: Clock) -> Self {
        Self {
            longest_ms: longest
                .map(|longest| u64::try_from(longest.as_millis()).unwrap_or(u64::MAX)),
            clock,
            newest_ms: 0,
        }
    }

    /// Stamps are not smaller than this from now on.
    pub(super) fn continue_from(&mut self, newest_ms: u64) {
        self.newest_ms = self.newest_ms.max(newest_ms);
    }

    /// The stamp of an update that is stored now.
    pub(super) fn stamp_ms(&mut self) -> u64 {
        self.newest_ms = self.newest_ms.max(self.clock.now_ms());
        self.newest_ms
    }

    /// How long ago a stamp was made.
    pub(super) fn age_ms(&self, stamp_ms: u64) -> u64 {
        self.clock.now_ms().saturating_sub(stamp_ms)
    }

    /// The smallest stamp that is not too old; 0 for any.
    pub(super) fn horizon_ms(&self) -> u64 {
        self.longest_ms.map_or(0, |longest_ms| {
            self.clock.now_ms().saturating_sub(longest_ms)
        })
    }
}
