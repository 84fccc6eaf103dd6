//! A token under construction: header and claims as JSON, signed only when the request is written, so that a check can change
//! one datum of a right token. Not for verifying.

use assay_client::{SigningKey, token};
use serde_json::Value;

/// Which of the hub's two roles a key or a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// May publish.
    Publisher,
    /// May receive private updates.
    Subscriber,
}

/// How a draft is signed.
#[derive(Debug, Clone)]
pub(crate) enum Signing {
    /// With the key of the role.
    Role(Role),
    /// With another key.
    Key(SigningKey),
    /// With the key of another issuer that the hub trusts: its identifier.
    Issuer(SigningKey, String),
    /// Not at all: the signature is empty, as `alg: none` has it.
    Unsigned,
    /// With the key of the role, then one bit of the signature is turned.
    Flipped(Role),
    /// With the key of the role, then the compact form is altered.
    Altered(Role, Alteration),
}

/// What becomes of a compact token that was right.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Alteration {
    /// In words, for whoever repeats it by hand.
    pub(crate) says: &'static str,
    /// Does it.
    pub(crate) apply: fn(&str) -> String,
}

/// A token that has not been signed yet.
#[derive(Debug, Clone)]
pub(crate) struct TokenDraft {
    /// The protected header.
    pub(crate) header: Value,
    /// The claims.
    pub(crate) claims: Value,
    /// How to sign.
    pub(crate) signing: Signing,
}

/// What stands where a token is expected.
#[derive(Debug, Clone)]
pub(crate) enum Token {
    /// Ours, to be signed.
    Draft(TokenDraft),
    /// A ready one of the user's: secret as a whole.
    Ready(assay_client::BearerToken),
    /// Any text: no secret.
    Text(String),
}

/// The keys that sign, one a role.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keys<'a> {
    pub(crate) publisher: Option<&'a SigningKey>,
    pub(crate) subscriber: Option<&'a SigningKey>,
}

impl Keys<'_> {
    fn of(&self, role: Role) -> Option<&SigningKey> {
        match role {
            Role::Publisher => self.publisher,
            Role::Subscriber => self.subscriber,
        }
    }
}

impl Token {
    /// The compact form. Fails when the role has no key, or the key refuses.
    pub(crate) fn compact(&self, keys: Keys<'_>) -> Result<String, String> {
        match self {
            Self::Text(text) => Ok(text.clone()),
            Self::Ready(token) => Ok(token.expose().to_owned()),
            Self::Draft(draft) => draft.compact(keys),
        }
    }

    /// The draft, for a check that changes it; none for a ready token or a text.
    pub(crate) fn draft_mut(&mut self) -> Option<&mut TokenDraft> {
        match self {
            Self::Draft(draft) => Some(draft),
            Self::Ready(_) | Self::Text(_) => None,
        }
    }
}

impl TokenDraft {
    fn compact(&self, keys: Keys<'_>) -> Result<String, String> {
        let sign = |key: &SigningKey| {
            token::mint_raw(&self.header, &self.claims, key)
                .map(|token| token.expose().to_owned())
                .map_err(|error| error.to_string())
        };
        let role_key = |role| {
            keys.of(role)
                .ok_or_else(|| format!("no {role:?} key to sign with"))
        };
        match &self.signing {
            Signing::Role(role) => sign(role_key(*role)?),
            Signing::Key(key) | Signing::Issuer(key, _) => sign(key),
            Signing::Flipped(role) => sign(role_key(*role)?).map(|token| flip_signature(&token)),
            Signing::Altered(role, alteration) => {
                sign(role_key(*role)?).map(|token| (alteration.apply)(&token))
            }
            Signing::Unsigned => Ok(token::mint_unsigned(&self.header, &self.claims, &[])
                .expose()
                .to_owned()),
        }
    }
}

// The first character of the signature carries six of its bits, none of them padding.
fn flip_signature(token: &str) -> String {
    let at = token.rfind('.').map_or(0, |dot| dot + 1);
    let mut bytes = token.as_bytes().to_vec();
    if let Some(byte) = bytes.get_mut(at) {
        *byte = if *byte == b'A' { b'B' } else { b'A' };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
