//! What the hub has done and keeps, in numbers.

use std::sync::atomic::Ordering::Relaxed;

use super::{Hub, State};
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
    /// Updates of the history read for subscribers with a queue that resumed.
    pub replayed: u64,
    /// The most updates that ever waited in the queue of one subscriber.
    pub queue_high_water: usize,
    /// Read orders that are out: they wait, or are being executed.
    pub read_orders: usize,
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
        let read_orders = self.shared().orders.count();
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
            replayed: self.shared().replayed.load(Relaxed),
            queue_high_water: counting.queue_high_water,
            read_orders,
            history: history.extent(),
        }
    }
}
