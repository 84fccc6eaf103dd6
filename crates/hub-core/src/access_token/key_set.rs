//! The keys of one role: read from a secret, PEM, a JWK or a JWK set (RFC 7517), told apart by their content.
//!
//! Which key a token is verified with: one whose algorithm the token names and whose `kid`, where both have one, is the
//! token's. Nothing else in a token has a say. token.key.kid-hint, token.key.preconfigured

use std::sync::Arc;

use serde_json::Value;

use super::TokenFault;
use super::algorithm::Algorithm;
use super::jwk::{self, JwkError, Origin};
use super::keys::{KeyError, VerificationKey};
use crate::limits::{JWK_SET_KEYS, KEYS_TRIED};

/// The keys of a role. Cheap to clone; its Debug output shows no key material.
#[derive(Clone, Debug)]
pub struct KeySet {
    keys: Arc<[VerificationKey]>,
}

/// A key of a set that is not used, with what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedKey {
    /// Its place in the set, from 1.
    pub number: usize,
    /// Why.
    pub reason: JwkError,
}

impl From<VerificationKey> for KeySet {
    fn from(key: VerificationKey) -> Self {
        Self {
            keys: Arc::new([key]),
        }
    }
}

impl KeySet {
    /// Reads what an operator wrote: JSON with `kty` or `keys` is a JWK or a JWK set, `-----BEGIN` makes PEM, anything else
    /// is a secret. No `algorithms` means HS256, or for a JWK what it says itself. token.alg.allowlist-configured
    pub fn parse(
        written: &str,
        algorithms: &[Algorithm],
    ) -> Result<(Self, Vec<SkippedKey>), KeyError> {
        if looks_like_jwk(written) {
            return Self::read_json(written.trim(), algorithms, Origin::Operator);
        }
        let algorithms = if algorithms.is_empty() {
            &[Algorithm::HS256]
        } else {
            algorithms
        };
        let keys: Result<Vec<_>, _> = algorithms
            .iter()
            .map(|algorithm| VerificationKey::parse(*algorithm, written))
            .collect();
        Ok((Self { keys: keys?.into() }, Vec::new()))
    }

    /// Reads a JWK set that was fetched: what everybody can fetch is no secret, so it gives public keys alone.
    pub fn from_fetched(
        document: &str,
        algorithms: &[Algorithm],
    ) -> Result<(Self, Vec<SkippedKey>), KeyError> {
        Self::read_json(document.trim(), algorithms, Origin::Network)
    }

    fn read_json(
        text: &str,
        algorithms: &[Algorithm],
        origin: Origin,
    ) -> Result<(Self, Vec<SkippedKey>), KeyError> {
        let text = text.trim_start_matches('\u{feff}');
        let mut document: Value = serde_json::from_str(text).map_err(|_| JwkError::Json)?;
        let members = match document.get_mut("keys").map(Value::take) {
            Some(Value::Array(members)) => members,
            Some(_) => return Err(JwkError::Json.into()),
            None => {
                // A single key that cannot be used is a mistake of its own.
                let keys = jwk::read(document, algorithms, origin)?;
                return Ok((Self { keys: keys.into() }, Vec::new()));
            }
        };
        if members.len() > JWK_SET_KEYS {
            return Err(JwkError::TooManyKeys.into());
        }
        let mut keys = Vec::new();
        let mut skipped = Vec::new();
        for (index, member) in members.into_iter().enumerate() {
            match jwk::read(member, algorithms, origin) {
                Ok(read) => keys.extend(read),
                // The operator's own file must not hold one; a publisher's mistake elsewhere must not stop the hub.
                Err(JwkError::PrivateKey) if origin == Origin::Operator => {
                    return Err(JwkError::PrivateKey.into());
                }
                Err(reason) => skipped.push(SkippedKey {
                    number: index + 1,
                    reason,
                }),
            }
        }
        if keys.is_empty() {
            let reason = skipped.into_iter().next().map(|first| first.reason);
            return Err(KeyError::NoUsableKey {
                first: Box::new(reason.unwrap_or(JwkError::NotAKey)),
            });
        }
        Ok((Self { keys: keys.into() }, skipped))
    }

    /// The keys.
    pub fn keys(&self) -> &[VerificationKey] {
        &self.keys
    }

    /// The keys that may have signed a token with these header parameters.
    pub(super) fn candidates<'a>(
        &'a self,
        alg: &'a str,
        kid: Option<&'a str>,
    ) -> Result<impl Iterator<Item = &'a VerificationKey>, TokenFault> {
        let named = move |key: &&VerificationKey| match (kid, key.kid()) {
            (Some(wanted), Some(found)) => wanted == found,
            _ => true,
        };
        if !self.keys.iter().any(|key| named(&key)) {
            return Err(TokenFault::UnknownKey);
        }
        let fits = move |key: &&VerificationKey| named(key) && key.algorithm().as_str() == alg;
        if !self.keys.iter().any(|key| fits(&key)) {
            // token.alg.not-allowed
            return Err(TokenFault::Algorithm);
        }
        Ok(self.keys.iter().filter(fits).take(KEYS_TRIED))
    }
}

/// Whether text is meant as a JWK or a JWK set: a secret that only begins with a brace stays a secret.
fn looks_like_jwk(written: &str) -> bool {
    let text = written.trim_start_matches('\u{feff}').trim_start();
    text.starts_with('{') && (text.contains("\"kty\"") || text.contains("\"keys\""))
}
