//! The hub under test as the caller describes it: where it is, what opens it, which origins it knows. Not for what the suite
//! finds out by itself: that is [`crate::features`].

mod credential;
mod file;
mod limits;
mod plan;
mod process;
mod section;
mod start;
mod words;

use assay_client::{BearerToken, Dialect, Endpoint, SigningKey};

use crate::features::OptionalFeature;

pub use file::{TargetError, TargetFile};
pub(crate) use limits::Limit;
pub use limits::Limits;
pub use plan::{Places, Plan};
pub(crate) use process::Children;
pub use start::{Running, StartError};

/// An origin that no hub allows, where nobody names another.
pub const FOREIGN_ORIGIN: &str = "https://foreign.example";

/// The digest of HS256, the shortest there is.
const SECRET_BYTES_AT_LEAST: usize = 32;

/// What opens one role of the hub.
#[derive(Debug, Clone)]
pub enum RoleCredential {
    /// A key: every token can be minted, wrong ones too.
    Key(SigningKey),
    /// A ready token: only what it permits can be measured.
    Token(BearerToken),
    /// Nothing.
    Absent,
}

impl RoleCredential {
    pub(crate) fn key(&self) -> Option<&SigningKey> {
        match self {
            Self::Key(key) => Some(key),
            Self::Token(_) | Self::Absent => None,
        }
    }

    /// Whether it is a secret that can be guessed: RFC 7518, section 3.2, wants one as long as the digest.
    pub(crate) fn is_weak(&self) -> bool {
        let secret = self.key().and_then(SigningKey::secret);
        secret.is_some_and(|secret| secret.len() < SECRET_BYTES_AT_LEAST)
    }
}

/// A trusted issuer beside the one that [`Target`] names.
#[derive(Debug, Clone)]
pub struct Issuer {
    /// `iss` of its tokens.
    pub identifier: String,
    /// What its publishers have.
    pub publisher: RoleCredential,
    /// What its subscribers have.
    pub subscriber: RoleCredential,
}

/// A dialect to judge, and why.
#[derive(Debug, Clone)]
pub struct DialectChoice {
    /// The dialect.
    pub dialect: Dialect,
    /// Such as `asked for by --dialect`.
    pub evidence: String,
}

/// The version of HTTP that a run speaks; each request has a connection of its own in either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HttpVersion {
    /// HTTP/1.1.
    #[default]
    Http1,
    /// HTTP/2: chosen by ALPN over TLS, and by prior knowledge without.
    Http2,
}

impl HttpVersion {
    /// As people write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http1 => "HTTP/1.1",
            Self::Http2 => "HTTP/2",
        }
    }
}

/// The hub under test.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where it is and how to get there.
    pub endpoint: Endpoint,
    /// What is spoken to it.
    pub http: HttpVersion,
    /// What to judge; each dialect is a run of its own checks.
    pub dialects: Vec<DialectChoice>,
    /// What opens publishing.
    pub publisher: RoleCredential,
    /// What opens private updates, and subscribing where it is not anonymous.
    pub subscriber: RoleCredential,
    /// Who else may issue tokens, with keys of their own.
    pub further_issuers: Vec<Issuer>,
    /// `iss` of minted tokens.
    pub issuer: String,
    /// `aud` of minted tokens: the hub's resource identifier.
    pub audience: String,
    /// An origin that the CORS configuration allows.
    pub allowed_origin: Option<String>,
    /// An origin that it does not.
    pub foreign_origin: String,
    /// An origin that may publish with a cookie.
    pub publish_origin: Option<String>,
    /// The name of the cookie; none for the draft's.
    pub cookie_name: Option<String>,
    /// What the hub is said to have: a claimed feature that does not work is a failure, where an unclaimed one is absent.
    pub claimed: Vec<OptionalFeature>,
    /// How it is limited, as far as its operator says so.
    pub limits: Limits,
    /// The same hub under other configurations: a check that cannot measure this one runs on the first that says it can.
    pub variants: Vec<Plan>,
}

impl Target {
    /// The name of the cookie in a dialect.
    pub(crate) fn cookie_name(&self, dialect: Dialect) -> &str {
        self.cookie_name
            .as_deref()
            .unwrap_or_else(|| dialect.cookie_name())
    }
}
