//! What a check cannot do without. Not for finding it out: that is the preflight.

use assay_client::{Algorithm, HubUrl, SigningKey};

use crate::{
    features::{Features, OptionalFeature},
    target::{HttpVersion, Limit, RoleCredential, Target},
};

/// The path that the drafts give to a hub.
const USUAL_PATH: &str = "/.well-known/mercure";

/// What a hub or a target must have for a check to make sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// The hub serves subscribers without token.
    Anonymous,
    /// The hub refuses subscribers without token.
    NoAnonymous,
    /// The hub takes the token from a cookie.
    Cookie,
    /// The hub keeps a history.
    History,
    /// The hub takes the token from a query parameter (0.x).
    QueryToken,
    /// The hub serves the subscription API.
    Subscriptions,
    /// The hub is mounted elsewhere than at the usual path.
    OtherPath,
    /// The hub keeps the event id that a publisher chooses.
    CustomId,
    /// The hub takes subscriptions by QUERY.
    QueryMethod,
    /// The target names an origin that the hub's CORS configuration allows.
    AllowedOrigin,
    /// The target names an origin that may publish with a cookie.
    PublishOrigin,
    /// It shows whether subscriptions run over HTTP/2: the hub speaks TLS or h2c, or the run HTTP/2.
    Http2Visible,
    /// The metadata name an authorization server.
    AuthorizationServer,
    /// The target says how the hub is limited in this.
    Limit(Limit),
    /// The hub trusts such issuers, and the target has their keys.
    Issuers(Issuers),
}

/// Which issuers, with which keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Issuers {
    /// Two, each with a key for both roles, those of publishers not weak.
    Two,
    /// Between them a publisher's key for each of [`BASELINE`].
    Baseline,
    /// One beside the first whose publishers have a weak secret.
    Weak,
    /// Publishers of the first have a key pair, whose public half anybody may know.
    KeyPair,
}

/// The algorithms that a hub should accept. // token.alg.baseline
pub(crate) const BASELINE: [Algorithm; 3] = [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Rs256];

/// What is known of the keys of an issuer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KnownIssuer {
    pub(crate) publisher: Option<Algorithm>,
    pub(crate) subscriber: Option<Algorithm>,
    /// That of the publishers.
    pub(crate) is_weak: bool,
}

impl Issuers {
    /// Whether these are such, the hub's own first.
    pub(crate) fn are_met(self, known: &[KnownIssuer]) -> bool {
        let [own, further @ ..] = known else {
            return false;
        };
        let is_strong = |it: &KnownIssuer| it.publisher.is_some() && !it.is_weak;
        match self {
            Self::Two => {
                let has_both = |it: &KnownIssuer| is_strong(it) && it.subscriber.is_some();
                has_both(own) && further.iter().any(has_both)
            }
            Self::Baseline => BASELINE.iter().all(|&algorithm| {
                let mut known = known.iter();
                known.any(|it| it.publisher == Some(algorithm))
            }),
            Self::Weak => is_strong(own) && further.iter().any(|it| it.is_weak),
            Self::KeyPair => own
                .publisher
                .is_some_and(|it| !it.as_str().starts_with("HS")),
        }
    }

    const fn missing(self) -> &'static str {
        match self {
            Self::Two => "the target names no second issuer with its keys",
            Self::Baseline => "the target has no keys for each of EdDSA, ES256 and RS256",
            Self::Weak => "the target names no issuer with a weak secret",
            Self::KeyPair => "the publishers' key is a secret",
        }
    }
}

impl Need {
    /// Whether a hub is mounted elsewhere than at the usual path.
    pub(crate) fn is_other_path(url: &HubUrl) -> bool {
        url.as_url().path() != USUAL_PATH
    }

    /// Why it is not met, if it is not.
    pub(crate) fn unmet(self, features: &Features, target: &Target) -> Option<&'static str> {
        let (met, reason) = match self {
            Self::Anonymous => (
                features.has(OptionalFeature::Anonymous),
                "the hub refuses subscribers without token",
            ),
            Self::NoAnonymous => (
                !features.has(OptionalFeature::Anonymous),
                "the hub serves subscribers without token",
            ),
            Self::Cookie => (
                features.has(OptionalFeature::Cookie),
                "the hub does not take the token from the cookie (is --cookie-name right?)",
            ),
            Self::History => (
                features.has(OptionalFeature::History),
                "the hub keeps no history",
            ),
            Self::QueryToken => (
                features.has(OptionalFeature::QueryToken),
                "the hub does not take the token from the query",
            ),
            Self::Subscriptions => (
                features.has(OptionalFeature::Subscriptions),
                "the hub serves no subscription API",
            ),
            Self::OtherPath => (
                Self::is_other_path(target.endpoint.hub().url()),
                "the hub is mounted at the usual path",
            ),
            Self::CustomId => (
                features.has(OptionalFeature::CustomId),
                "the hub does not keep the event ids that publishers choose",
            ),
            Self::QueryMethod => (
                features.has(OptionalFeature::QueryMethod),
                "the hub takes no subscription by QUERY",
            ),
            Self::AllowedOrigin => (
                target.allowed_origin.is_some(),
                "the target names no origin that CORS allows: pass --allowed-origin",
            ),
            Self::PublishOrigin => (
                target.publish_origin.is_some(),
                "the target names no origin that may publish by cookie: pass --publish-origin",
            ),
            Self::Http2Visible => (
                target.http == HttpVersion::Http2
                    || target.endpoint.hub().url().is_https()
                    || features.has(OptionalFeature::H2c),
                "without TLS nothing tells which versions of HTTP a server offers; --http 2 or --claims h2c takes it for granted",
            ),
            Self::AuthorizationServer => (
                features.has(OptionalFeature::AuthorizationServer),
                "the metadata advertises no authorization server",
            ),
            Self::Limit(limit) => (target.limits.get(limit).is_some(), limit.missing()),
            Self::Issuers(issuers) => (issuers.are_met(&known(target)), issuers.missing()),
        };
        (!met).then_some(reason)
    }

    /// The variant of a target that would meet it: its name in the shipped targets. None for what no configuration of the hub
    /// gives.
    pub(crate) const fn variant(self) -> Option<&'static str> {
        match self {
            Self::Anonymous => Some("anonymous"),
            Self::NoAnonymous => Some("no-anonymous"),
            Self::Subscriptions => Some("presence"),
            Self::OtherPath => Some("other-path"),
            Self::Limit(limit) => Some(limit.variant()),
            Self::AuthorizationServer | Self::Issuers(_) => Some("issuers"),
            Self::Cookie
            | Self::History
            | Self::QueryToken
            | Self::QueryMethod
            | Self::CustomId
            | Self::AllowedOrigin
            | Self::PublishOrigin
            | Self::Http2Visible => None,
        }
    }

    /// What a row says that nothing met it for.
    pub(crate) fn not_measured(self, reason: &str) -> String {
        match self.variant() {
            None => reason.to_owned(),
            Some(variant) => format!(
                "not measured: needs variant `{variant}`, which the target does not have ({reason})"
            ),
        }
    }
}

/// What is known of the keys of a target, the hub's own issuer first.
fn known(target: &Target) -> Vec<KnownIssuer> {
    let algorithm = |role: &RoleCredential| role.key().map(SigningKey::algorithm);
    let known = |publisher: &RoleCredential, subscriber: &RoleCredential| KnownIssuer {
        publisher: algorithm(publisher),
        subscriber: algorithm(subscriber),
        is_weak: publisher.is_weak(),
    };
    let own = known(&target.publisher, &target.subscriber);
    let further = target.further_issuers.iter();
    let further = further.map(|issuer| known(&issuer.publisher, &issuer.subscriber));
    std::iter::once(own).chain(further).collect()
}
