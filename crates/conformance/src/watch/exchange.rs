//! What passed: a request, as much of its body as is looked at, and the head of its answer. Not for what it means.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::answer::{Answer, values_of};

use super::limits::{LOOKED_AT_BYTES_AT_MOST, LOOKED_AT_BYTES_TOGETHER};

/// The head of a request as it came.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) method: String,
    /// Path and query.
    pub(super) target: String,
    /// Names in lower case, in the order of the wire.
    pub(super) fields: Vec<(String, String)>,
}

impl Asked {
    /// The first value of a field; the name in lower case.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.values(name).next()
    }

    /// All values of a field.
    pub(super) fn values<'f>(&'f self, name: &str) -> impl Iterator<Item = &'f str> {
        values_of(&self.fields, name)
    }

    /// Whether it is the request of an `EventSource` or the like.
    pub(super) fn wants_a_stream(&self) -> bool {
        self.values("accept")
            .any(|value| value.contains("text/event-stream"))
    }
}

/// One request with its answer.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) asked: Asked,
    /// The body; none when it was too long to look at, or did not come whole before the answer.
    pub(super) content: Option<Vec<u8>>,
    pub(super) peer: IpAddr,
    /// Since the watch began.
    pub(super) at: Duration,
    /// Status and fields, without body; none when the hub did not answer.
    pub(super) answer: Option<Answer>,
}

/// Who ended a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EndedBy {
    Client,
    Hub,
}

/// How many bytes are kept for looking at, over all connections.
#[derive(Debug, Clone, Default)]
pub(super) struct Budget(Arc<AtomicUsize>);

/// A body that is collected while it passes.
#[derive(Debug)]
pub(super) struct LookedAt {
    bytes: Vec<u8>,
    given_up: bool,
    whole: bool,
    budget: Budget,
}

impl LookedAt {
    pub(super) fn new(budget: Budget) -> Self {
        Self {
            bytes: Vec::new(),
            given_up: false,
            whole: false,
            budget,
        }
    }

    /// The next piece of content.
    pub(super) fn push(&mut self, piece: &[u8]) {
        if self.given_up {
            return;
        }
        let together = self.budget.0.fetch_add(piece.len(), Ordering::Relaxed);
        self.bytes.extend_from_slice(piece);
        let too_much = together + piece.len() > LOOKED_AT_BYTES_TOGETHER;
        if too_much || self.bytes.len() > LOOKED_AT_BYTES_AT_MOST {
            self.give_up();
        }
    }

    /// The body has come to its end.
    pub(super) fn end(&mut self) {
        self.whole = true;
    }

    /// Whether the body has come to its end.
    pub(super) fn is_whole(&self) -> bool {
        self.whole
    }

    /// The body, if all of it was looked at.
    pub(super) fn content(&mut self) -> Option<Vec<u8>> {
        (self.whole && !self.given_up).then(|| {
            let bytes = std::mem::take(&mut self.bytes);
            self.budget.0.fetch_sub(bytes.len(), Ordering::Relaxed);
            bytes
        })
    }

    fn give_up(&mut self) {
        self.given_up = true;
        let bytes = std::mem::take(&mut self.bytes);
        self.budget.0.fetch_sub(bytes.len(), Ordering::Relaxed);
    }
}

impl Drop for LookedAt {
    fn drop(&mut self) {
        self.give_up();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::{Budget, LOOKED_AT_BYTES_AT_MOST, LookedAt};

    #[test]
    fn a_body_is_kept_whole_or_not_at_all_and_its_room_comes_back() {
        let budget = Budget::default();
        let together = || budget.0.load(Ordering::Relaxed);
        let mut short = LookedAt::new(budget.clone());
        short.push(b"topic=");
        short.push(b"a");
        assert_eq!((short.content(), together()), (None, 7), "not over yet");
        short.end();
        assert_eq!(short.content().as_deref(), Some(&b"topic=a"[..]));
        let mut long = LookedAt::new(budget.clone());
        for _ in 0..=LOOKED_AT_BYTES_AT_MOST / 1_000 {
            long.push(&[b'x'; 1_000]);
        }
        long.end();
        assert_eq!((long.content(), together()), (None, 0));
        let mut dropped = LookedAt::new(budget.clone());
        dropped.push(b"x");
        drop(dropped);
        assert_eq!(together(), 0);
    }
}
