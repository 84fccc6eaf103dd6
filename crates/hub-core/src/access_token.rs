//! Access tokens of both dialects: from the compact string to what it grants, or the one reason why not.
//!
//! Not here: where a request carries its token, which the transport knows; decisions, see [`crate::authorization`].

mod algorithm;
mod claims_v0;
mod claims_v1;
mod der;
mod error;
mod jwk;
mod jws;
mod key_set;
mod keys;
mod lifetime;
mod payloads;
mod pem;
mod trusted_keys;
mod verified_tokens;

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::authorization::{self, Decision, Grants};
use crate::topic::Topic;
use crate::topic_matcher::TopicMatcher;
use crate::update::Update;
use crate::{Dialect, Dialects, HubUrl, Limits};

pub use algorithm::Algorithm;
pub use error::{TokenError, TokenFault};
pub use jwk::JwkError;
pub use key_set::{KeySet, SkippedKey};
pub use keys::{KeyError, VerificationKey};
use payloads::Payloads;
pub use pem::PemError;
pub use trusted_keys::{RoleKeys, TrustedIssuer, TrustedKeys};
pub use verified_tokens::VerifiedTokens;

/// What a token is presented for; it selects the key. token.key.role-hint
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// POST.
    Publisher,
    /// Everything else.
    Subscriber,
}

/// What a token is verified against.
#[derive(Clone, Copy, Debug)]
pub struct TokenContext<'a> {
    /// The keys that the hub trusts.
    pub keys: &'a TrustedKeys,
    /// The resource identifiers that `aud` may hold (1.0).
    pub audiences: &'a [String],
    /// The dialects that the hub answers.
    pub dialects: Dialects,
    /// Base of relative patterns in grants.
    pub hub_url: &'a HubUrl,
    /// Bounds on what the token holds.
    pub limits: &'a Limits,
    /// The present, in seconds since the Unix epoch.
    pub now_unix_s: u64,
}

/// A verified token.
#[derive(Clone)]
pub struct AccessToken {
    dialect: Dialect,
    grants: Grants,
    expires_at_unix_s: Option<u64>,
    subject: Option<Box<str>>,
    payloads: Payloads,
}

impl AccessToken {
    /// The dialect of the token, which is that of its request.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// When the connection must be closed at the latest; always there in 1.0. private.exp-closes-connection
    pub fn expires_at_unix_s(&self) -> Option<u64> {
        self.expires_at_unix_s
    }

    /// The `sub` claim, if it is a string.
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// What the token grants.
    pub fn grants(&self) -> &Grants {
        &self.grants
    }

    /// Whether it covers each of `topics` for publishing.
    pub fn may_publish(&self, topics: &[Topic]) -> Decision {
        authorization::may_publish(&self.grants.publish, topics)
    }

    /// Whether it covers `path`, a path below the hub's, for subscribing: what is there, and what is published there.
    pub fn may_look_at(&self, path: &str) -> Decision {
        authorization::may_look_at(&self.grants.subscribe, path)
    }

    /// What its issuer attached to a subscription with this matcher.
    pub(crate) fn payload(&self, matcher: &TopicMatcher) -> Option<Arc<Value>> {
        self.payloads.of(matcher)
    }

    /// Whether its bearer may read `update`.
    pub fn may_receive(&self, update: &Update) -> Decision {
        authorization::may_receive(Some(&self.grants.subscribe), update)
    }
}

impl fmt::Debug for AccessToken {
    /// Leaves out the subject, which is personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("dialect", &self.dialect)
            .field("grants", &self.grants)
            .field("expires_at_unix_s", &self.expires_at_unix_s)
            .finish_non_exhaustive()
    }
}

/// What the claims of either dialect come down to.
struct Claims {
    grants: Grants,
    expires_at_unix_s: Option<u64>,
    subject: Option<Box<str>>,
    payloads: Payloads,
}

/// Verifies a compact token for `role`. What the claims say unverified only chooses the issuer whose keys are tried; nothing
/// else of them counts before the signature holds. token.key.issuer-binding
///
/// A token is one of 1.0 if its `typ` is `at+jwt` or it has `authorization_details`, else one of 0.x. A hub that answers
/// 1.0 alone reads each as 1.0, so that the reason names what is wrong with it there.
pub fn verify(
    token: &str,
    role: Role,
    context: &TokenContext<'_>,
) -> Result<AccessToken, TokenError> {
    let parts = jws::parse(token, context.limits)?;
    let peek = Peek::of(&parts)?;
    let verified = |issuer| Verified::of(&parts, issuer, role);
    let named = peek.issuer.as_deref();
    let named = named.and_then(|identifier| context.keys.issuer(identifier));
    let default = context.keys.default_issuer();
    let (dialect, verified) = match (context.dialects, peek.looks) {
        (Dialects::OnlyV0, Looks::V1) => {
            let token = verified(named.unwrap_or(default))?;
            let fault = TokenFault::DialectDisabled;
            return Err(token.refuse(fault, Dialect::V1, context));
        }
        // 0.x knows no issuers.
        (Dialects::OnlyV0, _) | (Dialects::Both, Looks::V0) => (Dialect::V0, verified(default)?),
        (Dialects::OnlyV1, Looks::V0) => {
            let token = verified(named.unwrap_or(default))?;
            let fault = match token.read_claims(Dialect::V1, context) {
                Ok(_) => TokenFault::Type,
                Err(fault) => fault,
            };
            return Err(token.refuse(fault, Dialect::V0, context));
        }
        (_, Looks::V1 | Looks::V1WithMercureClaim) => {
            (Dialect::V1, verified(named.ok_or(TokenFault::Issuer)?)?)
        }
    };
    let claims = verified.read_claims(dialect, context)?;
    Ok(AccessToken {
        dialect,
        grants: claims.grants,
        expires_at_unix_s: claims.expires_at_unix_s,
        subject: claims.subject,
        payloads: claims.payloads,
    })
}

/// The issuer whose keys [`verify`] tries for a token, whatever comes of it: for a hub that fetches keys and may look for
/// newer ones. It is one that the hub trusts; a token cannot name another. token.key.no-untrusted-discovery
pub fn addressed_issuer<'a>(token: &str, context: &TokenContext<'a>) -> Option<&'a TrustedIssuer> {
    let parts = jws::parse(token, context.limits).ok()?;
    let peek = Peek::of(&parts).ok()?;
    let default = context.keys.default_issuer();
    match (context.dialects, peek.looks) {
        (Dialects::OnlyV0 | Dialects::Both, Looks::V0)
        | (Dialects::OnlyV0, Looks::V1WithMercureClaim) => Some(default),
        _ => context.keys.issuer(peek.issuer.as_deref()?),
    }
}

/// Which dialect a token looks like.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Looks {
    V0,
    V1,
    /// An access token that carries the claim of 0.x too; to a hub that answers 0.x alone, it is one of 0.x.
    V1WithMercureClaim,
}

/// What has to be known of the claims before the signature is verified.
struct Peek {
    looks: Looks,
    issuer: Option<String>,
}

impl Peek {
    fn of(parts: &jws::Parts<'_>) -> Result<Self, TokenFault> {
        #[derive(Deserialize)]
        struct Members {
            iss: Option<Value>,
            #[serde(default, deserialize_with = "present")]
            authorization_details: Option<IgnoredAny>,
            mercure: Option<IgnoredAny>,
            #[serde(rename = "https://mercure.rocks/")]
            namespaced: Option<IgnoredAny>,
        }
        let members: Members =
            serde_json::from_slice(&parts.payload).map_err(|_| TokenFault::Claims)?;
        let is_v1 = parts.is_access_token() || members.authorization_details.is_some();
        let has_mercure_claim = members.mercure.is_some() || members.namespaced.is_some();
        Ok(Self {
            looks: match (is_v1, has_mercure_claim) {
                (false, _) => Looks::V0,
                (true, false) => Looks::V1,
                (true, true) => Looks::V1WithMercureClaim,
            },
            issuer: members.iss.and_then(|iss| iss.as_str().map(str::to_owned)),
        })
    }
}

/// Reads a member that may be `null`, and keeps that apart from an absent one.
fn present<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A token whose signature holds.
struct Verified<'a> {
    parts: &'a jws::Parts<'a>,
    issuer: &'a str,
    key: &'a VerificationKey,
}

impl<'a> Verified<'a> {
    fn of(
        parts: &'a jws::Parts<'a>,
        issuer: &'a TrustedIssuer,
        role: Role,
    ) -> Result<Self, TokenFault> {
        let keys = match issuer.keys(role) {
            RoleKeys::None => return Err(TokenFault::NoKey),
            RoleKeys::Awaited => return Err(TokenFault::KeysAwaited),
            RoleKeys::Known(keys) => keys,
        };
        Ok(Self {
            parts,
            issuer: &issuer.identifier,
            key: parts.verify(keys)?,
        })
    }

    fn read_claims(
        &self,
        dialect: Dialect,
        context: &TokenContext<'_>,
    ) -> Result<Claims, TokenFault> {
        if !self.key.serves(dialect) {
            return Err(TokenFault::WeakSecret);
        }
        let payload = &self.parts.payload;
        match dialect {
            Dialect::V0 => claims_v0::read(payload, context),
            // token.typ.required
            Dialect::V1 if !self.parts.is_access_token() => Err(TokenFault::Type),
            Dialect::V1 => claims_v1::read(payload, self.issuer, context),
        }
    }

    /// The refusal of a token, with the dialect that it would have been accepted in if the hub answered it.
    fn refuse(&self, fault: TokenFault, other: Dialect, context: &TokenContext<'_>) -> TokenError {
        let accepted = self.read_claims(other, context).is_ok();
        TokenError::new(fault, accepted.then_some(other))
    }
}
