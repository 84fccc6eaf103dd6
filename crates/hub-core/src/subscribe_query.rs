//! A subscribe request's parameters as checked topic matchers and a cursor; and which dialect a request speaks.
//!
//! Not here: tokens, and whether the subscriber may, see [`crate::access_token`].

use crate::event_id::LastEventId;
use crate::form::{self, Pair};
use crate::topic_matcher::{MatcherError, TopicMatcher};
use crate::{Dialect, Dialects, HubUrl, Limits};

/// Which dialects the parameter names of a request hint at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct DialectHints {
    v0: bool,
    v1: bool,
}

impl DialectHints {
    /// Looks at the names in the query component and, where the method has one, in the form body.
    ///
    /// Names in the `match` namespace and `last_event_id` mean 1.0; `topic`, `lastEventID` and `Last-Event-ID` mean 0.x.
    pub fn of(query: &str, body: Option<&[u8]>) -> Self {
        let mut hints = Self::default();
        for pair in form::pairs(query.as_bytes()).chain(form::pairs(body.unwrap_or_default())) {
            match &*pair.name() {
                "last_event_id" => hints.v1 = true,
                "topic" | "lastEventID" | "Last-Event-ID" => hints.v0 = true,
                name => hints.v1 |= in_match_namespace(name),
            }
        }
        hints
    }
}

/// A request without a token that speaks both dialects at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "parameters of 1.0 (match*, last_event_id) beside parameters of 0.x (topic, lastEventID): use one dialect"
)]
pub struct MixedDialects;

/// Decides the dialect of a request, once, at the edge: a token (`token`: the dialect of the verified one) has the last
/// word; without one the names decide. A hub that answers a single dialect has nothing to decide, and names of the other
/// are unknown parameters there. Without any hint it is 1.0.
pub fn request_dialect(
    enabled: Dialects,
    token: Option<Dialect>,
    hints: DialectHints,
) -> Result<Dialect, MixedDialects> {
    if let Some(dialect) = token {
        return Ok(dialect);
    }
    match (enabled, hints) {
        (Dialects::Both, DialectHints { v0: true, v1: true }) => Err(MixedDialects),
        (Dialects::OnlyV0, _)
        | (
            Dialects::Both,
            DialectHints {
                v0: true,
                v1: false,
            },
        ) => Ok(Dialect::V0),
        (Dialects::OnlyV1, _) | (Dialects::Both, DialectHints { v0: false, .. }) => Ok(Dialect::V1),
    }
}

/// What a subscriber asked for, checked.
#[derive(Clone, Debug)]
pub struct SubscribeQuery {
    /// One for each subscription, in the order of the parameters, query component first; never empty.
    pub matchers: Vec<TopicMatcher>,
    /// Where to resume; none for a live stream from now on.
    pub last_event_id: Option<LastEventId>,
}

impl SubscribeQuery {
    /// Reads the query component, the form body of a method that has one (`QUERY`), and the `Last-Event-ID` header
    /// field (`header_cursor`), which takes precedence over the parameters. replay.header-precedence
    pub fn parse(
        query: &str,
        body: Option<&[u8]>,
        header_cursor: Option<&str>,
        dialect: Dialect,
        hub_url: &HubUrl,
        limits: &Limits,
    ) -> Result<Self, SubscribeQueryError> {
        let mut matchers = Vec::new();
        let mut parameter_cursor = None;
        let mut old_parameter_cursor = None;
        let pairs = form::pairs(query.as_bytes()).chain(form::pairs(body.unwrap_or_default()));
        for (index, pair) in pairs.enumerate() {
            if index >= limits.form_pairs {
                return Err(SubscribeQueryError::TooManyParameters {
                    limit: limits.form_pairs,
                });
            }
            match classify(&pair.name(), dialect)? {
                Parameter::Matcher(syntax) => {
                    if matchers.len() >= limits.matchers {
                        return Err(SubscribeQueryError::TooManyMatchers {
                            limit: limits.matchers,
                        });
                    }
                    matchers.push(read_matcher(syntax, &pair, hub_url, limits)?);
                }
                Parameter::Cursor => read_cursor(&pair, &mut parameter_cursor)?,
                Parameter::OldCursor => read_cursor(&pair, &mut old_parameter_cursor)?,
                Parameter::Unknown => {}
            }
        }
        if matchers.is_empty() {
            return Err(SubscribeQueryError::MissingMatcher { dialect });
        }
        let cursor = header_cursor
            .filter(|value| !value.is_empty())
            .or(parameter_cursor.as_deref())
            .or(old_parameter_cursor.as_deref());
        Ok(Self {
            matchers,
            last_event_id: cursor.map(LastEventId::parse),
        })
    }
}

/// How the value of a matcher parameter is read.
#[derive(Clone, Copy)]
enum MatcherSyntax {
    Exact,
    UrlPattern,
    /// `topic` of 0.x.
    Selector,
}

enum Parameter {
    Matcher(MatcherSyntax),
    Cursor,
    /// `Last-Event-ID`, which clients of hubs before 0.14 put in the query component.
    OldCursor,
    Unknown,
}

fn classify(name: &str, dialect: Dialect) -> Result<Parameter, SubscribeQueryError> {
    Ok(match (dialect, name) {
        (Dialect::V1, "match" | "match_exact") => Parameter::Matcher(MatcherSyntax::Exact),
        (Dialect::V1, "match_urlpattern") => Parameter::Matcher(MatcherSyntax::UrlPattern),
        (Dialect::V0, "topic") => Parameter::Matcher(MatcherSyntax::Selector),
        (Dialect::V1, "last_event_id") | (Dialect::V0, "lastEventID") => Parameter::Cursor,
        (Dialect::V0, "Last-Event-ID") => Parameter::OldCursor,
        // subscribe.reserved-prefix
        (Dialect::V1, name) if in_match_namespace(name) => {
            return Err(SubscribeQueryError::ReservedName);
        }
        _ => Parameter::Unknown,
    })
}

/// Keeps the first cursor that is not empty. The query component comes first, so its cursor wins.
/// replay.query-method.query-wins
fn read_cursor(pair: &Pair<'_>, cursor: &mut Option<String>) -> Result<(), SubscribeQueryError> {
    if cursor.is_none() {
        let value = pair.value().map_err(|_| SubscribeQueryError::NotUtf8)?;
        *cursor = Some(value.to_owned()).filter(|value| !value.is_empty());
    }
    Ok(())
}

fn read_matcher(
    syntax: MatcherSyntax,
    pair: &Pair<'_>,
    hub_url: &HubUrl,
    limits: &Limits,
) -> Result<TopicMatcher, SubscribeQueryError> {
    let value = pair.value().map_err(|_| SubscribeQueryError::NotUtf8)?;
    Ok(match syntax {
        MatcherSyntax::Exact => TopicMatcher::exact(value, limits)?,
        MatcherSyntax::UrlPattern => TopicMatcher::url_pattern(value, hub_url, limits)?,
        MatcherSyntax::Selector => TopicMatcher::selector(value, limits)?,
    })
}

/// Whether a name begins with `match`, ASCII letters compared without case. subscribe.names-case-sensitive
fn in_match_namespace(name: &str) -> bool {
    name.as_bytes()
        .get(..5)
        .is_some_and(|prefix| prefix.eq_ignore_ascii_case(b"match"))
}

/// Why a subscribe request is refused; always a 400.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubscribeQueryError {
    /// No matcher parameter.
    #[error("nothing to subscribe to: {}", match dialect {
        Dialect::V1 => "give `match` or `match_urlpattern`",
        Dialect::V0 => "give `topic`",
    })]
    MissingMatcher {
        /// The dialect in which the request was read.
        dialect: Dialect,
    },
    /// A name in the `match` namespace that is no supported matcher type. subscribe.unknown-matcher-type
    #[error(
        "unknown parameter in the reserved `match` namespace: only match, match_exact and match_urlpattern are supported"
    )]
    ReservedName,
    /// A matcher or cursor is no UTF-8. subscribe.value.utf8
    #[error("parameter is not UTF-8")]
    NotUtf8,
    /// A matcher is refused.
    #[error(transparent)]
    Matcher(#[from] MatcherError),
    /// More matchers than [`Limits::matchers`].
    #[error("more than {limit} topic matchers")]
    TooManyMatchers {
        /// The limit.
        limit: usize,
    },
    /// More pairs than [`Limits::form_pairs`].
    #[error("more than {limit} parameters")]
    TooManyParameters {
        /// The limit.
        limit: usize,
    },
}

impl SubscribeQueryError {
    /// The reason code for logs: short, stable, without anything that the peer sent.
    pub fn code(&self) -> &'static str {
        match self {
            Self::MissingMatcher { .. } => "missing-matcher",
            Self::ReservedName => "reserved-name",
            Self::NotUtf8 => "not-utf8",
            Self::Matcher(MatcherError::TooLong { .. }) => "matcher-too-long",
            Self::Matcher(MatcherError::Text(_)) => "matcher-character",
            Self::Matcher(MatcherError::Pattern(_)) => "pattern-invalid",
            Self::Matcher(MatcherError::TooComplex) => "pattern-too-complex",
            Self::TooManyMatchers { .. } => "too-many-matchers",
            Self::TooManyParameters { .. } => "too-many-parameters",
        }
    }
}

#[cfg(test)]
mod tests;
