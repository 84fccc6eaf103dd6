//! What is to be tried: the samples of each path that was given. Not for reading one: the library does.

use std::path::PathBuf;

use assay_conformance::Sample;
use assay_results::SourcesRead;

use crate::failure::{Failure, OrFail};

/// All samples, and what was read to find them.
pub(super) struct Given {
    pub(super) samples: Vec<Sample>,
    pub(super) sources: SourcesRead,
}

impl Given {
    /// Reads each path: a samples file in TOML, or sources.
    ///
    /// # Errors
    /// One of them cannot be read, or nothing in it can be tried.
    pub(super) fn read(paths: &[PathBuf]) -> Result<Self, Failure> {
        let mut sources = SourcesRead::default();
        let mut samples = Vec::new();
        for path in paths {
            samples.extend(assay_conformance::read_samples(path, &mut sources).or_usage()?);
        }
        Ok(Self { samples, sources })
    }
}
