//! Subscribers who leave by plan.

use super::Reader;
use crate::clock::Micros;
use crate::crowd::subscriber::State;

impl Reader {
    /// Sets when a subscriber with a stream leaves; whoever rests or waits overtakes it, and sets it anew.
    pub(super) fn set_leaving(&mut self, place: u32) {
        if let Some(closes_at) = self.closes_at(place) {
            self.timers.set(place, closes_at);
        }
    }

    /// Ends its stream if it is time. Whether it was.
    pub(super) fn leave_if_due(&mut self, place: u32, now: Micros) -> bool {
        let is_due = self.closes_at(place).is_some_and(|at| at <= now);
        if is_due {
            let subscriber = &mut self.subscribers[place as usize];
            subscriber.wire = None;
            subscriber.state = State::Over;
            subscriber.record.left_at = Some(now);
            self.live.connected.subtract(1);
            self.recorder.left(subscriber.index, &subscriber.record);
        }
        is_due
    }

    pub(super) fn closes_at(&self, place: u32) -> Option<Micros> {
        self.planned(place).closes_at(self.shared.plan.late_after)
    }
}
