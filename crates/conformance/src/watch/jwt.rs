//! A token as its bearer shows it: header and claims, read and not verified. Not for whether a hub takes it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

/// The type of a Mercure authorization detail.
pub(super) const DETAIL_TYPE: &str = "https://mercure.rocks/authorization-detail";

/// A compact JWS whose first two parts are JSON objects.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Jwt {
    pub(super) header: Value,
    pub(super) claims: Value,
}

/// One thing that a token permits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Grant {
    /// Every topic.
    Any,
    /// This topic.
    Exact(String),
    /// What only a hub evaluates: a URL pattern, a URI template.
    Pattern,
}

impl Jwt {
    /// Reads a compact form; none when it is something else.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let (header, claims, _signature) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let object = |part: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok()?;
            let value: Value = serde_json::from_slice(&bytes).ok()?;
            value.is_object().then_some(value)
        };
        Some(Self {
            header: object(header)?,
            claims: object(claims)?,
        })
    }

    /// Whether it speaks of Mercure, in either dialect.
    pub(super) fn is_mercure(&self) -> bool {
        self.claims.get("mercure").is_some() || self.details().next().is_some()
    }

    /// The Mercure authorization details of 1.0.
    pub(super) fn details(&self) -> impl Iterator<Item = &Value> {
        let details = self.claims.get("authorization_details");
        let details = details.and_then(Value::as_array).into_iter().flatten();
        details.filter(|detail| detail["type"] == DETAIL_TYPE)
    }

    /// What it permits in 1.0 for an action.
    pub(super) fn grants_v1(&self, action: &str) -> Vec<Grant> {
        let of_action = self.details().filter(|detail| {
            let actions = detail["actions"].as_array().into_iter().flatten();
            actions.into_iter().any(|it| it == action)
        });
        of_action
            .flat_map(|detail| detail["topics"].as_array().into_iter().flatten())
            .filter_map(|matcher| {
                let text = matcher["match"].as_str()?;
                Some(match matcher.get("match_type").and_then(Value::as_str) {
                    _ if text == "*" => Grant::Any,
                    None | Some("exact") => Grant::Exact(text.to_owned()),
                    Some(_) => Grant::Pattern,
                })
            })
            .collect()
    }

    /// What it permits in 0.x for `publish` or `subscribe`; none when there is no such array.
    pub(super) fn grants_v0(&self, action: &str) -> Option<Vec<Grant>> {
        let selectors = self.claims.get("mercure")?.get(action)?.as_array()?;
        let grants = selectors
            .iter()
            .filter_map(Value::as_str)
            .map(|text| match text {
                "*" => Grant::Any,
                text if text.contains('{') => Grant::Pattern,
                text => Grant::Exact(text.to_owned()),
            });
        Some(grants.collect())
    }

    /// A claim that is a string.
    pub(super) fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim).and_then(Value::as_str)
    }

    /// A claim that is a number.
    pub(super) fn number(&self, claim: &str) -> Option<f64> {
        self.claims.get(claim).and_then(Value::as_f64)
    }

    /// The audiences: a string, or an array of them.
    pub(super) fn audiences(&self) -> Vec<&str> {
        match self.claims.get("aud") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }
}

impl Grant {
    /// Whether these permit a topic; none when a pattern would have to be evaluated.
    pub(super) fn cover(grants: &[Self], topic: &str) -> Option<bool> {
        let covers = |grant: &Self| match grant {
            Self::Any => true,
            Self::Exact(exact) => exact == topic,
            Self::Pattern => false,
        };
        if grants.iter().any(covers) {
            return Some(true);
        }
        (!grants.contains(&Self::Pattern)).then_some(false)
    }
}

/// Every text in it that may be a token, each replaced: what is kept must not open anything.
pub(crate) fn without_tokens(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    // What begins a JSON object in base64url.
    while let Some(at) = rest.find("eyJ") {
        let (before, from) = rest.split_at(at);
        kept.push_str(before);
        let end = from
            .find(|char: char| !char.is_ascii_alphanumeric() && !"-_.=".contains(char))
            .unwrap_or(from.len());
        kept.push_str("[token]");
        rest = &from[end..];
    }
    kept.push_str(rest);
    kept
}

/// The tokens that speak of Mercure within a text, such as a page.
pub(super) fn tokens_in(text: &str) -> usize {
    let words = text.split(|char: char| !char.is_ascii_alphanumeric() && !"-_.".contains(char));
    words
        .filter(|word| word.starts_with("eyJ"))
        .filter(|word| Jwt::read(word).is_some_and(|jwt| jwt.is_mercure()))
        .count()
}
