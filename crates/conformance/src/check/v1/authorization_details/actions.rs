//! `actions` that are right in form: which of them grant what.

use serde_json::{Value, json};

use super::SECTION;
use crate::{
    accept::{AcceptSet, Outcome},
    check::{
        Check, Shape,
        v1::{
            datum::member,
            refusal::insufficient_scope,
            right::{
                detail, exact, private_update, publication, publication_with, publish, subscribe,
                subscription, subscription_with,
            },
        },
    },
    lab::Lab,
    request::{Proof, Request},
    shape::{
        Change,
        accepted::{Accepted, WORKS},
        deliveries::{AS_DUE, Deliveries, Fate},
        sandwich::Sandwich,
    },
    stop::Stop,
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .allowance(
                "details/unknown-action",
                Accepted::table(publication, unknown_beside("publish")),
            )
            .also(Shape::Accepted(Accepted::table(
                subscription,
                unknown_beside("subscribe"),
            )))
            .judges("details.actions.unknown-ignored", AcceptSet::fact(WORKS)),
        SECTION
            .refusal(
                "details/unknown-action-alone",
                Sandwich::table(publication, unknown_alone()),
            )
            .judges(
                "details.actions.unknown-grants-nothing",
                insufficient_scope(),
            ),
        SECTION
            .refusal(
                "details/actions-separate",
                Sandwich::new(
                    mixed_publication,
                    Change::new(
                        "the topic is one on which the token grants only subscribing",
                        |request, lab| {
                            request.set_field("topic", &lab.topic("b"));
                            Ok(())
                        },
                    ),
                ),
            )
            .also(Shape::Deliveries(mixed_subscriber()))
            .judges(
                "details.actions.separate",
                insufficient_scope().or_pass(Outcome::Fact(AS_DUE)),
            ),
    ]
}

fn unknown_beside(known: &'static str) -> Vec<Change> {
    vec![
        member(
            "an unknown action comes first",
            "actions",
            json!(["frobnicate", known]),
        ),
        member(
            "an unknown action comes last",
            "actions",
            json!([known, "delete2"]),
        ),
    ]
}

fn unknown_alone() -> Vec<Change> {
    let only = |says, action: &str| member(says, "actions", json!([action]));
    vec![
        only("the only action is `frobnicate`", "frobnicate"),
        only("the only action is `Publish`", "Publish"),
        only("the only action is `PUBLISH`", "PUBLISH"),
        only("the only action is `*`", "*"),
        only(
            "the only action is `publish` with a space behind",
            "publish ",
        ),
        only("the only action is empty", ""),
    ]
}

// Publishing on a, subscribing to b, and both on c.
fn mixed(lab: &Lab<'_>) -> Value {
    json!([
        publish(json!([exact(&lab.topic("a"))])),
        subscribe(json!([exact(&lab.topic("b"))])),
        detail(
            json!(["publish", "subscribe"]),
            json!([exact(&lab.topic("c"))])
        ),
    ])
}

fn mixed_publication(lab: &Lab<'_>) -> Result<Request, Stop> {
    publication_with(lab, &lab.topic("a"), mixed(lab))
}

fn mixed_subscriber() -> Deliveries {
    Deliveries::new(
        "a subscriber whose token grants publishing on one topic, subscribing on a second and both on a third receives the private updates of the second and third alone",
        |lab| {
            Ok(
                subscription_with(lab, &lab.topic("b"), Proof::Public, mixed(lab))?
                    .param("match", lab.topic("a"))
                    .param("match", lab.topic("c")),
            )
        },
        |lab| {
            Ok(vec![
                (Fate::Hidden, private_update(lab, &lab.topic("a"))?),
                (Fate::Due, private_update(lab, &lab.topic("b"))?),
                (Fate::Due, private_update(lab, &lab.topic("c"))?),
            ])
        },
    )
}
