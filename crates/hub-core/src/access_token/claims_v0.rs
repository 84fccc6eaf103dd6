//! The claims of a 0.x token: `mercure`, or its copy named `https://mercure.rocks/`, which replaces it where present;
//! `exp` and `nbf` if present. Issuer and audience are not part of 0.x.

use serde::Deserialize;
use serde_json::Value;

use super::lifetime::{self, Lifetime};
use super::payloads::Payloads;
use super::{Claims, TokenContext, TokenFault};
use crate::authorization::Grants;
use crate::topic_matcher::{MatcherError, TopicMatcher};

#[derive(Deserialize)]
struct Members {
    exp: Option<Value>,
    nbf: Option<Value>,
    sub: Option<Value>,
    mercure: Option<Mercure>,
    #[serde(rename = "https://mercure.rocks/")]
    namespaced: Option<Mercure>,
}

/// An absent array and an empty one grant the same: nothing. auth.publish-undefined-refused, auth.publish-empty-refused
#[derive(Default, Deserialize)]
struct Mercure {
    publish: Option<Vec<String>>,
    subscribe: Option<Vec<String>>,
    /// Any value; `null` is none. subscriptions.payload-claim
    payload: Option<Value>,
}

pub(super) fn read(payload: &[u8], context: &TokenContext<'_>) -> Result<Claims, TokenFault> {
    let members: Members = serde_json::from_slice(payload).map_err(|_| TokenFault::Claims)?;
    let Lifetime { expires_at_unix_s } = lifetime::check(
        members.exp.as_ref(),
        members.nbf.as_ref(),
        context.now_unix_s,
    )?;
    let mercure = members.namespaced.or(members.mercure).unwrap_or_default();
    Ok(Claims {
        grants: Grants {
            publish: read_selectors(mercure.publish, context)?.into(),
            subscribe: read_selectors(mercure.subscribe, context)?.into(),
        },
        expires_at_unix_s,
        payloads: mercure
            .payload
            .map_or_else(Payloads::default, Payloads::of_all),
        subject: members.sub.as_ref().and_then(Value::as_str).map(Into::into),
    })
}

fn read_selectors(
    entries: Option<Vec<String>>,
    context: &TokenContext<'_>,
) -> Result<Vec<TopicMatcher>, TokenFault> {
    let entries = entries.unwrap_or_default();
    if entries.len() > context.limits.token_matchers {
        return Err(TokenFault::TooManyMatchers);
    }
    let read = |text: &String| {
        TopicMatcher::selector(text, context.limits).map_err(|error| match error {
            MatcherError::TooComplex => TokenFault::Details("a selector is too complex"),
            _ => TokenFault::MatcherTooLong,
        })
    };
    entries.iter().map(read).collect()
}
