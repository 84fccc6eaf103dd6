//! A setting as somebody wrote it, with the place where it was written, so that a refusal can name that place.
//!
//! Nothing is checked here, and nothing is read from the environment or a file: the command line does that.

use std::fmt;
use std::sync::Arc;

/// Where a setting was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// On the command line: `--name`.
    Flag,
    /// In the environment: `ASSAY_HUB_NAME`.
    Environment,
    /// In the configuration file.
    File {
        /// The file, as its reader named it.
        path: Arc<str>,
        /// The line, from 1.
        line: usize,
    },
    /// Under the name that it has for another hub: `MERCURE_PUBLISHER_JWT_KEY`.
    Legacy {
        /// That name, or where in its value.
        name: Arc<str>,
    },
}

/// One setting: its name, where it was written, and the text that was written.
///
/// The value may be a secret, so `Debug` leaves it out.
#[derive(Clone, PartialEq, Eq)]
pub struct Written {
    name: &'static str,
    source: Source,
    value: String,
    /// What was written where the value stands elsewhere: `@file`.
    reference: Option<String>,
}

impl Written {
    /// The setting `name` (as the flag is spelled, without dashes in front: `jwt-key`), written at `source` as `value`.
    pub fn new(name: &'static str, source: Source, value: impl Into<String>) -> Self {
        Self {
            name,
            source,
            value: value.into(),
            reference: None,
        }
    }

    /// The text that was written, or what was found where that text pointed.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The place to change: `--jwt-key`, or `ASSAY_HUB_JWT_KEY`.
    pub fn place(&self) -> Place {
        Place {
            name: self.name,
            source: self.source.clone(),
        }
    }

    /// Where it was written.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Puts what was `found` in the place of what was written, and keeps the `reference` to it.
    pub(super) fn found(&mut self, found: String, reference: String) {
        (self.value, self.reference) = (found, Some(reference));
    }

    /// What was written, where the value stands elsewhere: safe to show, unlike the value.
    pub(super) fn reference(&self) -> Option<&str> {
        self.reference.as_deref()
    }
}

impl fmt::Debug for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Written")
            .field("place", &self.place().to_string())
            .finish_non_exhaustive()
    }
}

/// The place of a setting, shown as the reader has to type it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    name: &'static str,
    source: Source,
}

impl Place {
    /// The place of the algorithm that belongs to the key written here, where nobody wrote one.
    pub(super) fn beside(self) -> Self {
        let name = match self.name {
            "publisher-jwt-key" => "publisher-jwt-algorithm",
            "subscriber-jwt-key" => "subscriber-jwt-algorithm",
            "publisher.key" => "publisher.algorithms",
            "subscriber.key" => "subscriber.algorithms",
            _ => "jwt-algorithm",
        };
        let source = match self.source {
            Source::Legacy { name } => Source::Legacy {
                name: algorithm_beside(&name).into(),
            },
            source => source,
        };
        Self { name, source }
    }
}

/// The name of the algorithm that goes with the key of this name: `MERCURE_…_ALG`, `…_ALGORITHM` before it; directives take
/// it as their second argument.
fn algorithm_beside(name: &str) -> String {
    match name.strip_suffix("_KEY") {
        Some(stem) if stem.starts_with("MERCURE_") => format!("{stem}_ALG"),
        Some(stem) => format!("{stem}_ALGORITHM"),
        None => format!("{name}, its second argument:"),
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Source::Flag => write!(f, "--{}", self.name),
            Source::Environment => f.write_str(&variable(self.name)),
            Source::File { path, line } => write!(f, "{path}:{line}: {}", key(self.name)),
            Source::Legacy { name } => f.write_str(name),
        }
    }
}

/// The variable of the setting `name`: `ASSAY_HUB_JWT_KEY`.
pub(super) fn variable(name: &str) -> String {
    format!("ASSAY_HUB_{}", key(name).to_uppercase())
}

/// The key of the setting `name` in a file: `jwt_key`.
pub(super) fn key(name: &str) -> String {
    name.replace('-', "_")
}
