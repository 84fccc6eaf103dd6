//! May this token publish this, receive that: pure decisions with a named reason.
//!
//! Not here: whether the token is valid, see [`crate::access_token::verify`].

use std::sync::Arc;

use crate::publication::Visibility;
use crate::topic::Topic;
use crate::topic_matcher::TopicMatcher;
use crate::update::Update;

/// The topic matchers of a token for each action. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grants {
    /// What `publish` covers.
    pub publish: Arc<[TopicMatcher]>,
    /// What `subscribe` covers.
    pub subscribe: Arc<[TopicMatcher]>,
}

/// The answer to "may it?".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It may.
    Permitted,
    /// It may not.
    Denied(Denial),
}

impl Decision {
    /// Whether the answer is yes.
    pub fn is_permitted(self) -> bool {
        self == Self::Permitted
    }
}

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// The token grants nothing for this action. details.no-detail-no-right, auth.publish-undefined-refused
    #[error("the token grants nothing for this action")]
    NoGrant,
    /// One topic to publish on is not covered. details.publish.every-topic
    #[error("the token does not cover topic number {topic_number} of the update")]
    TopicNotCovered {
        /// Its place among the topics of the update, from 1.
        topic_number: usize,
    },
    /// No topic of a private update is covered. private.only-authorized
    #[error("the token covers no topic of the update")]
    NoTopicCovered,
    /// The path of a list of subscriptions, or of one, is not covered. subscriptions.api.forbidden
    #[error("the token does not grant to subscribe to this path")]
    PathNotCovered,
    /// A private update, and a subscriber without a token.
    #[error("the update is private and the subscriber has no token")]
    NoToken,
}

impl Denial {
    /// The reason code for logs.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoGrant => "no-grant",
            Self::TopicNotCovered { .. } => "topic-not-covered",
            Self::NoTopicCovered => "no-topic-covered",
            Self::PathNotCovered => "path-not-covered",
            Self::NoToken => "no-token",
        }
    }
}

/// Publishing needs a grant on every topic of the update. details.publish.every-topic, auth.publish-every-topic
pub(crate) fn may_publish(publish_grants: &[TopicMatcher], topics: &[Topic]) -> Decision {
    if publish_grants.is_empty() {
        return Decision::Denied(Denial::NoGrant);
    }
    let uncovered = topics
        .iter()
        .position(|topic| !publish_grants.iter().any(|matcher| matcher.matches(topic)));
    match uncovered {
        Some(index) => Decision::Denied(Denial::TopicNotCovered {
            topic_number: index + 1,
        }),
        None => Decision::Permitted,
    }
}

/// Reading an update, with the subscribe grants of a token or without a token.
pub(crate) fn may_receive(subscribe_grants: Option<&[TopicMatcher]>, update: &Update) -> Decision {
    match (update.visibility(), subscribe_grants) {
        (Visibility::Public, _) => Decision::Permitted,
        (Visibility::Private, None) => Decision::Denied(Denial::NoToken),
        (Visibility::Private, Some(grants)) => may_read_private(grants, update.topics()),
    }
}

/// Reading a private update needs a grant on one of its topics, whichever one routed it.
/// private.alternate-grant, private.canonical-grant-alternate-route, private.match-alternate
pub(crate) fn may_read_private(subscribe_grants: &[TopicMatcher], topics: &[Topic]) -> Decision {
    if subscribe_grants.is_empty() {
        Decision::Denied(Denial::NoGrant)
    } else if subscribe_grants
        .iter()
        .any(|matcher| matcher.matches_any(topics))
    {
        Decision::Permitted
    } else {
        Decision::Denied(Denial::NoTopicCovered)
    }
}

/// Looking at what is at a path of the hub needs a grant to subscribe to a topic of that name.
/// subscriptions.api.authorized-topic, .relative-form, subscriptions.api-url-matches-claim
pub(crate) fn may_look_at(subscribe_grants: &[TopicMatcher], path: &str) -> Decision {
    match may_read_private(subscribe_grants, &[Topic::of_hub(path)]) {
        Decision::Denied(Denial::NoTopicCovered) => Decision::Denied(Denial::PathNotCovered),
        decision => decision,
    }
}
