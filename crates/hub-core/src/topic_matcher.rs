//! Topic matchers: which topics a subscription, or a grant of a token, covers.
//!
//! All evaluation is in time linear in the topic. Not here: which subscribers listen, see `registry`.

mod uri_template;
mod url_pattern;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::text::{self, TextFault};
use crate::topic::Topic;
use crate::{HubUrl, Limits};

pub use uri_template::UriTemplate;
pub use url_pattern::UrlPattern;

/// An expression that is matched against topics. Cheap to clone; equal if type and text are.
#[derive(Clone)]
pub enum TopicMatcher {
    /// `*`, in every type and both dialects: each topic. match.wildcard.*
    Any,
    /// `*`, written as a URL pattern: the same, except that documents of subscriptions name the type.
    AnyUrlPattern,
    /// The topic of these very bytes. match.exact.*
    Exact(Arc<str>),
    /// A URL pattern (1.0). match.urlpattern.*
    UrlPattern(Arc<UrlPattern>),
    /// A URI template of RFC 6570 (0.x), which also matches its own text.
    UriTemplate(Arc<UriTemplate>),
}

impl TopicMatcher {
    /// `match`, `match_exact`, and `match_type` `exact`.
    pub fn exact(text: &str, limits: &Limits) -> Result<Self, MatcherError> {
        check_length(text, limits)?;
        text::check_v1(text)?;
        Ok(if text == "*" {
            Self::Any
        } else {
            Self::Exact(text.into())
        })
    }

    /// `match_urlpattern`, and `match_type` `urlpattern`. A relative pattern is resolved against the hub's URL.
    pub fn url_pattern(
        text: &str,
        hub_url: &HubUrl,
        limits: &Limits,
    ) -> Result<Self, MatcherError> {
        check_length(text, limits)?;
        text::check_v1(text)?;
        Ok(if text == "*" {
            Self::AnyUrlPattern
        } else {
            Self::UrlPattern(Arc::new(UrlPattern::parse(text, hub_url)?))
        })
    }

    /// `topic` of 0.x and the entries of its claims: any string. One with an expression in braces is a URI template,
    /// one whose template syntax is broken is compared literally. match.any-string, match.invalid-template-literal
    pub fn selector(text: &str, limits: &Limits) -> Result<Self, MatcherError> {
        check_length(text, limits)?;
        if text == "*" {
            return Ok(Self::Any);
        }
        Ok(match UriTemplate::parse(text)? {
            Some(template) => Self::UriTemplate(Arc::new(template)),
            None => Self::Exact(text.into()),
        })
    }

    /// Whether `topic` is covered.
    pub fn matches(&self, topic: &Topic) -> bool {
        match self {
            Self::Any | Self::AnyUrlPattern => true,
            Self::Exact(text) => **text == *topic.as_str(),
            Self::UrlPattern(pattern) => topic
                .url(pattern.base())
                .is_some_and(|url| pattern.matches(&url)),
            Self::UriTemplate(template) => template.matches(topic.as_str()),
        }
    }

    /// Whether one of `topics` is covered.
    pub fn matches_any(&self, topics: &[Topic]) -> bool {
        topics.iter().any(|topic| self.matches(topic))
    }

    /// Whether it may cover a topic of the hub's own that begins with `prefix`, a path. True in doubt.
    pub(crate) fn may_cover_below(&self, prefix: &str) -> bool {
        let may_begin = |literal: &str| literal.starts_with(prefix) || prefix.starts_with(literal);
        match self {
            Self::Any | Self::AnyUrlPattern => true,
            Self::Exact(text) => text.starts_with(prefix),
            Self::UrlPattern(pattern) => may_begin(pattern.path_prefix()),
            Self::UriTemplate(template) => may_begin(template.prefix()),
        }
    }

    /// Its type, as 1.0 names it.
    pub fn matcher_type(&self) -> MatcherType {
        match self {
            Self::Any | Self::Exact(_) => MatcherType::Exact,
            Self::AnyUrlPattern | Self::UrlPattern(_) => MatcherType::UrlPattern,
            Self::UriTemplate(_) => MatcherType::UriTemplate,
        }
    }

    /// The expression as it was written.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Any | Self::AnyUrlPattern => "*",
            Self::Exact(text) => text,
            Self::UrlPattern(pattern) => pattern.as_str(),
            Self::UriTemplate(template) => template.as_str(),
        }
    }

    /// What distinguishes it: matchers of one kind and text match the same topics. For URL patterns the base counts too,
    /// since a hub may be known under several URLs.
    fn identity(&self) -> (u8, &str, &str) {
        match self {
            Self::Any | Self::AnyUrlPattern => (0, "", ""),
            Self::Exact(text) => (1, text, ""),
            Self::UrlPattern(pattern) => (2, pattern.as_str(), pattern.base().as_str()),
            Self::UriTemplate(template) => (3, template.as_str(), ""),
        }
    }
}

impl PartialEq for TopicMatcher {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for TopicMatcher {}

impl Hash for TopicMatcher {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity().hash(state);
    }
}

impl fmt::Debug for TopicMatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Any => return f.write_str("Any"),
            Self::AnyUrlPattern => return f.write_str("AnyUrlPattern"),
            Self::Exact(_) => "Exact",
            Self::UrlPattern(_) => "UrlPattern",
            Self::UriTemplate(_) => "UriTemplate",
        };
        write!(f, "{kind}({:?})", self.as_str())
    }
}

/// How a topic matcher is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatcherType {
    /// Compared byte by byte; also a selector of 0.x that is no template.
    Exact,
    /// A URL pattern.
    UrlPattern,
    /// A URI template of 0.x.
    UriTemplate,
}

impl MatcherType {
    /// Its canonical name (1.0). That of templates, which 1.0 does not have, is formed as its registry asks.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::UrlPattern => "urlpattern",
            Self::UriTemplate => "uritemplate",
        }
    }

    /// The type of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Exact, Self::UrlPattern, Self::UriTemplate]
            .into_iter()
            .find(|known| known.name() == name)
    }
}

fn check_length(text: &str, limits: &Limits) -> Result<(), MatcherError> {
    if text.len() > limits.matcher_bytes {
        return Err(MatcherError::TooLong {
            limit_bytes: limits.matcher_bytes,
        });
    }
    Ok(())
}

/// Why a topic matcher is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MatcherError {
    /// Longer than [`Limits::matcher_bytes`].
    #[error("topic matcher longer than {limit_bytes} bytes")]
    TooLong {
        /// The limit.
        limit_bytes: usize,
    },
    /// subscribe.value.c0, .del, .c1, .cf
    #[error("topic matcher contains {0}")]
    Text(#[from] TextFault),
    /// Not a well-formed URL pattern. subscribe.value.invalid-pattern
    #[error("not a URL pattern: {0}")]
    Pattern(String),
    /// A compiled program above [`crate::limits::COMPILED_PATTERN_BYTES`].
    #[error("pattern too complex")]
    TooComplex,
}

#[cfg(test)]
mod tests;
