//! Access tokens, taken apart, changed and signed again.
//!
//! Reads leniently, since the tokens of a conformance check are wrong on purpose; verifies HMAC alone, since that is the
//! key which the crooked hub is given. Not for minting tokens that a test wants to be right: see `assay-client`.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

/// A compact JWS whose two JSON parts could be read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    /// The protected header.
    pub(crate) header: Value,
    /// The claims, whatever their JSON type.
    pub(crate) claims: Value,
    signed: String,
    signature: Vec<u8>,
}

impl Token {
    /// A token still to be signed.
    pub(crate) fn new(header: Value, claims: Value) -> Self {
        Self {
            header,
            claims,
            signed: String::new(),
            signature: Vec::new(),
        }
    }

    /// Takes a compact JWS apart; none if it is not one.
    pub(crate) fn parse(compact: &str) -> Option<Self> {
        let (signed, signature) = compact.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        Some(Self {
            header: json(header)?,
            claims: json(claims)?,
            signed: signed.to_owned(),
            // One that cannot be read is a wrong one.
            signature: URL_SAFE_NO_PAD.decode(signature).unwrap_or_default(),
        })
    }

    /// The `alg` of the header; empty if there is none.
    pub(crate) fn algorithm(&self) -> &str {
        self.header["alg"].as_str().unwrap_or_default()
    }

    /// Whether the signature is that of `secret` under the HMAC algorithm that the header names.
    pub(crate) fn is_signed_with(&self, secret: &str) -> bool {
        hmac_algorithm(self.algorithm()).is_some_and(|algorithm| {
            let key = hmac::Key::new(algorithm, secret.as_bytes());
            hmac::verify(&key, self.signed.as_bytes(), &self.signature).is_ok()
        })
    }

    /// The compact form, signed with `secret`; HS256 where the header names no HMAC algorithm.
    pub(crate) fn sign(mut self, secret: &str) -> String {
        if hmac_algorithm(self.algorithm()).is_none() {
            self.header["alg"] = "HS256".into();
        }
        let algorithm = hmac_algorithm(self.algorithm()).unwrap_or(hmac::HMAC_SHA256);
        let key = hmac::Key::new(algorithm, secret.as_bytes());
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(&self.header), encode(&self.claims));
        let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&key, signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    /// A claim; null if absent.
    pub(crate) fn claim(&self, name: &str) -> &Value {
        &self.claims[name]
    }

    /// Sets a claim; does nothing to claims that are no object.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<Value>) {
        if let Some(claims) = self.claims.as_object_mut() {
            claims.insert(name.to_owned(), value.into());
        }
    }

    /// The Mercure authorization details of 1.0, for editing; none if the claim is no array.
    pub(crate) fn details(&mut self) -> impl Iterator<Item = &mut Value> {
        let claim = self.claims.get_mut("authorization_details");
        let details = claim.and_then(Value::as_array_mut).into_iter().flatten();
        details.filter(|detail| detail["type"] == DETAIL_TYPE)
    }

    /// Each entry of each `topics` array of the Mercure authorization details, for editing.
    pub(crate) fn matchers(&mut self) -> impl Iterator<Item = &mut Value> {
        self.details()
            .filter_map(|detail| detail.get_mut("topics").and_then(Value::as_array_mut))
            .flatten()
    }
}

/// The `type` of a Mercure authorization detail (details.type.exact).
pub(crate) const DETAIL_TYPE: &str = "https://mercure.rocks/authorization-detail";

fn json(part: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

fn hmac_algorithm(name: &str) -> Option<hmac::Algorithm> {
    match name {
        "HS256" => Some(hmac::HMAC_SHA256),
        "HS384" => Some(hmac::HMAC_SHA384),
        "HS512" => Some(hmac::HMAC_SHA512),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Token;

    #[test]
    fn a_signed_token_verifies_with_its_secret_alone() {
        let compact = Token::new(json!({"alg": "HS384"}), json!({"sub": "s"})).sign("secret");
        let token = Token::parse(&compact).unwrap();
        assert!(token.is_signed_with("secret"));
        assert!(!token.is_signed_with("other"));
        assert_eq!(token.claims, json!({"sub": "s"}));
    }

    #[test]
    fn an_unsecured_token_is_signed_with_hs256() {
        let compact = Token::new(json!({"alg": "none"}), json!({})).sign("secret");
        assert_eq!(Token::parse(&compact).unwrap().algorithm(), "HS256");
    }

    #[test]
    fn what_is_no_compact_jws_is_not_taken_apart() {
        for garbage in ["", "a.b", "a.b.c", "e30.e30.c.d", "{}"] {
            assert_eq!(Token::parse(garbage), None, "{garbage}");
        }
    }
}
