//! The one writer of a durable history: what is stored and what is forgotten, in one transaction.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use redb::{Database, ReadableDatabase, ReadableTable, Table, WriteTransaction};

use super::open::OpenError;
use super::record::{self, DamagedRecord};
use super::store::{IDS, META, META_BYTES, META_END, Store, StoreError, UPDATES};
use crate::history::bounds::Ages;
use crate::history::{Clock, HistoryBounds, HistoryError, Position};
use crate::limits::{COMPACTED_BYTES, COMPACTED_SHARE, FORGOTTEN_AT_ONCE};
use crate::update::Update;

/// What an update takes in the file beside its record and its id: keys, offsets, and its part of the pages above.
const ENTRY_BYTES: u64 = 48;

/// See the module.
#[derive(Debug)]
pub(super) struct Writer {
    store: Arc<Store>,
    bounds: HistoryBounds,
    ages: Ages,
    tally: Tally,
}

/// What is kept.
#[derive(Clone, Copy, Debug)]
struct Tally {
    oldest: u64,
    end: u64,
    size_bytes: u64,
    /// When the oldest was stored.
    oldest_ms: u64,
}

/// See [`Writer::kept`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Kept {
    pub(super) updates: u64,
    pub(super) size_bytes: u64,
    pub(super) oldest_ms: u64,
}

impl Writer {
    /// Opens the file, or makes it, and forgets what the bounds have no room for.
    pub(super) fn open(
        path: &Path,
        bounds: HistoryBounds,
        clock: Clock,
    ) -> Result<Self, OpenError> {
        let not_read = |error: StoreError| OpenError::Damaged {
            path: path.to_path_buf(),
            reason: error.to_string(),
        };
        let store = Store::open(path)?;
        let (tally, newest_ms) = store.write(Tally::of).map_err(not_read)?;
        let mut ages = Ages::new(bounds.age, clock);
        ages.continue_from(newest_ms);
        let mut writer = Self {
            store: Arc::new(store),
            bounds,
            ages,
            tally,
        };
        let not_written = |reason| OpenError::Io {
            path: path.to_path_buf(),
            reason,
        };
        while writer.has_too_much() {
            let written = writer.append(&[]);
            written.map_err(|error| not_written(error.to_string()))?;
        }
        if writer.is_mostly_empty(path) {
            let compacted = writer.store.compact();
            compacted.map_err(|error| not_written(error.to_string()))?;
        }
        Ok(writer)
    }

    /// Whether so much was forgotten, or the bounds are so much lower than they were, that the room is better given back: what is
    /// forgotten leaves room that is used again, and the file as long as it is.
    fn is_mostly_empty(&self, path: &Path) -> bool {
        let file_bytes = fs::metadata(path).map_or(0, |file| file.len());
        file_bytes > COMPACTED_BYTES && file_bytes / COMPACTED_SHARE > self.tally.size_bytes
    }

    pub(super) fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// The position behind the newest update.
    pub(super) fn end(&self) -> Position {
        Position(self.tally.end)
    }

    /// What is kept: the updates, the bytes that they count, and when the oldest was stored.
    pub(super) fn kept(&self) -> Kept {
        Kept {
            updates: self.tally.end - self.tally.oldest,
            size_bytes: self.tally.size_bytes,
            oldest_ms: self.tally.oldest_ms,
        }
    }

    /// Whether something is to be forgotten.
    pub(super) fn has_too_much(&self) -> bool {
        self.tally.exceeds(self.bounds, self.ages.horizon_ms())
    }

    /// Stores updates, and forgets what there is no room for any more, in one transaction that is on the disk when this
    /// returns.
    pub(super) fn append(&mut self, updates: &[Arc<Update>]) -> Result<(), HistoryError> {
        let stamp_ms = self.ages.stamp_ms();
        let horizon_ms = self.ages.horizon_ms();
        self.tally = self.store.write(|database| {
            let transaction = database.begin_write()?;
            let mut step = Step::begin(&transaction, self.tally)?;
            for update in updates {
                step.store(update, stamp_ms)?;
            }
            step.forget(self.bounds, horizon_ms)?;
            let tally = step.finish()?;
            transaction.commit()?;
            Ok(tally)
        })?;
        Ok(())
    }

    /// Makes the file usable again after a failed write. What of that write reached the disk is taken out: it was refused.
    pub(super) fn recover(&mut self) -> Result<(), HistoryError> {
        let end = self.tally.end;
        let (tally, _) = self.store.open_again(|database| {
            take_out(database, end)?;
            Tally::of(database)
        })?;
        if tally.end != end {
            let reason = "updates that were stored are gone from its file".to_owned();
            return Err(HistoryError::Storage(reason));
        }
        self.tally = tally;
        Ok(())
    }
}

/// Takes out what stands from `end` on.
fn take_out(database: &Database, end: u64) -> Result<(), StoreError> {
    let (tally, _) = Tally::of(database)?;
    if tally.end <= end {
        return Ok(());
    }
    let transaction = database.begin_write()?;
    let mut step = Step::begin(&transaction, tally)?;
    step.take_back_to(end)?;
    step.finish()?;
    transaction.commit()?;
    Ok(())
}

impl Tally {
    /// Of the file as it is, and when its newest update was stored.
    fn of(database: &Database) -> Result<(Self, u64), StoreError> {
        let transaction = database.begin_read()?;
        let meta = transaction.open_table(META)?;
        let number = |name| -> Result<u64, StoreError> {
            let number = meta.get(name)?;
            Ok(number.ok_or(DamagedRecord)?.value())
        };
        let end = number(META_END)?;
        let mut tally = Self {
            oldest: end,
            end,
            size_bytes: number(META_BYTES)?,
            oldest_ms: 0,
        };
        let updates = transaction.open_table(UPDATES)?;
        let mut newest_ms = 0;
        if let (Some(first), Some(last)) = (updates.first()?, updates.last()?) {
            tally.oldest = first.0.value();
            tally.oldest_ms = record::stamp_ms(first.1.value())?;
            newest_ms = record::stamp_ms(last.1.value())?;
        }
        Ok((tally, newest_ms))
    }

    fn exceeds(&self, bounds: HistoryBounds, horizon_ms: u64) -> bool {
        let updates = self.end - self.oldest;
        updates > bounds.updates
            || updates > 0 && (self.size_bytes > bounds.bytes || self.oldest_ms < horizon_ms)
    }
}

/// A transaction under way. What it has not finished is dropped with it.
struct Step<'txn> {
    updates: Table<'txn, u64, &'static [u8]>,
    ids: Table<'txn, (&'static str, u64), ()>,
    meta: Table<'txn, &'static str, u64>,
    tally: Tally,
}

impl<'txn> Step<'txn> {
    fn begin(transaction: &'txn WriteTransaction, tally: Tally) -> Result<Self, StoreError> {
        Ok(Self {
            updates: transaction.open_table(UPDATES)?,
            ids: transaction.open_table(IDS)?,
            meta: transaction.open_table(META)?,
            tally,
        })
    }

    fn store(&mut self, update: &Update, stamp_ms: u64) -> Result<(), StoreError> {
        let record = record::encode(update, stamp_ms);
        let (id, position) = (update.id().as_str(), self.tally.end);
        self.updates.insert(position, record.as_slice())?;
        self.ids.insert((id, position), ())?;
        if self.tally.oldest == position {
            self.tally.oldest_ms = stamp_ms;
        }
        self.tally.end += 1;
        self.tally.size_bytes += size_bytes(&record, id);
        Ok(())
    }

    /// Forgets what is too much, a bounded number at once.
    fn forget(&mut self, bounds: HistoryBounds, horizon_ms: u64) -> Result<(), StoreError> {
        for _ in 0..FORGOTTEN_AT_ONCE {
            if !self.tally.exceeds(bounds, horizon_ms) {
                break;
            }
            let oldest = self.updates.pop_first()?;
            let (position, record) = oldest.as_ref().ok_or(DamagedRecord)?;
            let (position, record) = (position.value(), record.value());
            let id = record::id(record)?;
            self.ids.remove((id, position))?;
            self.tally.oldest = position + 1;
            self.tally.uncount(record, id);
            drop(oldest);
            if bounds.age.is_some() {
                self.look_at_oldest()?;
            }
        }
        self.look_at_oldest()
    }

    fn look_at_oldest(&mut self) -> Result<(), StoreError> {
        if let Some((_, oldest)) = self.updates.first()? {
            self.tally.oldest_ms = record::stamp_ms(oldest.value())?;
        }
        Ok(())
    }

    /// Takes the newest out, down to `end`.
    fn take_back_to(&mut self, end: u64) -> Result<(), StoreError> {
        while self.tally.end > end.max(self.tally.oldest) {
            let newest = self.updates.pop_last()?;
            let (position, record) = newest.as_ref().ok_or(DamagedRecord)?;
            let (position, record) = (position.value(), record.value());
            let id = record::id(record)?;
            self.ids.remove((id, position))?;
            self.tally.end = position;
            self.tally.uncount(record, id);
        }
        self.tally.end = end;
        Ok(())
    }

    /// Writes the numbers of the whole; the rest is for the transaction to commit.
    fn finish(mut self) -> Result<Tally, StoreError> {
        self.meta.insert(META_END, self.tally.end)?;
        self.meta.insert(META_BYTES, self.tally.size_bytes)?;
        Ok(self.tally)
    }
}

impl Tally {
    fn uncount(&mut self, record: &[u8], id: &str) {
        self.size_bytes = self.size_bytes.saturating_sub(size_bytes(record, id));
    }
}

/// What an update counts for the bound of bytes.
fn size_bytes(record: &[u8], id: &str) -> u64 {
    (record.len() + id.len()) as u64 + ENTRY_BYTES
}
