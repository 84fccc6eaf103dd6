//! Which revision of the Mercure protocol is spoken. Not for finding it out: that is [`crate::discovery`].

use std::{fmt, str::FromStr};

/// A revision of the protocol. It is decided once, at the edge, and carried as a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dialect {
    /// `0.x`: draft-dunglas-mercure-07, what is deployed nearly everywhere: `topic`, the `mercure` claim, `lastEventID`.
    V0,
    /// `1.0`: draft-dunglas-mercure-08: `match` and `match_urlpattern`, RFC 9068 access tokens, `last_event_id`.
    V1,
}

impl Dialect {
    /// Both, the older one first.
    pub const ALL: [Self; 2] = [Self::V0, Self::V1];

    /// `"0.x"` or `"1.0"`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V0 => "0.x",
            Self::V1 => "1.0",
        }
    }

    /// The query parameter that carries the cursor. // replay.query-parameter (1.0), replay.query-param (0.x)
    pub fn cursor_parameter(self) -> &'static str {
        match self {
            Self::V0 => "lastEventID",
            Self::V1 => "last_event_id",
        }
    }

    /// The response field that tells which event precedes the first one sent, in lower case.
    pub fn cursor_response_header(self) -> &'static str {
        match self {
            Self::V0 => "last-event-id",
            Self::V1 => "mercure-last-event-id",
        }
    }

    /// The name of the cookie that the draft recommends for the token.
    pub fn cookie_name(self) -> &'static str {
        match self {
            Self::V0 => "mercureAuthorization",
            Self::V1 => "__Secure-mercure_access_token",
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is not a dialect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown dialect {0:?}: write 1.0 or 0.x")]
pub struct UnknownDialect(String);

impl FromStr for Dialect {
    type Err = UnknownDialect;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|dialect| dialect.as_str() == text)
            .ok_or_else(|| UnknownDialect(text.to_owned()))
    }
}
