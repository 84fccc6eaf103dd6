//! The files of a folder, under bounds on depth, number and bytes; what is passed over is counted. Not for what stands in them.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use assay_results::{Skipped, SourcesRead};

use super::{super::samples_file::SamplesError, finder::is_caddyfile};

/// How deep folders are nested at most: what is deeper is a cycle or no source.
const DEPTH_AT_MOST: usize = 32;
/// Most files that are read; a large site has some thousand sources.
const FILES_AT_MOST: u64 = 20_000;
/// Largest file that is read: what is larger was generated.
const FILE_BYTES_AT_MOST: u64 = 1 << 20;
/// Most bytes that are read in all.
const BYTES_AT_MOST: u64 = 256 << 20;

/// Folders of other people's code, and of what is made from ours.
const PASSED_OVER: [&str; 7] = [
    "node_modules",
    "vendor",
    "bower_components",
    "dist",
    "build",
    "cache",
    "target",
];

/// How the names of sources end.
const ENDINGS: [&str; 14] = [
    "js", "mjs", "cjs", "jsx", "ts", "mts", "tsx", "vue", "svelte", "php", "twig", "html", "yaml",
    "yml",
];

/// Gives each source to `look`, by a name that begins with the path as given, until it says that it has enough.
///
/// # Errors
/// The path itself cannot be read; below it what cannot be read is counted.
pub(super) fn files(
    path: &Path,
    read: &mut SourcesRead,
    look: &mut dyn FnMut(&str, &str) -> bool,
) -> Result<(), SamplesError> {
    let unreadable = |source| SamplesError::Read {
        path: path.display().to_string(),
        source,
    };
    let kind = fs::metadata(path).map_err(unreadable)?;
    let mut walk = Walk {
        read,
        look,
        is_over: false,
    };
    if !kind.is_dir() && !kind.is_file() {
        return Err(SamplesError::no_file(path));
    }
    if kind.is_dir() {
        let entries = entries(path).map_err(unreadable)?;
        walk.folder(entries, 0);
    } else {
        walk.file(path).map_err(unreadable)?;
    }
    Ok(())
}

struct Walk<'w> {
    read: &'w mut SourcesRead,
    look: &'w mut dyn FnMut(&str, &str) -> bool,
    is_over: bool,
}

impl Walk<'_> {
    fn folder(&mut self, entries: Vec<PathBuf>, depth: usize) {
        for path in entries {
            if self.is_over {
                return;
            }
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            // Not followed: a link may lead out of what was given, or in a circle.
            let Ok(kind) = fs::symlink_metadata(&path) else {
                self.skip("cannot be read", &path);
                continue;
            };
            if kind.is_symlink() {
                self.skip("a link", &path);
            } else if kind.is_dir() {
                self.enter(&path, &name, depth);
            } else if kind.is_file() && is_source(&name) && self.file(&path).is_err() {
                self.skip("cannot be read", &path);
            }
        }
    }

    fn enter(&mut self, path: &Path, name: &str, depth: usize) {
        if let Some(known) = PASSED_OVER.iter().find(|it| **it == name) {
            return self.skip(known, path);
        }
        if name.starts_with('.') {
            return self.skip("a hidden folder", path);
        }
        if depth + 1 >= DEPTH_AT_MOST {
            return self.skip(&format!("deeper than {DEPTH_AT_MOST} folders"), path);
        }
        match entries(path) {
            Ok(entries) => self.folder(entries, depth + 1),
            Err(_) => self.skip("cannot be read", path),
        }
    }

    fn file(&mut self, path: &Path) -> io::Result<()> {
        if self.read.files >= FILES_AT_MOST || self.read.bytes >= BYTES_AT_MOST {
            let reason = format!(
                "behind {FILES_AT_MOST} files or {} MiB",
                BYTES_AT_MOST >> 20
            );
            self.skip(&reason, path);
            return Ok(());
        }
        let mut bytes = Vec::new();
        let file = File::open(path)?;
        file.take(FILE_BYTES_AT_MOST + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > FILE_BYTES_AT_MOST {
            let reason = format!("larger than {} MiB", FILE_BYTES_AT_MOST >> 20);
            self.skip(&reason, path);
            return Ok(());
        }
        if bytes.contains(&0) {
            self.skip("no text", path);
            return Ok(());
        }
        self.read.files += 1;
        self.read.bytes += bytes.len() as u64;
        let text = String::from_utf8_lossy(&bytes);
        self.is_over = !(self.look)(&path.display().to_string(), &text);
        if self.is_over {
            self.skip("behind as many samples as are tried", path);
        }
        Ok(())
    }

    fn skip(&mut self, reason: &str, path: &Path) {
        let known = self.read.skipped.iter_mut().find(|it| it.reason == reason);
        if let Some(known) = known {
            known.count += 1;
            return;
        }
        self.read.skipped.push(Skipped {
            reason: reason.to_owned(),
            count: 1,
            example: path.display().to_string(),
        });
    }
}

// In the order of their names, so that two runs find the same.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut paths: Vec<_> = entries.collect::<Result<_, _>>()?;
    paths.sort();
    Ok(paths)
}

fn is_source(name: &str) -> bool {
    if name == ".env" || name.starts_with(".env.") || is_caddyfile(name) {
        return true;
    }
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    ending.is_some_and(|ending| ENDINGS.contains(&ending)) && !name.ends_with(".min.js")
}
