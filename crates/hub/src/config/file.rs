//! The configuration file: TOML whose keys are the names of the settings, with `_` for `-`.
//!
//! Text in, settings out; the command line reads the file. What cannot be used is refused with line and column, and
//! never with the line itself, which may hold a key.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::ConfigError;
use super::issuer_table;
use super::layer::Layer;
use super::setting::{Kind, SETTINGS, Setting};
use super::written::{self, Source, Written};

/// A place in a file, shown as `file:line:column`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    path: Arc<str>,
    line: usize,
    column: usize,
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.path, self.line, self.column)
    }
}

/// A text with the name of its file.
pub(super) struct File<'a> {
    path: Arc<str>,
    text: &'a str,
}

impl Layer {
    /// The settings in the `text` of a configuration file; `path` is how refusals name it.
    pub fn from_toml(path: &str, text: &str) -> Result<Self, ConfigError> {
        let file = File {
            path: path.into(),
            text,
        };
        let table = DeTable::parse(text).map_err(|error| ConfigError::FileSyntax {
            at: file.at(&error.span().unwrap_or_default()),
            // Without the excerpt that the error can print.
            message: error.message().trim().replace('\n', ", "),
        })?;
        let mut entries: Vec<_> = table.get_ref().iter().collect();
        // In the order of the file, so that the first mistake is the one told.
        entries.sort_by_key(|(key, _)| key.span().start);
        let mut layer = Self::default();
        for (key, value) in entries {
            file.read(key.get_ref(), &key.span(), value, &mut layer)?;
        }
        Ok(layer)
    }
}

impl File<'_> {
    fn read(
        &self,
        key: &str,
        span: &Range<usize>,
        value: &Spanned<DeValue<'_>>,
        layer: &mut Layer,
    ) -> Result<(), ConfigError> {
        if key == issuer_table::KEY {
            layer.issuers = issuer_table::read(self, value)?;
            return Ok(());
        }
        let setting = SETTINGS.iter().find(|it| it.key() == key);
        let setting = setting.ok_or_else(|| ConfigError::UnknownKey {
            at: self.at(span),
            key: key.to_owned(),
            nearest: Setting::nearest(key).map(Setting::key),
        })?;
        if let (Kind::List(_), DeValue::Array(items)) = (setting.kind, value.get_ref()) {
            layer.empty(setting);
            for item in items {
                self.push(setting, item, layer)?;
            }
            return Ok(());
        }
        self.push(setting, value, layer)
    }

    fn push(
        &self,
        setting: &Setting,
        value: &Spanned<DeValue<'_>>,
        layer: &mut Layer,
    ) -> Result<(), ConfigError> {
        let written = self.written(setting.name, setting.kind, value)?;
        layer.add(setting, written);
        Ok(())
    }

    /// The value of `name`, if it is of its kind.
    pub(super) fn written(
        &self,
        name: &'static str,
        kind: Kind,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<Written, ConfigError> {
        let text = text(kind, value.get_ref())
            .map_err(|expected| self.wrong_type(&written::key(name), value, expected))?;
        let source = Source::File {
            path: Arc::clone(&self.path),
            line: self.at(&value.span()).line,
        };
        Ok(Written::new(name, source, text))
    }

    pub(super) fn wrong_type(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        expected: &'static str,
    ) -> ConfigError {
        ConfigError::WrongType {
            at: self.at(&value.span()),
            key: key.to_owned(),
            found: value.get_ref().type_str(),
            expected,
        }
    }

    /// That a table inside the file has only the keys `known`.
    pub(super) fn unknown_key(
        &self,
        key: &str,
        span: &Range<usize>,
        known: &[&'static str],
    ) -> ConfigError {
        let near = known
            .iter()
            .map(|it| (strsim::jaro_winkler(key, it), (*it).to_owned()));
        ConfigError::UnknownKey {
            at: self.at(span),
            key: key.to_owned(),
            nearest: near.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, key)| key),
        }
    }

    fn at(&self, span: &Range<usize>) -> At {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        At {
            path: Arc::clone(&self.path),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

/// The value as text, or what it should have been.
fn text(kind: Kind, value: &DeValue<'_>) -> Result<String, &'static str> {
    match (kind, value) {
        (
            Kind::Text(_)
            | Kind::Secret
            | Kind::File
            | Kind::Document(_)
            | Kind::Duration
            | Kind::List(_),
            DeValue::String(text),
        ) => Ok(text.clone().into_owned()),
        (Kind::Duration, DeValue::Integer(zero)) if zero.as_str() == "0" => Ok("0".to_owned()),
        (Kind::Number, DeValue::Integer(number)) if number.radix() == 10 => {
            Ok(number.as_str().to_owned())
        }
        (Kind::Switch, DeValue::Boolean(on)) => Ok(on.to_string()),
        (Kind::Text(_) | Kind::Secret | Kind::File | Kind::Document(_), _) => Err("a string"),
        (Kind::List(_), _) => Err("a list of strings, or one string"),
        (Kind::Duration, _) => Err("a string with a unit, such as \"15s\", or 0"),
        (Kind::Number, _) => Err("a whole number without quotes, such as 10000"),
        (Kind::Switch, _) => Err("true or false, without quotes"),
    }
}
