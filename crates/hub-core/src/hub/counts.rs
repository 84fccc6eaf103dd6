//! What the hub has done and keeps, in numbers; and whether it still does anything: a sign that goes the way of an update.

use std::task::Waker;

use super::{Hub, PublishError, State};
use crate::history::Extent;

/// Numbers of a hub since it was made. Those of lanes are with their threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Subscribers that are in now.
    pub subscribers: usize,
    /// Updates that the feed of the history has handed out.
    pub published: u64,
    /// Updates put into the queues of subscribers, one for each subscriber.
    pub queued: u64,
    /// The most updates that ever waited in the queue of one subscriber.
    pub queue_high_water: usize,
    /// What the history keeps, if it tells.
    pub history: Option<Extent>,
}

/// What [`State`] counts, under its lock.
#[derive(Debug, Default)]
pub(super) struct Counting {
    pub(super) published: u64,
    pub(super) queued: u64,
    pub(super) queue_high_water: usize,
}

impl Hub {
    /// The numbers of now.
    pub fn counts(&self) -> Counts {
        let state = self.shared().lock();
        let State {
            history,
            admission,
            counting,
            ..
        } = &*state;
        Counts {
            subscribers: admission.subscribers(),
            published: counting.published,
            queued: counting.queued,
            queue_high_water: counting.queue_high_water,
            history: history.extent(),
        }
    }

    /// Sends a sign through the hub that goes the way of a committed update, into every lane behind what waits there, and whose
    /// receipt wakes `received`, once for each lane. No history has it, and no subscriber sees it. How many lanes were sent it.
    ///
    /// The error is what a publisher would get now.
    pub fn probe(&self, received: &Waker) -> Result<usize, PublishError> {
        let state = self.shared().lock();
        if state.closed.is_some() {
            return Err(PublishError::Closed);
        }
        let lanes = state.lanes.iter();
        let wakers: Vec<_> = lanes.filter_map(|lane| lane.probe(received)).collect();
        let count = state.lanes.len();
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
        Ok(count)
    }
}
