//! `[[trusted_issuer]]` of the configuration file: an issuer with its keys, read and printed.
//!
//! It is the one thing that no flag can say, since its parts belong together.

use std::fmt::Write as _;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::ConfigError;
use super::file::File;
use super::options::{IssuerOptions, KeyOptions};
use super::print::{from, list_line, quoted};
use super::setting::Kind;
use super::written::{Source, Written};

/// The key of these tables.
pub(super) const KEY: &str = "trusted_issuer";

const LIST: Kind = Kind::List("");
const TEXT: Kind = Kind::Text("");

/// The issuers in the value of [`KEY`].
pub(super) fn read(
    file: &File<'_>,
    value: &Spanned<DeValue<'_>>,
) -> Result<Vec<IssuerOptions>, ConfigError> {
    let wrong = || {
        file.wrong_type(
            KEY,
            value,
            "tables, each as [[trusted_issuer]] and below it identifier = \"…\"",
        )
    };
    let tables = value.get_ref().as_array().ok_or_else(wrong)?;
    let tables = tables.iter().map(|table| {
        let entries = table.get_ref().as_table().ok_or_else(wrong)?;
        issuer(file, table, entries)
    });
    tables.collect()
}

fn issuer(
    file: &File<'_>,
    whole: &Spanned<DeValue<'_>>,
    table: &DeTable<'_>,
) -> Result<IssuerOptions, ConfigError> {
    let mut identifier = None;
    let mut authorization_server = false;
    let (mut publisher, mut subscriber) = (KeyOptions::default(), KeyOptions::default());
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "identifier" => identifier = Some(file.written("identifier", TEXT, value)?),
            "authorization_server" => {
                let text = file.written("authorization-server", Kind::Switch, value)?;
                authorization_server = text.value() == "true";
            }
            "publisher" => publisher = keys(file, PUBLISHER, value)?,
            "subscriber" => subscriber = keys(file, SUBSCRIBER, value)?,
            unknown => {
                return Err(file.unknown_key(
                    unknown,
                    &key.span(),
                    &[
                        "identifier",
                        "authorization_server",
                        "publisher",
                        "subscriber",
                    ],
                ));
            }
        }
    }
    let identifier = identifier.ok_or_else(|| {
        file.wrong_type(
            KEY,
            whole,
            "identifier = \"…\" in each, the `iss` of its tokens",
        )
    })?;
    Ok(IssuerOptions {
        identifier,
        authorization_server,
        publisher,
        subscriber,
    })
}

/// What the settings of a role are called, in refusals.
#[derive(Clone, Copy)]
struct Role {
    name: &'static str,
    key: &'static str,
    jwks: &'static str,
    algorithms: &'static str,
}

const PUBLISHER: Role = Role {
    name: "publisher",
    key: "publisher.key",
    jwks: "publisher.jwks",
    algorithms: "publisher.algorithms",
};

const SUBSCRIBER: Role = Role {
    name: "subscriber",
    key: "subscriber.key",
    jwks: "subscriber.jwks",
    algorithms: "subscriber.algorithms",
};

fn keys(
    file: &File<'_>,
    role: Role,
    value: &Spanned<DeValue<'_>>,
) -> Result<KeyOptions, ConfigError> {
    let table = value.get_ref().as_table().ok_or_else(|| {
        file.wrong_type(
            role.name,
            value,
            "a table, such as { key = \"@key.pem\", algorithms = [\"ES256\"] }",
        )
    })?;
    let mut keys = KeyOptions::default();
    for (key, value) in table {
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("key", _) => keys.key = Some(file.written(role.key, Kind::Secret, value)?),
            ("jwks", _) => keys.jwks = Some(file.written(role.jwks, TEXT, value)?),
            ("algorithms", DeValue::Array(items)) => {
                for item in items {
                    keys.algorithms
                        .push(file.written(role.algorithms, LIST, item)?);
                }
            }
            ("algorithms", _) => {
                let one = file.written(role.algorithms, LIST, value)?;
                keys.algorithms.push(one);
            }
            (unknown, _) => {
                return Err(file.unknown_key(unknown, &key.span(), &["key", "jwks", "algorithms"]));
            }
        }
    }
    Ok(keys)
}

/// The keys of an issuer that may be written as `@file`.
pub(super) fn secrets(issuer: &mut IssuerOptions) -> impl Iterator<Item = &mut Written> {
    let roles = [&mut issuer.publisher, &mut issuer.subscriber];
    roles
        .into_iter()
        .flat_map(|role| [role.key.as_mut(), role.jwks.as_mut()])
        .flatten()
}

/// An issuer as such a table. What may be a secret is a comment.
pub(super) fn print(issuer: &IssuerOptions) -> String {
    let identifier = &issuer.identifier;
    let mut text = format!(
        "\n[[{KEY}]]\nidentifier = {} # {}\nauthorization_server = {}\n",
        quoted(identifier.value()),
        from(identifier),
        issuer.authorization_server
    );
    for (role, keys) in [
        ("publisher", &issuer.publisher),
        ("subscriber", &issuer.subscriber),
    ] {
        for (name, written) in [("key", &keys.key), ("jwks", &keys.jwks)] {
            let Some(written) = written else { continue };
            // Writing to a string does not fail.
            let _ = match shown(name, written) {
                Some(shown) => writeln!(text, "{role}.{name} = {shown} # {}", from(written)),
                None => writeln!(text, "# {role}.{name} = \"…\" # {}; masked", from(written)),
            };
        }
        if !keys.algorithms.is_empty() {
            let line = list_line(&format!("{role}.algorithms"), &keys.algorithms);
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}

/// A file that holds a key may be named; and so may a URL, unless it holds a password or a token.
fn shown(name: &str, written: &Written) -> Option<String> {
    if let Some(reference) = written.reference() {
        return Some(quoted(reference));
    }
    let url = written.value();
    let is_plain = name == "jwks" && url.starts_with("http") && !url.contains(['{', '@', '?']);
    is_plain.then(|| quoted(url))
}

/// A written value of an issuer that was translated from elsewhere.
pub(super) fn translated(name: &'static str, place: &str, value: impl Into<String>) -> Written {
    Written::new(name, Source::Legacy { name: place.into() }, value)
}
