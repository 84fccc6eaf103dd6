//! Opening the file of a history: which files are taken, and what is said of the others. Nothing is ever deleted or replaced. A
//! new file is a [`Draft`] until it is whole.

use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::thread;

use redb::backends::FileBackend;
use redb::{
    Builder, Database, DatabaseError, ReadOnlyDatabase, ReadableDatabase, StorageError, TableError,
};

use super::draft::{self, Draft};
use super::store::{FORMAT, IDS, META, META_BYTES, META_END, META_FORMAT, UPDATES};
use crate::limits::{HISTORY_CACHE_BYTES, HISTORY_LOCK_LOOK, HISTORY_LOCK_PATIENCE};

/// Why a history was not opened. Nothing of what is in the file is lost.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// There is no folder for the file.
    #[error("{}: there is no such folder; make it first, so that the history lies where it is meant to", folder.display())]
    NoFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// Another process has it.
    #[error("{}: another process has this history open; end it, or name another file", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// Something else is in the file.
    #[error("{}: this file is no history of updates; name another one, which is made if it does not exist", path.display())]
    NotAHistory {
        /// The file.
        path: PathBuf,
    },
    /// A newer hub wrote it.
    #[error("{}: the history has format {found}, and this hub knows formats up to {known}; start the newer hub that wrote it, or move the file away to begin with an empty history", path.display())]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u64,
        /// The newest format that is known here.
        known: u64,
    },
    /// What is in the file does not fit together.
    #[error("{}: the history is damaged ({reason}); restore the file from a backup, or move it away to begin with an empty history", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// The system refused.
    #[error("{}: the history cannot be opened: {reason}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
}

/// How closely a file is looked at before it is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// It may have been touched by anybody: every page is verified.
    Nobody,
    /// This process had it until now.
    Ourselves,
}

/// Opens the file, or makes a new one where there is none. Waits a moment for a file that is in use.
pub(super) fn open(path: &Path, trust: Trust) -> Result<Database, OpenError> {
    let mut patience = HISTORY_LOCK_PATIENCE;
    loop {
        match try_to_open(path, trust) {
            Err(OpenError::Locked { .. }) if !patience.is_zero() => {
                thread::sleep(HISTORY_LOCK_LOOK);
                patience = patience.saturating_sub(HISTORY_LOCK_LOOK);
            }
            other => return other,
        }
    }
}

fn try_to_open(path: &Path, trust: Trust) -> Result<Database, OpenError> {
    if let Some(folder) = path.parent()
        && !folder.as_os_str().is_empty()
        && !folder.is_dir()
    {
        let folder = folder.to_path_buf();
        return Err(OpenError::NoFolder { folder });
    }
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(path),
        // Something stands there, if only a link to a file that is to be made.
        _ => {
            draft::clear(path);
            open_or_lay_out(path, trust)
        }
    }
}

/// Makes a new file, which has its name once it is whole.
fn make(path: &Path) -> Result<Database, OpenError> {
    let not_made = |error: io::Error| refused(path, &error);
    let Some(draft) = Draft::begin(path).map_err(not_made)? else {
        // It will be there when it is looked for again.
        let path = path.to_path_buf();
        return Err(OpenError::Locked { path });
    };
    let made = lay_out_draft(path, &draft);
    // It is renamed while the library below has it, and so nobody else.
    let made = made.and_then(|database| draft.finish(path).map(|()| database).map_err(not_made));
    if made.is_err() {
        // A full disk, say.
        draft.discard();
    }
    made
}

fn lay_out_draft(path: &Path, draft: &Draft) -> Result<Database, OpenError> {
    let file = draft.file().map_err(|error| refused(path, &error))?;
    let create = || builder(Trust::Ourselves).create_with_backend(FileBackend::new(file)?);
    let created = guard(create).map_err(|reason| damaged(path, reason))?;
    let database = created.map_err(|error| not_opened(path, &error))?;
    lay_out(&database).map_err(|error| io_error(path, error.to_string()))?;
    Ok(database)
}

fn open_or_lay_out(path: &Path, trust: Trust) -> Result<Database, OpenError> {
    let is_new = fs::metadata(path).map_or(true, |file| file.len() == 0);
    if trust == Trust::Nobody && !is_new {
        look(path)?;
    }
    let opened = guard(|| builder(trust).create(path)).map_err(|reason| damaged(path, reason))?;
    let database = opened.map_err(|error| not_opened(path, &error))?;
    if is_new || check_format(path, &database)? == Layout::Blank {
        lay_out(&database).map_err(|error| io_error(path, error.to_string()))?;
    }
    Ok(database)
}

fn builder(trust: Trust) -> Builder {
    let mut builder = Database::builder();
    builder
        .set_cache_size(HISTORY_CACHE_BYTES)
        .set_check_integrity_on_open(trust == Trust::Nobody);
    builder
}

/// Looks whether it is ours before anything is written: opening it is a write too.
fn look(path: &Path) -> Result<(), OpenError> {
    // What does not open like this needs a repair, or is no good: opening it tells.
    match guard(|| ReadOnlyDatabase::open(path)) {
        Ok(Ok(database)) => check_format(path, &database).map(drop),
        _ => Ok(()),
    }
}

/// Runs what may meet a damaged file. The library below should report that, and panics where it did not expect it.
pub(super) fn guard<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied());
        text.unwrap_or("unknown").to_owned()
    })
}

fn not_opened(path: &Path, error: &DatabaseError) -> OpenError {
    let own = path.to_path_buf();
    match error {
        DatabaseError::DatabaseAlreadyOpen => OpenError::Locked { path: own },
        DatabaseError::Storage(StorageError::Io(io)) => match io.kind() {
            io::ErrorKind::InvalidData => OpenError::NotAHistory { path: own },
            io::ErrorKind::UnexpectedEof => damaged(path, "it ends too early".to_owned()),
            _ => refused(path, io),
        },
        DatabaseError::UpgradeRequired(_) => OpenError::NotAHistory { path: own },
        other => damaged(path, other.to_string()),
    }
}

fn damaged(path: &Path, reason: String) -> OpenError {
    let path = path.to_path_buf();
    OpenError::Damaged { path, reason }
}

/// What the system said, and what to do where that is plain.
fn refused(path: &Path, error: &io::Error) -> OpenError {
    let advice = match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "; the user of the hub needs the right to read and write the file, and for a new one to write to its folder"
        }
        io::ErrorKind::ReadOnlyFilesystem => "; name a file on a disk that can be written to",
        io::ErrorKind::IsADirectory => "; name a file in this folder",
        _ => "",
    };
    io_error(path, format!("{error}{advice}"))
}

fn io_error(path: &Path, reason: String) -> OpenError {
    let path = path.to_path_buf();
    OpenError::Io { path, reason }
}

/// Makes the tables of a new file, all at once.
fn lay_out(database: &Database) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    {
        transaction.open_table(UPDATES)?;
        transaction.open_table(IDS)?;
        let mut meta = transaction.open_table(META)?;
        meta.insert(META_FORMAT, FORMAT)?;
        meta.insert(META_END, 1)?;
        meta.insert(META_BYTES, 0)?;
    }
    transaction.commit()?;
    Ok(())
}

/// What is in a file of the library below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// Tables, ours or others.
    Tables,
    /// Nothing: whoever made the file ended before it was laid out.
    Blank,
}

fn check_format(path: &Path, database: &impl ReadableDatabase) -> Result<Layout, OpenError> {
    let own = path.to_path_buf();
    let read = guard(|| format(database)).and_then(|read| read.map_err(|error| error.to_string()));
    match read.map_err(|reason| damaged(path, reason))? {
        (_, Some(found)) if found > FORMAT => Err(OpenError::NewerFormat {
            path: own,
            found,
            known: FORMAT,
        }),
        (_, Some(_)) => Ok(Layout::Tables),
        (Layout::Blank, None) => Ok(Layout::Blank),
        (Layout::Tables, None) => Err(OpenError::NotAHistory { path: own }),
    }
}

/// Whether there is any table, and the format that is written in ours.
fn format(database: &impl ReadableDatabase) -> Result<(Layout, Option<u64>), redb::Error> {
    let transaction = database.begin_read()?;
    let mut tables = transaction.list_tables()?;
    if tables.next().is_none() {
        return Ok((Layout::Blank, None));
    }
    let meta = match transaction.open_table(META) {
        Ok(meta) => meta,
        Err(TableError::TableDoesNotExist(_) | TableError::TableTypeMismatch { .. }) => {
            return Ok((Layout::Tables, None));
        }
        Err(error) => return Err(error.into()),
    };
    let format = meta.get(META_FORMAT)?.map(|format| format.value());
    Ok((Layout::Tables, format))
}
