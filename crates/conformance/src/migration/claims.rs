//! What a token of a site says, in either dialect, and the same rights in 1.0. Not for signing: a trial does.

use assay_client::{
    BearerToken, Dialect, TopicMatcher,
    token::{AUTHORIZATION_DETAIL_TYPE, compact_parts},
};
use serde_json::{Map, Value, json};

use super::{rule::Rule, selector::Selector, subscription::Witness};

/// The name of the namespaced claim, which wins over `mercure`.
const NAMESPACED: &str = "https://mercure.rocks/";

/// A token, or claims that code gives to whatever signs them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claims {
    /// Its protected header.
    pub(super) header: Value,
    /// What it says.
    pub(super) said: Value,
    /// The token itself, if it was one.
    pub(super) compact: Option<BearerToken>,
}

/// One thing that a token permits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grant {
    /// How it is written.
    pub(super) text: String,
    /// What shows it.
    pub(super) witness: Witness,
    /// The same in 1.0.
    pub(super) matcher: TopicMatcher,
}

/// What a token permits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Grants {
    pub(super) publish: Vec<Grant>,
    pub(super) subscribe: Vec<Grant>,
    /// Data for subscriptions.
    pub(super) payload: Option<Value>,
}

impl Claims {
    /// Of a compact token; none where it is no JWT.
    pub(super) fn of_compact(token: &BearerToken) -> Option<Self> {
        let (header, said) = compact_parts(token.expose())?;
        Some(Self {
            header,
            said,
            compact: Some(token.clone()),
        })
    }

    /// Of claims that are not signed yet, with the header that the usual libraries write.
    pub(super) fn unsigned(said: Value) -> Self {
        Self {
            header: json!({ "typ": "JWT", "alg": "HS256" }),
            said,
            compact: None,
        }
    }

    /// Whether it is about Mercure at all.
    pub(super) fn is_mercure(&self) -> bool {
        self.legacy().is_some() || self.details().next().is_some()
    }

    /// The dialect of its rights.
    pub(super) fn dialect(&self) -> Dialect {
        if self.details().next().is_some() && self.legacy().is_none() {
            Dialect::V1
        } else {
            Dialect::V0
        }
    }

    /// What it permits, by the claim of its dialect.
    pub(super) fn grants(&self) -> Grants {
        match self.dialect() {
            Dialect::V0 => self.grants_v0(),
            Dialect::V1 => self.grants_v1(),
        }
    }

    /// The rules of 1.0 that it meets.
    pub(super) fn rules(&self) -> Vec<Rule> {
        let mut rules = Vec::new();
        let grants = self.grants();
        if self.dialect() == Dialect::V0 {
            rules.push(Rule::AuthorizationDetails);
            let all = grants.publish.iter().chain(&grants.subscribe);
            let is_pattern = |grant: &Grant| matches!(grant.matcher, TopicMatcher::UrlPattern(_));
            if all.clone().any(is_pattern) {
                rules.push(Rule::UrlPattern);
            }
            if all
                .clone()
                .any(|grant| grant.witness == Witness::SubscriptionEvent)
            {
                rules.push(Rule::SubscriptionPath);
            }
            if grants.payload.is_some() {
                rules.push(Rule::Payload);
            }
        }
        let typ = self.header["typ"].as_str().unwrap_or_default();
        let typ = typ.to_ascii_lowercase();
        if typ.strip_prefix("application/").unwrap_or(&typ) != "at+jwt" {
            rules.push(Rule::TokenType);
        }
        let needed = ["iss", "aud", "exp", "sub", "client_id", "iat", "jti"];
        if needed.iter().any(|claim| self.said.get(claim).is_none()) {
            rules.push(Rule::TokenClaims);
        }
        rules
    }

    /// As a report shows it: header and claims, no signature.
    pub(super) fn shown(&self) -> String {
        format!("{} {}", self.header, self.said)
    }

    fn legacy(&self) -> Option<&Value> {
        let claim = self.said.get(NAMESPACED);
        claim.or_else(|| self.said.get("mercure"))
    }

    fn details(&self) -> impl Iterator<Item = &Value> {
        let details = self.said.get("authorization_details");
        let details = details.and_then(Value::as_array).into_iter().flatten();
        details.filter(|detail| detail["type"] == AUTHORIZATION_DETAIL_TYPE)
    }

    fn grants_v0(&self) -> Grants {
        let Some(legacy) = self.legacy() else {
            return Grants::default();
        };
        let of = |action: &str| -> Vec<Grant> {
            let texts = legacy[action].as_array().into_iter().flatten();
            let texts = texts.filter_map(Value::as_str);
            texts.map(Grant::of_selector).collect()
        };
        Grants {
            publish: of("publish"),
            subscribe: of("subscribe"),
            payload: legacy.get("payload").filter(|it| !it.is_null()).cloned(),
        }
    }

    fn grants_v1(&self) -> Grants {
        let of = |action: &str| -> Vec<Grant> {
            let acts = |detail: &&Value| {
                let actions = detail["actions"].as_array().into_iter().flatten();
                actions.into_iter().any(|it| it == action)
            };
            let topics = self.details().filter(acts);
            let topics =
                topics.flat_map(|detail| detail["topics"].as_array().into_iter().flatten());
            topics.filter_map(Grant::of_matcher).collect()
        };
        Grants {
            publish: of("publish"),
            subscribe: of("subscribe"),
            payload: None,
        }
    }
}

impl Grant {
    fn of_selector(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            witness: Witness::of_selector(text),
            matcher: Selector::read(text).matcher(),
        }
    }

    fn of_matcher(matcher: &Value) -> Option<Self> {
        let text = matcher["match"].as_str()?;
        let is_pattern = matcher
            .get("match_type")
            .is_some_and(|it| it == "urlpattern");
        Some(Self {
            text: text.to_owned(),
            witness: if is_pattern {
                Witness::of_pattern(text)
            } else {
                Witness::of_exact(text)
            },
            matcher: match text {
                "*" => TopicMatcher::Any,
                _ if is_pattern => TopicMatcher::UrlPattern(text.to_owned()),
                _ => TopicMatcher::Exact(text.to_owned()),
            },
        })
    }
}

impl Grants {
    /// The payload as 1.0 takes it: an object.
    pub(super) fn payload_object(&self) -> Option<Map<String, Value>> {
        match self.payload.as_ref()? {
            Value::Object(object) => Some(object.clone()),
            other => Some(Map::from_iter([("value".to_owned(), other.clone())])),
        }
    }

    /// Matchers of an action.
    pub(super) fn matchers(grants: &[Grant]) -> Vec<TopicMatcher> {
        grants.iter().map(|grant| grant.matcher.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Claims, Rule, TopicMatcher, json};

    #[test]
    fn rights_of_0x_are_rights_of_1_0() {
        let claims = Claims::unsigned(json!({
            "mercure": { "publish": ["*"], "subscribe": ["https://a.example/{id}", "b"], "payload": "x" }
        }));
        let grants = claims.grants();
        let pattern = TopicMatcher::UrlPattern("https://a.example/:id".to_owned());
        let matchers = super::Grants::matchers(&grants.subscribe);
        assert_eq!(matchers, [pattern, TopicMatcher::Exact("b".to_owned())]);
        assert_eq!(grants.publish[0].matcher, TopicMatcher::Any);
        assert_eq!(
            claims.rules(),
            [
                Rule::AuthorizationDetails,
                Rule::UrlPattern,
                Rule::Payload,
                Rule::TokenType,
                Rule::TokenClaims
            ]
        );
        let wins = Claims::unsigned(json!({
            "mercure": { "publish": ["a"] }, "https://mercure.rocks/": { "publish": ["b"] }
        }));
        assert_eq!(wins.grants().publish[0].text, "b");
    }
}
