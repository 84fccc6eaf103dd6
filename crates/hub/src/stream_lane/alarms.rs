//! When a lane has to look at a stream although nothing happened: for a heartbeat, for an end, for a peer that stalls.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

/// A stream, as long as it is there: its key may be used again, with another serial number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct StreamId {
    pub(super) key: usize,
    pub(super) serial: u32,
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

/// Instants and the streams that they concern. An alarm of a stream that is gone stays until it is due.
#[derive(Debug, Default)]
pub(super) struct Alarms(BinaryHeap<Reverse<(Instant, Alarm, StreamId)>>);

impl Alarms {
    /// Looks at a stream again at `at`; never, if that is beyond the range of the clock.
    pub(super) fn set(&mut self, at: Option<Instant>, alarm: Alarm, stream: StreamId) {
        self.0.extend(at.map(|at| Reverse((at, alarm, stream))));
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
    use std::time::Duration;

    use super::*;

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
}
