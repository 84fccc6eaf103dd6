//! A translation under way: the settings so far, and what there is to say.

use super::super::error::{ConfigError, ConfigWarning};
use super::super::layer::Layer;
use super::super::options::IssuerOptions;
use super::super::setting::Setting;
use super::super::written::Source;
use super::value;

/// What becomes of a name.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rule {
    /// A text of this setting.
    Text(&'static str),
    /// The URL of a document of this setting.
    Document(&'static str),
    /// A key of this setting.
    Key(&'static str),
    /// A file that this setting reads.
    File(&'static str),
    /// A switch of this setting.
    Switch(&'static str),
    /// A duration of this setting.
    Duration(&'static str),
    /// A list of this setting.
    List(&'static str),
    /// Nothing, for this reason.
    Ignored(&'static str),
    /// The hub does not start; this is what to do.
    Refused(&'static str),
    /// The same, where it is a switch that is on.
    RefusedIfOn(&'static str),
    /// Read together with others.
    Apart,
}

impl Rule {
    /// The setting that it writes.
    fn setting(self) -> Option<&'static str> {
        match self {
            Self::Text(setting)
            | Self::Document(setting)
            | Self::Key(setting)
            | Self::File(setting)
            | Self::Switch(setting)
            | Self::Duration(setting)
            | Self::List(setting) => Some(setting),
            Self::Ignored(_) | Self::Refused(_) | Self::RefusedIfOn(_) | Self::Apart => None,
        }
    }
}

pub(super) struct Translation<'a> {
    variable: &'a dyn Fn(&str) -> Option<String>,
    /// What was written for this hub, which covers what is translated.
    ours: &'a Layer,
    settings: Layer,
    warnings: Vec<ConfigWarning>,
}

impl<'a> Translation<'a> {
    pub(super) fn new(variable: &'a dyn Fn(&str) -> Option<String>, ours: &'a Layer) -> Self {
        Self {
            variable,
            ours,
            settings: Layer::default(),
            warnings: Vec::new(),
        }
    }

    /// The value of a variable. One that is empty, or blank, says nothing.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.trim().is_empty())
    }

    /// Whether a setting was written for this hub: what other hubs say of it need not be right then.
    pub(super) fn is_covered(&self, setting: &str) -> bool {
        self.ours.has(setting)
    }

    /// The settings so far.
    pub(super) fn settings(&self) -> &Layer {
        &self.settings
    }

    pub(super) fn end(self) -> (Layer, Vec<ConfigWarning>) {
        (self.settings, self.warnings)
    }

    /// Says something of `name`, which is not a reason not to start.
    pub(super) fn note(&mut self, name: &str, said: impl Into<String>) {
        self.warnings.push(ConfigWarning::Legacy {
            name: name.to_owned(),
            said: said.into(),
        });
    }

    /// Writes one value of a setting, in the place of what was there.
    pub(super) fn set(
        &mut self,
        name: &str,
        setting: &'static str,
        value: impl Into<String>,
    ) -> Result<(), ConfigError> {
        self.set_all(name, setting, [value.into()])
    }

    /// Writes the values of a list, in the place of those that were there.
    pub(super) fn set_all(
        &mut self,
        name: &str,
        setting: &'static str,
        values: impl IntoIterator<Item = String>,
    ) -> Result<(), ConfigError> {
        if self.is_covered(setting) {
            return Ok(());
        }
        let row = Setting::named(setting).ok_or_else(|| refuse(name, without(setting)))?;
        self.settings.empty(row);
        for value in values {
            let source = Source::Legacy { name: name.into() };
            self.settings.push(row, source, value);
        }
        Ok(())
    }

    /// Takes settings back.
    pub(super) fn forget(&mut self, names: &[&str]) {
        self.settings.forget(names);
    }

    /// Adds an issuer with keys of its own.
    pub(super) fn add_issuer(&mut self, issuer: IssuerOptions) {
        self.settings.issuers.push(issuer);
    }

    /// Writes a key. It counts as it stands: nothing of that hub reads files that begin with `@`.
    pub(super) fn set_key(
        &mut self,
        name: &str,
        setting: &'static str,
        key: &str,
    ) -> Result<(), ConfigError> {
        if key.starts_with('@') {
            let instead = format!(
                "a key that begins with @ would be taken for a file here: put it into a file, and that into --{setting} @FILE"
            );
            return Err(refuse(name, instead));
        }
        self.set(name, setting, key)
    }

    /// Does with `value`, found under `name`, what the rule says.
    pub(super) fn apply(&mut self, name: &str, value: &str, rule: Rule) -> Result<(), ConfigError> {
        if rule.setting().is_some_and(|it| self.is_covered(it)) {
            return Ok(());
        }
        // Every byte of a key counts.
        let value = match rule {
            Rule::Key(_) => value,
            _ => value.trim(),
        };
        match rule {
            Rule::Text(setting) => self.set(name, setting, value),
            Rule::Document(setting) => self.set(name, setting, value::document(value)),
            Rule::Key(setting) => self.set_key(name, setting, value),
            Rule::File(setting) => self.set(name, setting, format!("@{value}")),
            Rule::Switch(setting) => {
                let on = value::switch(name, value)?;
                // What is off needs nothing that could take it.
                if on || Setting::named(setting).is_some() {
                    self.set(name, setting, on.to_string())?;
                }
                Ok(())
            }
            Rule::Duration(setting) => {
                let duration = value::duration(name, value)?;
                self.set(name, setting, duration)
            }
            Rule::List(setting) => self.set_all(name, setting, value::list(value)),
            Rule::Ignored(why) => {
                self.note(name, format!("is not needed: {why}"));
                Ok(())
            }
            Rule::Refused(instead) => Err(refuse(name, instead)),
            Rule::RefusedIfOn(instead) if value::switch(name, value)? => Err(refuse(name, instead)),
            Rule::RefusedIfOn(_) | Rule::Apart => Ok(()),
        }
    }
}

/// What to do where this hub has no setting of that kind.
fn without(setting: &str) -> String {
    format!("this hub has no --{setting} that could take it")
}

/// That a setting of another hub cannot be followed, and what to do.
pub(super) fn refuse(name: &str, instead: impl Into<String>) -> ConfigError {
    ConfigError::Legacy {
        name: name.to_owned(),
        instead: instead.into(),
    }
}
