//! What is told of a subscriber: a document for each of its subscriptions, in the words of either dialect.
//!
//! Not here: lists of them, see `snapshot`.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::namespace::{Namespace, Selection};
use crate::topic_matcher::TopicMatcher;
use crate::{Dialect, EventId};

/// What `@context` says in 0.x. subscriptions.doc-context
pub(super) const CONTEXT: &str = "https://mercure.rocks/";

/// A subscriber, as others are told of it.
#[derive(Debug)]
pub(crate) struct Presence {
    /// subscriptions.subscriber.random, .unique-per-connection, .iri
    subscriber: EventId,
    subscriptions: Box<[Subscription]>,
}

/// One matcher of a subscriber.
#[derive(Debug)]
pub(crate) struct Subscription {
    matcher: TopicMatcher,
    payload: Option<Arc<Value>>,
}

/// Members are written in this order, those of the other dialect left out.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "@context", skip_serializing_if = "Option::is_none")]
    context: Option<&'static str>,
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    subscriber: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<&'a str>,
    #[serde(rename = "match", skip_serializing_if = "Option::is_none")]
    matcher: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    match_type: Option<&'static str>,
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<&'a Value>,
    #[serde(rename = "lastEventID", skip_serializing_if = "Option::is_none")]
    last_event_id: Option<&'a str>,
}

/// Where a document stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Setting<'a> {
    /// In a list, whose context is its own too.
    Member,
    /// In an update.
    Update,
    /// Alone, with the cursor of the list that it was taken from.
    Alone(&'a str),
}

impl Presence {
    /// Two equal matchers of one subscriber are one subscription. subscriptions.dedup
    pub(crate) fn new(
        subscriber: EventId,
        matchers: &[TopicMatcher],
        payload: impl Fn(&TopicMatcher) -> Option<Arc<Value>>,
    ) -> Self {
        let named = |matcher: &TopicMatcher| (matcher.matcher_type(), matcher.as_str().to_owned());
        let is_first = |&(index, matcher): &(usize, &TopicMatcher)| {
            matchers[..index]
                .iter()
                .all(|before| named(before) != named(matcher))
        };
        Self {
            subscriber,
            subscriptions: matchers
                .iter()
                .enumerate()
                .filter(is_first)
                .map(|(_, matcher)| Subscription {
                    payload: payload(matcher),
                    matcher: matcher.clone(),
                })
                .collect(),
        }
    }

    pub(crate) fn subscriber(&self) -> &EventId {
        &self.subscriber
    }

    pub(super) fn subscriptions(&self) -> &[Subscription] {
        &self.subscriptions
    }

    /// Whether it has a subscription like this.
    pub(crate) fn has(&self, selection: &Selection) -> bool {
        let mut subscriptions = self.subscriptions.iter();
        subscriptions.any(|subscription| selection.includes(&subscription.matcher))
    }

    /// The name and the document of each subscription, for updates. subscriptions.subscriber.shared-in-connection
    pub(super) fn documents(
        &self,
        namespace: &Namespace,
        dialect: Dialect,
        active: bool,
    ) -> impl Iterator<Item = (String, String)> {
        self.subscriptions.iter().map(move |subscription| {
            subscription.document(
                namespace,
                dialect,
                &self.subscriber,
                active,
                Setting::Update,
            )
        })
    }
}

impl Subscription {
    pub(super) fn matcher(&self) -> &TopicMatcher {
        &self.matcher
    }

    /// Its name and its document.
    pub(super) fn document(
        &self,
        namespace: &Namespace,
        dialect: Dialect,
        subscriber: &EventId,
        active: bool,
        setting: Setting<'_>,
    ) -> (String, String) {
        let id = namespace.name(dialect, &self.matcher, subscriber.as_str());
        let text = self.matcher.as_str();
        let common = Document {
            context: None,
            id: &id,
            kind: "subscription",
            subscriber: subscriber.as_str(),
            topic: None,
            matcher: None,
            match_type: None,
            active,
            payload: self.payload.as_deref(),
            last_event_id: None,
        };
        let document = match dialect {
            Dialect::V0 => Document {
                context: (!matches!(setting, Setting::Member)).then_some(CONTEXT),
                kind: "Subscription",
                topic: Some(text),
                last_event_id: match setting {
                    Setting::Alone(cursor) => Some(cursor),
                    Setting::Member | Setting::Update => None,
                },
                ..common
            },
            Dialect::V1 => Document {
                matcher: Some(text),
                match_type: Some(self.matcher.matcher_type().name()),
                ..common
            },
        };
        let written = json(&document);
        (id, written)
    }
}

/// Text as JSON.
pub(super) fn json(value: &impl Serialize) -> String {
    // Text, truth values and values that were JSON before: nothing that JSON cannot hold.
    serde_json::to_string(value).unwrap_or_default()
}
