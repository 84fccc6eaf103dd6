//! Streams that a scenario drops: a subscriber's network is gone, and it comes back by itself. Not for what the hub drops.

use std::collections::{HashMap, VecDeque};

use super::Reader;
use crate::clock::Micros;
use crate::crowd::failure::Failure;
use crate::crowd::subscriber::State;
use crate::plan::Plan;

/// The streams that a thread is to drop, and when.
pub(super) struct Drops(VecDeque<(Micros, u32)>);

impl Drops {
    /// Of the subscribers of one thread, by their place there.
    pub(super) fn of(plan: &Plan, subscribers: &[u32]) -> Self {
        let places: HashMap<u32, u32> = if plan.faults.is_empty() {
            HashMap::new()
        } else {
            subscribers.iter().copied().zip(0..).collect()
        };
        let drops = plan.faults.iter().flat_map(|fault| {
            let dropped = fault.drops.iter().filter_map(|index| places.get(index));
            dropped.map(|place| (fault.at, *place))
        });
        Self(drops.collect())
    }

    /// The place of a subscriber whose stream is to be dropped by now.
    pub(super) fn pop_due(&mut self, now: Micros) -> Option<u32> {
        let due = self.0.front().is_some_and(|(at, _)| *at <= now);
        due.then(|| self.0.pop_front())
            .flatten()
            .map(|(_, place)| place)
    }

    /// When the next one is.
    pub(super) fn next_at(&self) -> Option<Micros> {
        self.0.front().map(|(at, _)| *at)
    }
}

impl Reader {
    /// Cuts a stream, if there is one.
    pub(super) fn drop_stream(&mut self, place: u32) {
        if !matches!(self.subscribers[place as usize].state, State::Streaming(_)) {
            return;
        }
        self.fail(place, Failure::Dropped);
        let streams = &mut self.subscribers[place as usize].record.streams;
        if let Some(stream) = streams.last_mut() {
            stream.was_dropped = true;
        }
    }
}
