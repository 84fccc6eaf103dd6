//! When each subscriber of a thread is due next. One pending instant a subscriber counts: setting a new one, or clearing it,
//! overtakes the old one.

use crate::clock::Micros;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The pending instants of a thread's subscribers, by their place on the thread.
#[derive(Debug)]
pub(crate) struct Timers {
    heap: BinaryHeap<Reverse<(Micros, u32, u32)>>,
    /// The generation of each subscriber's latest timer; older ones in the heap are void.
    generations: Vec<u32>,
}

impl Timers {
    pub(crate) fn new(subscribers: usize) -> Self {
        Self {
            heap: BinaryHeap::with_capacity(subscribers),
            generations: vec![0; subscribers],
        }
    }

    /// Makes `subscriber` due at `at`, instead of whatever was set before.
    pub(crate) fn set(&mut self, subscriber: u32, at: Micros) {
        let generation = self.overtake(subscriber);
        self.heap.push(Reverse((at, subscriber, generation)));
    }

    /// Nothing is due for `subscriber` any more.
    pub(crate) fn clear(&mut self, subscriber: u32) {
        self.overtake(subscriber);
    }

    /// The next subscriber that is due at `now`, whose timer is gone with that.
    pub(crate) fn pop_due(&mut self, now: Micros) -> Option<u32> {
        while let Some(&Reverse((at, subscriber, generation))) = self.heap.peek() {
            let is_void = self.generations[subscriber as usize] != generation;
            if !is_void && at > now {
                return None;
            }
            self.heap.pop();
            if !is_void {
                self.overtake(subscriber);
                return Some(subscriber);
            }
        }
        None
    }

    /// The first pending instant. It may be one that was overtaken: then nothing is due at it.
    pub(crate) fn next_at(&self) -> Option<Micros> {
        self.heap.peek().map(|&Reverse((at, _, _))| at)
    }

    fn overtake(&mut self, subscriber: u32) -> u32 {
        let generation = &mut self.generations[subscriber as usize];
        *generation = generation.wrapping_add(1);
        *generation
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_subscriber_is_due_once_at_its_latest_instant() {
        let mut timers = Timers::new(3);
        timers.set(0, Micros(30));
        timers.set(1, Micros(10));
        timers.set(2, Micros(20));
        timers.set(0, Micros(15));
        timers.clear(2);
        let mut due = Vec::new();
        for now in [9, 10, 15, 20, 30, 40] {
            while let Some(subscriber) = timers.pop_due(Micros(now)) {
                due.push((now, subscriber));
            }
        }
        assert_eq!(due, [(10, 1), (15, 0)]);
        assert_eq!(timers.next_at(), None);
    }
}
