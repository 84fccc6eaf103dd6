//! What went over the wire during one check, on one clock, secrets redacted. Not for judging.

use std::{fmt::Write as _, sync::Mutex, time::Instant};

use crate::request::Request;

/// Longest text that one entry keeps.
const ENTRY_CHARS_AT_MOST: usize = 4_000;
/// Most entries that a check keeps: a flooding hub must not fill the memory.
const ENTRIES_AT_MOST: usize = 400;

/// Which way an entry went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// From us.
    Sent,
    /// From the hub.
    Received,
    /// Our remark.
    Remark,
}

#[derive(Debug)]
struct Entry {
    at_us: u128,
    connection: u32,
    direction: Direction,
    text: String,
}

/// The record of one execution of a check.
#[derive(Debug)]
pub(crate) struct Transcript {
    began: Instant,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    entries: Vec<Entry>,
    requests: Vec<Sent>,
    secrets: Vec<String>,
    dropped: usize,
}

// A hub must not steer the terminal of whoever reads its answers.
fn visible(line: &str) -> String {
    line.chars()
        .flat_map(|char| {
            let escaped = char.is_control().then(|| char.escape_unicode());
            let plain = escaped.is_none().then_some(char);
            escaped.into_iter().flatten().chain(plain)
        })
        .collect()
}

/// What is left of a transcript when the check is over.
#[derive(Debug, Clone, Default)]
pub(crate) struct Record {
    /// One line an entry, indented where it has several.
    pub(crate) text: String,
    /// The requests in the order they were sent, for the script that reproduces them.
    pub(crate) requests: Vec<Sent>,
    /// What the topics of this execution have in common, and no others.
    pub(crate) space: String,
}

/// A request, and the id that the hub answered to it.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    connection: u32,
    pub(crate) request: Request,
    /// Of a publication that was accepted.
    pub(crate) id: Option<String>,
}

impl Transcript {
    pub(crate) fn begin() -> Self {
        Self {
            began: Instant::now(),
            inner: Mutex::default(),
        }
    }

    /// A text which never shows in an entry, from now on.
    pub(crate) fn hide(&self, secret: &str) {
        // A text that short would blot out innocent ones, and is no token.
        if secret.len() >= 16 {
            self.lock().secrets.push(secret.to_owned());
        }
    }

    pub(crate) fn request(&self, connection: u32, request: &Request) {
        let mut inner = self.lock();
        if inner.requests.len() < ENTRIES_AT_MOST {
            inner.requests.push(Sent {
                connection,
                request: request.clone(),
                id: None,
            });
        }
    }

    /// The hub accepted the publication of this connection, and gave it an id.
    pub(crate) fn published(&self, connection: u32, id: &str) {
        let mut inner = self.lock();
        let mut sent = inner.requests.iter_mut().rev();
        if let Some(sent) = sent.find(|sent| sent.connection == connection) {
            sent.id = Some(id.to_owned());
        }
    }

    pub(crate) fn entry(&self, connection: u32, direction: Direction, text: &str) {
        let at_us = self.began.elapsed().as_micros();
        let mut inner = self.lock();
        if inner.entries.len() >= ENTRIES_AT_MOST {
            inner.dropped += 1;
            return;
        }
        let mut text: String = text.chars().take(ENTRY_CHARS_AT_MOST).collect();
        for secret in &inner.secrets {
            text = text.replace(secret, "[token]");
        }
        inner.entries.push(Entry {
            at_us,
            connection,
            direction,
            text,
        });
    }

    /// `secrets` taken out of any text, such as an observation.
    pub(crate) fn redact(&self, text: &str) -> String {
        let inner = self.lock();
        inner.secrets.iter().fold(text.to_owned(), |text, secret| {
            text.replace(secret, "[token]")
        })
    }

    pub(crate) fn into_record(self) -> Record {
        let inner = self
            .inner
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut text = String::new();
        for entry in &inner.entries {
            let arrow = match entry.direction {
                Direction::Sent => '>',
                Direction::Received => '<',
                Direction::Remark => '=',
            };
            let at_ms = entry.at_us as f64 / 1_000.0;
            for line in entry.text.trim_end().lines() {
                // Writing into a String cannot fail.
                let _ = writeln!(
                    text,
                    "{at_ms:9.3} ms  #{:<3} {arrow} {}",
                    entry.connection,
                    visible(line)
                );
            }
        }
        if inner.dropped > 0 {
            let _ = writeln!(text, "({} further entries left out)", inner.dropped);
        }
        Record {
            text,
            requests: inner.requests,
            space: String::new(),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
