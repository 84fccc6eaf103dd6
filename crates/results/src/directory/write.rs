//! Files, written so that a full disk leaves what can be left and an error that says how much that is.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::WriteError;

/// Writes files of one directory and remembers those that are whole.
pub(super) struct Files<'a> {
    directory: &'a Path,
    whole: Vec<String>,
}

impl<'a> Files<'a> {
    pub(super) const fn new(directory: &'a Path) -> Self {
        Self {
            directory,
            whole: Vec::new(),
        }
    }

    /// Whole or absent, also after a crash: a temporary name, flushed to the disk, renamed.
    pub(super) fn atomic(&mut self, name: &str, text: &str) -> Result<(), WriteError> {
        let path = self.directory.join(name);
        let temporary = self.directory.join(format!("{name}.partial"));
        let renamed = parent(&path)
            .and_then(|()| File::create(&temporary))
            .and_then(|mut file| {
                file.write_all(text.as_bytes())
                    .and_then(|()| file.sync_all())
            })
            .and_then(|()| fs::rename(&temporary, &path));
        if let Err(source) = renamed {
            // A half document is of no use to anyone, and its room is wanted.
            let _ = fs::remove_file(&temporary);
            return Err(self.failed(path, text, 0, source));
        }
        self.whole.push(name.to_owned());
        Ok(())
    }

    /// Line by line useful: what fits is kept.
    pub(super) fn plain(&mut self, name: &str, text: &str) -> Result<(), WriteError> {
        let path = self.directory.join(name);
        let mut kept = 0;
        match parent(&path)
            .and_then(|()| File::create(&path))
            .and_then(|file| pour(file, text, &mut kept))
        {
            Ok(()) => {
                self.whole.push(name.to_owned());
                Ok(())
            }
            Err(source) => Err(self.failed(path, text, kept, source)),
        }
    }

    fn failed(
        &mut self,
        path: PathBuf,
        text: &str,
        kept_bytes: u64,
        source: io::Error,
    ) -> WriteError {
        WriteError::File {
            path,
            bytes: text.len() as u64,
            kept_bytes,
            whole: std::mem::take(&mut self.whole),
            source,
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
