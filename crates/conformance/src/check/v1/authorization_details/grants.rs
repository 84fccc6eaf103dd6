//! Which entries of `authorization_details` count, and that nothing else does.

use serde_json::{Value, json};

use super::SECTION;
use crate::{
    accept::{AcceptSet, Outcome},
    check::{
        Check, Shape,
        v1::{
            datum::{
                altered_claim, claim, detail_before, detail_behind, details, member, no_claim,
            },
            refusal::{coded, insufficient_scope, invalid_token},
            right::{private_update, publication, subscription, subscription_with},
        },
    },
    request::Proof,
    shape::{
        Change,
        accepted::{Accepted, WORKS},
        deliveries::{AS_DUE, Deliveries, Fate},
        sandwich::Sandwich,
    },
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .refusal("details/claim-format", Sandwich::table(publication, no_array()))
            // Only that it grants nothing can be pinned down: ambiguity G9.
            .judges(
                "details.claim-format",
                invalid_token().or_pass(coded(&[403], "insufficient_scope")),
            ),
        SECTION
            .refusal("details/type", Sandwich::table(publication, near_types()))
            .judges("details.type.exact", insufficient_scope()),
        SECTION
            .allowance("details/other-type", Accepted::table(publication, with_foreign()))
            .also(Shape::Accepted(Accepted::table(subscription, with_foreign())))
            .judges("details.type.other-ignored", AcceptSet::fact(WORKS)),
        SECTION
            .refusal("details/legacy-claim", Sandwich::table(publication, other_claims()))
            .also(Shape::Deliveries(withheld(
                "a subscriber whose token has the old `mercure` claim and no details must not receive private updates",
                json!({ "publish": ["*"], "subscribe": ["*"] }),
            )))
            .judges("details.legacy-claim", nothing_granted()),
        SECTION
            .refusal("details/none", Sandwich::table(publication, no_details()))
            .also(Shape::Deliveries(withheld(
                "a subscriber whose token has no details must not receive private updates",
                json!(null),
            )))
            .judges("details.no-detail-no-right", nothing_granted()),
        SECTION
            .allowance("details/payload", Accepted::table(subscription, payloads()))
            .judges("details.payload.object", AcceptSet::fact(WORKS)),
    ]
}

fn nothing_granted() -> AcceptSet {
    insufficient_scope().or_pass(Outcome::Fact(AS_DUE))
}

fn no_array() -> Vec<Change> {
    const NAME: &str = "authorization_details";
    vec![
        altered_claim("the details are one object, not in an array", NAME, |all| {
            all[0].clone()
        }),
        altered_claim("the details are JSON written as text", NAME, |all| {
            json!(all.to_string())
        }),
        claim("the details are a text", NAME, json!("*")),
        claim("the details are a number", NAME, json!(1)),
        claim("the details are null", NAME, json!(null)),
    ]
}

fn near_types() -> Vec<Change> {
    let kind = |says, value| member(says, "type", json!(value));
    vec![
        kind(
            "`type` has a slash more",
            "https://mercure.rocks/authorization-detail/",
        ),
        kind(
            "`type` has an `s` more",
            "https://mercure.rocks/authorization-details",
        ),
        kind(
            "`type` has its scheme in upper case",
            "HTTPS://mercure.rocks/authorization-detail",
        ),
        kind(
            "`type` has its host in upper case",
            "https://MERCURE.rocks/authorization-detail",
        ),
        kind(
            "`type` has the scheme http",
            "http://mercure.rocks/authorization-detail",
        ),
        kind(
            "`type` names port 443",
            "https://mercure.rocks:443/authorization-detail",
        ),
        kind(
            "`type` is percent-encoded",
            "https://mercure.rocks/%61uthorization-detail",
        ),
        kind("`type` is `mercure`", "mercure"),
    ]
}

fn with_foreign() -> Vec<Change> {
    vec![
        detail_before(
            "a detail of another type comes first",
            |_| json!({ "type": "https://other.example/detail", "actions": 7, "topics": "x" }),
        ),
        detail_behind(
            "a detail of another type comes last",
            |_| json!({ "type": "https://other.example/detail", "actions": 7, "topics": "x" }),
        ),
    ]
}

fn other_claims() -> Vec<Change> {
    vec![
        Change::new(
            "the rights stand in the old `mercure` claim instead",
            |request, _| {
                let claims = &mut request.draft()?.claims;
                claims["authorization_details"] = json!([]);
                claims["mercure"] = json!({ "publish": ["*"], "subscribe": ["*"] });
                Ok(())
            },
        ),
        Change::new(
            "the rights stand in the `scope` claim instead",
            |request, _| {
                let claims = &mut request.draft()?.claims;
                claims["authorization_details"] = json!([]);
                claims["scope"] = json!("publish subscribe");
                Ok(())
            },
        ),
    ]
}

fn no_details() -> Vec<Change> {
    vec![
        details("there are no details in the array", |_| json!([])),
        no_claim("there is no claim with details", "authorization_details"),
        details(
            "there are only details of another type",
            |_| json!([{ "type": "https://other.example/detail", "actions": ["publish"], "topics": [{ "match": "*" }] }]),
        ),
    ]
}

// Without rights a subscriber still receives public updates, such as the sentinel.
fn withheld(says: &'static str, mercure: Value) -> Deliveries {
    Deliveries::new(
        says,
        move |lab| {
            let mut request = subscription_with(lab, &lab.topic("a"), Proof::Public, json!([]))?;
            if !mercure.is_null() {
                request.draft()?.claims["mercure"] = mercure.clone();
            }
            Ok(request)
        },
        |lab| Ok(vec![(Fate::Hidden, private_update(lab, &lab.topic("a"))?)]),
    )
}

fn payloads() -> Vec<Change> {
    vec![
        member("`payload` is an empty object", "payload", json!({})),
        member(
            "`payload` is a nested object",
            "payload",
            json!({ "a": { "b": [1] } }),
        ),
    ]
}
