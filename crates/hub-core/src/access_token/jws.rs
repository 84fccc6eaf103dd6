//! The outside of a token: a JWS in compact serialization (RFC 7515), its header and its signature.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::keys::VerificationKey;
use super::{TokenContext, TokenFault};

/// A token whose signature holds.
pub(super) struct Verified {
    /// Whether the header says `typ` `at+jwt`. token.typ.*
    pub(super) is_access_token: bool,
    /// The claims, decoded and not yet read.
    pub(super) payload: Vec<u8>,
}

/// The header parameters that matter here. Key material in a token (`jwk`, `jku`, `x5u`, `x5c`) is never looked at, and
/// `kid` is not needed where a role has one key. token.key.no-jwk, .no-jku, .no-x5u
#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    typ: Option<serde_json::Value>,
    #[serde(default)]
    crit: Presence,
}

/// Whether a member is there, whatever its value, `null` included.
#[derive(Default)]
struct Presence(bool);

impl<'de> Deserialize<'de> for Presence {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self(true))
    }
}

/// Takes a token apart and verifies its signature with `key`; the token's `alg` must be that of the key.
pub(super) fn verify(
    token: &str,
    key: &VerificationKey,
    context: &TokenContext<'_>,
) -> Result<Verified, TokenFault> {
    if token.len() > context.limits.token_bytes {
        return Err(TokenFault::TooLong);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(TokenFault::Malformed)?;
    let (header, payload) = message.split_once('.').ok_or(TokenFault::Malformed)?;
    // A dot left in the payload is no base64, so tokens of more parts fail here. token.compact
    let decode = |part: &str| {
        URL_SAFE_NO_PAD
            .decode(part)
            .map_err(|_| TokenFault::Malformed)
    };
    let (header, payload, signature) = (decode(header)?, decode(payload)?, decode(signature)?);
    let header: Header = serde_json::from_slice(&header).map_err(|_| TokenFault::Malformed)?;
    if header.alg != key.algorithm().as_str() {
        return Err(TokenFault::Algorithm);
    }
    if header.crit.0 {
        return Err(TokenFault::CriticalHeader);
    }
    if !key.verifies(message.as_bytes(), &signature) {
        return Err(TokenFault::Signature);
    }
    Ok(Verified {
        is_access_token: header
            .typ
            .is_some_and(|typ| typ.as_str().is_some_and(is_access_token_type)),
        payload,
    })
}

/// `at+jwt`, compared without case and without an `application/` prefix. token.typ.prefix, token.typ.case
fn is_access_token_type(typ: &str) -> bool {
    const PREFIX: &str = "application/";
    let name = match typ.get(..PREFIX.len()) {
        Some(prefix) if prefix.eq_ignore_ascii_case(PREFIX) => &typ[PREFIX.len()..],
        _ => typ,
    };
    name.eq_ignore_ascii_case("at+jwt")
}
