//! What can go wrong between a document and a disk.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// A run could not be written whole.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The directory could not be made.
    #[error("cannot make the run directory {}: {source}; choose another with --out", path.display())]
    Create {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It holds a run already.
    #[error("{} holds a run already; choose another directory with --out", path.display())]
    Occupied {
        /// The directory.
        path: PathBuf,
    },
    /// A file could not be written, perhaps others after it.
    #[error(
        "cannot write {}: {source}; {kept_bytes} of its {bytes} bytes are kept, and {}: make room or choose another directory with --out; where run.json is whole, `assay report` makes the pages from it",
        path.display(),
        whole_files(whole)
    )]
    File {
        /// The file.
        path: PathBuf,
        /// Bytes that it should have.
        bytes: u64,
        /// Bytes that are kept.
        kept_bytes: u64,
        /// Files of the same step that were written whole.
        whole: Vec<String>,
        /// Why.
        source: io::Error,
    },
    /// The document could not be turned into JSON: a defect of ours.
    #[error("cannot encode {file}: {source}")]
    Encode {
        /// The file.
        file: String,
        /// Why.
        source: serde_json::Error,
    },
}

fn whole_files(names: &[String]) -> String {
    match names {
        [] => "nothing that was to be written with it".to_owned(),
        names => format!("{} whole", names.join(", ")),
    }
}

/// A run could not be read back.
#[derive(Debug, Error)]
pub enum ReadError {
    /// No directory there, or no access.
    #[error("cannot read the run directory {}: {source}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A directory without its main file.
    #[error("{} has no run.json: not a run directory, or a run that could not be written; it holds {}", path.display(), listed(found))]
    NoRun {
        /// The directory.
        path: PathBuf,
        /// Names of what it does hold.
        found: Vec<String>,
    },
    /// The main file could not be read.
    #[error("cannot read {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Far larger than any run.
    #[error("{} is {bytes} bytes long, more than {at_most}: not a run", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// The bound.
        at_most: u64,
    },
    /// Not JSON, or cut off, or not our document.
    #[error("{} is not a run document: {source}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// Written by a later Assay, or another kind of document.
    #[error(
        "{} is a {kind:?} document of schema {schema}; this Assay reads documents of schema {reads} of the kinds load, capacity, comparison, conformance and migration: read it with the Assay that wrote it",
        path.display()
    )]
    Unknown {
        /// The file.
        path: PathBuf,
        /// Its `kind`.
        kind: String,
        /// Its `schema`.
        schema: u64,
        /// The schema that is read.
        reads: u32,
    },
}

fn listed(names: &[String]) -> String {
    if names.is_empty() {
        "nothing".to_owned()
    } else {
        names.join(", ")
    }
}

/// An interval log could not be read back.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HistogramError {
    /// A line that is no interval.
    #[error("line {line} is not an HdrHistogram interval of µs up to 60 s")]
    Line {
        /// Counted from 1.
        line: usize,
    },
}
