//! Does a site survive the move of its hub from 0.x to 1.0? What of it works today, after the move with compatibility on, and
//! after the move with compatibility off; and what to write instead.
//!
//! ```text
//! samples file ─┐                 ┌ today: a hub of 0.x             ┐
//! sources ──────┴ Sample ─ Trial ─┼ compatible: 1.0 that takes 0.x  ┼ Fate ─ SampleRow
//!                   └ Advice ─────┴ moved: 1.0 alone                ┘
//! ```
//!
//! A sample is tried alone: whatever goes with it in an exchange (the token beside a URL, the URL beside a token) is what the
//! hub of that world wants. What was sent and seen says *tried*; what no exchange can show says *by rule*; what cannot be read,
//! such as a topic that is an expression, is *not judged*. What is to be written instead is tried as well. Not for whether the
//! hubs keep the protocol: that is for the checks.

mod advice;
mod api_path;
mod claims;
mod fact;
mod limits;
mod neighbours;
mod rule;
mod run;
mod sample;
mod samples_file;
mod selector;
mod setting;
mod source;
mod spelling;
mod subscription;
mod trial;
mod world;

pub use run::{Migration, Progress as MigrationProgress, migrate};
pub use sample::Sample;
pub use samples_file::SamplesError;
pub use world::{Grounds, dialects_of};

use std::path::Path;

use assay_results::SourcesRead;

/// Reads the samples of a path: of a file that ends in `.toml` those that it lists, of anything else the sources below it.
///
/// # Errors
/// It cannot be read, or nothing in it can be tried; the message names file, line and column.
pub fn read_samples(path: &Path, read: &mut SourcesRead) -> Result<Vec<Sample>, SamplesError> {
    read.given.push(path.display().to_string());
    let is_list = path.extension().is_some_and(|ending| ending == "toml") && !path.is_dir();
    if is_list {
        read.files += 1;
        return samples_file::read(path);
    }
    source::read(path, read)
}
