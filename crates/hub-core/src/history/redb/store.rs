//! The file of a durable history: its tables, and how they are read. Readers see the last committed state and block no writer.
//!
//! Not here: what is written, see `writer`.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;
use std::time::Instant;

use redb::{
    Database, ReadTransaction, ReadableDatabase, ReadableTable, StorageError, TableDefinition,
    TransactionError,
};

use super::open::{OpenError, Trust, guard, open};
use super::record::{self, DamagedRecord};
use crate::event_id::{EventId, LastEventId, ResponseCursor};
use crate::history::{Archive, ArchiveError, HistoryError, Overrun, Position, Resumption};
use crate::limits::{
    ARCHIVE_BATCH_UPDATES, HISTORY_LOCK_LOOK, HISTORY_LOCK_PATIENCE, REPLAY_BATCH_BYTES,
};
use crate::update::Update;

/// The format of the file that this version writes.
pub(super) const FORMAT: u64 = 1;
/// Position → record.
pub(super) const UPDATES: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("updates");
/// Each use of an id, the oldest first.
pub(super) const IDS: TableDefinition<'_, (&str, u64), ()> = TableDefinition::new("ids");
/// Numbers of the whole.
pub(super) const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
/// In [`META`]: the format of the file.
pub(super) const META_FORMAT: &str = "format";
/// In [`META`]: the position behind the newest update.
pub(super) const META_END: &str = "end";
/// In [`META`]: what the kept updates count for the bound of bytes.
pub(super) const META_BYTES: &str = "bytes";

/// The file, for readers of any thread, who may have to wait for it: it is away for a moment after a failed write.
#[derive(Debug)]
pub(super) struct Store {
    path: PathBuf,
    database: RwLock<Option<Database>>,
}

impl Store {
    pub(super) fn open(path: &Path) -> Result<Self, OpenError> {
        Ok(Self {
            path: path.to_path_buf(),
            database: RwLock::new(Some(open(path, Trust::Nobody)?)),
        })
    }

    /// Gives room back to the system, before anybody reads. An interruption leaves the file as good as it was.
    pub(super) fn compact(&self) -> Result<(), StoreError> {
        let mut slot = self
            .database
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let database = slot.as_mut().ok_or(StoreError::Away)?;
        guard(|| database.compact()).map_err(StoreError::Panicked)??;
        Ok(())
    }

    /// Runs `work` on the file, for its one writer.
    pub(super) fn write<T>(
        &self,
        work: impl FnOnce(&Database) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let slot = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let database = slot.as_ref().ok_or(StoreError::Away)?;
        guard(|| work(database)).map_err(StoreError::Panicked)?
    }

    /// Opens the file again after a failed write, which makes it unusable as it is open now, and runs `work` on it before anybody
    /// reads.
    pub(super) fn open_again<T>(
        &self,
        work: impl FnOnce(&Database) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut slot = self
            .database
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        // Closed before it is opened: this process would lock itself out.
        drop(slot.take());
        let open = || open(&self.path, Trust::Ourselves).map_err(StoreError::Open);
        let database = open()?;
        let worked = guard(|| work(&database)).map_err(StoreError::Panicked);
        match worked.and_then(|worked| worked) {
            Ok(worked) => {
                *slot = Some(database);
                Ok(worked)
            }
            Err(error) => {
                // Without room, say. That makes it unusable again: it is opened once more, for those who read up to what was
                // stored, until the next write tries again.
                drop(database);
                *slot = open().ok();
                Err(error)
            }
        }
    }

    /// Runs `work` on the file as it is now; after a failed write, as it is when it has been opened again.
    fn read<T>(
        &self,
        work: impl FnOnce(&ReadTransaction) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let until = Instant::now() + HISTORY_LOCK_PATIENCE;
        loop {
            let slot = self.database.read().unwrap_or_else(PoisonError::into_inner);
            let database = slot.as_ref().ok_or(StoreError::Away)?;
            match guard(|| database.begin_read()).map_err(StoreError::Panicked)? {
                // The write has failed, and its thread is about to open the file again.
                Err(TransactionError::Storage(StorageError::PreviousIo))
                    if Instant::now() < until =>
                {
                    drop(slot);
                    thread::sleep(HISTORY_LOCK_LOOK);
                }
                transaction => {
                    let transaction = transaction?;
                    return guard(|| work(&transaction)).map_err(StoreError::Panicked)?;
                }
            }
        }
    }
}

/// What went wrong with the file.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoreError {
    #[error("its file is being opened again after a failed write")]
    Away,
    #[error(transparent)]
    Overrun(#[from] Overrun),
    #[error(transparent)]
    Damaged(#[from] DamagedRecord),
    #[error(transparent)]
    Open(OpenError),
    #[error("its file may be damaged: {0}")]
    Panicked(String),
    #[error("{0}")]
    File(redb::Error),
}

macro_rules! from_file_errors {
    ($($error:ident)*) => {$(
        impl From<redb::$error> for StoreError {
            fn from(error: redb::$error) -> Self {
                Self::File(error.into())
            }
        }
    )*};
}

from_file_errors!(TransactionError TableError StorageError CommitError CompactionError);

impl From<StoreError> for ArchiveError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Overrun(overrun) => Self::Overrun(overrun),
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl From<StoreError> for HistoryError {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::File(redb::Error::Io(io)) if has_no_space(io) => {
                Self::NoSpace(io.to_string())
            }
            other => Self::Storage(other.to_string()),
        }
    }
}

/// A full disk, a quota, or the longest file that this process may write.
fn has_no_space(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}

impl Archive for Store {
    fn resume(&self, cursor: &LastEventId, end: Position) -> Result<Resumption, ArchiveError> {
        let resumed = self.read(|transaction| {
            if let LastEventId::After(id) = cursor {
                let ids = transaction.open_table(IDS)?;
                let mut uses = ids.range((&**id, 0)..(&**id, end.0))?;
                if let Some(oldest) = uses.next() {
                    let (_, position) = oldest?.0.value();
                    return Ok(Resumption {
                        position: Position(position).next(),
                        cursor: ResponseCursor::After(EventId::stored(id)),
                    });
                }
            }
            let updates = transaction.open_table(UPDATES)?;
            let oldest = updates.first()?.map_or(end.0, |(key, _)| key.value());
            Ok(Resumption {
                position: Position(oldest.min(end.0)),
                cursor: ResponseCursor::Earliest,
            })
        });
        Ok(resumed?)
    }

    fn read(
        &self,
        from: Position,
        end: Position,
        batch: &mut Vec<Arc<Update>>,
    ) -> Result<Position, ArchiveError> {
        let behind = self.read(|transaction| {
            let updates = transaction.open_table(UPDATES)?;
            let (mut next, mut read_bytes) = (from, 0);
            for entry in updates.range(from.0..end.0)?.take(ARCHIVE_BATCH_UPDATES) {
                let (position, record) = entry?;
                if position.value() != next.0 {
                    break;
                }
                let update = record::decode(record.value())?;
                batch.push(Arc::new(update));
                next = next.next();
                read_bytes += record.value().len();
                if read_bytes > REPLAY_BATCH_BYTES {
                    break;
                }
            }
            if next == from && from < end {
                return Err(Overrun.into());
            }
            Ok(next)
        });
        Ok(behind?)
    }
}
