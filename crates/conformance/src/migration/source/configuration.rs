//! Settings: `config/packages/mercure.yaml` of Symfony, and `.env`. A line a setting; what a value takes from the environment is
//! not looked up.

use assay_client::BearerToken;
use serde_json::{Map, json};

use super::{
    super::{claims::Claims, sample::Subject, spelling::Spelling},
    finder::Found,
    secret::{self, Hmac},
};

/// Variables that hold a secret for HMAC.
const SECRETS: [&str; 6] = [
    "MERCURE_JWT_SECRET",
    "MERCURE_JWT_KEY",
    "MERCURE_PUBLISHER_JWT_KEY",
    "MERCURE_SUBSCRIBER_JWT_KEY",
    "MERCURE_PUBLISHER_JWT_SECRET",
    "MERCURE_SUBSCRIBER_JWT_SECRET",
];

/// Variables that hold a token.
const TOKENS: [&str; 3] = ["MERCURE_JWT_TOKEN", "MERCURE_JWT", "MERCURE_TOKEN"];

/// Finds settings in a `.env`.
pub(super) fn environment(text: &str, found: &mut Vec<Found>) {
    for (start, line) in lines(text) {
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line);
        let Some((name, value)) = line.split_once('=') else {
            continue;
        };
        let (name, value) = (name.trim(), unquoted(value.trim()));
        let end = start + line.len();
        if SECRETS.contains(&name) {
            found.extend(secret::short(name, value, Hmac::Sha256, start, end));
        } else if TOKENS.contains(&name) {
            found.extend(token(value, start, end));
        }
    }
}

/// Finds settings in a YAML file that speaks of Mercure: a path of keys, by indentation.
pub(super) fn yaml(text: &str, found: &mut Vec<Found>) {
    if !text.to_ascii_lowercase().contains("mercure") {
        return;
    }
    let mut path: Vec<(usize, String)> = Vec::new();
    let mut section = JwtSection::default();
    for (start, line) in lines(text) {
        let content = line.trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let depth = line.len() - line.trim_start().len();
        path.retain(|(other, _)| *other < depth);
        if path.iter().all(|(_, key)| key != "jwt") {
            section.finish(found);
        }
        if let Some(item) = content.strip_prefix("- ") {
            section.item(&path, unquoted(item.trim()));
            continue;
        }
        let Some((key, value)) = content.split_once(':') else {
            continue;
        };
        let (key, value) = (unquoted(key.trim()), without_comment(value.trim()));
        path.push((depth, key.to_owned()));
        if !path.iter().any(|(_, key)| key == "jwt") {
            continue;
        }
        let end = start + line.trim_end().len();
        let start = start + depth;
        match key {
            "publish" | "subscribe" => section.grant(key, value, start, end),
            "secret" => section.secret = Some((unquoted(value).to_owned(), start, end)),
            "algorithm" => section.algorithm = Some(unquoted(value).to_owned()),
            "value" => found.extend(token(unquoted(value), start, end)),
            _ => {}
        }
    }
    section.finish(found);
}

/// A `jwt` section: its topics, and the secret, which is judged by the algorithm that may stand below it.
#[derive(Default)]
struct JwtSection {
    secret: Option<(String, usize, usize)>,
    algorithm: Option<String>,
    claim: Map<String, serde_json::Value>,
    start: usize,
    end: usize,
}

impl JwtSection {
    fn grant(&mut self, action: &str, value: &str, start: usize, end: usize) {
        if self.claim.is_empty() {
            self.start = start;
        }
        self.end = end;
        let list = value.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
        let topics: Vec<&str> = match list {
            Some(list) => list.split(',').map(|it| unquoted(it.trim())).collect(),
            None => vec![unquoted(value)],
        };
        let topics: Vec<_> = topics.into_iter().filter(|it| !it.is_empty()).collect();
        self.claim.insert(action.to_owned(), json!(topics));
    }

    // An item of a list below `publish` or `subscribe`.
    fn item(&mut self, path: &[(usize, String)], topic: &str) {
        let action = path.last().map(|(_, key)| key.as_str());
        let topics = action.and_then(|action| self.claim.get_mut(action));
        if let Some(topics) = topics.and_then(serde_json::Value::as_array_mut) {
            topics.push(json!(topic));
        }
    }

    fn finish(&mut self, found: &mut Vec<Found>) {
        let section = std::mem::take(self);
        // Without an algorithm Symfony signs by this one.
        let hmac = section
            .algorithm
            .as_deref()
            .map_or(Some(Hmac::Sha256), Hmac::of);
        if let (Some((secret, start, end)), Some(hmac)) = (section.secret, hmac) {
            found.extend(secret::short("jwt.secret", &secret, hmac, start, end));
        }
        if !section.claim.is_empty() {
            let claims = Claims::unsigned(json!({ "mercure": section.claim }));
            let token = Found::new(Subject::Token(claims), section.start, section.end);
            found.push(token.spelt(Spelling::Php));
        }
    }
}

fn token(value: &str, start: usize, end: usize) -> Option<Found> {
    let claims = Claims::of_compact(&BearerToken::new(value).ok()?)?;
    let shown = claims.shown();
    let is_mercure = claims.is_mercure();
    is_mercure.then(|| Found::new(Subject::Token(claims), start, end).shown(shown))
}

/// Each line, and where it begins.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line.trim_end_matches(['\n', '\r']))
    })
}

fn unquoted(text: &str) -> &str {
    let inside = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    inside('"').or_else(|| inside('\'')).unwrap_or(text)
}

// A comment begins behind a blank; within quotes there is none here.
fn without_comment(value: &str) -> &str {
    if value.starts_with(['"', '\'']) {
        return value;
    }
    value.split(" #").next().unwrap_or(value).trim()
}
