//! Access tokens of both dialects: from the compact string to what it grants, or the one reason why not.
//!
//! Not here: where a request carries its token, which the transport knows; decisions, see [`crate::authorization`].

mod claims_v0;
mod claims_v1;
mod error;
mod jws;
mod keys;
mod lifetime;
mod pem;

use std::fmt;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::authorization::{self, Decision, Grants};
use crate::topic::Topic;
use crate::update::Update;
use crate::{Dialect, Dialects, HubUrl, Limits};

pub use error::{TokenError, TokenFault};
pub use keys::{Algorithm, KeyError, TrustedKeys, VerificationKey};
pub use pem::PemError;

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
}

/// Verifies a compact token for `role`, signature first: nothing of the claims counts before it holds.
///
/// A token is one of 1.0 if its `typ` is `at+jwt` or it has `authorization_details`, else one of 0.x. A hub that answers
/// 1.0 alone reads each as 1.0, so that the reason names what is wrong with it there.
pub fn verify(
    token: &str,
    role: Role,
    context: &TokenContext<'_>,
) -> Result<AccessToken, TokenError> {
    let key = context.keys.key(role).ok_or(TokenFault::NoKey)?;
    let jws = jws::verify(token, key, context)?;
    let looks = Looks::of(&jws)?;
    let dialect = match (context.dialects, looks) {
        (Dialects::OnlyV1, _) | (Dialects::Both, Looks::V1 | Looks::V1WithMercureClaim) => {
            Dialect::V1
        }
        (Dialects::OnlyV0, Looks::V0 | Looks::V1WithMercureClaim) | (Dialects::Both, Looks::V0) => {
            Dialect::V0
        }
        (Dialects::OnlyV0, Looks::V1) => {
            return Err(refuse(
                TokenFault::DialectDisabled,
                Dialect::V1,
                &jws,
                key,
                context,
            ));
        }
    };
    match read_claims(dialect, &jws, key, context) {
        Ok(claims) => Ok(AccessToken {
            dialect,
            grants: claims.grants,
            expires_at_unix_s: claims.expires_at_unix_s,
            subject: claims.subject,
        }),
        Err(fault) if context.dialects == Dialects::OnlyV1 && looks == Looks::V0 => {
            Err(refuse(fault, Dialect::V0, &jws, key, context))
        }
        Err(fault) => Err(fault.into()),
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

impl Looks {
    fn of(jws: &jws::Verified) -> Result<Self, TokenFault> {
        #[derive(Deserialize)]
        struct Members {
            #[serde(default, deserialize_with = "present")]
            authorization_details: Option<IgnoredAny>,
            mercure: Option<IgnoredAny>,
            #[serde(rename = "https://mercure.rocks/")]
            namespaced: Option<IgnoredAny>,
        }
        let members: Members =
            serde_json::from_slice(&jws.payload).map_err(|_| TokenFault::Claims)?;
        let is_v1 = jws.is_access_token || members.authorization_details.is_some();
        let has_mercure_claim = members.mercure.is_some() || members.namespaced.is_some();
        Ok(match (is_v1, has_mercure_claim) {
            (false, _) => Self::V0,
            (true, false) => Self::V1,
            (true, true) => Self::V1WithMercureClaim,
        })
    }
}

/// Reads a member that may be `null`, and keeps that apart from an absent one.
fn present<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

fn read_claims(
    dialect: Dialect,
    jws: &jws::Verified,
    key: &VerificationKey,
    context: &TokenContext<'_>,
) -> Result<Claims, TokenFault> {
    if !key.serves(dialect) {
        return Err(TokenFault::WeakSecret);
    }
    match dialect {
        Dialect::V0 => claims_v0::read(&jws.payload, context),
        // token.typ.required
        Dialect::V1 if !jws.is_access_token => Err(TokenFault::Type),
        Dialect::V1 => claims_v1::read(&jws.payload, context),
    }
}

/// The refusal of a token, with the dialect that it would have been accepted in if the hub answered it.
fn refuse(
    fault: TokenFault,
    other: Dialect,
    jws: &jws::Verified,
    key: &VerificationKey,
    context: &TokenContext<'_>,
) -> TokenError {
    let accepted = read_claims(other, jws, key, context).is_ok();
    TokenError::new(fault, accepted.then_some(other))
}
