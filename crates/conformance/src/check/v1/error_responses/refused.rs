//! A request whose token is invalid, or does not suffice.

use serde_json::{Value, json};

use super::SECTION;
use crate::{
    accept::{AcceptSet, Observation, Outcome},
    answer::Answer,
    check::{
        Check, Findings, Shape,
        v1::{
            datum::{details, member, no_member, time_claim},
            refusal::{insufficient_scope, invalid_token},
            right::{
                exact, granted_publication, publication, publish, subscribe, subscription,
                subscription_api,
            },
            token_validation::{subscription_by_cookie, wrong_tokens},
        },
    },
    features::OptionalFeature,
    lab::Lab,
    shape::{Change, sandwich::Sandwich},
    stop::Stop,
};

const CODES: [&str; 3] = ["invalid_token", "insufficient_scope", "invalid_request"];
const UNIFORM: &str = "status, challenge and body are the same whatever is wrong with the token";

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .refusal(
                "errors/invalid-token",
                Sandwich::table(publication, wrong_tokens()),
            )
            .judges("auth.error.invalid-token", invalid_token()),
        SECTION
            .refusal(
                "errors/invalid-token-subscribe",
                Sandwich::table(subscription, wrong_tokens()),
            )
            .also(Shape::Probe(|lab| Box::pin(in_cookie(lab))))
            .judges("auth.error.invalid-token-subscribe", invalid_token()),
        SECTION
            .refusal(
                "errors/invalid-details",
                Sandwich::new(
                    granted_publication,
                    no_member("the detail has no `topics`", "topics"),
                ),
            )
            .also(Shape::Sandwich(Sandwich::new(
                subscription,
                no_member("the detail has no `topics`", "topics"),
            )))
            .judges("auth.error.invalid-details", invalid_token()),
        SECTION
            .refusal(
                "errors/insufficient-scope",
                Sandwich::table(granted_publication, too_little()),
            )
            .also(Shape::Probe(|lab| Box::pin(too_little_for_api(lab))))
            .judges("auth.error.insufficient-scope", insufficient_scope()),
        invalid_or_insufficient("errors/metadata-always").judges(
            "auth.error.resource-metadata-all",
            AcceptSet::pass(Outcome::Shows(
                "`www-authenticate: Bearer` with a `resource_metadata`",
                |answer| parameter(answer, "resource_metadata").is_some(),
            )),
        ),
        invalid_or_insufficient("errors/challenge-always")
            .also(Shape::Probe(|lab| Box::pin(too_little_for_api(lab))))
            .judges(
                "auth.error.challenge-always",
                AcceptSet::pass(Outcome::All(vec![
                    Outcome::Status(&[401, 403]),
                    Outcome::BearerChallenge,
                ])),
            ),
        invalid_or_insufficient("errors/code-in-challenge").judges(
            "auth.error.code-in-challenge",
            AcceptSet::pass(Outcome::Shows(
                "`www-authenticate: Bearer` with an `error`, and no body with an `error` member",
                |answer| {
                    let body = answer.json().unwrap_or_default();
                    parameter(answer, "error").is_some() && body.get("error").is_none()
                },
            )),
        ),
        invalid_or_insufficient("errors/code-once").judges(
            "auth.error.no-code-duplication",
            AcceptSet::pass(Outcome::Shows(
                "a refusal whose body, if it is JSON, does not have the error code",
                |answer| {
                    // A hub that breaks down refuses nothing.
                    (400..500).contains(&answer.status)
                        && !answer.json().is_some_and(|body| has_code(&body))
                },
            )),
        ),
        SECTION
            .probe("errors/uniform", |lab| Box::pin(uniform(lab)))
            .judges("auth.error.uniform", AcceptSet::fact(UNIFORM)),
    ]
}

fn invalid_or_insufficient(id: &'static str) -> Check {
    SECTION
        .refusal(id, Sandwich::table(granted_publication, too_little()))
        .also(Shape::Sandwich(Sandwich::table(
            granted_publication,
            wrong_tokens(),
        )))
}

fn too_little() -> Vec<Change> {
    vec![
        details("the token grants another topic", |lab| {
            json!([publish(json!([exact(&lab.topic("other"))]))])
        }),
        member(
            "the token grants subscribing instead",
            "actions",
            json!(["subscribe"]),
        ),
        details("the token grants nothing", |_| json!([])),
    ]
}

async fn in_cookie(lab: &Lab<'_>) -> Result<Findings, Stop> {
    if !lab.hub().features.has(OptionalFeature::Cookie) {
        return Ok(Findings::Cases(Vec::new()));
    }
    Sandwich::table(
        subscription_by_cookie,
        vec![time_claim(
            "the token comes in the cookie and `exp` was an hour ago",
            "exp",
            -3_600,
        )],
    )
    .run(lab)
    .await
}

async fn too_little_for_api(lab: &Lab<'_>) -> Result<Findings, Stop> {
    if !lab.hub().features.has(OptionalFeature::Subscriptions) {
        return Ok(Findings::Cases(Vec::new()));
    }
    let other = details("the token grants subscribing to another topic", |lab| {
        json!([subscribe(json!([exact(&lab.topic("other"))]))])
    });
    Sandwich::new(subscription_api, other).run(lab).await
}

async fn uniform(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let findings = Sandwich::table(publication, wrong_tokens())
        .run(lab)
        .await?;
    let Findings::Cases(cases) = findings else {
        return Err(Stop::Defect("a table has cases".to_owned()));
    };
    let mut first: Option<(&str, &Answer)> = None;
    for (says, observation) in &cases {
        let Observation::Answer(answer) = observation else {
            return Ok(Findings::other(format!("when {says}: {observation}")));
        };
        let (said, seen) = *first.get_or_insert((says, answer));
        if told(seen) != told(answer) {
            return Ok(Findings::other(format!(
                "when {said}: {seen}; when {says}: {answer}"
            )));
        }
        if !(400..500).contains(&answer.status) {
            return Ok(Findings::other(format!("when {says}: {answer}")));
        }
    }
    Ok(Findings::fact(UNIFORM))
}

fn told(answer: &Answer) -> (u16, Vec<&str>, &[u8]) {
    let challenges = answer.header_values("www-authenticate").collect();
    (answer.status, challenges, &answer.body)
}

fn parameter(answer: &Answer, name: &str) -> Option<String> {
    let challenge = answer.bearer_challenge()?;
    challenge.parameter(name).map(str::to_owned)
}

// Whether a member at any depth is one of the codes.
fn has_code(body: &Value) -> bool {
    match body {
        Value::String(text) => CODES.contains(&text.as_str()),
        Value::Array(entries) => entries.iter().any(has_code),
        Value::Object(members) => members.values().any(has_code),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::has_code;

    #[test]
    fn codes_are_found_at_any_depth() {
        let cases = [
            (json!({ "error": "invalid_token" }), true),
            (
                json!({ "errors": [{ "code": "insufficient_scope" }] }),
                true,
            ),
            (
                json!({ "title": "the invalid_token", "status": 401 }),
                false,
            ),
            (json!("x"), false),
        ];
        for (body, expected) in cases {
            assert_eq!(has_code(&body), expected, "{body}");
        }
    }
}
