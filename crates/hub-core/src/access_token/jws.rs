//! The outside of a token: a JWS in compact serialization (RFC 7515), its header and its signature.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::TokenFault;
use super::key_set::KeySet;
use super::keys::VerificationKey;
use crate::Limits;

/// A token taken apart; its signature is not yet verified.
pub(super) struct Parts<'a> {
    /// What is signed.
    message: &'a [u8],
    signature: Vec<u8>,
    header: Header,
    /// The claims, decoded and not yet read.
    pub(super) payload: Vec<u8>,
}

/// The header parameters that matter here. Key material in a token (`jwk`, `jku`, `x5u`, `x5c`) is never looked at.
/// token.key.no-jwk, .no-jku, .no-x5u
#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
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

/// Takes a token apart.
pub(super) fn parse<'a>(token: &'a str, limits: &Limits) -> Result<Parts<'a>, TokenFault> {
    if token.len() > limits.token_bytes {
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
    Ok(Parts {
        message: message.as_bytes(),
        signature,
        header: serde_json::from_slice(&header).map_err(|_| TokenFault::Malformed)?,
        payload,
    })
}

impl Parts<'_> {
    /// Whether the header says `typ` `at+jwt`. token.typ.*
    pub(super) fn is_access_token(&self) -> bool {
        let typ = self.header.typ.as_ref().and_then(|typ| typ.as_str());
        typ.is_some_and(is_access_token_type)
    }

    /// The key of `keys` whose signature the token bears; `alg` must be that of the key.
    pub(super) fn verify<'k>(
        &'k self,
        keys: &'k KeySet,
    ) -> Result<&'k VerificationKey, TokenFault> {
        let header = &self.header;
        let mut candidates = keys.candidates(&header.alg, header.kid.as_deref())?;
        if header.crit.0 {
            return Err(TokenFault::CriticalHeader);
        }
        candidates
            .find(|key| key.verifies(self.message, &self.signature))
            .ok_or(TokenFault::Signature)
    }
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
