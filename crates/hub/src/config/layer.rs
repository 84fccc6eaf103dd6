//! What was written in one place, such as the command line or a file, and how places stand above each other.

use std::collections::BTreeMap;

use super::error::ConfigError;
use super::issuer_table;
use super::options::{HubOptions, IssuerOptions};
use super::setting::{Field, Kind, SETTINGS, Setting};
use super::written::{Source, Written};

/// The settings that were written in one place, or in several that were put [over](Layer::over) each other.
#[derive(Debug, Clone, Default)]
pub struct Layer {
    /// By name. A list that is there and empty was written as empty.
    settings: BTreeMap<&'static str, Vec<Written>>,
    /// Issuers with keys of their own, which only a file can say.
    pub(super) issuers: Vec<IssuerOptions>,
}

/// A file that holds a secret, or whatever a setting is about.
pub struct SecretFile {
    /// Where it is, from wherever one looks.
    pub path: String,
    /// What is in it.
    pub content: String,
}

impl Layer {
    /// Adds a value to a setting.
    pub fn push(&mut self, setting: &Setting, source: Source, value: impl Into<String>) {
        self.add(setting, Written::new(setting.name, source, value));
    }

    pub(super) fn add(&mut self, setting: &Setting, written: Written) {
        self.settings.entry(setting.name).or_default().push(written);
    }

    /// Says that a list is empty.
    pub(super) fn empty(&mut self, setting: &Setting) {
        self.settings.insert(setting.name, Vec::new());
    }

    /// Forgets the settings of these names.
    pub(super) fn forget(&mut self, names: &[&str]) {
        self.settings.retain(|name, _| !names.contains(name));
    }

    /// Whether the setting of this name was written.
    pub fn has(&self, name: &str) -> bool {
        self.settings.contains_key(name)
    }

    /// The last value that was written for the setting of this name.
    pub fn get(&self, name: &str) -> Option<&Written> {
        self.settings.get(name)?.last()
    }

    /// All values that were written for the setting of this name; none where it was not written.
    pub(super) fn all(&self, name: &str) -> Option<&[Written]> {
        self.settings.get(name).map(Vec::as_slice)
    }

    /// This layer, and of the `lower` one what this does not say. Lists are taken whole from one of them. What gives a role
    /// its keys here covers what gives it keys there: what was written closer counts, before what is more special.
    #[must_use]
    pub fn over(mut self, mut lower: Self) -> Self {
        lower.forget(&self.covered_keys());
        for (name, written) in lower.settings {
            self.settings.entry(name).or_insert(written);
        }
        if self.issuers.is_empty() {
            self.issuers = lower.issuers;
        }
        self
    }

    /// What gives a role its keys, and would be beside what gives it keys here.
    fn covered_keys(&self) -> Vec<&'static str> {
        let publisher = ["publisher-jwt-key", "publisher-jwks"];
        let subscriber = ["subscriber-jwt-key", "subscriber-jwks"];
        let covered = [publisher, subscriber]
            .into_iter()
            .filter(|role| self.has("jwt-key") || role.iter().any(|name| self.has(name)));
        covered.flatten().collect()
    }

    /// Replaces each secret that was written as `@file`, and each name of a file, by what `read` finds there, which also says
    /// where that is for readers who stand elsewhere.
    pub fn resolve_secrets<E>(
        &mut self,
        mut read: impl FnMut(&Written, &str) -> Result<SecretFile, E>,
    ) -> Result<(), E> {
        for setting in SETTINGS {
            for written in self.settings.get_mut(setting.name).into_iter().flatten() {
                resolve(setting.kind, written, &mut read)?;
            }
        }
        for written in self.issuers.iter_mut().flat_map(issuer_table::secrets) {
            resolve(Kind::Secret, written, &mut read)?;
        }
        Ok(())
    }

    /// The options that are written here.
    pub fn options(&self) -> Result<HubOptions, ConfigError> {
        let mut options = HubOptions {
            issuers: self.issuers.clone(),
            ..HubOptions::default()
        };
        for setting in SETTINGS {
            let Some(written) = self.all(setting.name) else {
                continue;
            };
            match setting.field {
                Field::One(field) => *field(&mut options) = written.last().cloned(),
                Field::Many(field) => *field(&mut options) = written.to_vec(),
                Field::Switch(field) => {
                    *field(&mut options) = written.last().map_or(Ok(false), switch)?;
                }
                Field::Program => {}
            }
        }
        Ok(options)
    }
}

/// Reads what `written` points to, if it is of a kind that can, and does.
fn resolve<E>(
    kind: Kind,
    written: &mut Written,
    read: &mut impl FnMut(&Written, &str) -> Result<SecretFile, E>,
) -> Result<(), E> {
    let path = match (kind, written.value().strip_prefix('@')) {
        (Kind::Secret | Kind::File | Kind::Document(_), Some(path)) => path.to_owned(),
        (Kind::File, None) => written.value().to_owned(),
        _ => return Ok(()),
    };
    let SecretFile { path, content } = read(written, &path)?;
    written.found(content, format!("@{path}"));
    Ok(())
}

/// Whether a switch is on.
pub(super) fn switch(written: &Written) -> Result<bool, ConfigError> {
    match written.value().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(ConfigError::Invalid {
            place: written.place(),
            written: written.value().to_owned(),
            expected: "is neither yes nor no: write true or false",
        }),
    }
}
