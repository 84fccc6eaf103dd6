//! Subscribers who read slowly, or not at all, on purpose. Not for what that does to the hub: nothing of it enters the books.

use std::io;
use std::time::Duration;

use super::{Reader, limits};
use crate::crowd::failure::Failure;
use crate::crowd::subscriber::State;
use crate::plan::Reads;

impl Reader {
    /// After the read that opened the stream of one who does not read all.
    pub(super) fn read_on_later(&mut self, place: u32) {
        let is_streaming = matches!(self.subscribers[place as usize].state, State::Streaming(_));
        if is_streaming && matches!(self.planned(place).reads, Reads::Slowly(_)) {
            self.rest(place, limits::SLOW_READ_EVERY);
        } else if !is_streaming {
            self.unread.push(place);
        }
    }

    fn rest(&mut self, place: u32, pause: Duration) {
        self.subscribers[place as usize].rests = true;
        let until = self.shared.clock.now().plus(pause);
        let closes_at = self.closes_at(place);
        self.timers
            .set(place, closes_at.map_or(until, |at| at.min(until)));
    }

    /// As much as there is time for until the next read.
    pub(super) fn read_slowly(&mut self, place: u32, bytes_per_second: u32) {
        let subscriber = &mut self.subscribers[place as usize];
        let Some(wire) = subscriber.wire.as_mut().filter(|_| !subscriber.rests) else {
            return;
        };
        let share = limits::SLOW_READ_EVERY.as_secs_f64() * f64::from(bytes_per_second);
        let most = (share.ceil() as usize).clamp(1, self.received.len());
        let received = match wire.receive(&mut self.received[..most], self.stamping) {
            Ok(received) => received,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
            Err(error) => return self.fail(place, error.into()),
        };
        if received.bytes == 0 {
            return self.fail(place, Failure::Closed);
        }
        if let Err(failure) = self.take(place, received) {
            return self.fail(place, failure);
        }
        // A byte takes as long as its share: at a byte a second one is read in that time, not ten.
        let rest_us = (received.bytes as u64 * 1_000_000) / u64::from(bytes_per_second);
        self.rest(place, Duration::from_micros(rest_us));
    }
}
