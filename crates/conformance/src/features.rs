//! What a hub may have and need not, and how fast it is: found out before any check runs. Not for judging: an absent feature is
//! *unsupported*, a broken one is for the checks to find.

use std::{collections::BTreeSet, str::FromStr, time::Duration};

use serde::Deserialize;

/// Something that a hub may have and need not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OptionalFeature {
    /// Subscribers need no token.
    Anonymous,
    /// The token may come in a cookie.
    Cookie,
    /// Updates are kept and replayed.
    History,
    /// The token may come in the `authorization` query parameter (0.x only).
    QueryToken,
    /// Active subscriptions can be asked for.
    Subscriptions,
    /// A publisher may choose the event id.
    CustomId,
    /// Matchers may come in the body of a QUERY request (1.0 only).
    QueryMethod,
    /// HTTP/2 without TLS, by prior knowledge.
    H2c,
    /// The metadata name an authorization server (1.0 only).
    AuthorizationServer,
}

impl OptionalFeature {
    const ALL: [Self; 9] = [
        Self::Anonymous,
        Self::Cookie,
        Self::History,
        Self::QueryToken,
        Self::Subscriptions,
        Self::CustomId,
        Self::QueryMethod,
        Self::H2c,
        Self::AuthorizationServer,
    ];

    /// As documents name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Cookie => "cookie",
            Self::History => "history",
            Self::QueryToken => "query-token",
            Self::Subscriptions => "subscriptions",
            Self::CustomId => "custom-id",
            Self::QueryMethod => "query-method",
            Self::H2c => "h2c",
            Self::AuthorizationServer => "authorization-server",
        }
    }
}

/// No feature is called so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no feature: there are {}", OptionalFeature::ALL.map(OptionalFeature::as_str).join(", "))]
pub struct UnknownFeature;

impl FromStr for OptionalFeature {
    type Err = UnknownFeature;

    fn from_str(name: &str) -> Result<Self, UnknownFeature> {
        Self::ALL
            .into_iter()
            .find(|feature| feature.as_str() == name)
            .ok_or(UnknownFeature)
    }
}

/// What the hub has: found out by the preflight with canaries, or claimed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Features(BTreeSet<OptionalFeature>);

impl Features {
    /// After a failed preflight, when every check shall try nevertheless.
    pub(crate) fn assumed() -> Self {
        Self(OptionalFeature::ALL.into())
    }

    /// Whether the hub has it.
    pub(crate) fn has(&self, feature: OptionalFeature) -> bool {
        self.0.contains(&feature)
    }

    /// It has.
    pub(crate) fn add(&mut self, feature: OptionalFeature) {
        self.0.insert(feature);
    }
}

/// How long to wait, derived from the delivery time that the preflight measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// For what must come.
    pub(crate) patience: Duration,
    /// Between two tries to find a fresh stream alive.
    pub(crate) retry: Duration,
}

/// The least patience: a busy CI machine may not run us for a while.
const PATIENCE_AT_LEAST: Duration = Duration::from_millis(1_500);
/// The most: a hub that needs longer for one update is not measurable.
const PATIENCE_AT_MOST: Duration = Duration::from_secs(8);
/// So many times the measured delivery is still in order, under sixteen lanes.
const PATIENCE_FACTOR: u32 = 50;

impl Pace {
    /// Before anything was measured.
    pub(crate) const PATIENT: Self = Self {
        patience: PATIENCE_AT_MOST,
        retry: PATIENCE_AT_MOST,
    };

    /// From the time that one update took; the least when none arrived, since then nothing will.
    pub(crate) fn from_delivery(delivery: Option<Duration>) -> Self {
        let delivery = delivery.unwrap_or_default();
        Self {
            patience: (delivery * PATIENCE_FACTOR).clamp(PATIENCE_AT_LEAST, PATIENCE_AT_MOST),
            retry: (delivery * 10).clamp(Duration::from_millis(200), Duration::from_secs(1)),
        }
    }
}
