//! A run directory, read back: also one that was cut short.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use serde::Deserialize;

use super::{LEDGER_CSV, RUN_JSON, Run, SCENARIO_TOML, SavedRun, ledger_csv};
use crate::bounds::{ACCOMPANYING_BYTES_AT_MOST, RUN_JSON_BYTES_AT_MOST, SCHEMA_VERSION};
use crate::capacity::CapacityRun;
use crate::comparison::ComparisonRun;
use crate::conformance::ConformanceRun;
use crate::conformance::verdict::VerdictRow;
use crate::error::ReadError;
use crate::interval_log::IntervalLog;
use crate::load::LoadRun;
use crate::load::metric::Metric;
use crate::migration::MigrationRun;

/// What every document begins with, whatever its version.
#[derive(Deserialize)]
struct Head {
    schema: u64,
    kind: String,
}

pub(super) fn saved_run(directory: &Path) -> Result<SavedRun, ReadError> {
    let path = directory.join(RUN_JSON);
    if !path.exists() {
        return Err(ReadError::NoRun {
            path: directory.to_owned(),
            found: names(directory)?,
        });
    }
    let text = bounded(&path, RUN_JSON_BYTES_AT_MOST)?;
    let malformed = |source| ReadError::Malformed {
        path: path.clone(),
        source,
    };
    let head: Head = serde_json::from_str(&text).map_err(malformed)?;
    match (head.kind.as_str(), head.schema == u64::from(SCHEMA_VERSION)) {
        ("load", true) => {
            let run: LoadRun = serde_json::from_str(&text).map_err(malformed)?;
            let missing = missing_of_load(directory, &run);
            Ok(SavedRun {
                run: Run::Load(Box::new(run)),
                missing,
            })
        }
        ("conformance", true) => {
            let run: ConformanceRun = serde_json::from_str(&text).map_err(malformed)?;
            let missing = missing_of_conformance(directory, &run);
            Ok(SavedRun {
                run: Run::Conformance(Box::new(run)),
                missing,
            })
        }
        ("migration", true) => {
            let run: MigrationRun = serde_json::from_str(&text).map_err(malformed)?;
            Ok(SavedRun {
                run: Run::Migration(Box::new(run)),
                missing: Vec::new(),
            })
        }
        ("capacity", true) => {
            let run: CapacityRun = serde_json::from_str(&text).map_err(malformed)?;
            Ok(SavedRun {
                run: Run::Capacity(Box::new(run)),
                missing: Vec::new(),
            })
        }
        ("comparison", true) => {
            let run: ComparisonRun = serde_json::from_str(&text).map_err(malformed)?;
            Ok(SavedRun {
                run: Run::Comparison(Box::new(run)),
                missing: Vec::new(),
            })
        }
        _ => Err(ReadError::Unknown {
            path,
            kind: head.kind,
            schema: head.schema,
            reads: SCHEMA_VERSION,
        }),
    }
}

/// None where there is none, or it is cut off.
pub(super) fn interval_log(directory: &Path, metric: Metric) -> Option<IntervalLog> {
    let path = directory.join(crate::interval_log::file_name(metric));
    let text = bounded(&path, ACCOMPANYING_BYTES_AT_MOST).ok()?;
    IntervalLog::from_text(metric, &text).ok()
}

fn bounded(path: &Path, at_most: u64) -> Result<String, ReadError> {
    let unreadable = |source| ReadError::File {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(unreadable)?;
    let bytes = file.metadata().map_err(unreadable)?.len();
    let mut text = String::new();
    file.take(at_most + 1)
        .read_to_string(&mut text)
        .map_err(unreadable)?;
    if text.len() as u64 > at_most {
        return Err(ReadError::TooLarge {
            path: path.to_owned(),
            bytes,
            at_most,
        });
    }
    Ok(text)
}

fn names(directory: &Path) -> Result<Vec<String>, ReadError> {
    let unreadable = |source| ReadError::Directory {
        path: directory.to_owned(),
        source,
    };
    let mut names: Vec<String> = fs::read_dir(directory)
        .map_err(unreadable)?
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .collect();
    names.sort();
    // A wrong directory may hold anything; a few names show that it is wrong.
    names.truncate(10);
    Ok(names)
}

fn missing_of_load(directory: &Path, run: &LoadRun) -> Vec<String> {
    let mut missing = Vec::new();
    if !directory.join(SCENARIO_TOML).exists() {
        missing.push(format!("{SCENARIO_TOML} is missing"));
    }
    let publishes = run.record().publications.len();
    match bounded(&directory.join(LEDGER_CSV), ACCOMPANYING_BYTES_AT_MOST) {
        Err(_) => missing.push(format!("{LEDGER_CSV} is missing")),
        Ok(text) => {
            let rows = ledger_csv::whole_rows(&text);
            if rows < publishes {
                missing.push(format!("{LEDGER_CSV} has {rows} of {publishes} rows"));
            }
        }
    }
    for &metric in run.record().metrics.keys() {
        let name = crate::interval_log::file_name(metric);
        match bounded(&directory.join(&name), ACCOMPANYING_BYTES_AT_MOST) {
            Err(_) if metric == Metric::Delivery => missing.push(format!("{name} is missing")),
            Ok(text) if !text.ends_with('\n') => missing.push(format!("{name} is cut off")),
            // Which others a run keeps is its own choice.
            Err(_) | Ok(_) => {}
        }
    }
    missing
}

fn missing_of_conformance(directory: &Path, run: &ConformanceRun) -> Vec<String> {
    let rows = run
        .record()
        .verdicts
        .iter()
        .filter(|row| row.repro.is_some());
    let mut missing: Vec<String> = rows
        .map(VerdictRow::repro_file)
        .filter(|name| !directory.join(name).exists())
        .map(|name| format!("{name} is missing"))
        .collect();
    missing.dedup();
    missing
}
