//! When a lane has to look at a stream although nothing happened: for a heartbeat, for an end, for a peer that stalls.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

/// A stream, as long as it is there: its key may be used again, with another serial number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct StreamId {
    pub(super) key: usize,
    pub(super) serial: u32,
}

impl StreamId {
    /// How long this stream may be silent where `longest` is the most: up to a quarter less, by its serial number. Thousands that
    /// an update reached at once would otherwise all be due at once ever after.
    pub(super) fn silence(self, longest: Duration) -> Duration {
        // Neighbours come out far apart (Fibonacci hashing): the golden ratio of 32 bits.
        let share = self.serial.wrapping_mul(0x9E37_79B9) >> 16;
        longest.saturating_sub((longest / 4 / (1 << 16)) * share)
    }
}

/// Why a stream is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Alarm {
    /// Its planned end has come.
    End,
    /// The hub ends, and it is the turn of this stream.
    Farewell,
    /// Its peer has not read the end of it in time.
    Cut,
    /// Its peer may have stopped reading.
    Stall,
    /// It may have been silent for too long.
    Heartbeat,
}

/// A stream has at most one alarm of each kind.
const KINDS: usize = 4;
/// Fewer than these are not worth a look.
const SWEPT_AT_LEAST: usize = 1_024;

/// Instants and the streams that they concern. An alarm of a stream that is gone stays until it is due, or
/// until [`Alarms::sweep`].
#[derive(Debug, Default)]
pub(super) struct Alarms(BinaryHeap<Reverse<(Instant, Alarm, StreamId)>>);

impl Alarms {
    /// Looks at a stream again at `at`; never, if that is beyond the range of the clock.
    pub(super) fn set(&mut self, at: Option<Instant>, alarm: Alarm, stream: StreamId) {
        self.0.extend(at.map(|at| Reverse((at, alarm, stream))));
    }

    /// Forgets the alarms of streams that are gone, of which some are due in hours, once there may be more of them than of the
    /// `streams` that are there: then each alarm is looked at once for each that was set since the last time, at most.
    pub(super) fn sweep(&mut self, streams: usize, is_there: impl Fn(StreamId) -> bool) {
        if self.0.len() > streams * KINDS + SWEPT_AT_LEAST {
            self.0.retain(|Reverse((_, _, stream))| is_there(*stream));
            self.0.shrink_to(streams * KINDS + SWEPT_AT_LEAST);
        }
    }

    /// The next instant at which something is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.0.peek().map(|Reverse((at, ..))| *at)
    }

    /// Takes one that is due.
    pub(super) fn due(&mut self, now: Instant) -> Option<(Alarm, StreamId)> {
        let is_due = self.next().is_some_and(|at| at <= now);
        let Reverse((_, alarm, stream)) = is_due.then(|| self.0.pop())??;
        Some((alarm, stream))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_is_not_due_at_once() {
        let longest = Duration::from_secs(16);
        let mut due: Vec<_> = (0..1_000)
            .map(|serial| StreamId { key: 0, serial }.silence(longest))
            .collect();
        due.sort_unstable();
        assert!(
            due.iter()
                .all(|due| (Duration::from_secs(12)..=longest).contains(due))
        );
        // In no tenth of a second are more than twice as many as there would be if they were spread evenly.
        let most = due.chunk_by(|one, next| one.as_millis() / 100 == next.as_millis() / 100);
        assert!(most.map(<[_]>::len).all(|count| count <= 50));
    }

    #[test]
    fn what_is_due_comes_once_and_in_order() {
        let stream = |key| StreamId { key, serial: 0 };
        let start = Instant::now();
        let after = |ms| start + Duration::from_millis(ms);
        let mut alarms = Alarms::default();
        alarms.set(Some(after(10)), Alarm::Heartbeat, stream(1));
        alarms.set(Some(after(30)), Alarm::End, stream(2));
        alarms.set(Some(after(5)), Alarm::Stall, stream(3));
        alarms.set(None, Alarm::Heartbeat, stream(4));
        assert_eq!(alarms.next(), Some(after(5)));
        assert_eq!(alarms.due(after(4)), None);
        assert_eq!(alarms.due(after(12)), Some((Alarm::Stall, stream(3))));
        assert_eq!(alarms.due(after(12)), Some((Alarm::Heartbeat, stream(1))));
        assert_eq!(alarms.due(after(12)), None);
        assert_eq!(alarms.due(after(60)), Some((Alarm::End, stream(2))));
        assert_eq!((alarms.due(after(60)), alarms.next()), (None, None));
    }

    #[test]
    fn alarms_of_streams_that_are_gone_do_not_pile_up() {
        let start = Instant::now();
        let mut alarms = Alarms::default();
        for serial in 0..100_000 {
            let stream = StreamId { key: 0, serial };
            let in_hours = start + Duration::from_hours(12);
            alarms.set(Some(in_hours), Alarm::End, stream);
            alarms.set(Some(start), Alarm::Heartbeat, stream);
            alarms.sweep(1, |there| there.serial >= serial);
            assert!(alarms.0.len() <= SWEPT_AT_LEAST + KINDS);
        }
        assert!(alarms.0.capacity() <= 4 * SWEPT_AT_LEAST);
        let last = StreamId {
            key: 0,
            serial: 99_999,
        };
        let mut of_last = 0;
        while let Some((_, stream)) = alarms.due(start + Duration::from_hours(12)) {
            of_last += usize::from(stream == last);
        }
        assert_eq!(of_last, 2, "those of the one that is there are kept");
    }
}
