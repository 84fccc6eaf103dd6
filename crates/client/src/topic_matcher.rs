//! What a subscription listens to and what a token grants: a topic matcher, as a client writes it. Not for matching: only a hub
//! decides what a matcher matches.

use serde_json::{Value, json};

use crate::Dialect;

/// An expression that selects topics.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TopicMatcher {
    /// Every topic: `*` in both dialects.
    Any,
    /// One topic, byte for byte.
    Exact(String),
    /// A WHATWG URL Pattern; dialect 1.0 only.
    UrlPattern(String),
    /// An RFC 6570 template; dialect 0.x only.
    UriTemplate(String),
}

/// A dialect has no way to write this matcher.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnsupportedMatcher {
    /// URL Patterns came with 1.0.
    #[error("dialect 0.x knows no URL Pattern ({0:?}): use an RFC 6570 template or an exact topic")]
    UrlPattern(String),
    /// Templates went with 0.x.
    #[error("dialect 1.0 knows no RFC 6570 template ({0:?}): use a URL Pattern or an exact topic")]
    UriTemplate(String),
}

impl TopicMatcher {
    /// The expression itself.
    pub fn pattern(&self) -> &str {
        match self {
            Self::Any => "*",
            Self::Exact(pattern) | Self::UrlPattern(pattern) | Self::UriTemplate(pattern) => {
                pattern
            }
        }
    }

    /// The name of the query parameter which subscribes to this matcher.
    pub fn parameter(&self, dialect: Dialect) -> Result<&'static str, UnsupportedMatcher> {
        match (dialect, self) {
            (Dialect::V0, Self::UrlPattern(pattern)) => {
                Err(UnsupportedMatcher::UrlPattern(pattern.clone()))
            }
            (Dialect::V1, Self::UriTemplate(pattern)) => {
                Err(UnsupportedMatcher::UriTemplate(pattern.clone()))
            }
            (Dialect::V0, _) => Ok("topic"),
            (Dialect::V1, Self::UrlPattern(_)) => Ok("match_urlpattern"),
            (Dialect::V1, Self::Any | Self::Exact(_)) => Ok("match"),
        }
    }

    /// The matcher as it stands in a token: an object of the topic matcher list in 1.0, a string in 0.x.
    pub fn in_token(&self, dialect: Dialect) -> Result<Value, UnsupportedMatcher> {
        self.parameter(dialect)?;
        Ok(match (dialect, self) {
            (Dialect::V0, _) => json!(self.pattern()),
            (Dialect::V1, Self::UrlPattern(pattern)) => {
                json!({ "match": pattern, "match_type": "urlpattern" })
            }
            (Dialect::V1, _) => json!({ "match": self.pattern() }),
        })
    }
}
