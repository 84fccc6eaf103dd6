//! A history in memory, bounded by count, bytes and age; it commits at once and forgets the oldest first.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::bounds::{Ages, Clock, HistoryBounds};
use super::{
    Committed, Extent, History, HistoryError, Outcome, Overrun, Position, Read, Resumed,
    Resumption, Ticket,
};
use crate::event_id::{EventId, LastEventId, ResponseCursor};
use crate::limits::{REPLAY_BATCH_BYTES, REPLAY_BATCH_UPDATES};
use crate::sign::Sign;
use crate::update::Update;

/// The log of a hub without a disk.
#[derive(Debug)]
pub struct MemoryHistory {
    most_updates: usize,
    most_bytes: usize,
    ages: Ages,
    updates: VecDeque<Kept>,
    size_bytes: usize,
    /// The position of the oldest update that is kept, or that of the next one if none is.
    oldest: Position,
    ids: IdIndex,
    feed: VecDeque<Outcome>,
    submitted: Ticket,
}

#[derive(Debug)]
struct Kept {
    update: Arc<Update>,
    stamp_ms: u64,
}

impl MemoryHistory {
    /// An empty log with these bounds.
    pub fn new(bounds: HistoryBounds, clock: Clock) -> Self {
        Self {
            most_updates: usize::try_from(bounds.updates).unwrap_or(usize::MAX),
            most_bytes: usize::try_from(bounds.bytes).unwrap_or(usize::MAX),
            ages: Ages::new(bounds.age, clock),
            updates: VecDeque::new(),
            size_bytes: 0,
            oldest: Position::FIRST,
            ids: IdIndex::default(),
            feed: VecDeque::new(),
            submitted: Ticket::default(),
        }
    }

    fn append(&mut self, update: &Arc<Update>, stamp_ms: u64) -> Position {
        let position = self.end();
        self.ids.append(update.id().clone(), position);
        self.size_bytes += update.size_bytes();
        self.updates.push_back(Kept {
            update: Arc::clone(update),
            stamp_ms,
        });
        while self.updates.len() > self.most_updates || self.size_bytes > self.most_bytes {
            self.forget_oldest();
        }
        position
    }

    fn forget_oldest(&mut self) {
        if let Some(Kept { update, .. }) = self.updates.pop_front() {
            self.size_bytes -= update.size_bytes();
            self.ids.forget_oldest(update.id());
            self.oldest = self.oldest.next();
        }
    }

    fn forget_too_old(&mut self) {
        let horizon_ms = self.ages.horizon_ms();
        while self
            .updates
            .front()
            .is_some_and(|kept| kept.stamp_ms < horizon_ms)
        {
            self.forget_oldest();
        }
    }
}

impl History for MemoryHistory {
    fn submit(&mut self, batch: Vec<Arc<Update>>) -> Result<Ticket, HistoryError> {
        self.submitted = self.submitted.next();
        self.forget_too_old();
        let stamp_ms = self.ages.stamp_ms();
        let last = batch.len().saturating_sub(1);
        for (index, update) in batch.into_iter().enumerate() {
            let position = self.append(&update, stamp_ms);
            self.feed.push_back(Outcome::Committed(Committed {
                position,
                update,
                answers: (index == last).then_some(self.submitted),
            }));
        }
        Ok(self.submitted)
    }

    fn send_sign(&mut self, sign: Sign) {
        self.feed.push_back(Outcome::Sign(sign));
    }

    fn next_outcome(&mut self) -> Option<Outcome> {
        self.feed.pop_front()
    }

    fn resume(&mut self, cursor: &LastEventId) -> Resumed {
        self.forget_too_old();
        let found = match cursor {
            LastEventId::Earliest => None,
            LastEventId::After(id) => self.ids.oldest(id),
        };
        Resumed::At(match found {
            Some((id, position)) => Resumption {
                position: position.next(),
                cursor: ResponseCursor::After(id.clone()),
            },
            None => Resumption {
                position: self.oldest,
                cursor: ResponseCursor::Earliest,
            },
        })
    }

    fn end(&self) -> Position {
        Position(self.oldest.0 + self.updates.len() as u64)
    }

    fn read(&self, from: Position, batch: &mut Vec<Arc<Update>>) -> Result<Read, Overrun> {
        let skipped = from.0.checked_sub(self.oldest.0).ok_or(Overrun)?;
        let skipped = usize::try_from(skipped).unwrap_or(usize::MAX);
        let mut next = from;
        let mut read_bytes = 0;
        for kept in self.updates.iter().skip(skipped).take(REPLAY_BATCH_UPDATES) {
            if read_bytes > REPLAY_BATCH_BYTES {
                break;
            }
            read_bytes += kept.update.size_bytes();
            batch.push(Arc::clone(&kept.update));
            next = next.next();
        }
        Ok(Read::UpTo(next))
    }

    fn extent(&self) -> Option<Extent> {
        let oldest = self.updates.front();
        Some(Extent {
            updates: self.updates.len() as u64,
            size_bytes: self.size_bytes as u64,
            oldest_age_ms: oldest.map_or(0, |kept| self.ages.age_ms(kept.stamp_ms)),
        })
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
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use super::*;
    use crate::test_support::update;

    fn empty(updates: usize, bytes: usize) -> MemoryHistory {
        let bounds = HistoryBounds {
            updates: updates as u64,
            bytes: bytes as u64,
            age: None,
        };
        MemoryHistory::new(bounds, Clock::new(|| Duration::ZERO))
    }

    fn history(most_updates: usize, ids: &[&str]) -> MemoryHistory {
        let mut history = empty(most_updates, usize::MAX);
        for id in ids {
            submit(&mut history, id);
        }
        history
    }

    fn submit(history: &mut MemoryHistory, id: &str) -> Ticket {
        history
            .submit(vec![update("t", id)])
            .expect("memory takes all")
    }

    fn read(
        history: &MemoryHistory,
        from: Position,
        batch: &mut Vec<Arc<Update>>,
    ) -> Result<Position, Overrun> {
        match history.read(from, batch)? {
            Read::UpTo(position) => Ok(position),
            Read::Ask(_) => panic!("all of it is in memory"),
        }
    }

    /// What is replayed for `cursor`, and the response cursor.
    fn replay(history: &mut MemoryHistory, cursor: &str) -> (Vec<String>, String) {
        let Resumed::At(resumption) = history.resume(&LastEventId::parse(cursor)) else {
            panic!("all of it is in memory");
        };
        let mut batch = Vec::new();
        read(history, resumption.position, &mut batch).expect("just resumed");
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
            let (ids, answered) = replay(&mut history(most_updates, log), cursor);
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
        let mut history = empty(0, usize::MAX);
        let first = history
            .submit(vec![update("t", "a"), update("t", "b")])
            .expect("memory takes all");
        let second = submit(&mut history, "c");
        let fed: Vec<_> = std::iter::from_fn(|| history.next_outcome())
            .map(|outcome| match outcome {
                Outcome::Committed(committed) => {
                    (committed.update.id().to_string(), committed.answers)
                }
                other => panic!("memory takes all: {other:?}"),
            })
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
        let mut history = empty(usize::MAX, 3 * one);
        for id in ["a", "b", "c", "d", "e"] {
            submit(&mut history, id);
        }
        assert_eq!(replay(&mut history, "earliest").0, ["c", "d", "e"]);
        assert_eq!(history.ids.uses.len(), 3);
    }

    #[test]
    fn a_reader_that_was_overtaken_is_told() {
        let history = history(2, &["a", "b", "c"]);
        let read = |from| read(&history, Position(from), &mut Vec::new());
        assert_eq!(read(1), Err(Overrun));
        assert_eq!(read(4), Ok(Position(4)));
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
        let next = read(&history, Position(1), &mut batch).expect("in the log");
        assert_eq!(batch.len(), REPLAY_BATCH_UPDATES);
        read(&history, next, &mut batch).expect("in the log");
        assert_eq!(batch.len(), ids.len());
    }

    #[test]
    fn age_is_bounded_whether_or_not_something_comes() {
        let now_s = Arc::new(AtomicU64::new(1000));
        let clock = Arc::clone(&now_s);
        let bounds = HistoryBounds {
            age: Some(Duration::from_secs(10)),
            ..HistoryBounds::MEMORY
        };
        let mut history = MemoryHistory::new(
            bounds,
            Clock::new(move || Duration::from_secs(clock.load(Ordering::Relaxed))),
        );
        for (second, id) in [(1000, "a"), (1005, "b"), (990, "c"), (1009, "d")] {
            now_s.store(second, Ordering::Relaxed);
            submit(&mut history, id);
        }
        let mut kept_at = |second| {
            now_s.store(second, Ordering::Relaxed);
            replay(&mut history, "earliest").0
        };
        assert_eq!(kept_at(1010), ["a", "b", "c", "d"]);
        // A clock that was set back makes nothing younger than what came before it.
        assert_eq!(kept_at(1011), ["b", "c", "d"]);
        assert_eq!(kept_at(1016), ["d"]);
        assert_eq!(kept_at(1020), [""; 0]);
        submit(&mut history, "e");
        now_s.store(1023, Ordering::Relaxed);
        assert_eq!(history.extent().map(|it| it.oldest_age_ms), Some(3000));
    }
}
