//! The sources of a site, read by pattern: what in them speaks to a hub. What stands in no source, such as the value of an
//! expression, is said to be one and never guessed. Not for what a program does: nothing is run.

mod caddyfile;
mod calls;
mod claims;
mod configuration;
mod finder;
mod joined;
mod lexer;
mod literals;
mod publishing;
mod secret;
mod symfony;
mod value;
mod walk;

use std::path::Path;

use assay_results::SourcesRead;

use super::{limits::SAMPLES_AT_MOST, sample::Sample, samples_file::SamplesError};
use finder::{File, Finder};

/// Reads all sources below a folder, or one.
///
/// # Errors
/// It cannot be read, or nothing in it speaks to a hub.
pub(super) fn read(path: &Path, read: &mut SourcesRead) -> Result<Vec<Sample>, SamplesError> {
    let mut finder = Finder::default();
    walk::files(path, read, &mut |name, text| {
        if let Some(file) = File::of(name, text) {
            finder.look_at(&file);
        }
        finder.samples.len() < SAMPLES_AT_MOST
    })?;
    if finder.samples.is_empty() {
        return Err(SamplesError::Nothing {
            path: path.display().to_string(),
            message: format!(
                "nothing in {} speaks to a hub{}: sources end in .js, .mjs, .jsx, .ts, .tsx, .vue, .svelte, .php, .twig, .html, .yaml or .yml, or are called .env or Caddyfile",
                files(read.files),
                passed_over(read)
            ),
        });
    }
    Ok(finder.samples)
}

/// What was not read, since it may be what was meant.
fn passed_over(read: &SourcesRead) -> String {
    let told = read.skipped.iter().map(|it| match it.count {
        1 => format!("{} is {}", it.example, it.reason),
        count => format!("{count} are {}, such as {}", it.reason, it.example),
    });
    match told.collect::<Vec<_>>() {
        told if told.is_empty() => String::new(),
        told => format!(" (passed over: {})", told.join(", ")),
    }
}

fn files(count: u64) -> String {
    match count {
        1 => "its 1 file".to_owned(),
        count => format!("its {count} files"),
    }
}

#[cfg(test)]
mod tests;
