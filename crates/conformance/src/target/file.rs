//! A target file: a hub and its variants in TOML, field by field as docs/conformance-targets.md tells. Not for one of them: that is
//! [`super::section`] and [`super::plan`].

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::{
    plan::{Places, Plan},
    section::Section,
};

/// The key of the hub itself, and the name of its log.
pub(super) const HUB: &str = "hub";

/// Why a target cannot be used. Values never stand in a message: any of them may be a secret.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// A file cannot be read: the target itself, a key, a certificate.
    #[error("cannot read {}{}: {source}", path.display(), of(place))]
    Read {
        /// Which.
        path: PathBuf,
        /// The key that names it; empty for the target itself.
        place: String,
        /// The system's words.
        source: io::Error,
    },
    /// Not TOML, or not a target.
    #[error("{}, line {line}: {message}", path.display())]
    Syntax {
        /// Of the target.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// A field whose value is of no use.
    #[error("{}, {place}: {message}", path.display())]
    Field {
        /// Of the target.
        path: PathBuf,
        /// Such as `variants.small-history.url`.
        place: String,
        /// What is wrong, and what to write instead.
        message: String,
    },
}

fn of(place: &str) -> String {
    if place.is_empty() {
        String::new()
    } else {
        format!(" for {place}")
    }
}

/// The file as a whole.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    hub: Section,
    #[serde(default)]
    variants: BTreeMap<String, Section>,
}

/// A target that was read and checked; nothing runs yet.
#[derive(Debug, Clone)]
pub struct TargetFile {
    /// The hub.
    pub hub: Plan,
    /// The same hub under other configurations, by name.
    pub variants: Vec<Plan>,
}

impl TargetFile {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// It cannot be read, is no target, or names what is not there: each names the file and the line or the key.
    pub fn read(path: &Path, places: &Places) -> Result<Self, TargetError> {
        let text = fs::read_to_string(path).map_err(|source| TargetError::Read {
            path: path.to_owned(),
            place: String::new(),
            source,
        })?;
        Self::parse(&text, path, places)
    }

    /// The same for a text; `path` is what errors call it, and its folder what relative names begin with.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn parse(text: &str, path: &Path, places: &Places) -> Result<Self, TargetError> {
        let File { hub, variants } =
            toml::from_str(text).map_err(|error| syntax(text, path, &error))?;
        let sections: Vec<_> = variants
            .into_iter()
            .map(|(name, section)| (name, section.over(&hub)))
            .collect();
        for (at, (name, section)) in sections.iter().enumerate() {
            check_name(name, path)?;
            let earlier = sections[..at].iter().map(|(name, it)| (name.as_str(), it));
            let mut others = [(HUB, &hub)].into_iter().chain(earlier);
            if let Some((twin, _)) = others.find(|(_, other)| *other == section) {
                return Err(TargetError::Field {
                    path: path.to_owned(),
                    place: format!("variants.{name}"),
                    message: format!(
                        "is the same as `{twin}`: write what differs, or leave it out"
                    ),
                });
            }
        }
        let hub = Plan::check(None, hub, path, places)?;
        let variants = sections
            .into_iter()
            .map(|(name, section)| Plan::check(Some(name), section, path, places))
            .collect::<Result<_, _>>()?;
        Ok(Self { hub, variants })
    }
}

// It names a log and a folder, and stands in reports.
fn check_name(name: &str, path: &Path) -> Result<(), TargetError> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !name.is_empty() && name != HUB && name.bytes().all(fits) {
        return Ok(());
    }
    Err(TargetError::Field {
        path: path.to_owned(),
        place: format!("variants.{name}"),
        message: "a variant is named with a-z, 0-9 and `-`, and not `hub`".to_owned(),
    })
}

fn syntax(text: &str, path: &Path, error: &toml::de::Error) -> TargetError {
    let before = error.span().map_or(0, |span| span.start).min(text.len());
    let lines = String::from_utf8_lossy(&text.as_bytes()[..before]);
    TargetError::Syntax {
        path: path.to_owned(),
        line: lines.matches('\n').count() + 1,
        message: without_values(error.message()),
    }
}

// `invalid type: string "…", expected …` would show what may be a key.
fn without_values(message: &str) -> String {
    match message.split_once(": ") {
        Some((kind, rest)) if kind.starts_with("invalid ") => {
            let expected = rest.rfind(", expected").map_or("", |at| &rest[at..]);
            format!("{kind}{expected}")
        }
        _ => message.trim().to_owned(),
    }
}
