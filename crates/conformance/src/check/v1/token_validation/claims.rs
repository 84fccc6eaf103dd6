//! The claims that a hub enforces: `exp`, `nbf`, `aud`; and those that it need not.

use serde_json::{Value, json};

use super::SECTION;
use crate::{
    accept::AcceptSet,
    check::{
        Check, Shape,
        v1::{
            datum::{altered_claim, claim, no_claim, time_claim},
            refusal::{coded, invalid_token},
            right::{publication, subscription},
        },
    },
    lab::Lab,
    request::Request,
    shape::{
        Change,
        accepted::{Accepted, WORKS},
        sandwich::Sandwich,
    },
    stop::Stop,
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .refusal("token/expired", Sandwich::table(publication, expired()))
            .also(Shape::Sandwich(Sandwich::table(subscription, expired())))
            .judges("token.exp.enforced", invalid_token()),
        SECTION
            .refusal(
                "token/expired-first-request",
                Sandwich::new(
                    subscription,
                    time_claim("`exp` was an hour ago", "exp", -3_600),
                ),
            )
            .judges("token.exp.first-request", invalid_token()),
        SECTION
            .refusal(
                "token/exp-missing",
                Sandwich::table(publication, no_expiry()),
            )
            .also(Shape::Sandwich(Sandwich::table(subscription, no_expiry())))
            .judges("token.exp.required", invalid_token()),
        SECTION
            .refusal(
                "token/not-before",
                Sandwich::table(valid_since_a_minute, too_early()),
            )
            .judges("token.nbf", invalid_token()),
        SECTION
            .refusal(
                "token/aud-mismatch",
                Sandwich::table(publication, other_audiences()),
            )
            .judges("token.aud.verified", invalid_token()),
        SECTION
            .allowance(
                "token/aud-array",
                Accepted::table(publication, audience_lists()),
            )
            .judges("token.aud.forms", AcceptSet::fact(WORKS)),
        SECTION
            .allowance(
                "token/other-claims",
                Accepted::table(publication, without_others()),
            )
            .also(Shape::Accepted(Accepted::table(
                subscription,
                without_others(),
            )))
            .judges(
                "token.other-claims",
                // A hub that relies on one of them may insist on it.
                AcceptSet::fact(WORKS).or_note(coded(&[401], "invalid_token").refused()),
            ),
    ]
}

fn expired() -> Vec<Change> {
    vec![
        time_claim("`exp` was an hour ago", "exp", -3_600),
        time_claim("`exp` was two minutes ago", "exp", -120),
        claim("`exp` is 0", "exp", json!(0)),
        claim("`exp` is -1", "exp", json!(-1)),
    ]
}

fn no_expiry() -> Vec<Change> {
    vec![
        no_claim("there is no `exp`", "exp"),
        claim("`exp` is null", "exp", json!(null)),
        claim("`exp` is the text `never`", "exp", json!("never")),
        altered_claim("`exp` is a number written as text", "exp", |exp| {
            json!(exp.to_string())
        }),
        claim("`exp` is an object", "exp", json!({})),
    ]
}

fn valid_since_a_minute(lab: &Lab<'_>) -> Result<Request, Stop> {
    let mut request = publication(lab)?;
    request.draft()?.claims["nbf"] = json!(lab.now_unix_s() - 60);
    Ok(request)
}

fn too_early() -> Vec<Change> {
    vec![
        time_claim("`nbf` is in an hour", "nbf", 3_600),
        claim("`nbf` is a text", "nbf", json!("tomorrow")),
        claim("`nbf` is an object", "nbf", json!({})),
    ]
}

fn other_audiences() -> Vec<Change> {
    let aud = |says, alter| altered_claim(says, "aud", alter);
    vec![
        claim(
            "`aud` names another resource",
            "aud",
            json!("https://other.example/.well-known/mercure"),
        ),
        no_claim("there is no `aud`", "aud"),
        claim("`aud` is empty", "aud", json!("")),
        claim("`aud` is an empty array", "aud", json!([])),
        claim(
            "`aud` is an array of other resources",
            "aud",
            json!(["https://other.example/", "https://third.example/"]),
        ),
        aud("`aud` is an object", |aud| json!({ "aud": aud })),
        aud("`aud` has a slash more", |aud| suffixed(aud, "/")),
        aud("`aud` has a suffix", |aud| suffixed(aud, "2")),
        aud("`aud` is in upper case", |aud| {
            json!(text(aud).to_uppercase())
        }),
        aud("`aud` is only the beginning of the identifier", |aud| {
            let text = text(aud);
            json!(text.get(..text.len() / 2))
        }),
    ]
}

fn audience_lists() -> Vec<Change> {
    let aud = |says, alter| altered_claim(says, "aud", alter);
    vec![
        aud("`aud` is an array of the hub alone", |aud| json!([aud])),
        aud("`aud` is an array with the hub first", |aud| {
            json!([aud, "https://other.example/", "urn:x"])
        }),
        aud("`aud` is an array with the hub between others", |aud| {
            json!(["https://other.example/", aud, "urn:x"])
        }),
        aud("`aud` is an array with the hub last", |aud| {
            json!(["https://other.example/", "urn:x", aud])
        }),
    ]
}

fn without_others() -> Vec<Change> {
    vec![
        no_claim("there is no `sub`", "sub"),
        no_claim("there is no `client_id`", "client_id"),
        no_claim("there is no `iat`", "iat"),
        no_claim("there is no `jti`", "jti"),
    ]
}

fn suffixed(value: &Value, suffix: &str) -> Value {
    json!(format!("{}{suffix}", text(value)))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
