//! The configuration in use, as a file that gives the same configuration again.

use std::fmt::Write as _;

use super::check::items;
use super::issuer_table;
use super::layer::{Layer, switch};
use super::setting::{Fallback, Kind, SETTINGS, Setting};
use super::written::{Source, Written};

impl Layer {
    /// Every setting as a line of TOML, with what it comes from beside it. A secret is a comment, unless it stands in a
    /// file of its own, to which the line then points. Of settings that pass [`HubOptions::check`](super::HubOptions::check).
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        let mut group = None;
        for setting in SETTINGS {
            if group
                .replace(setting.group)
                .is_some_and(|it| it != setting.group)
            {
                text.push('\n');
            }
            let line = match self.all(setting.name) {
                Some(written) => written_line(setting, written),
                // Beside others it would be one more issuer, without a key.
                None if setting.name == "issuer" && !self.issuers.is_empty() => continue,
                None => default_line(setting),
            };
            text.push_str(&line);
            text.push('\n');
        }
        text.extend(self.issuers.iter().map(issuer_table::print));
        text
    }
}

fn written_line(setting: &Setting, written: &[Written]) -> String {
    let key = setting.key();
    let Some(last) = written.last() else {
        return format!("{key} = []");
    };
    let from = from(last);
    match setting.kind {
        Kind::Secret | Kind::File => match last.reference() {
            Some(reference) => format!("{key} = {} # {from}", quoted(reference)),
            None => format!("# {key} = \"…\" # {from}; masked"),
        },
        Kind::Document(_) => match (last.reference(), last.value()) {
            (Some(reference), _) => format!("{key} = {} # {from}", quoted(reference)),
            // Its text may be a secret, and so may what stands before a host or behind a question mark.
            (None, url) if !url.contains(['{', '@', '?']) => {
                format!("{key} = {} # {from}", quoted(url))
            }
            (None, _) => format!("# {key} = \"…\" # {from}; masked"),
        },
        Kind::List(_) => list_line(&key, written),
        Kind::Text(_) | Kind::Duration => format!("{key} = {} # {from}", quoted(last.value())),
        Kind::Number => format!("{key} = {} # {from}", last.value()),
        Kind::Switch => format!("{key} = {} # {from}", switch(last).unwrap_or_default()),
    }
}

fn default_line(setting: &Setting) -> String {
    let key = setting.key();
    match (setting.default, setting.kind) {
        (Fallback::Value(value), Kind::Number) => format!("{key} = {value} # default"),
        (Fallback::Value(value), _) => format!("{key} = {} # default", quoted(value)),
        (Fallback::Words(words), _) => format!("# {key}: {words} # default"),
        (Fallback::None, Kind::Switch) => format!("{key} = false # default"),
        (Fallback::None, Kind::List(_)) => format!("{key} = [] # default"),
        (Fallback::None, _) => format!("# {key}: none # default"),
    }
}

pub(super) fn list_line(key: &str, written: &[Written]) -> String {
    let items: Vec<_> = items(written).map(|(_, item)| quoted(item)).collect();
    format!("{key} = [{}] # {}", items.join(", "), all_from(written))
}

/// The places of a list, each once.
fn all_from(written: &[Written]) -> String {
    let mut places: Vec<_> = written.iter().map(from).collect();
    places.dedup();
    places.join(", ")
}

pub(super) fn from(written: &Written) -> String {
    match written.source() {
        Source::File { path, line } => format!("{path}:{line}"),
        Source::Flag | Source::Environment | Source::Legacy { .. } => written.place().to_string(),
    }
}

/// A TOML string on one line.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => {
                // Writing to a string does not fail.
                let _ = write!(quoted, "\\u{:04x}", c as u32);
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
