//! What went over the wire during one check, on one clock, secrets redacted. Not for judging.

use std::{
    fmt::Write as _,
    sync::Mutex,
    time::{Duration, Instant},
};

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
    steps: Vec<Step>,
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
    /// What was done, in that order, for the script that does it again.
    pub(crate) steps: Vec<Step>,
    /// What the topics of this execution have in common, and no others.
    pub(crate) space: String,
}

/// What a check did.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Sent a request.
    Sent(Sent),
    /// Published a throw-away update, until it came.
    Proved(Sent),
    /// Ended the stream of a connection, and went on.
    Closed {
        connection: u32,
        /// How many entries there were before.
        entries: usize,
    },
    /// Waited so long for the hub to end a stream.
    Waited(Duration),
}

/// A request, and what the hub gave that later ones need.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) connection: u32,
    pub(crate) request: Request,
    /// When, as tokens count.
    pub(crate) at_unix_s: u64,
    pub(crate) given: Vec<Given>,
}

/// A text that the hub chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) text: String,
    pub(crate) found: Found,
}

/// Where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// It is the body: the id of a publication that was accepted.
    Body,
    /// The document names it as the last event.
    Cursor,
    /// An event on the stream names it as the subscriber by this matcher, who is the so-manieth there.
    Subscriber(String, usize),
}

impl Record {
    /// The requests that show something, in the order they were sent.
    pub(crate) fn requests(&self) -> impl Iterator<Item = &Request> {
        self.steps.iter().filter_map(|step| match step {
            Step::Sent(sent) => Some(&sent.request),
            Step::Proved(_) | Step::Closed { .. } | Step::Waited(_) => None,
        })
    }
}

impl Inner {
    fn step(&mut self, step: Step) {
        if self.steps.len() < ENTRIES_AT_MOST {
            self.steps.push(step);
        }
    }

    fn sent(&mut self, connection: u32) -> Option<&mut Sent> {
        self.steps.iter_mut().rev().find_map(|step| match step {
            Step::Sent(sent) if sent.connection == connection => Some(sent),
            _ => None,
        })
    }
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

    /// A request was sent.
    pub(crate) fn request(&self, connection: u32, request: &Request, at_unix_s: u64) {
        self.lock().step(Step::Sent(Sent {
            connection,
            request: request.clone(),
            at_unix_s,
            given: Vec::new(),
        }));
    }

    /// A throw-away update was published; its repetitions are passed over.
    pub(crate) fn proof(&self, connection: u32, request: &Request, at_unix_s: u64) {
        let mut inner = self.lock();
        let kind = |request: &Request| {
            let field = |name| request.form_field(name).map(str::to_owned);
            (field("topic"), field("private"))
        };
        let is_again = matches!(inner.steps.last(), Some(Step::Proved(last)) if kind(&last.request) == kind(request));
        if !is_again {
            inner.step(Step::Proved(Sent {
                connection,
                request: request.clone(),
                at_unix_s,
                given: Vec::new(),
            }));
        }
    }

    /// The hub gave this to the request of a connection.
    pub(crate) fn gave(&self, connection: u32, text: &str, found: Found) {
        let given = Given {
            text: text.to_owned(),
            found,
        };
        let mut inner = self.lock();
        if let Some(sent) = inner.sent(connection)
            && !sent.given.contains(&given)
            && sent.given.len() < ENTRIES_AT_MOST
        {
            sent.given.push(given);
        }
    }

    /// The hub told the observer on a connection who subscribes by a matcher; those by matchers that are not ours are passed over.
    pub(crate) fn told_of(&self, connection: u32, matcher: &str, subscriber: &str) {
        let is_ours = self.lock().steps.iter().any(|step| match step {
            Step::Sent(sent) => sent.request.query.iter().any(|(_, value)| value == matcher),
            _ => false,
        });
        if !is_ours {
            return;
        }
        let mut inner = self.lock();
        let by_it: Vec<_> = inner
            .sent(connection)
            .into_iter()
            .flat_map(|sent| &sent.given)
            .filter(|given| matches!(&given.found, Found::Subscriber(it, _) if it == matcher))
            .map(|given| given.text.clone())
            .collect();
        drop(inner);
        if !by_it.iter().any(|known| known == subscriber) {
            let found = Found::Subscriber(matcher.to_owned(), by_it.len() + 1);
            self.gave(connection, subscriber, found);
        }
    }

    /// The check ended the stream of a connection.
    pub(crate) fn closed(&self, connection: u32) {
        let mut inner = self.lock();
        let entries = inner.entries.len() + inner.dropped;
        inner.step(Step::Closed {
            connection,
            entries,
        });
    }

    /// The check waited for the hub to end a stream.
    pub(crate) fn waited(&self, duration: Duration) {
        self.lock().step(Step::Waited(duration));
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
        // With the check all its streams end, which nobody looks at any more.
        let all = inner.entries.len() + inner.dropped;
        let mut steps = inner.steps;
        steps.retain(|step| !matches!(step, Step::Closed { entries, .. } if *entries == all));
        Record {
            text,
            steps,
            space: String::new(),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{Direction, Step, Transcript};
    use crate::request::{Place, Request};

    fn update(topic: &str) -> Request {
        Request::ask("POST", Place::Publish).field("topic", topic)
    }

    fn kinds(transcript: Transcript) -> Vec<&'static str> {
        let steps = transcript.into_record().steps;
        let kind = |step: &Step| match step {
            Step::Sent(_) => "sent",
            Step::Proved(_) => "proved",
            Step::Closed { .. } => "closed",
            Step::Waited(_) => "waited",
        };
        steps.iter().map(kind).collect()
    }

    #[test]
    fn a_stream_that_ends_with_the_check_is_no_step() {
        let transcript = Transcript::begin();
        transcript.request(1, &update("a"), 0);
        transcript.closed(1);
        transcript.entry(2, Direction::Received, "what came of it");
        transcript.closed(2);
        assert_eq!(kinds(transcript), ["sent", "closed"]);
    }

    #[test]
    fn a_throw_away_update_is_one_step_however_often_it_was_sent() {
        let transcript = Transcript::begin();
        for topic in ["a", "a", "b"] {
            transcript.proof(1, &update(topic), 0);
        }
        transcript.proof(1, &update("b").field("private", "on"), 0);
        assert_eq!(kinds(transcript), ["proved", "proved", "proved"]);
    }
}
