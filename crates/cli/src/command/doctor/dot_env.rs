//! What a project's `.env` says of its hub, as Symfony reads it: `NAME=value`, quotes around the value, `export` before the
//! name, `#` begins a comment. Not for variables within variables: a value that has one is refused by name.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use crate::secret::Secret;

/// A file of settings is a few KB.
const BYTES_AT_MOST: u64 = 1 << 20;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Project {
    /// `MERCURE_URL`: where the application publishes.
    pub(super) url: Option<String>,
    /// `MERCURE_PUBLIC_URL`: where browsers subscribe.
    pub(super) public_url: Option<String>,
    /// `MERCURE_JWT_SECRET`.
    pub(super) secret: Option<Secret>,
}

const NAMES: [(&str, &str); 3] = [
    ("MERCURE_URL", "--publish-url"),
    ("MERCURE_PUBLIC_URL", "URL"),
    ("MERCURE_JWT_SECRET", "--jwt-key"),
];

/// Reads it.
///
/// # Errors
/// It cannot be read, or says something of the hub that cannot be known without running the project; the message names the
/// line.
pub(super) fn read(path: &Path) -> Result<Project> {
    ensure!(
        fs::metadata(path)?.len() <= BYTES_AT_MOST,
        "it has more than {BYTES_AT_MOST} bytes: is it a file of settings?"
    );
    parse(&fs::read_to_string(path)?)
}

fn parse(text: &str) -> Result<Project> {
    let mut project = Project::default();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_start();
        let line = line.strip_prefix("export ").unwrap_or(line);
        let Some((name, value)) = line.split_once('=') else {
            continue;
        };
        let known = NAMES.into_iter().find(|(known, _)| *known == name.trim());
        let Some((name, flag)) = known else { continue };
        let line = index + 1;
        let value = unquoted(value.trim())
            .with_context(|| format!("line {line}: {name} is not closed: a quote is missing"))?;
        ensure!(
            !(value.expands && value.text.contains('$')),
            "line {line}: {name} is made from another variable: pass its value with the flag ({flag})"
        );
        if value.text.is_empty() {
            continue;
        }
        // The last one counts, as in a shell.
        match name {
            "MERCURE_URL" => project.url = Some(value.text),
            "MERCURE_PUBLIC_URL" => project.public_url = Some(value.text),
            _ => project.secret = Some(Secret::new(value.text)),
        }
    }
    Ok(project)
}

struct Value {
    text: String,
    expands: bool,
}

fn unquoted(value: &str) -> Option<Value> {
    let within = |quote: char| {
        let rest = value.strip_prefix(quote)?;
        Some(rest.split_once(quote).map(|(text, _)| text.to_owned()))
    };
    if let Some(text) = within('\'') {
        return Some(Value {
            text: text?,
            expands: false,
        });
    }
    if let Some(text) = within('"') {
        return Some(Value {
            text: text?,
            expands: true,
        });
    }
    let bare = value
        .split_once(" #")
        .map_or(value, |(text, _)| text)
        .trim_end();
    Some(Value {
        text: bare.to_owned(),
        expands: true,
    })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn files_of_projects_are_read() {
        let text = "# comment\nAPP_SECRET=x\nexport MERCURE_URL=http://hub/.well-known/mercure # inside\n\
            MERCURE_PUBLIC_URL=\"https://a/.well-known/mercure\"\nMERCURE_JWT_SECRET='!Change$This!'\n";
        let project = parse(text).unwrap();
        assert_eq!(
            project.url.as_deref(),
            Some("http://hub/.well-known/mercure")
        );
        assert_eq!(
            project.public_url.as_deref(),
            Some("https://a/.well-known/mercure")
        );
        assert_eq!(&*project.secret.unwrap(), "!Change$This!");
    }

    #[test]
    fn what_cannot_be_known_is_refused_by_name() {
        for (text, named) in [
            (
                "\nMERCURE_URL=\"http://a",
                "line 2: MERCURE_URL is not closed",
            ),
            (
                "MERCURE_PUBLIC_URL=${DEFAULT_URI}/x",
                "line 1: MERCURE_PUBLIC_URL",
            ),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
    }
}
