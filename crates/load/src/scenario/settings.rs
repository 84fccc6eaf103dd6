//! Values of a scenario replaced by others, named as in its file: `subscribers.fans.count=5000`. Not for the few that have flags
//! of their own, which keep the shares of groups.

use toml::Value;

use super::Scenario;

impl Scenario {
    /// The scenario with some values replaced, each `key.of.the.file=value`; a value that is no TOML is a text. Only all of them together
    /// need to make sense.
    pub fn with_settings(&self, settings: &[String]) -> Result<Self, SettingError> {
        if settings.is_empty() {
            return Ok(self.clone());
        }
        let refuse = |setting: &str, problem: String| SettingError {
            setting: setting.to_owned(),
            problem,
        };
        let mut file: toml::Table = self.filled_in().parse().map_err(|error| {
            // Invariant: what is filled in reads back as the same.
            refuse("", format!("the scenario cannot be written out: {error}"))
        })?;
        for setting in settings {
            set(&mut file, setting).map_err(|problem| refuse(setting, problem))?;
        }
        let text = format!("# {}\n\n{file}", self.question);
        Self::parse("the scenario with it", &text)
            .map_err(|error| refuse(&settings.join(" "), error.problem))
    }
}

/// A scenario cannot have this value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {problem}")]
pub struct SettingError {
    /// As it was given; all of them, where they do not go together.
    pub setting: String,
    /// What is wrong with it.
    pub problem: String,
}

fn set(file: &mut toml::Table, setting: &str) -> Result<(), String> {
    let (path, value) = setting
        .split_once('=')
        .ok_or("write a key and a value, such as subscribers.fans.count=5000")?;
    let path: Vec<&str> = path.split('.').map(str::trim).collect();
    replace(file, &path, parsed(value.trim()))
}

/// A value of TOML; anything else is taken for a text without its quotes.
fn parsed(value: &str) -> Value {
    let text = || Value::String(value.to_owned());
    let parsed = format!("it = {value}").parse::<toml::Table>();
    parsed
        .ok()
        .and_then(|mut table| table.remove("it"))
        .unwrap_or_else(text)
}

fn replace(table: &mut toml::Table, path: &[&str], value: Value) -> Result<(), String> {
    match path {
        [] | [""] => Err("it names no key".to_owned()),
        [last] => {
            table.insert((*last).to_owned(), value);
            Ok(())
        }
        [first, rest @ ..] => match table.get_mut(*first) {
            Some(Value::Table(inner)) => replace(inner, rest, value),
            Some(_) => Err(format!("`{first}` is no table, and has no keys of its own")),
            None => {
                let known: Vec<String> = table
                    .iter()
                    .filter(|(_, value)| value.is_table())
                    .map(|(key, _)| format!("`{key}`"))
                    .collect();
                Err(format!(
                    "there is no `{first}`: known here are {}",
                    known.join(", ")
                ))
            }
        },
    }
}
