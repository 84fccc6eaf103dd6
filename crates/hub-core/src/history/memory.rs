//! A history in memory, bounded by count and by bytes; it commits at once and forgets the oldest first.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::{Committed, History, HistoryError, Overrun, Position, Resumption, Ticket};
use crate::event_id::{EventId, LastEventId, ResponseCursor};
use crate::limits::{REPLAY_BATCH_BYTES, REPLAY_BATCH_UPDATES};
use crate::update::Update;

/// The log of a hub without a disk.
#[derive(Debug)]
pub struct MemoryHistory {
    most_updates: usize,
    most_bytes: usize,
    updates: VecDeque<Arc<Update>>,
    size_bytes: usize,
    /// The position of the oldest update that is kept, or that of the next one if none is.
    oldest: Position,
    ids: IdIndex,
    feed: VecDeque<Committed>,
    submitted: u64,
}

impl MemoryHistory {
    /// An empty log that keeps at most so many updates and bytes; with 0 updates it keeps none.
    pub fn new(most_updates: usize, most_bytes: usize) -> Self {
        Self {
            most_updates,
            most_bytes,
            updates: VecDeque::new(),
            size_bytes: 0,
            oldest: Position(1),
            ids: IdIndex::default(),
            feed: VecDeque::new(),
            submitted: 0,
        }
    }

    fn append(&mut self, update: &Arc<Update>) -> Position {
        let position = self.end();
        self.ids.append(update.id().clone(), position);
        self.size_bytes += update.size_bytes();
        self.updates.push_back(Arc::clone(update));
        while self.updates.len() > self.most_updates || self.size_bytes > self.most_bytes {
            self.forget_oldest();
        }
        position
    }

    fn forget_oldest(&mut self) {
        if let Some(forgotten) = self.updates.pop_front() {
            self.size_bytes -= forgotten.size_bytes();
            self.ids.forget_oldest(forgotten.id());
            self.oldest = self.oldest.next();
        }
    }
}

impl History for MemoryHistory {
    fn submit(&mut self, batch: Vec<Arc<Update>>) -> Result<Ticket, HistoryError> {
        self.submitted += 1;
        let ticket = Ticket(self.submitted);
        let last = batch.len().saturating_sub(1);
        for (index, update) in batch.into_iter().enumerate() {
            let position = self.append(&update);
            self.feed.push_back(Committed {
                position,
                update,
                answers: (index == last).then_some(ticket),
            });
        }
        Ok(ticket)
    }

    fn next_committed(&mut self) -> Option<Committed> {
        self.feed.pop_front()
    }

    fn resume(&self, cursor: &LastEventId) -> Resumption {
        let found = match cursor {
            LastEventId::Earliest => None,
            LastEventId::After(id) => self.ids.oldest(id),
        };
        match found {
            Some((id, position)) => Resumption {
                position: position.next(),
                cursor: ResponseCursor::After(id.clone()),
            },
            None => Resumption {
                position: self.oldest,
                cursor: ResponseCursor::Earliest,
            },
        }
    }

    fn end(&self) -> Position {
        Position(self.oldest.0 + self.updates.len() as u64)
    }

    fn read(&self, from: Position, batch: &mut Vec<Arc<Update>>) -> Result<Position, Overrun> {
        let skipped = from.0.checked_sub(self.oldest.0).ok_or(Overrun)?;
        let skipped = usize::try_from(skipped).unwrap_or(usize::MAX);
        let mut next = from;
        let mut read_bytes = 0;
        for update in self.updates.iter().skip(skipped).take(REPLAY_BATCH_UPDATES) {
            if read_bytes > REPLAY_BATCH_BYTES {
                break;
            }
            read_bytes += update.size_bytes();
            batch.push(Arc::clone(update));
            next = next.next();
        }
        Ok(next)
    }
}

/// The oldest position of each id that is in the log. An id may be used again, which links its positions.
#[derive(Debug, Default)]
struct IdIndex {
    uses: HashMap<EventId, Uses>,
    /// From one use of an id to its next; empty unless ids are used again.
    next_use: HashMap<Position, Position>,
}

#[derive(Debug)]
struct Uses {
    oldest: Position,
    newest: Position,
}

impl IdIndex {
    fn append(&mut self, id: EventId, position: Position) {
        let next_use = &mut self.next_use;
        self.uses
            .entry(id)
            .and_modify(|uses| {
                next_use.insert(uses.newest, position);
                uses.newest = position;
            })
            .or_insert(Uses {
                oldest: position,
                newest: position,
            });
    }

    /// Forgets the oldest use of `id`, which is that of the oldest update in the log.
    fn forget_oldest(&mut self, id: &EventId) {
        if let Some(uses) = self.uses.get_mut(id) {
            match self.next_use.remove(&uses.oldest) {
                Some(next) => uses.oldest = next,
                None => drop(self.uses.remove(id)),
            }
        }
    }

    fn oldest(&self, id: &str) -> Option<(&EventId, Position)> {
        self.uses
            .get_key_value(id)
            .map(|(id, uses)| (id, uses.oldest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::update;

    fn history(most_updates: usize, ids: &[&str]) -> MemoryHistory {
        let mut history = MemoryHistory::new(most_updates, usize::MAX);
        for id in ids {
            history
                .submit(vec![update("t", id)])
                .expect("memory takes all");
        }
        history
    }

    /// What is replayed for `cursor`, and the response cursor.
    fn replay(history: &MemoryHistory, cursor: &str) -> (Vec<String>, String) {
        let resumption = history.resume(&LastEventId::parse(cursor));
        let mut batch = Vec::new();
        history
            .read(resumption.position, &mut batch)
            .expect("just resumed");
        let ids = batch.iter().map(|update| update.id().to_string()).collect();
        (ids, resumption.cursor.as_str().to_owned())
    }

    #[test]
    fn cursors_resolve() {
        fn check(
            most_updates: usize,
            log: &[&str],
            cursor: &str,
            replayed: &[&str],
            response: &str,
        ) {
            let (ids, answered) = replay(&history(most_updates, log), cursor);
            assert_eq!(
                (ids.as_slice(), answered.as_str()),
                (
                    replayed
                        .iter()
                        .map(|id| (*id).to_owned())
                        .collect::<Vec<_>>()
                        .as_slice(),
                    response,
                ),
                "log {log:?}, size {most_updates}, cursor {cursor}"
            );
        }
        check(9, &["a", "b", "c"], "a", &["b", "c"], "a");
        check(9, &["a", "b", "c"], "c", &[], "c");
        check(
            9,
            &["a", "b", "c"],
            "earliest",
            &["a", "b", "c"],
            "earliest",
        );
        check(9, &["a", "b", "c"], "unknown", &["a", "b", "c"], "earliest");
        check(
            9,
            &["a", "b", "c"],
            "Earliest",
            &["a", "b", "c"],
            "earliest",
        );
        check(9, &[], "a", &[], "earliest");
        // replay.discard: a forgotten cursor is an unknown one.
        check(2, &["a", "b", "c"], "a", &["b", "c"], "earliest");
        check(2, &["a", "b", "c"], "b", &["c"], "b");
        check(0, &["a", "b"], "a", &[], "earliest");
        // replay.duplicate-id: the oldest use counts, as long as it is there.
        check(9, &["d", "b", "d", "c"], "d", &["b", "d", "c"], "d");
        check(3, &["d", "b", "d", "c"], "d", &["c"], "d");
        check(9, &["d", "d", "d", "c"], "d", &["d", "d", "c"], "d");
        check(2, &["d", "d", "d", "c"], "d", &["c"], "d");
        check(1, &["d", "d", "d", "c"], "d", &["c"], "earliest");
    }

    #[test]
    fn the_feed_hands_out_each_update_once_and_answers_tickets() {
        let mut history = MemoryHistory::new(0, usize::MAX);
        let first = history
            .submit(vec![update("t", "a"), update("t", "b")])
            .expect("memory takes all");
        let second = history
            .submit(vec![update("t", "c")])
            .expect("memory takes all");
        let fed: Vec<_> = std::iter::from_fn(|| history.next_committed())
            .map(|committed| (committed.update.id().to_string(), committed.answers))
            .collect();
        assert_eq!(
            fed,
            [
                ("a".to_owned(), None),
                ("b".to_owned(), Some(first)),
                ("c".to_owned(), Some(second)),
            ]
        );
    }

    #[test]
    fn bytes_are_bounded() {
        let one = update("t", "a").size_bytes();
        let mut history = MemoryHistory::new(usize::MAX, 3 * one);
        for id in ["a", "b", "c", "d", "e"] {
            history
                .submit(vec![update("t", id)])
                .expect("memory takes all");
        }
        assert_eq!(replay(&history, "earliest").0, ["c", "d", "e"]);
        assert_eq!(history.ids.uses.len(), 3);
    }

    #[test]
    fn a_reader_that_was_overtaken_is_told() {
        let history = history(2, &["a", "b", "c"]);
        assert_eq!(history.read(Position(1), &mut Vec::new()), Err(Overrun));
        assert_eq!(history.read(Position(4), &mut Vec::new()), Ok(Position(4)));
    }

    #[test]
    fn one_read_is_bounded() {
        let ids: Vec<_> = (0..REPLAY_BATCH_UPDATES + 5)
            .map(|number| number.to_string())
            .collect();
        let history = history(
            usize::MAX,
            &ids.iter().map(String::as_str).collect::<Vec<_>>(),
        );
        let mut batch = Vec::new();
        let next = history.read(Position(1), &mut batch).expect("in the log");
        assert_eq!(batch.len(), REPLAY_BATCH_UPDATES);
        history.read(next, &mut batch).expect("in the log");
        assert_eq!(batch.len(), ids.len());
    }
}
