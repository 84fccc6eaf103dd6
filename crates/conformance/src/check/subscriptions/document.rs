//! What a hub tells of a subscription: an event, or a document of the API, read leniently. Not for judging it.

use std::fmt;

use serde_json::{Map, Value};

use super::naming;
use crate::wire::event_stream::Event;

/// An event about a subscription, and the document in it.
#[derive(Debug, Clone)]
pub(in crate::check) struct Told {
    /// As it came.
    pub(in crate::check) event: Event,
    /// Its data; empty when it has none.
    pub(super) data: String,
    /// The data, if they are a JSON object.
    pub(in crate::check) document: Option<Map<String, Value>>,
}

impl Told {
    pub(super) fn of(event: Event) -> Self {
        let data = event.data().unwrap_or_default();
        Self {
            document: serde_json::from_str(&data).ok(),
            data,
            event,
        }
    }

    /// A member of the document.
    pub(in crate::check) fn member(&self, name: &str) -> Option<&Value> {
        self.document.as_ref()?.get(name)
    }

    /// A member that is a string.
    pub(in crate::check) fn text(&self, name: &str) -> Option<&str> {
        self.member(name)?.as_str()
    }

    /// The path segments of `id` from the end: that of the subscriber, that of the matcher, that of its type.
    pub(in crate::check) fn segment(&self, from_the_end: usize) -> Option<&str> {
        self.text("id")?.rsplit('/').nth(from_the_end)
    }

    /// The same, decoded once.
    pub(in crate::check) fn decoded_segment(&self, from_the_end: usize) -> Option<String> {
        naming::decoded(self.segment(from_the_end)?)
    }

    /// Who subscribed.
    pub(in crate::check) fn subscriber(&self) -> Option<&str> {
        self.text("subscriber")
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.event.fmt(f)
    }
}
