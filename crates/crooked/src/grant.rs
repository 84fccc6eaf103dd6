//! What a token grants, and what a subscription asks for: just enough to know which answer to spoil.
//!
//! Patterns are compared by their literal beginning only, so this errs towards "covered". It decides nothing that has to be
//! right in general: the straight hub behind still does that.

use serde_json::Value;

use crate::form;
use crate::message::Request;
use crate::mutant::Dialect;
use crate::token::{DETAIL_TYPE, Token};

/// One matcher of a grant or of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Matcher {
    /// The topic or pattern.
    pub(crate) text: String,
    /// Whether `text` is a pattern or template rather than a topic.
    pub(crate) is_pattern: bool,
}

impl Matcher {
    /// Whether the topic is selected, as far as the literal beginning tells.
    pub(crate) fn covers(&self, topic: &str) -> bool {
        self.text == "*"
            || self.text == topic
            || (self.is_pattern && topic.starts_with(literal_beginning(&self.text)))
    }
}

/// Whether any matcher selects any of the topics.
pub(crate) fn any(matchers: &[Matcher], topics: &[String]) -> bool {
    topics.iter().any(|topic| one(matchers, topic))
}

/// Whether any matcher selects the topic.
pub(crate) fn one(matchers: &[Matcher], topic: &str) -> bool {
    matchers.iter().any(|matcher| matcher.covers(topic))
}

/// The matchers that the token grants for `publish` or `subscribe`.
pub(crate) fn granted(token: &Token, dialect: Dialect, action: &str) -> Vec<Matcher> {
    match dialect {
        Dialect::V1 => granted_by_details(token, action),
        Dialect::V0 => granted_by_claim(token, action),
    }
}

/// The matchers that the query of a subscription asks for.
pub(crate) fn asked(request: &Request) -> Vec<Matcher> {
    let as_matcher = |(name, text): (String, String)| match name.as_str() {
        "match" | "match_exact" => Some(Matcher {
            text,
            is_pattern: false,
        }),
        "match_urlpattern" => Some(Matcher {
            text,
            is_pattern: true,
        }),
        "topic" => Some(Matcher {
            is_pattern: text.contains('{'),
            text,
        }),
        _ => None,
    };
    form::query(request)
        .into_iter()
        .filter_map(as_matcher)
        .collect()
}

fn granted_by_details(token: &Token, action: &str) -> Vec<Matcher> {
    let details = token.claim("authorization_details").as_array();
    let of_action = |detail: &&Value| {
        let mut actions = detail["actions"].as_array().into_iter().flatten();
        detail["type"] == DETAIL_TYPE && actions.any(|a| a == action)
    };
    let topics = |detail: &Value| detail["topics"].as_array().cloned().unwrap_or_default();
    details
        .into_iter()
        .flatten()
        .filter(of_action)
        .flat_map(topics)
        .filter_map(|topic| {
            let text = topic["match"].as_str()?.to_owned();
            Some(Matcher {
                text,
                is_pattern: topic["match_type"] == "urlpattern",
            })
        })
        .collect()
}

fn granted_by_claim(token: &Token, action: &str) -> Vec<Matcher> {
    let selectors = token.claim("mercure")[action].as_array();
    let as_matcher = |selector: &Value| {
        let text = selector.as_str()?.to_owned();
        Some(Matcher {
            is_pattern: text.contains('{'),
            text,
        })
    };
    selectors
        .into_iter()
        .flatten()
        .filter_map(as_matcher)
        .collect()
}

fn literal_beginning(pattern: &str) -> &str {
    let after_scheme = pattern.find("://").map_or(0, |at| at + 3);
    let special = pattern[after_scheme..].find([':', '*', '(', '{', '?', '+']);
    special.map_or(pattern, |at| &pattern[..after_scheme + at])
}

#[cfg(test)]
mod tests {
    use super::Matcher;

    #[test]
    fn covers() {
        let check = |text: &str, is_pattern, topic, expected| {
            let matcher = Matcher {
                text: text.to_owned(),
                is_pattern,
            };
            assert_eq!(matcher.covers(topic), expected, "{text} {topic}");
        };
        check("*", false, "anything", true);
        check("https://a/b", false, "https://a/b", true);
        check("https://a/b", false, "https://a/b/c", false);
        check("https://a/b/:id", true, "https://a/b/1", true);
        check("https://a/b/:id", true, "https://a/c/1", false);
        check("https://a/{id}", true, "https://a/1", true);
    }
}
