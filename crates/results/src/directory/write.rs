//! Files, written so that a full disk leaves what can be left and an error that says how much that is.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::WriteError;

/// Writes files of one directory, each of them although another failed: where there is no room for a large one, there may
/// be for a small one.
pub(super) struct Files<'a> {
    directory: &'a Path,
    whole: Vec<String>,
    failed: Option<Failed>,
}

/// The first file that could not be written.
struct Failed {
    path: PathBuf,
    bytes: u64,
    kept_bytes: u64,
    source: io::Error,
}

impl<'a> Files<'a> {
    pub(super) const fn new(directory: &'a Path) -> Self {
        Self {
            directory,
            whole: Vec::new(),
            failed: None,
        }
    }

    /// Whole or absent, also after a crash: a temporary name, flushed to the disk, renamed.
    pub(super) fn atomic(&mut self, name: &str, text: &str) {
        let path = self.directory.join(name);
        let temporary = self.directory.join(format!("{name}.partial"));
        let renamed = parent(&path)
            .and_then(|()| File::create(&temporary))
            .and_then(|mut file| {
                file.write_all(text.as_bytes())
                    .and_then(|()| file.sync_all())
            })
            .and_then(|()| fs::rename(&temporary, &path));
        if renamed.is_err() {
            // A half document is of no use to anyone, and its room is wanted.
            let _ = fs::remove_file(&temporary);
        }
        self.note(name, path, text, 0, renamed);
    }

    /// Line by line useful: what fits is kept.
    pub(super) fn plain(&mut self, name: &str, text: &str) {
        let path = self.directory.join(name);
        let mut kept_bytes = 0;
        let written = parent(&path)
            .and_then(|()| File::create(&path))
            .and_then(|file| pour(file, text, &mut kept_bytes));
        self.note(name, path, text, kept_bytes, written);
    }

    fn note(
        &mut self,
        name: &str,
        path: PathBuf,
        text: &str,
        kept_bytes: u64,
        written: io::Result<()>,
    ) {
        match written {
            Ok(()) => self.whole.push(name.to_owned()),
            Err(source) if self.failed.is_none() => {
                self.failed = Some(Failed {
                    path,
                    bytes: text.len() as u64,
                    kept_bytes,
                    source,
                });
            }
            Err(_) => {}
        }
    }

    /// The first failure, with all that is there whole.
    pub(super) fn finish(self) -> Result<(), WriteError> {
        match self.failed {
            None => Ok(()),
            Some(failed) => Err(WriteError::File {
                path: failed.path,
                bytes: failed.bytes,
                kept_bytes: failed.kept_bytes,
                whole: self.whole,
                source: failed.source,
            }),
        }
    }
}

/// Like `write_all`, but counts what was taken before an error.
fn pour(mut file: File, text: &str, kept: &mut u64) -> io::Result<()> {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        match file.write(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(taken) => {
                *kept += taken as u64;
                rest = &rest[taken..];
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

/// Whether files can be made in a directory at all.
pub(super) fn probe(directory: &Path) -> io::Result<()> {
    let path = directory.join(".assay-probe");
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .open(&path)?;
    fs::remove_file(path)
}
