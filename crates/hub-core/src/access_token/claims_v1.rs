//! The claims of a 1.0 token: issuer, audience, lifetime, and `authorization_details` (RFC 9396), read strictly: one
//! malformed Mercure detail condemns the whole token. details.invalid.no-partial

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::lifetime::{self, Lifetime};
use super::payloads::{Attached, Payloads};
use super::{Claims, TokenContext, TokenFault};
use crate::authorization::Grants;
use crate::topic_matcher::{MatcherError, TopicMatcher};

/// The type of the authorization details that count here. details.type.exact
const DETAIL_TYPE: &str = "https://mercure.rocks/authorization-detail";

/// Members that appear twice are an error. token.rfc9068-rfc8725
#[derive(Deserialize)]
struct Members {
    iss: Option<Value>,
    aud: Option<Value>,
    exp: Option<Value>,
    nbf: Option<Value>,
    sub: Option<Value>,
    #[serde(default, deserialize_with = "super::present")]
    authorization_details: Option<Value>,
}

pub(super) fn read(
    payload: &[u8],
    issuer: &str,
    context: &TokenContext<'_>,
) -> Result<Claims, TokenFault> {
    let members: Members = serde_json::from_slice(payload).map_err(|_| TokenFault::Claims)?;
    // The issuer whose key verified the token. token.iss.present, token.iss.trusted, token.key.cross-issuer
    if members.iss.as_ref().and_then(Value::as_str) != Some(issuer) {
        return Err(TokenFault::Issuer);
    }
    if !names_audience(members.aud.as_ref(), context.audiences) {
        return Err(TokenFault::Audience);
    }
    let Lifetime { expires_at_unix_s } = lifetime::check(
        members.exp.as_ref(),
        members.nbf.as_ref(),
        context.now_unix_s,
    )?;
    // token.exp.required
    if expires_at_unix_s.is_none() {
        return Err(TokenFault::ExpiryMissing);
    }
    let (grants, payloads) = read_details(members.authorization_details.as_ref(), context)?;
    Ok(Claims {
        grants,
        payloads,
        expires_at_unix_s,
        subject: members.sub.as_ref().and_then(Value::as_str).map(Into::into),
    })
}

/// token.aud.forms: a string, or an array of strings with the identifier among them.
fn names_audience(aud: Option<&Value>, audiences: &[String]) -> bool {
    let is_ours = |value: &Value| {
        value
            .as_str()
            .is_some_and(|name| audiences.iter().any(|ours| ours == name))
    };
    match aud {
        Some(Value::Array(names)) => {
            names.iter().all(Value::is_string) && names.iter().any(is_ours)
        }
        Some(name) => is_ours(name),
        None => false,
    }
}

fn read_details(
    claim: Option<&Value>,
    context: &TokenContext<'_>,
) -> Result<(Grants, Payloads), TokenFault> {
    let mut publish = Vec::new();
    let mut subscribe = Vec::new();
    let mut attached = Vec::new();
    let mut details = 0;
    let entries = match claim {
        None => &[],
        Some(Value::Array(entries)) => entries.as_slice(),
        Some(_) => return Err(TokenFault::Details("authorization_details is not an array")),
    };
    for entry in entries {
        let entry = entry.as_object().ok_or(TokenFault::Details(
            "an entry of authorization_details is not an object",
        ))?;
        let kind = entry
            .get("type")
            .and_then(Value::as_str)
            .ok_or(TokenFault::Details(
                "an entry of authorization_details has no type",
            ))?;
        // details.type.other-ignored
        if kind != DETAIL_TYPE {
            continue;
        }
        details += 1;
        if details > context.limits.token_details {
            return Err(TokenFault::TooManyDetails);
        }
        let detail = read_detail(entry, context)?;
        if detail.publishes {
            publish.extend_from_slice(&detail.topics);
        }
        if detail.subscribes {
            subscribe.extend_from_slice(&detail.topics);
            attached.push(Attached {
                topics: detail.topics.into(),
                payload: entry.get("payload").cloned().map(Arc::new),
            });
        }
    }
    let grants = Grants {
        publish: publish.into(),
        subscribe: subscribe.into(),
    };
    Ok((grants, Payloads::of_details(attached)))
}

struct Detail {
    publishes: bool,
    subscribes: bool,
    topics: Vec<TopicMatcher>,
}

fn read_detail(
    entry: &Map<String, Value>,
    context: &TokenContext<'_>,
) -> Result<Detail, TokenFault> {
    let actions = nonempty_array(entry.get("actions")).ok_or(TokenFault::Details(
        "`actions` of a detail is not a non-empty array",
    ))?;
    if !actions.iter().all(Value::is_string) {
        return Err(TokenFault::Details("an entry of `actions` is not a string"));
    }
    let topics = nonempty_array(entry.get("topics")).ok_or(TokenFault::Details(
        "`topics` of a detail is not a non-empty array",
    ))?;
    if topics.len() > context.limits.token_matchers {
        return Err(TokenFault::TooManyMatchers);
    }
    if entry
        .get("payload")
        .is_some_and(|payload| !payload.is_object())
    {
        return Err(TokenFault::Details(
            "`payload` of a detail is not an object",
        ));
    }
    // details.actions.unknown-ignored: other actions grant nothing and do no harm.
    let names = |action: &str| actions.iter().any(|named| named == action);
    Ok(Detail {
        publishes: names("publish"),
        subscribes: names("subscribe"),
        topics: topics
            .iter()
            .map(|matcher| read_matcher(matcher, context))
            .collect::<Result<_, _>>()?,
    })
}

fn nonempty_array(value: Option<&Value>) -> Option<&[Value]> {
    value
        .and_then(Value::as_array)
        .filter(|entries| !entries.is_empty())
        .map(Vec::as_slice)
}

/// One topic matcher object. Its type is checked before the wildcard, since a type that the hub does not know is refused.
fn read_matcher(entry: &Value, context: &TokenContext<'_>) -> Result<TopicMatcher, TokenFault> {
    let entry = entry
        .as_object()
        .ok_or(TokenFault::Details("an entry of `topics` is not an object"))?;
    let text = entry
        .get("match")
        .and_then(Value::as_str)
        .ok_or(TokenFault::Details(
            "an entry of `topics` has no string `match`",
        ))?;
    let matcher = match entry.get("match_type").map(Value::as_str) {
        None | Some(Some("exact")) => TopicMatcher::exact(text, context.limits),
        Some(Some("urlpattern")) => {
            TopicMatcher::url_pattern(text, context.hub_url, context.limits)
        }
        Some(_) => {
            return Err(TokenFault::Details(
                "an entry of `topics` has an unknown `match_type`",
            ));
        }
    };
    matcher.map_err(|error| match error {
        MatcherError::TooLong { .. } => TokenFault::MatcherTooLong,
        MatcherError::Text(_) | MatcherError::Pattern(_) | MatcherError::TooComplex => {
            TokenFault::Details("an entry of `topics` is not valid for its `match_type`")
        }
    })
}
