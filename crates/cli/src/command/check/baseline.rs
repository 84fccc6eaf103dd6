//! The file of known failures: read before the run, so that a typing error costs nobody a run, and written after it.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use assay_client::Dialect;
use assay_conformance::checks;
use assay_results::{Baseline, BaselineComparison, ConformanceRecord, Outcome};

use crate::args::check::CheckArgs;
use crate::console;
use crate::failure::{Failure, OrFail};
use crate::hub_under_test::document_dialect;

/// A baseline and where it came from.
#[derive(Debug)]
pub(super) struct BaselineFile {
    path: PathBuf,
    baseline: Baseline,
    bless: bool,
}

impl BaselineFile {
    /// The one that was asked for.
    ///
    /// # Errors
    /// It cannot be read, is no baseline, or is about something that this run does not judge.
    pub(super) fn read(args: &CheckArgs, dialects: &[Dialect]) -> Result<Option<Self>, Failure> {
        let Some(path) = &args.gate.baseline else {
            return Ok(None);
        };
        let named = || format!("--baseline {}", path.display());
        let baseline = match fs::read_to_string(path) {
            Ok(text) => Baseline::parse(&text).with_context(named).or_usage()?,
            Err(error) if args.gate.bless && error.kind() == ErrorKind::NotFound => {
                Baseline::default()
            }
            Err(error) => return Err(error).with_context(named).or_usage(),
        };
        // What is blessed is written anew, so that a renamed check is no obstacle.
        if !args.gate.bless {
            hold_against(&baseline, dialects)
                .with_context(named)
                .or_usage()?;
        }
        Ok(Some(Self {
            path: path.clone(),
            baseline,
            bless: args.gate.bless,
        }))
    }

    /// How a run stands to it, or to what it becomes.
    ///
    /// # Errors
    /// It shall be written and the run is no baseline, or the file cannot be written.
    pub(super) fn settle(
        &mut self,
        record: &ConformanceRecord,
    ) -> Result<BaselineComparison, Failure> {
        if self.bless {
            self.write(record)?;
        }
        let file = self.path.display().to_string();
        Ok(self
            .baseline
            .compare(&file, &record.verdicts, record.fail_on))
    }

    fn write(&mut self, record: &ConformanceRecord) -> Result<(), Failure> {
        let blessed = self.baseline.blessed(record).map_err(|error| Failure {
            outcome: Outcome::NotMeasurable,
            error: error.into(),
        })?;
        write_whole(&self.path, &blessed.to_toml())
            .with_context(|| format!("cannot write --baseline {}", self.path.display()))
            .or_usage()?;
        console::tell(format_args!(
            "{}: {} known failures; give each a reason",
            self.path.display(),
            blessed.len()
        ));
        self.baseline = blessed;
        Ok(())
    }
}

fn hold_against(
    baseline: &Baseline,
    dialects: &[Dialect],
) -> Result<(), assay_results::BaselineError> {
    let dialects: Vec<_> = dialects.iter().copied().map(document_dialect).collect();
    let all: Vec<_> = [Dialect::V1, Dialect::V0]
        .into_iter()
        .flat_map(checks)
        .collect();
    baseline.hold_against(&dialects, |dialect, check, requirement| {
        all.iter().any(|known| {
            document_dialect(known.dialect) == dialect
                && known.id == check
                && known.judges.iter().any(|(id, _)| *id == requirement)
        })
    })
}

// Whole or as it was: a gate must not lose its list to a full disk.
fn write_whole(path: &Path, text: &str) -> std::io::Result<()> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let written = fs::write(&partial, text).and_then(|()| fs::rename(&partial, path));
    if written.is_err() {
        // Half a list is of no use, and its room is wanted.
        let _ = fs::remove_file(&partial);
    }
    written
}
