//! A file of samples in TOML: tokens, topics, cookies, URLs and publications that a site uses. docs/migration.md tells what each
//! key means. Not for sources: those are read by pattern.

use std::{fs, io::Read as _, path::Path};

use assay_client::BearerToken;
use assay_results::Place;
use serde::Deserialize;
use toml::Spanned;

use super::{
    api_path::ApiPath,
    claims::Claims,
    limits::SAMPLES_BYTES_AT_MOST,
    sample::{Cookie, Publication, Sample, Subject},
    spelling::Spelling,
    subscription::Subscription,
};

/// Why samples cannot be read. No message repeats a value: any of them may be a token.
#[derive(Debug, thiserror::Error)]
pub enum SamplesError {
    /// A file or a folder cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// Which.
        path: String,
        /// The system's words.
        source: std::io::Error,
    },
    /// Not TOML, or none of ours.
    #[error("{path}:{line}:{column}: {message}")]
    Wrong {
        /// The file.
        path: String,
        /// From 1.
        line: u64,
        /// From 1.
        column: u64,
        /// What is wrong, and what to write instead.
        message: String,
    },
    /// Nothing to try.
    #[error("{path}: {message}")]
    Nothing {
        /// The file or folder.
        path: String,
        /// What was looked for.
        message: String,
    },
}

impl SamplesError {
    /// A pipe, a device: reading one may wait for ever.
    pub(super) fn no_file(path: &Path) -> Self {
        Self::Nothing {
            path: path.display().to_string(),
            message: "is neither a file nor a folder".to_owned(),
        }
    }
}

/// The file as a whole.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct File {
    subscribe: Vec<Spanned<String>>,
    topics: Vec<Spanned<String>>,
    publish: Vec<Spanned<String>>,
    tokens: Vec<Spanned<String>>,
    token_files: Vec<Spanned<String>>,
    claims: Vec<Spanned<String>>,
    cookies: Vec<Spanned<String>>,
    subscriptions: Vec<Spanned<String>>,
}

/// Reads a samples file.
///
/// # Errors
/// It cannot be read, is no samples file, or holds what cannot be tried: each names the file and the place.
pub(super) fn read(path: &Path) -> Result<Vec<Sample>, SamplesError> {
    let name = path.display().to_string();
    let text = bounded(path, &name)?;
    let reader = Reader {
        name: &name,
        text: &text,
        folder: path.parent().unwrap_or(Path::new("")),
    };
    let file: File = toml::from_str(&text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        reader.wrong(at, without_values(error.message()))
    })?;
    let samples = reader.samples(&file)?;
    if samples.is_empty() {
        return Err(SamplesError::Nothing {
            path: name,
            message: "no samples: write `subscribe`, `topics`, `publish`, `tokens`, `token_files`, `claims`, `cookies` or `subscriptions`, each a list of texts".to_owned(),
        });
    }
    Ok(samples)
}

fn bounded(path: &Path, name: &str) -> Result<String, SamplesError> {
    let unreadable = |source| SamplesError::Read {
        path: name.to_owned(),
        source,
    };
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(SamplesError::no_file(path));
    }
    let file = fs::File::open(path).map_err(unreadable)?;
    let mut text = String::new();
    file.take(SAMPLES_BYTES_AT_MOST + 1)
        .read_to_string(&mut text)
        .map_err(unreadable)?;
    if text.len() as u64 > SAMPLES_BYTES_AT_MOST {
        return Err(SamplesError::Nothing {
            path: name.to_owned(),
            message: format!(
                "larger than {} MiB: no samples file",
                SAMPLES_BYTES_AT_MOST >> 20
            ),
        });
    }
    Ok(text)
}

struct Reader<'r> {
    name: &'r str,
    text: &'r str,
    folder: &'r Path,
}

impl Reader<'_> {
    fn samples(&self, file: &File) -> Result<Vec<Sample>, SamplesError> {
        let mut samples = Vec::new();
        let mut add = |list: &[Spanned<String>], read: &dyn Fn(&str) -> Result<Sample, String>| {
            for value in list {
                let at = value.span().start;
                let mut sample =
                    read(value.get_ref()).map_err(|message| self.wrong(at, message))?;
                sample.places = vec![self.place(at)];
                samples.push(sample);
            }
            Ok::<(), SamplesError>(())
        };
        add(&file.subscribe, &|text| Ok(subscription(text)))?;
        add(&file.topics, &|text| {
            let subscription = Subscription::of_pairs([("topic", text)]);
            Ok(listed(Subject::Subscription(subscription), text))
        })?;
        add(&file.publish, &publication)?;
        add(&file.tokens, &token)?;
        add(&file.token_files, &|name| {
            let path = self.folder.join(name);
            let text = fs::read_to_string(&path)
                .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
            token(&text)
        })?;
        add(&file.claims, &claims)?;
        add(&file.cookies, &cookie)?;
        add(&file.subscriptions, &|text| {
            let path = ApiPath::read(text).ok_or(
                "is no path of the subscription API: write /.well-known/mercure/subscriptions/{topic}",
            )?;
            Ok(listed(Subject::SubscriptionApi(path), text))
        })?;
        Ok(samples)
    }

    fn place(&self, at: usize) -> Place {
        let before = &self.text[..at.min(self.text.len())];
        let column = before.rsplit('\n').next().unwrap_or("").chars().count();
        Place {
            file: self.name.to_owned(),
            line: before.matches('\n').count() as u64 + 1,
            column: column as u64 + 1,
        }
    }

    fn wrong(&self, at: usize, message: impl Into<String>) -> SamplesError {
        let Place { file, line, column } = self.place(at);
        SamplesError::Wrong {
            path: file,
            line,
            column,
            message: message.into(),
        }
    }
}

// The place is set by whoever knows it.
fn listed(subject: Subject, text: impl Into<String>) -> Sample {
    let nowhere = Place {
        file: String::new(),
        line: 0,
        column: 0,
    };
    Sample::new(subject, text, nowhere)
}

/// A URL, or its query component.
fn subscription(text: &str) -> Sample {
    let (before, query) = match text.split_once('?') {
        Some((before, query)) if !before.contains('=') => (Some(before), query),
        _ => (None, text),
    };
    let subscription = Subscription::of_query(query);
    let shown = shown_query(&subscription);
    let mut sample = match before {
        Some(before) => {
            let shown = format!("{before}?{shown}");
            listed(Subject::Subscription(subscription), shown)
        }
        None => listed(Subject::Subscription(subscription), shown),
    };
    if let Some(before) = before {
        sample.spelling = Spelling::Url(before.to_owned());
    }
    sample
}

/// A query component without the token in it.
pub(super) fn shown_query(subscription: &Subscription) -> String {
    let pairs = subscription
        .query()
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name @ ("authorization" | "access_token"), _)) => format!("{name}=(token)"),
            _ => pair.to_owned(),
        });
    pairs.collect::<Vec<_>>().join("&")
}

fn publication(text: &str) -> Result<Sample, String> {
    if !form_urlencoded::parse(text.as_bytes()).any(|(name, _)| name == "topic") {
        return Err(
            "has no `topic`: write the form that is posted, such as topic=…&data=…".to_owned(),
        );
    }
    let publication = Publication(text.trim().to_owned());
    Ok(listed(Subject::Publication(publication), text.trim()))
}

fn token(text: &str) -> Result<Sample, String> {
    let wrong =
        "is no JWT: three parts in base64url, separated by dots, whose first two are JSON objects";
    let token = BearerToken::new(text).map_err(|_| wrong.to_owned())?;
    let claims = Claims::of_compact(&token).ok_or(wrong)?;
    of_mercure(claims)
}

fn claims(text: &str) -> Result<Sample, String> {
    let claims: serde_json::Value =
        serde_json::from_str(text).map_err(|error| format!("is no JSON: {error}"))?;
    of_mercure(Claims::unsigned(claims))
}

fn of_mercure(claims: Claims) -> Result<Sample, String> {
    if !claims.is_mercure() {
        return Err("says nothing of Mercure: it has neither a `mercure` claim nor `authorization_details` of Mercure".to_owned());
    }
    let shown = claims.shown();
    Ok(listed(Subject::Token(claims), shown))
}

/// A name, or the value of a `Set-Cookie` field.
fn cookie(text: &str) -> Result<Sample, String> {
    let text = text.strip_prefix("Set-Cookie:").unwrap_or(text).trim();
    let mut parts = text.split(';').map(str::trim);
    let (name, is_line) = match parts.next().unwrap_or_default().split_once('=') {
        Some((name, _)) => (name, true),
        None => (text, false),
    };
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err("is no cookie: write its name, or the value of its Set-Cookie".to_owned());
    }
    let attributes: Vec<_> = parts.map(str::to_ascii_lowercase).collect();
    let has = |wanted: &str| is_line.then(|| attributes.iter().any(|it| it == wanted));
    let cookie = Cookie {
        name: name.to_owned(),
        secure: has("secure"),
        http_only: has("httponly"),
    };
    let shown = if is_line {
        format!("{name}=(token); {}", attributes.join("; "))
    } else {
        name.to_owned()
    };
    Ok(listed(Subject::Cookie(cookie), shown))
}

// `invalid type: string "…", expected …` would show what may be a token.
fn without_values(message: &str) -> String {
    match message.split_once(": ") {
        Some((kind, rest)) if kind.starts_with("invalid ") => {
            let expected = rest.rfind(", expected").map_or("", |at| &rest[at..]);
            format!("{kind}{expected}")
        }
        _ => message.trim().to_owned(),
    }
}
