//! The newest updates of a durable history, in memory: where a replay meets what is live, without the disk.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::history::Position;
use crate::limits::{RECENT_BYTES, RECENT_UPDATES, REPLAY_BATCH_BYTES, REPLAY_BATCH_UPDATES};
use crate::update::Update;

#[derive(Debug)]
pub(super) struct Recent {
    updates: VecDeque<Arc<Update>>,
    size_bytes: usize,
    end: Position,
}

impl Recent {
    /// Of a log whose feed begins at `end`.
    pub(super) fn new(end: Position) -> Self {
        Self {
            updates: VecDeque::new(),
            size_bytes: 0,
            end,
        }
    }

    /// The position behind the newest.
    pub(super) fn end(&self) -> Position {
        self.end
    }

    pub(super) fn push(&mut self, update: &Arc<Update>) {
        self.end = self.end.next();
        self.size_bytes += update.size_bytes();
        self.updates.push_back(Arc::clone(update));
        while self.updates.len() > RECENT_UPDATES || self.size_bytes > RECENT_BYTES {
            let Some(oldest) = self.updates.pop_front() else {
                break;
            };
            self.size_bytes -= oldest.size_bytes();
        }
    }

    /// Appends a batch from `from` on and returns the position behind it; none if they are not here.
    pub(super) fn read(&self, from: Position, batch: &mut Vec<Arc<Update>>) -> Option<Position> {
        let behind = usize::try_from(self.end.0.saturating_sub(from.0)).unwrap_or(usize::MAX);
        let start = self.updates.len().checked_sub(behind)?;
        let (mut next, mut read_bytes) = (from, 0);
        for update in self.updates.range(start..).take(REPLAY_BATCH_UPDATES) {
            if read_bytes > REPLAY_BATCH_BYTES {
                break;
            }
            read_bytes += update.size_bytes();
            batch.push(Arc::clone(update));
            next = next.next();
        }
        Some(next)
    }
}
