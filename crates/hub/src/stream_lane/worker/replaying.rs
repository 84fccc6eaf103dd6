//! How streams of a lane get their history: a batch at a time, no faster than their sockets take it.
//!
//! What is in memory is read here. What is not is ordered, and the lane looks after its other streams until it is told that
//! the batch has been read.

use std::sync::atomic::Ordering;
use std::time::Instant;

use assay_hub_core::Advance;

use super::Worker;
use crate::limits::{LAST_READ_TIMEOUT, REPLAY_BATCHES_A_TURN};
use crate::stream_lane::stream::Written;

impl Worker {
    /// Goes on with the history, as far as the socket takes it and others need not wait for long.
    pub(super) fn replay(&mut self, key: usize) {
        for _ in 0..REPLAY_BATCHES_A_TURN {
            let Some(stream) = self.streams.get_mut(key) else {
                return;
            };
            let Some(subscriber) = &mut stream.subscriber else {
                return;
            };
            let batch = match self.lane.advance(subscriber, key) {
                Ok(Advance::Batch(batch)) => batch,
                Ok(Advance::Reading) => return,
                Err(reason) => {
                    let cut_at = Instant::now().checked_add(LAST_READ_TIMEOUT);
                    return self.finish(key, reason.code(), cut_at);
                }
            };
            let is_live = subscriber.is_live();
            let counts = &self.shared.counts;
            let replayed = batch.len() as u64;
            counts.replayed.fetch_add(replayed, Ordering::Relaxed);
            for update in batch {
                stream.enqueue(update.chunk().clone());
            }
            match stream.flush(Instant::now()) {
                Ok(Written::All) if is_live => return,
                Ok(Written::All) => {}
                // What waits is a part of the history, read no faster than it is sent: no reason to close.
                Ok(Written::Blocked) => return self.watch(key),
                Err(error) => return self.wrote(key, Err(error)),
            }
        }
        if let Some(stream) = self.streams.get(key) {
            self.replaying.push(stream.id(key));
        }
    }

    /// Goes on with those that did not have to wait for more than their turn.
    pub(super) fn go_on_replaying(&mut self) {
        for id in std::mem::take(&mut self.replaying) {
            let stream = self.streams.get(id.key);
            if stream.is_some_and(|stream| stream.serial == id.serial) {
                self.replay(id.key);
            }
        }
    }

    /// What was ordered for the stream of this key has been read; or for one that had it before, which changes nothing. It goes
    /// on in its turn, behind what has arrived for all.
    pub(super) fn on_read(&mut self, key: usize) {
        let Some(stream) = self.streams.get(key) else {
            return;
        };
        // A socket that takes nothing now says when it does.
        if !stream.is_blocked() {
            self.replaying.push(stream.id(key));
        }
    }
}
