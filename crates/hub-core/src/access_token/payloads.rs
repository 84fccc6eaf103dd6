//! What an issuer attaches to the subscriptions of a token's bearer, for others to read.
//!
//! Not here: who may read it, and where it is shown, see [`crate::subscriptions`].

use std::sync::Arc;

use serde_json::Value;

use crate::topic::Topic;
use crate::topic_matcher::TopicMatcher;

/// The payloads of a token. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Payloads(Option<Arc<[Attached]>>);

/// A payload, and the subscriptions that it belongs to.
pub(super) struct Attached {
    /// Those with a matcher whose text one of these covers.
    pub(super) topics: Arc<[TopicMatcher]>,
    pub(super) payload: Option<Arc<Value>>,
}

impl Payloads {
    /// The payload of each subscription (0.x). subscriptions.payload-exposed
    pub(super) fn of_all(payload: Value) -> Self {
        Self::of_details(vec![Attached {
            topics: [TopicMatcher::Any].into(),
            payload: Some(Arc::new(payload)),
        }])
    }

    /// Those of the details that grant to subscribe, in their order (1.0). subscriptions.payload.subscribe-only
    pub(super) fn of_details(details: Vec<Attached>) -> Self {
        let attached = details.iter().any(|detail| detail.payload.is_some());
        Self(attached.then(|| details.into()))
    }

    /// That of the first detail which covers the text of `matcher` as if it were a topic.
    /// subscriptions.payload.first-wins, .matcher-as-topic, .exact-on-pattern, .wildcard-default
    pub(super) fn of(&self, matcher: &TopicMatcher) -> Option<Arc<Value>> {
        let details = self.0.as_ref()?;
        let topic = Topic::of_hub(matcher.as_str());
        let covers = |detail: &&Attached| detail.topics.iter().any(|it| it.matches(&topic));
        details.iter().find(covers)?.payload.clone()
    }
}
