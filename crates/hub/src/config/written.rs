//! A setting as somebody wrote it, with the place where it was written, so that a refusal can name that place.
//!
//! Nothing is checked here, and nothing is read from the environment: the command line does that.

use std::fmt;

/// Where a setting was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// On the command line: `--name`.
    Flag,
    /// In the environment: `ASSAY_HUB_NAME`.
    Environment,
}

/// One setting: its name, where it was written, and the text that was written.
///
/// The value may be a secret, so `Debug` leaves it out.
#[derive(Clone, PartialEq, Eq)]
pub struct Written {
    name: &'static str,
    source: Source,
    value: String,
}

impl Written {
    /// The setting `name` (as the flag is spelled, without dashes in front: `jwt-key`), written at `source` as `value`.
    pub fn new(name: &'static str, source: Source, value: impl Into<String>) -> Self {
        Self {
            name,
            source,
            value: value.into(),
        }
    }

    /// The text that was written.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The place to change: `--jwt-key`, or `ASSAY_HUB_JWT_KEY`.
    pub fn place(&self) -> Place {
        Place {
            name: self.name,
            source: self.source,
        }
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
            _ => "jwt-algorithm",
        };
        Self {
            name,
            source: self.source,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.source {
            Source::Flag => write!(f, "--{}", self.name),
            Source::Environment => {
                f.write_str("ASSAY_HUB_")?;
                self.name.chars().try_for_each(|c| {
                    fmt::Write::write_char(
                        f,
                        if c == '-' {
                            '_'
                        } else {
                            c.to_ascii_uppercase()
                        },
                    )
                })
            }
        }
    }
}
