//! What tokens say, read and not verified: whether a hub takes them is the hub's answer.

use std::collections::HashSet;

use serde_json::Value;

use crate::watch::{
    jwt::{DETAIL_TYPE, Jwt},
    limits::SHORT_LIVED_S,
    memory::KeyUse,
    rule::{Rule, Sight, quoted, rule},
    scene::{Scene, When::Token},
};

use super::text::email;

const SHORT: &str =
    "exp a few minutes after iat; a client fetches a new token when it connects again";

/// Of 1.0.
pub(super) const V1: &[Rule] = &[
    rule(
        "token.jwt-profile",
        Token,
        "\"typ\": \"at+jwt\" in the header",
        |scene| of_token(scene, jwt_profile),
    ),
    rule(
        "token.required-claims",
        Token,
        "all of iss, exp, aud, sub, client_id, iat and jti",
        |scene| of_token(scene, required_claims),
    ),
    rule("token.short-lived", Token, SHORT, short_lived),
    rule(
        "token.stable-issuer",
        Token,
        "one iss for all tokens of an application, such as its own URL, not its host name",
        stable_issuer,
    ),
    rule(
        "token.distinct-keys",
        Token,
        "a key for publishers' tokens and another for subscribers'",
        distinct_keys,
    ),
    rule(
        "token.client.audience",
        Token,
        "aud with the resource that the hub's metadata names",
        audience,
    ),
    rule(
        "details.issuer.wellformed",
        Token,
        "{\"type\": \"https://mercure.rocks/authorization-detail\", \"actions\": [\"subscribe\"], \"topics\": [{\"match\": \"…\"}]}",
        |scene| of_token(scene, wellformed),
    ),
    rule(
        "security.registry.action-name",
        Token,
        "actions in small letters and digits: publish, subscribe",
        |scene| of_token(scene, action_names),
    ),
    rule(
        "subscriptions.payload.order",
        Token,
        "details with narrow matchers before those with *",
        |scene| of_token(scene, payload_order),
    ),
    rule(
        "subscriptions.payload.privacy",
        Token,
        "payloads without anything that tells who it is: other subscribers see them",
        |scene| of_token(scene, payload_privacy),
    ),
    rule(
        "subscriptions.issuer.narrow-grants",
        Token,
        "the topics that this browser follows, not *: it opens the subscription events of all",
        narrow_grants,
    ),
];

/// Of 0.x.
pub(super) const V0: &[Rule] = &[rule("auth.jws-short-lived", Token, SHORT, short_lived)];

fn of_token(scene: &Scene, judge: fn(&Jwt) -> Sight) -> Sight {
    scene.token().map_or(Sight::Unseen, judge)
}

fn jwt_profile(token: &Jwt) -> Sight {
    let typ = token
        .header
        .get("typ")
        .and_then(Value::as_str)
        .unwrap_or("none");
    let lower = typ.to_ascii_lowercase();
    let is_right = matches!(lower.as_str(), "at+jwt" | "application/at+jwt");
    Sight::right_if(is_right, || format!("typ {}", quoted(typ)))
}

fn required_claims(token: &Jwt) -> Sight {
    let is_there = |claim: &&str| match *claim {
        "exp" | "iat" => token.number(claim).is_some(),
        "aud" => !token.audiences().is_empty(),
        _ => token.text(claim).is_some(),
    };
    let all = ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"];
    let missing: Vec<_> = all.into_iter().filter(|claim| !is_there(claim)).collect();
    Sight::right_if(missing.is_empty(), || {
        format!("a token without {}, or not of its type", missing.join(", "))
    })
}

fn short_lived(scene: &Scene) -> Sight {
    let Some(token) = scene.token() else {
        return Sight::Unseen;
    };
    let Some(ends_s) = token.number("exp") else {
        return Sight::Wrong("a token without exp, which is valid for ever".to_owned());
    };
    let begins_s = token.number("iat").unwrap_or(scene.now_s);
    Sight::right_if(ends_s - begins_s <= SHORT_LIVED_S, || {
        format!(
            "a token that is valid for {:.0} hours",
            (ends_s - begins_s) / 3_600.0
        )
    })
}

fn stable_issuer(scene: &Scene) -> Sight {
    let issuer = scene.token().and_then(|token| token.text("iss"));
    match (issuer, &scene.before.issuer) {
        (Some(issuer), Some(before)) => Sight::right_if(issuer == before, || {
            format!(
                "iss {} where the same client_id had {}",
                quoted(issuer),
                quoted(before)
            )
        }),
        _ => Sight::Unseen,
    }
}

fn distinct_keys(scene: &Scene) -> Sight {
    match scene.before.key_use {
        KeyUse::Unknown => Sight::Unseen,
        KeyUse::Apart => Sight::Right,
        KeyUse::Shared => {
            Sight::Wrong("one kid for publishers' and subscribers' tokens".to_owned())
        }
    }
}

fn audience(scene: &Scene) -> Sight {
    let (Some(token), Some(metadata)) = (scene.token(), &scene.site.metadata) else {
        return Sight::Unseen;
    };
    let audiences = token.audiences();
    if audiences.contains(&metadata.resource.as_str()) {
        return Sight::Right;
    }
    let shown: Vec<_> = audiences.into_iter().map(quoted).collect();
    Sight::Wrong(format!(
        "aud {} where the hub is {}",
        if shown.is_empty() {
            "none".to_owned()
        } else {
            shown.join(", ")
        },
        quoted(&metadata.resource)
    ))
}

fn wellformed(token: &Jwt) -> Sight {
    let Some(details) = token.claims.get("authorization_details") else {
        return Sight::Wrong("a token without authorization_details".to_owned());
    };
    let Some(details) = details.as_array() else {
        return Sight::Wrong("authorization_details that is no array".to_owned());
    };
    let mercure: Vec<_> = details.iter().filter(|detail| is_ours(detail)).collect();
    if mercure.is_empty() {
        return Sight::Wrong("no Mercure detail among authorization_details".to_owned());
    }
    let fault = mercure.into_iter().find_map(fault_of);
    Sight::right_if(fault.is_none(), || fault.unwrap_or_default().to_owned())
}

// One whose type is nearly ours was meant to be.
fn is_ours(detail: &Value) -> bool {
    let named = detail["type"].as_str().unwrap_or_default();
    named.to_ascii_lowercase().contains("mercure")
}

fn fault_of(detail: &Value) -> Option<&'static str> {
    let entries = |name: &str| {
        detail[name]
            .as_array()
            .filter(|entries| !entries.is_empty())
    };
    if detail["type"] != DETAIL_TYPE {
        return Some("a detail whose type is nearly, not exactly, that of Mercure");
    }
    match entries("actions") {
        None => return Some("a detail whose actions is no array, or empty"),
        Some(actions) if !actions.iter().all(Value::is_string) => {
            return Some("a detail with an action that is no string");
        }
        Some(_) => {}
    }
    let Some(topics) = entries("topics") else {
        return Some("a detail whose topics is no array, or empty");
    };
    if !topics.iter().all(|matcher| matcher["match"].is_string()) {
        return Some("a detail with a topic that is no object with \"match\"");
    }
    let is_type = |matcher: &Value| matcher.get("match_type").is_none_or(Value::is_string);
    if !topics.iter().all(is_type) {
        return Some("a match_type that is no string");
    }
    let payload = detail.get("payload");
    payload
        .is_some_and(|payload| !payload.is_object())
        .then_some("a payload that is no object")
}

fn action_names(token: &Jwt) -> Sight {
    let actions = token
        .details()
        .flat_map(|detail| detail["actions"].as_array().into_iter().flatten());
    Sight::worst(actions.filter_map(Value::as_str).map(|action| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let is_right = !action.is_empty() && action.bytes().all(plain);
        Sight::right_if(is_right, || format!("the action {}", quoted(action)))
    }))
}

/// The details with a payload, in their order, each with whether it matches everything.
fn payloads(token: &Jwt) -> Vec<(&Value, bool)> {
    let with_payload = token
        .details()
        .filter_map(|detail| Some((detail, detail.get("payload")?)));
    with_payload
        .map(|(detail, payload)| {
            let topics = detail["topics"].as_array().into_iter().flatten();
            (
                payload,
                topics.into_iter().any(|matcher| matcher["match"] == "*"),
            )
        })
        .collect()
}

fn payload_order(token: &Jwt) -> Sight {
    let payloads = payloads(token);
    if payloads.len() < 2 {
        return Sight::Unseen;
    }
    let masks = payloads.iter().rev().skip(1).any(|(_, is_any)| *is_any);
    Sight::right_if(!masks, || {
        "a payload for * before others, which it hides".to_owned()
    })
}

fn payload_privacy(token: &Jwt) -> Sight {
    let payloads = payloads(token);
    let subject = token.text("sub").filter(|sub| sub.len() >= 3);
    let mut seen = HashSet::new();
    for (payload, _) in &payloads {
        texts(payload, &mut |text| {
            if email(text).is_some() {
                seen.insert("an e-mail address");
            } else if text.parse::<std::net::IpAddr>().is_ok() {
                seen.insert("an IP address");
            } else if Some(text) == subject {
                seen.insert("the sub of the token");
            }
        });
    }
    // What may be seen only the application knows, so that nothing is ever right here.
    match seen.into_iter().min() {
        None => Sight::Unseen,
        Some(what) => Sight::Doubtful(format!("a payload with {what}")),
    }
}

// serde_json reads no deeper than 128 levels.
fn texts<'v>(value: &'v Value, sink: &mut impl FnMut(&'v str)) {
    match value {
        Value::String(text) => sink(text),
        Value::Array(values) => values.iter().for_each(|value| texts(value, sink)),
        Value::Object(members) => members.values().for_each(|value| texts(value, sink)),
        _ => {}
    }
}

fn narrow_grants(scene: &Scene) -> Sight {
    let Some(token) = scene.token().filter(|_| scene.is_browser()) else {
        return Sight::Unseen;
    };
    let grants = token.grants_v1("subscribe");
    if grants.is_empty() {
        return Sight::Unseen;
    }
    let is_wide = grants.contains(&crate::watch::jwt::Grant::Any);
    Sight::right_if(!is_wide, || {
        "a browser with the right to subscribe to *".to_owned()
    })
}
