//! Mints the tokens that hubs want, in both dialects, and any wrong one that a check needs. Not for verifying tokens.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::HeaderValue;
use serde_json::{Map, Value, json};

use crate::{Dialect, KeyError, SigningKey, TopicMatcher, topic_matcher::UnsupportedMatcher};

/// The `type` of a Mercure authorization detail. // details.type.exact
pub const AUTHORIZATION_DETAIL_TYPE: &str = "https://mercure.rocks/authorization-detail";

/// How long a minted token is valid unless told otherwise: longer than any run, shorter than a working day.
pub const DEFAULT_LIFETIME_S: u64 = 4 * 60 * 60;

/// A token in compact form. `Debug` hides it; it never stands in an error.
#[derive(Clone, PartialEq, Eq)]
pub struct BearerToken(String);

impl BearerToken {
    /// Takes a ready token; surrounding white space is cut off.
    pub fn new(token: &str) -> Result<Self, TokenError> {
        let token = token.trim();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(TokenError::NotAToken);
        }
        Ok(Self(token.to_owned()))
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// `Bearer …`, marked as sensitive. // auth.client.header-syntax
    pub fn header_value(&self) -> HeaderValue {
        let mut value = HeaderValue::try_from(format!("Bearer {}", self.0))
            .expect("invariant: new() admits visible ASCII only");
        value.set_sensitive(true);
        value
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken([redacted])")
    }
}

/// Why a token could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Empty, or with bytes that no header can carry.
    #[error(
        "the token is empty or holds characters that cannot stand in a header: pass the three dot-separated parts alone"
    )]
    NotAToken,
    /// The dialect cannot express a grant.
    #[error(transparent)]
    Matcher(#[from] UnsupportedMatcher),
    /// The key refused to sign.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// What a token says; every time is in seconds, and `issued_at_unix_s` comes from the caller's clock.
#[derive(Clone, Debug)]
pub struct TokenSpec {
    /// Which claims to write.
    pub dialect: Dialect,
    /// `iss`; 1.0 only.
    pub issuer: String,
    /// `aud`: the hub's resource identifier; 1.0 only.
    pub audience: String,
    /// `sub`; 1.0 always, 0.x never.
    pub subject: String,
    /// `client_id`; 1.0 only.
    pub client_id: String,
    /// Topics that may be published.
    pub publish: Vec<TopicMatcher>,
    /// Topics whose private updates may be received.
    pub subscribe: Vec<TopicMatcher>,
    /// Data that the hub attaches to subscriptions.
    pub payload: Option<Map<String, Value>>,
    /// From issue to `exp`.
    pub lifetime_s: u64,
    /// `iat`.
    pub issued_at_unix_s: u64,
}

impl TokenSpec {
    /// A token that grants nothing yet: subject and client are `assay`, the lifetime is [`DEFAULT_LIFETIME_S`].
    pub fn new(dialect: Dialect, issuer: &str, audience: &str, issued_at_unix_s: u64) -> Self {
        Self {
            dialect,
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
            subject: "assay".to_owned(),
            client_id: "assay".to_owned(),
            publish: Vec::new(),
            subscribe: Vec::new(),
            payload: None,
            lifetime_s: DEFAULT_LIFETIME_S,
            issued_at_unix_s,
        }
    }

    /// The protected header for a key of this algorithm. // token.typ.required (1.0)
    pub fn header(&self, key: &SigningKey) -> Value {
        let typ = match self.dialect {
            Dialect::V0 => "JWT",
            Dialect::V1 => "at+jwt",
        };
        json!({ "alg": key.algorithm().as_str(), "typ": typ })
    }

    /// The claims, with a fresh `jti`.
    ///
    /// // token.required-claims (1.0), auth.publish-claim-mercure (0.x)
    pub fn claims(&self) -> Result<Value, TokenError> {
        let mut claims = json!({
            "iat": self.issued_at_unix_s,
            "exp": self.issued_at_unix_s.saturating_add(self.lifetime_s),
            "jti": format!("urn:uuid:{}", uuid::Uuid::new_v4()),
        });
        match self.dialect {
            Dialect::V0 => claims["mercure"] = self.mercure_claim()?,
            Dialect::V1 => {
                claims["iss"] = json!(self.issuer);
                claims["aud"] = json!(self.audience);
                claims["sub"] = json!(self.subject);
                claims["client_id"] = json!(self.client_id);
                claims["authorization_details"] = self.authorization_details()?;
            }
        }
        Ok(claims)
    }

    /// Signs header and claims.
    pub fn mint(&self, key: &SigningKey) -> Result<BearerToken, TokenError> {
        Ok(mint_raw(&self.header(key), &self.claims()?, key)?)
    }

    fn matchers(&self, matchers: &[TopicMatcher]) -> Result<Value, UnsupportedMatcher> {
        matchers
            .iter()
            .map(|matcher| matcher.in_token(self.dialect))
            .collect()
    }

    fn mercure_claim(&self) -> Result<Value, UnsupportedMatcher> {
        let mut claim = Map::new();
        if !self.publish.is_empty() {
            claim.insert("publish".to_owned(), self.matchers(&self.publish)?);
        }
        if !self.subscribe.is_empty() {
            claim.insert("subscribe".to_owned(), self.matchers(&self.subscribe)?);
        }
        if let Some(payload) = &self.payload {
            claim.insert("payload".to_owned(), json!(payload));
        }
        Ok(Value::Object(claim))
    }

    // An empty `topics` would make the hub refuse the whole token, so an action without topics is left out.
    fn authorization_details(&self) -> Result<Value, UnsupportedMatcher> {
        let mut details = Vec::new();
        for (action, matchers) in [("publish", &self.publish), ("subscribe", &self.subscribe)] {
            if matchers.is_empty() {
                continue;
            }
            let mut detail = json!({
                "type": AUTHORIZATION_DETAIL_TYPE,
                "actions": [action],
                "topics": self.matchers(matchers)?,
            });
            if let ("subscribe", Some(payload)) = (action, &self.payload) {
                detail["payload"] = json!(payload);
            }
            details.push(detail);
        }
        Ok(Value::Array(details))
    }
}

/// Header and claims of a compact token, its signature unseen; `None` for anything that is no signed JWT.
pub fn compact_parts(token: &str) -> Option<(Value, Value)> {
    let mut parts = token.split('.');
    let mut object = || {
        let bytes = URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
        let value: Value = serde_json::from_slice(&bytes).ok()?;
        value.is_object().then_some(value)
    };
    let found = (object()?, object()?);
    parts.next()?;
    parts.next().is_none().then_some(found)
}

/// Signs any header and any claims, however wrong: the way out for checks that show what a hub must refuse.
pub fn mint_raw(header: &Value, claims: &Value, key: &SigningKey) -> Result<BearerToken, KeyError> {
    let signing_input = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header.to_string()),
        URL_SAFE_NO_PAD.encode(claims.to_string())
    );
    let signature = URL_SAFE_NO_PAD.encode(key.sign(signing_input.as_bytes())?);
    Ok(BearerToken(format!("{signing_input}.{signature}")))
}

/// Any header and claims with a signature of the caller's, the empty one for `alg: none`.
pub fn mint_unsigned(header: &Value, claims: &Value, signature: &[u8]) -> BearerToken {
    BearerToken(format!(
        "{}.{}.{}",
        URL_SAFE_NO_PAD.encode(header.to_string()),
        URL_SAFE_NO_PAD.encode(claims.to_string()),
        URL_SAFE_NO_PAD.encode(signature)
    ))
}
