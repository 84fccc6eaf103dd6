//! A ready token that was refused: what its claims say that it lacks. Its signature cannot be looked at without the key, and no
//! part of it is repeated but names and times.

use assay_client::{BearerToken, Dialect, token::compact_parts};
use serde_json::Value;

use crate::token::Role;

/// The first thing that is wrong with it, as far as it can be seen.
pub(super) fn advice(dialect: Dialect, role: Role, token: &BearerToken, now_unix_s: u64) -> String {
    let Some((header, claims)) = compact_parts(token.expose()) else {
        return "It is no signed JWT: three parts with dots between them".to_owned();
    };
    if let Some(advice) = time(&claims, now_unix_s) {
        return advice;
    }
    let grant = match dialect {
        Dialect::V0 => mercure_claim(role, &claims),
        Dialect::V1 => details(role, &header, &claims),
    };
    grant.unwrap_or_else(|| {
        "Its times and rights are in order: then its signature is by another key or algorithm than the hub's, or it is for another audience or issuer".to_owned()
    })
}

fn time(claims: &Value, now_unix_s: u64) -> Option<String> {
    let seconds = |name: &str| claims.get(name).and_then(Value::as_f64);
    let now = now_unix_s as f64;
    if let Some(exp) = seconds("exp").filter(|exp| *exp <= now) {
        return Some(format!(
            "It expired {} s ago: take a new one",
            (now - exp).round()
        ));
    }
    let early = seconds("nbf").filter(|nbf| *nbf > now)?;
    Some(format!(
        "It is not valid for another {} s (`nbf`): is the clock of its issuer right?",
        (early - now).round()
    ))
}

fn action(role: Role) -> &'static str {
    match role {
        Role::Publisher => "publish",
        Role::Subscriber => "subscribe",
    }
}

fn mercure_claim(role: Role, claims: &Value) -> Option<String> {
    let action = action(role);
    if claims.get("authorization_details").is_some() && claims.get("mercure").is_none() {
        return Some("It is a token of 1.0: pass --dialect 1.0, or mint one of 0.x (`assay token --dialect 0.x`)".to_owned());
    }
    let Some(mercure) = claims.get("mercure") else {
        return Some(format!(
            "It has no claim `mercure`: 0.x wants `\"mercure\": {{\"{action}\": [\"*\"]}}`"
        ));
    };
    match mercure.get(action) {
        None => Some(format!(
            "Its claim has no `mercure.{action}`: add `\"{action}\": [\"*\"]` or the topics"
        )),
        Some(Value::Array(topics)) if topics.is_empty() => Some(format!(
            "Its `mercure.{action}` is empty, which grants nothing: name topics, or `*`"
        )),
        Some(Value::Array(_)) => None,
        Some(_) => Some(format!("Its `mercure.{action}` is no list of strings")),
    }
}

fn details(role: Role, header: &Value, claims: &Value) -> Option<String> {
    let action = action(role);
    if claims.get("mercure").is_some() && claims.get("authorization_details").is_none() {
        return Some("It is a token of 0.x: pass --dialect 0.x, or mint one of 1.0 (`assay token --dialect 1.0`)".to_owned());
    }
    if header
        .get("typ")
        .and_then(Value::as_str)
        .is_none_or(|typ| !typ.eq_ignore_ascii_case("at+jwt"))
    {
        return Some("Its header has no `typ: at+jwt`, which 1.0 wants".to_owned());
    }
    for name in ["iss", "aud", "exp"] {
        if claims.get(name).is_none() {
            return Some(format!("It has no claim `{name}`, which 1.0 wants"));
        }
    }
    let details = claims
        .get("authorization_details")
        .and_then(Value::as_array);
    let Some(details) = details else {
        return Some("It has no claim `authorization_details`: a list with one entry of type `mercure` at least".to_owned());
    };
    let grants = |detail: &Value| {
        let actions = detail.get("actions").and_then(Value::as_array);
        actions.is_some_and(|actions| actions.iter().any(|granted| granted == action))
    };
    (!details.iter().any(grants))
        .then(|| format!("None of its `authorization_details` has the action `{action}`"))
}

#[cfg(test)]
mod tests {
    use assay_client::{Algorithm, BearerToken, Dialect, SigningKey, token};
    use serde_json::{Value, json};

    use super::{Role, advice};

    const NOW_UNIX_S: u64 = 1_000_000;

    fn token(header: &Value, claims: &Value) -> BearerToken {
        let key = SigningKey::from_secret(Algorithm::Hs256, &[7; 32]).unwrap();
        token::mint_raw(header, claims, &key).unwrap()
    }

    #[test]
    fn the_first_thing_that_is_wrong_is_named() {
        let check = |dialect, header: Value, claims: Value, named: &str| {
            let advice = advice(
                dialect,
                Role::Publisher,
                &token(&header, &claims),
                NOW_UNIX_S,
            );
            assert!(advice.contains(named), "{claims}: {advice}");
        };
        let jwt = || json!({"alg": "HS256", "typ": "JWT"});
        let old = |claims| check(Dialect::V0, jwt(), claims, "");
        old(json!({}));
        let v0 = |claims, named| check(Dialect::V0, jwt(), claims, named);
        v0(json!({"exp": 999_000}), "expired 1000 s ago");
        v0(json!({"nbf": 1_000_060}), "another 60 s");
        v0(json!({}), "no claim `mercure`");
        v0(
            json!({"mercure": {"subscribe": ["*"]}}),
            "no `mercure.publish`",
        );
        v0(json!({"mercure": {"publish": []}}), "grants nothing");
        v0(json!({"mercure": {"publish": "*"}}), "no list");
        v0(json!({"mercure": {"publish": ["*"]}}), "another key");
        v0(json!({"authorization_details": []}), "--dialect 1.0");
        let at = || json!({"alg": "HS256", "typ": "at+jwt"});
        let whole = |details: Value| json!({"iss": "i", "aud": "a", "exp": 2_000_000, "authorization_details": details});
        let v1 = |claims, named| check(Dialect::V1, at(), claims, named);
        v1(json!({"mercure": {}}), "--dialect 0.x");
        check(Dialect::V1, jwt(), whole(json!([])), "at+jwt");
        v1(json!({"iss": "i"}), "no claim `aud`");
        v1(
            whole(json!([{"actions": ["subscribe"]}])),
            "action `publish`",
        );
        v1(whole(json!([{"actions": ["publish"]}])), "another key");
    }
}
