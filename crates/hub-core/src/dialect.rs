//! Which revision of the protocol a request or a token speaks, and which of them a hub answers.
//!
//! Not here: how a request shows its dialect, see [`crate::subscribe_query`].

use std::fmt;
use std::ops::{Index, IndexMut};
use std::str::FromStr;

/// A revision of the Mercure protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dialect {
    /// `0.x`: draft-dunglas-mercure-07, what is deployed nearly everywhere.
    V0,
    /// `1.0`: draft-dunglas-mercure-08.
    V1,
}

impl Dialect {
    /// Each of them.
    pub(crate) const ALL: [Self; 2] = [Self::V0, Self::V1];
}

/// One of a kind for each dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct ByDialect<T> {
    v0: T,
    v1: T,
}

impl<T> ByDialect<T> {
    pub(crate) fn from_fn(mut of: impl FnMut(Dialect) -> T) -> Self {
        Self {
            v0: of(Dialect::V0),
            v1: of(Dialect::V1),
        }
    }
}

impl<T> Index<Dialect> for ByDialect<T> {
    type Output = T;

    fn index(&self, dialect: Dialect) -> &T {
        match dialect {
            Dialect::V0 => &self.v0,
            Dialect::V1 => &self.v1,
        }
    }
}

impl<T> IndexMut<Dialect> for ByDialect<T> {
    fn index_mut(&mut self, dialect: Dialect) -> &mut T {
        match dialect {
            Dialect::V0 => &mut self.v0,
            Dialect::V1 => &mut self.v1,
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V0 => "0.x",
            Self::V1 => "1.0",
        })
    }
}

impl FromStr for Dialect {
    type Err = UnknownDialect;

    fn from_str(written: &str) -> Result<Self, UnknownDialect> {
        match written {
            "0.x" => Ok(Self::V0),
            "1.0" => Ok(Self::V1),
            _ => Err(UnknownDialect(written.to_owned())),
        }
    }
}

/// The dialects that a hub answers: one of them, or both on one URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Dialects {
    /// Only 1.0, the default: the tokens of 0.x are weaker (no audience, no issuer, no required expiry).
    #[default]
    OnlyV1,
    /// Only 0.x.
    OnlyV0,
    /// Both, told apart for each request by [`crate::subscribe_query::request_dialect`].
    Both,
}

impl Dialects {
    /// Whether `dialect` is answered.
    pub fn contains(self, dialect: Dialect) -> bool {
        match self {
            Self::OnlyV1 => dialect == Dialect::V1,
            Self::OnlyV0 => dialect == Dialect::V0,
            Self::Both => true,
        }
    }
}

impl FromStr for Dialects {
    type Err = UnknownDialect;

    /// Reads a comma-separated list such as `1.0,0.x`; naming a dialect twice is harmless.
    fn from_str(written: &str) -> Result<Self, UnknownDialect> {
        let mut found: Option<Self> = None;
        for item in written.split(',') {
            let only = match item.trim().parse()? {
                Dialect::V0 => Self::OnlyV0,
                Dialect::V1 => Self::OnlyV1,
            };
            found = Some(match found {
                Some(before) if before != only => Self::Both,
                _ => only,
            });
        }
        found.ok_or_else(|| UnknownDialect(written.to_owned()))
    }
}

impl fmt::Display for Dialects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OnlyV1 => "1.0",
            Self::OnlyV0 => "0.x",
            Self::Both => "1.0,0.x",
        })
    }
}

/// A name that is no dialect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown dialect {0:?}: write `1.0`, `0.x` or `1.0,0.x`")]
pub struct UnknownDialect(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read() {
        fn check(written: &str, expected: Option<Dialects>) {
            assert_eq!(written.parse().ok(), expected, "{written:?}");
        }
        check("1.0", Some(Dialects::OnlyV1));
        check("0.x", Some(Dialects::OnlyV0));
        check("1.0,0.x", Some(Dialects::Both));
        check("0.x, 1.0", Some(Dialects::Both));
        check("1.0,1.0", Some(Dialects::OnlyV1));
        check("0.x,1.0,0.x", Some(Dialects::Both));
        check("", None);
        check("1.0,", None);
        check("2.0", None);
        check("0.X", None);
    }

    #[test]
    fn a_dialect_prints_as_it_is_read() {
        for dialect in [Dialect::V0, Dialect::V1] {
            assert_eq!(dialect.to_string().parse(), Ok(dialect));
        }
    }
}
