//! One directory a run.
//!
//! ```text
//! run.json        the document; written to a temporary name and renamed, so that it is whole or absent
//! scenario.toml   a load run's scenario, defaults filled in
//! ledger.csv      a line a publish
//! *.hlog          an HdrHistogram interval log a metric
//! repro/*.sh      a script for each check that is not green
//! transcripts/    what went over the connections of each check
//! steps/NNN/      the run of each step of a search for a capacity, a directory like this one
//! pairs/NN/{a,b}/ the runs of each pair of a comparison, directories like this one
//! ```

mod ledger_csv;
mod read;
mod write;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::capacity::CapacityRun;
use crate::comparison::ComparisonRun;
use crate::conformance::{ConformanceResults, ConformanceRun};
use crate::error::{ReadError, WriteError};
use crate::interval_log::IntervalLog;
use crate::load::metric::Metric;
use crate::load::{LoadResults, LoadRun};
use crate::migration::MigrationRun;

const RUN_JSON: &str = "run.json";
const LEDGER_CSV: &str = "ledger.csv";
const SCENARIO_TOML: &str = "scenario.toml";

/// The directory of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunDirectory {
    path: PathBuf,
}

/// A run that was read back.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedRun {
    /// Its document.
    pub run: Run,
    /// What the directory should have and has not, or not whole, each as a sentence fragment naming the file.
    pub missing: Vec<String>,
}

/// A document of any kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Run {
    /// What a hub bears.
    Load(Box<LoadRun>),
    /// Whether it keeps the protocol.
    Conformance(Box<ConformanceRun>),
    /// What of a site survives the move from 0.x to 1.0.
    Migration(Box<MigrationRun>),
    /// How much a hub bears under objectives.
    Capacity(Box<CapacityRun>),
    /// How two hubs, or two runs, differ.
    Comparison(Box<ComparisonRun>),
}

impl Run {
    /// The document as it stands in `run.json`, and on stdout under `--json`.
    pub fn to_json(&self) -> Result<String, WriteError> {
        match self {
            Self::Load(run) => json(run.as_ref()),
            Self::Conformance(run) => json(run.as_ref()),
            Self::Migration(run) => json(run.as_ref()),
            Self::Capacity(run) => json(run.as_ref()),
            Self::Comparison(run) => json(run.as_ref()),
        }
    }
}

impl LoadRun {
    /// The document as it stands in `run.json`, and on stdout under `--json`.
    pub fn to_json(&self) -> Result<String, WriteError> {
        json(self)
    }
}

impl ConformanceRun {
    /// The document as it stands in `run.json`, and on stdout under `--json`.
    pub fn to_json(&self) -> Result<String, WriteError> {
        json(self)
    }
}

impl MigrationRun {
    /// The document as it stands in `run.json`, and on stdout under `--json`.
    pub fn to_json(&self) -> Result<String, WriteError> {
        json(self)
    }
}

fn json(document: &impl Serialize) -> Result<String, WriteError> {
    let mut text = serde_json::to_string_pretty(document).map_err(|source| WriteError::Encode {
        file: RUN_JSON.to_owned(),
        source,
    })?;
    text.push('\n');
    Ok(text)
}

impl RunDirectory {
    /// Makes the directory and its parents; one that exists may be used, unless it holds a run already.
    ///
    /// Called before the run begins, so that a directory that cannot be written costs nobody a run.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, WriteError> {
        let path = path.into();
        fs::create_dir_all(&path).map_err(|source| WriteError::Create {
            path: path.clone(),
            source,
        })?;
        if path.join(RUN_JSON).exists() {
            return Err(WriteError::Occupied { path });
        }
        write::probe(&path).map_err(|source| WriteError::Create {
            path: path.clone(),
            source,
        })?;
        Ok(Self { path })
    }

    /// A directory that holds a run.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, ReadError> {
        let path = path.into();
        fs::read_dir(&path).map_err(|source| ReadError::Directory {
            path: path.clone(),
            source,
        })?;
        Ok(Self { path })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes a directory of its own for a run: `parent/name`, or with a number behind it where that is taken, also by a run that
    /// begins in the same moment.
    pub fn create_new(parent: &Path, name: &str) -> Result<Self, WriteError> {
        fs::create_dir_all(parent).map_err(|source| WriteError::Create {
            path: parent.to_path_buf(),
            source,
        })?;
        let mut path = parent.join(name);
        let mut number = 1;
        while let Err(source) = fs::create_dir(&path) {
            if source.kind() != io::ErrorKind::AlreadyExists {
                return Err(WriteError::Create { path, source });
            }
            number += 1;
            path = parent.join(format!("{name}-{number}"));
        }
        Self::create(path)
    }

    /// Writes what is known of a load run before it begins, so that one that is killed leaves a document, and that no other run takes its
    /// directory meanwhile. [`RunDirectory::save_load`] puts what was measured in its place.
    pub fn begin_load(&self, begun: &LoadResults) -> Result<(), WriteError> {
        let mut files = write::Files::new(&self.path);
        files.atomic(RUN_JSON, &begun.run.to_json()?);
        files.plain(SCENARIO_TOML, &begun.scenario_toml);
        files.finish()
    }

    /// Takes back what [`RunDirectory::begin_load`] wrote: the run could not begin. What cannot be taken back stays.
    pub fn abandon_load(&self) {
        for name in [RUN_JSON, SCENARIO_TOML] {
            let _ = fs::remove_file(self.path.join(name));
        }
    }

    /// Writes a load run: the document first, since all reports come from it, then what stands beside it.
    pub fn save_load(&self, results: &LoadResults) -> Result<(), WriteError> {
        let mut files = write::Files::new(&self.path);
        files.atomic(RUN_JSON, &results.run.to_json()?);
        files.plain(SCENARIO_TOML, &results.scenario_toml);
        files.plain(
            LEDGER_CSV,
            &ledger_csv::text(&results.run.record().publications),
        );
        for log in &results.interval_logs {
            files.plain(&log.file_name(), &log.to_text());
        }
        files.finish()
    }

    /// Writes a conformance run: the document first, then scripts and transcripts.
    pub fn save_conformance(&self, results: &ConformanceResults) -> Result<(), WriteError> {
        let mut files = write::Files::new(&self.path);
        files.atomic(RUN_JSON, &results.run.to_json()?);
        for row in &results.run.record().verdicts {
            if let Some(script) = &row.repro {
                files.plain(&row.repro_file(), script);
            }
        }
        for transcript in &results.transcripts {
            files.plain(&transcript_file(&transcript.check), &transcript.text);
        }
        files.finish()
    }

    /// Writes a migration: the document alone.
    pub fn save_migration(&self, run: &MigrationRun) -> Result<(), WriteError> {
        let mut files = write::Files::new(&self.path);
        files.atomic(RUN_JSON, &run.to_json()?);
        files.finish()
    }

    /// Writes a search for a capacity: the document alone. Its steps are runs with directories of their own, below this one.
    pub fn save_capacity(&self, run: &CapacityRun) -> Result<(), WriteError> {
        let mut files = write::Files::new(&self.path);
        files.atomic(RUN_JSON, &json(run)?);
        files.finish()
    }

    /// Writes a comparison: the document alone. The runs of its pairs have directories of their own, below this one.
    pub fn save_comparison(&self, run: &ComparisonRun) -> Result<(), WriteError> {
        let mut files = write::Files::new(&self.path);
        files.atomic(RUN_JSON, &json(run)?);
        files.finish()
    }

    /// A load run's interval log of a metric; none where the run has none, or not whole.
    pub fn interval_log(&self, metric: Metric) -> Option<IntervalLog> {
        read::interval_log(&self.path, metric)
    }

    /// Writes the files of a report, each a name and its text, beside the run, or under another directory made with
    /// [`RunDirectory::create`].
    pub fn save_pages<'a>(
        &self,
        pages: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<(), WriteError> {
        let mut files = write::Files::new(&self.path);
        for (name, text) in pages {
            files.atomic(name, text);
        }
        files.finish()
    }

    /// Reads the run back. A directory that was cut short is still a run as long as `run.json` is there.
    pub fn read(&self) -> Result<SavedRun, ReadError> {
        read::saved_run(&self.path)
    }
}

/// `repro/token.aud-mismatch.sh`
pub(crate) fn repro_file(check: &str) -> String {
    format!("repro/{}.sh", flat(check))
}

/// `transcripts/token.aud-mismatch.txt`
pub(crate) fn transcript_file(check: &str) -> String {
    format!("transcripts/{}.txt", flat(check))
}

/// A check id as a file name: slashes become dots, and nothing else gets through, so that no id leaves the directory.
fn flat(check: &str) -> String {
    let name: String = check
        .chars()
        .map(|char| match char {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' | '.' => char,
            '/' => '.',
            _ => '_',
        })
        .collect();
    name.trim_start_matches('.').to_owned()
}
