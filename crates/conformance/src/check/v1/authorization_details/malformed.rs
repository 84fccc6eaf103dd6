//! Malformed details: each makes the whole token invalid.

use assay_client::token::AUTHORIZATION_DETAIL_TYPE;
use serde_json::{Value, json};

use super::SECTION;
use crate::{
    check::{
        Check, Shape,
        v1::{
            datum::{detail_before, detail_behind, member, no_member},
            refusal::invalid_token,
            right::{detail, exact, publication, publish, subscribe, subscription},
        },
    },
    lab::Lab,
    shape::{Change, sandwich::Sandwich},
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    let refused = |id, requirement, changes| {
        SECTION
            .refusal(id, Sandwich::table(publication, changes))
            .judges(requirement, invalid_token())
    };
    vec![
        refused(
            "details/actions-missing",
            "details.actions.required",
            vec![no_member("there are no `actions`", "actions")],
        ),
        refused(
            "details/actions-empty",
            "details.actions.nonempty",
            empty_actions(),
        ),
        refused(
            "details/actions-no-array",
            "details.actions.array",
            actions_no_array(),
        ),
        refused(
            "details/actions-no-strings",
            "details.actions.strings",
            actions_no_strings(),
        ),
        refused(
            "details/topics-missing",
            "details.topics.required",
            vec![no_member("there are no `topics`", "topics")],
        ),
        refused(
            "details/topics-empty",
            "details.topics.nonempty",
            empty_topics(),
        ),
        refused(
            "details/topics-no-array",
            "details.topics.array",
            topics_no_array(),
        ),
        SECTION
            .refusal(
                "details/payload-no-object",
                Sandwich::table(subscription, bad_payloads()),
            )
            .judges("details.payload.not-object", invalid_token()),
        refused(
            "details/one-malformed",
            "details.invalid.rejected",
            one_malformed(),
        )
        .also(Shape::Sandwich(Sandwich::table(
            subscription,
            one_malformed(),
        ))),
        refused(
            "details/no-partial",
            "details.invalid.no-partial",
            one_malformed(),
        )
        .also(Shape::Sandwich(Sandwich::table(
            subscription,
            one_malformed(),
        ))),
        refused(
            "details/irrelevant-malformed",
            "details.invalid.irrelevant-action",
            irrelevant("subscribe"),
        )
        .also(Shape::Sandwich(Sandwich::table(
            subscription,
            irrelevant("publish"),
        ))),
    ]
}

fn empty_actions() -> Vec<Change> {
    vec![
        member("`actions` is empty", "actions", json!([])),
        detail_behind("a detail more has empty `actions`", |lab| {
            detail(json!([]), json!([exact(&lab.topic("b"))]))
        }),
    ]
}

fn actions_no_array() -> Vec<Change> {
    let actions = |says, value| member(says, "actions", value);
    vec![
        actions("`actions` is a text", json!("publish")),
        actions("`actions` is the text `*`", json!("*")),
        actions("`actions` is an object", json!({ "publish": true })),
        actions("`actions` is null", json!(null)),
    ]
}

fn actions_no_strings() -> Vec<Change> {
    let actions = |says, value| member(says, "actions", value);
    vec![
        actions("`actions` holds a number too", json!(["publish", 1])),
        actions("`actions` holds null too", json!(["publish", null])),
        actions("`actions` holds an array", json!([["publish"]])),
    ]
}

fn empty_topics() -> Vec<Change> {
    vec![
        member("`topics` is empty", "topics", json!([])),
        detail_behind("a detail more has empty `topics`", |_| publish(json!([]))),
    ]
}

fn topics_no_array() -> Vec<Change> {
    let topics = |says, value| member(says, "topics", value);
    vec![
        topics("`topics` is a text", json!("*")),
        topics("`topics` is a lone matcher", json!({ "match": "*" })),
        topics("`topics` is null", json!(null)),
    ]
}

fn bad_payloads() -> Vec<Change> {
    let payload = |says, value| member(says, "payload", value);
    vec![
        payload("`payload` is a text", json!("x")),
        payload("`payload` is an array", json!([1])),
        payload("`payload` is a number", json!(1)),
        payload("`payload` is a boolean", json!(true)),
    ]
}

fn unknown_match_type(action: &str, lab: &Lab<'_>) -> Value {
    let matcher = json!({ "match": lab.topic("b"), "match_type": "regex" });
    detail(json!([action]), json!([matcher]))
}

fn one_malformed() -> Vec<Change> {
    vec![
        detail_behind("a detail with an unknown `match_type` comes last", |lab| {
            unknown_match_type("publish", lab)
        }),
        detail_before("a detail with an unknown `match_type` comes first", |lab| {
            unknown_match_type("subscribe", lab)
        }),
        detail_behind(
            "a detail of the Mercure type and nothing else comes last",
            |_| json!({ "type": AUTHORIZATION_DETAIL_TYPE }),
        ),
    ]
}

fn irrelevant(action: &'static str) -> Vec<Change> {
    let malformed: fn(&Lab<'_>) -> Value = match action {
        "publish" => |lab| unknown_match_type("publish", lab),
        _ => |_| subscribe(json!("*")),
    };
    vec![
        detail_behind(
            "a malformed detail more is of the action that is not asked for",
            malformed,
        ),
        detail_behind("a malformed detail more is of an unknown action", |lab| {
            unknown_match_type("frobnicate", lab)
        }),
    ]
}
