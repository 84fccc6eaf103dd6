//! A TOML table whose every key must be asked for: reads values with the place they stand at, so that each mistake has a line,
//! a column and, for a key or name that is nearly right, a suggestion. Knows nothing of scenarios.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::ScenarioError;

/// The text of a file, for turning byte positions into places.
pub(super) struct Source<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
}

impl Source<'_> {
    /// A mistake at a byte position.
    pub(super) fn error(&self, at: usize, problem: impl Into<String>) -> ScenarioError {
        let before = &self.text[..self.text.floor_char_boundary(at)];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        ScenarioError {
            file: self.file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            problem: problem.into(),
        }
    }
}

/// A value with the place it stands at.
pub(super) struct Placed<T> {
    pub(super) value: T,
    pub(super) at: usize,
}

impl<T: Copy> Placed<T> {
    /// The same again.
    pub(super) fn copied(&self) -> Self {
        Self {
            value: self.value,
            at: self.at,
        }
    }
}

impl<T> Placed<T> {
    /// Another value at the same place.
    pub(super) fn map<U>(self, into: impl FnOnce(T) -> U) -> Placed<U> {
        Placed {
            value: into(self.value),
            at: self.at,
        }
    }
}

/// A value that is a name, or a table with more about it.
pub(super) enum Entry<'s, 'i> {
    Text(Placed<String>),
    Table(Table<'s, 'i>),
}

/// A table that is being read.
pub(super) struct Table<'s, 'i> {
    source: &'s Source<'i>,
    /// What it is called in messages: `[phases]`.
    name: String,
    at: usize,
    left: Vec<(Spanned<DeString<'i>>, Spanned<DeValue<'i>>)>,
    asked: Vec<&'static str>,
}

impl<'s, 'i> Table<'s, 'i> {
    /// The whole file.
    pub(super) fn root(source: &'s Source<'i>) -> Result<Self, ScenarioError> {
        let table = DeTable::parse(source.text).map_err(|error| {
            let at = error.span().map_or(0, |span: Range<usize>| span.start);
            source.error(at, error.message().replace('\n', ", "))
        })?;
        Ok(Self::new(
            source,
            "the file".to_owned(),
            0,
            table.into_inner(),
        ))
    }

    fn new(source: &'s Source<'i>, name: String, at: usize, table: DeTable<'i>) -> Self {
        Self {
            source,
            name,
            at,
            left: table.into_iter().collect(),
            asked: Vec::new(),
        }
    }

    fn take(&mut self, key: &'static str) -> Option<Spanned<DeValue<'i>>> {
        self.asked.push(key);
        let place = self
            .left
            .iter()
            .position(|(name, _)| name.get_ref() == key)?;
        Some(self.left.swap_remove(place).1)
    }

    /// The mistake that a key is not there; when another one is nearly it, that one is the mistake.
    pub(super) fn missing(&self, key: &str, example: &str) -> ScenarioError {
        self.nearly(key).unwrap_or_else(|| {
            let problem = format!("{} needs `{key}`, such as {key} = {example}", self.name);
            self.source.error(self.at, problem)
        })
    }

    /// The mistake that there is no table of that name, for which `problem` says what is needed.
    pub(super) fn missing_table(&self, key: &str, problem: &str) -> ScenarioError {
        self.nearly(key)
            .unwrap_or_else(|| self.source.error(self.at, problem))
    }

    /// A key that nobody asked for, and that looks like a slip for `key`.
    fn nearly(&self, key: &str) -> Option<ScenarioError> {
        let slip = |written: &str| strsim::damerau_levenshtein(written, key) <= furthest_slip(key);
        let (found, _) = self.left.iter().find(|(found, _)| slip(found.get_ref()))?;
        let problem = format!(
            "unknown key `{}` in {}, did you mean `{key}`?",
            found.get_ref(),
            self.name
        );
        Some(self.source.error(found.span().start, problem))
    }

    /// A mistake of the table as a whole.
    pub(super) fn error_here(&self, problem: impl Into<String>) -> ScenarioError {
        self.source.error(self.at, problem)
    }

    /// A mistake at a place within this table's file.
    pub(super) fn error(&self, at: usize, problem: impl Into<String>) -> ScenarioError {
        self.source.error(at, problem)
    }

    /// A text, if the key is there.
    pub(super) fn text(
        &mut self,
        key: &'static str,
    ) -> Result<Option<Placed<String>>, ScenarioError> {
        let Some(value) = self.take(key) else {
            return Ok(None);
        };
        match value.get_ref() {
            DeValue::String(text) => Ok(Some(Placed {
                value: text.to_string(),
                at: value.span().start,
            })),
            other => Err(self.wrong_type(key, &value, other, "a text in quotes")),
        }
    }

    /// A text that `parse` understands, if the key is there.
    pub(super) fn quantity<T, E: std::fmt::Display>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<Placed<T>>, ScenarioError> {
        let Some(text) = self.text(key)? else {
            return Ok(None);
        };
        match parse(&text.value) {
            Ok(value) => Ok(Some(Placed { value, at: text.at })),
            Err(problem) => Err(self.error(text.at, format!("`{key}`: {problem}"))),
        }
    }

    /// A whole number within a range, if the key is there.
    pub(super) fn integer(
        &mut self,
        key: &'static str,
        range: Range<u64>,
    ) -> Result<Option<Placed<u64>>, ScenarioError> {
        let Some(value) = self.take(key) else {
            return Ok(None);
        };
        let at = value.span().start;
        let DeValue::Integer(integer) = value.get_ref() else {
            return Err(self.wrong_type(key, &value, value.get_ref(), "a whole number"));
        };
        let number = u64::from_str_radix(integer.as_str(), integer.radix())
            .ok()
            .filter(|number| range.contains(number));
        match number {
            Some(value) => Ok(Some(Placed { value, at })),
            None => Err(self.error(
                at,
                format!(
                    "`{key}` is {}: it must be a number from {} to {}",
                    integer.as_str(),
                    range.start,
                    range.end - 1
                ),
            )),
        }
    }

    /// A whole number within a range, or a text, if the key is there.
    pub(super) fn integer_or_text(
        &mut self,
        key: &'static str,
        range: Range<u64>,
    ) -> Result<Option<Placed<Result<u64, String>>>, ScenarioError> {
        let is_text = self
            .left
            .iter()
            .any(|(name, value)| name.get_ref() == key && value.get_ref().is_str());
        if is_text {
            let text = self.text(key)?;
            return Ok(text.map(|text| text.map(Err)));
        }
        let number = self.integer(key, range)?;
        Ok(number.map(|number| number.map(Ok)))
    }

    /// True or false, if the key is there.
    pub(super) fn boolean(
        &mut self,
        key: &'static str,
    ) -> Result<Option<Placed<bool>>, ScenarioError> {
        let Some(value) = self.take(key) else {
            return Ok(None);
        };
        match value.get_ref() {
            DeValue::Boolean(boolean) => Ok(Some(Placed {
                value: *boolean,
                at: value.span().start,
            })),
            other => Err(self.wrong_type(key, &value, other, "true or false")),
        }
    }

    /// A text, a table, or a list of these; nothing when the key is not there.
    pub(super) fn entries(
        &mut self,
        key: &'static str,
    ) -> Result<Vec<Entry<'s, 'i>>, ScenarioError> {
        let Some(value) = self.take(key) else {
            return Ok(Vec::new());
        };
        if !matches!(value.get_ref(), DeValue::Array(_)) {
            return Ok(vec![self.entry(key, value)?]);
        }
        let DeValue::Array(values) = value.into_inner() else {
            return Ok(Vec::new());
        };
        values
            .into_iter()
            .map(|value| self.entry(key, value))
            .collect()
    }

    /// All that is left, each a text or a table, in the order of the file.
    pub(super) fn into_entries(mut self) -> Result<Vec<(String, Entry<'s, 'i>)>, ScenarioError> {
        let mut left = std::mem::take(&mut self.left);
        left.sort_by_key(|(name, _)| name.span().start);
        left.into_iter()
            .map(|(name, value)| {
                let name = name.get_ref().to_string();
                let entry = self.entry(&name, value)?;
                Ok((name, entry))
            })
            .collect()
    }

    fn entry(
        &self,
        key: &str,
        value: Spanned<DeValue<'i>>,
    ) -> Result<Entry<'s, 'i>, ScenarioError> {
        let at = value.span().start;
        match value.into_inner() {
            DeValue::String(text) => Ok(Entry::Text(Placed {
                value: text.to_string(),
                at,
            })),
            DeValue::Table(table) => Ok(Entry::Table(Self::new(
                self.source,
                format!("`{key}` of {}", self.name),
                at,
                table,
            ))),
            other => {
                let found = with_article(other.type_str());
                let problem = format!(
                    "`{key}` is {found}: it must be a text in quotes, a table, or a list of these"
                );
                Err(self.error(at, problem))
            }
        }
    }

    /// A table, if the key is there.
    pub(super) fn table(&mut self, key: &'static str) -> Result<Option<Self>, ScenarioError> {
        let Some(value) = self.take(key) else {
            return Ok(None);
        };
        let at = value.span().start;
        match value.into_inner() {
            DeValue::Table(table) => {
                Ok(Some(Self::new(self.source, format!("[{key}]"), at, table)))
            }
            other => Err(self.error(
                at,
                format!(
                    "`{key}` is {}: it must be a table, [{key}]",
                    other.type_str()
                ),
            )),
        }
    }

    /// Tables under a key, each with its own name, `[topics.matches]`, in the order of the file.
    pub(super) fn named_tables(
        &mut self,
        key: &'static str,
    ) -> Result<Vec<(Placed<String>, Self)>, ScenarioError> {
        let Some(outer) = self.table(key)? else {
            return Ok(Vec::new());
        };
        let mut tables = Vec::new();
        for (name, value) in outer.left {
            let place = Placed {
                value: name.get_ref().to_string(),
                at: name.span().start,
            };
            match value.into_inner() {
                DeValue::Table(table) => {
                    let title = format!("[{key}.{}]", place.value);
                    let table = Self::new(self.source, title, place.at, table);
                    tables.push((place, table));
                }
                other => {
                    let (name, found) = (&place.value, other.type_str());
                    return Err(self.error(
                        place.at,
                        format!("`{key}.{name}` is {found}: it must be a table, [{key}.{name}]"),
                    ));
                }
            }
        }
        tables.sort_by_key(|(name, _)| name.at);
        Ok(tables)
    }

    /// Refuses any key that nobody asked for.
    pub(super) fn finish(&self) -> Result<(), ScenarioError> {
        let Some((key, _)) = self.left.iter().min_by_key(|(key, _)| key.span().start) else {
            return Ok(());
        };
        let known = self.asked.iter().copied();
        let problem = format!(
            "unknown key `{}` in {}{}",
            key.get_ref(),
            self.name,
            did_you_mean(key.get_ref(), known)
        );
        Err(self.error(key.span().start, problem))
    }

    fn wrong_type(
        &self,
        key: &str,
        value: &Spanned<DeValue<'i>>,
        found: &DeValue<'i>,
        wanted: &str,
    ) -> ScenarioError {
        self.error(
            value.span().start,
            format!(
                "`{key}` is {}: it must be {wanted}",
                with_article(found.type_str())
            ),
        )
    }
}

fn with_article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {noun}")
}

/// How many letters may differ for a word to be meant.
fn furthest_slip(word: &str) -> usize {
    1 + word.len() / 4
}

/// `, did you mean …?` when a known word is near, else a list of what is known.
pub(super) fn did_you_mean<'k>(
    written: &str,
    known: impl Iterator<Item = &'k str> + Clone,
) -> String {
    let nearest = known
        .clone()
        .map(|word| (strsim::damerau_levenshtein(written, word), word))
        .filter(|(distance, word)| *distance <= furthest_slip(word))
        .min();
    match nearest {
        Some((_, word)) => format!(", did you mean `{word}`?"),
        None => format!(
            ": known here are {}",
            known
                .map(|word| format!("`{word}`"))
                .collect::<Vec<_>>()
                .join(", ")
        ),
    }
}
