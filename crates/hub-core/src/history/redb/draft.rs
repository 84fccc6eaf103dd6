//! A new file of a history, under a name of its own until it is whole: whoever makes one may be killed in the middle of it, and
//! the half of a file would be taken for one of somebody else's at the next start.
//!
//! Whoever has the draft locked makes it, names it and removes it, and nobody else does. Not here: what is written into it, see
//! `open`.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// What stands behind the name of the file as long as it is not whole.
const UNFINISHED: &str = ".unfinished";

/// A file that is made, and locked by whoever makes it.
#[derive(Debug)]
pub(super) struct Draft {
    file: File,
    path: PathBuf,
}

impl Draft {
    /// Begins the file that is to stand at `path`, beside that; what a start that was killed has left there is used again. None
    /// if another process makes it, or has finished it since the caller looked.
    pub(super) fn begin(path: &Path) -> io::Result<Option<Self>> {
        let draft = Self::open(path)?;
        if !draft.is_ours()? {
            return Ok(None);
        }
        if fs::symlink_metadata(path).is_ok() {
            draft.discard();
            return Ok(None);
        }
        draft.file.set_len(0)?;
        Ok(Some(draft))
    }

    fn open(path: &Path) -> io::Result<Self> {
        let path = unfinished(path);
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(&path)?;
        Ok(Self { file, path })
    }

    /// Locks it, if nobody else has; and sees that it still stands under its name: whoever had it may have finished it.
    fn is_ours(&self) -> io::Result<bool> {
        match self.file.try_lock() {
            Ok(()) => Ok(fs::symlink_metadata(&self.path).is_ok_and(|it| self.is(&it))),
            Err(TryLockError::WouldBlock) => Ok(false),
            // A file system without locks: the library below does without them too.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                Ok(true)
            }
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    #[cfg(unix)]
    fn is(&self, named: &fs::Metadata) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        let own = self.file.metadata();
        own.is_ok_and(|own| (own.dev(), own.ino()) == (named.dev(), named.ino()))
    }

    /// Where a file that is open can be neither renamed nor removed by others.
    #[cfg(not(unix))]
    fn is(&self, _named: &fs::Metadata) -> bool {
        true
    }

    /// The file, to be written: under the same lock.
    pub(super) fn file(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// Gives it its name, at which nothing stands; it is whole, and on the disk.
    pub(super) fn finish(&self, path: &Path) -> io::Result<()> {
        fs::rename(&self.path, path)?;
        // So that the name outlives a loss of power as the updates do. Where a folder cannot be opened or synced, the system does
        // it in its own time.
        let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
        if let Ok(folder) = File::open(folder.unwrap_or(Path::new("."))) {
            let _ = folder.sync_all();
        }
        Ok(())
    }

    /// Removes it, unless another process has begun to make it: whoever wrote it may have let its lock go. Where it cannot be
    /// removed, the next start uses it again.
    pub(super) fn discard(&self) {
        if self.is_ours().unwrap_or(false) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Removes what a start that was killed has left beside a file that is there by now: one from a backup, say.
pub(super) fn clear(path: &Path) {
    if fs::symlink_metadata(unfinished(path)).is_ok()
        && let Ok(draft) = Draft::open(path)
    {
        draft.discard();
    }
}

fn unfinished(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(UNFINISHED);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// It looked before the file was there: by then another has made it, and may be gone again.
    #[test]
    fn who_comes_too_late_makes_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("history.redb");
        let late = Draft::open(&path).expect("a file");
        let draft = Draft::begin(&path).expect("a file");
        draft.expect("nobody else").finish(&path).expect("renamed");
        assert!(!late.is_ours().expect("a lock"), "it is the whole file");
        let next = Draft::open(&path).expect("a file");
        assert!(!late.is_ours().expect("a lock"), "it is another file");
        assert!(next.is_ours().expect("a lock"));
        drop(next);
        assert!(Draft::begin(&path).expect("a file").is_none());
        late.discard();
        assert!(path.exists() && !unfinished(&path).exists());
    }
}
