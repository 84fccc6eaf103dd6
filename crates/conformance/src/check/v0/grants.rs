//! Section 6.4, "Publishers": what `mercure.publish` grants.

use assay_client::{Dialect, TopicMatcher};
use serde_json::json;

use super::authorization::{publication, refused};
use crate::{
    accept::{AcceptSet, Outcome},
    check::{Area, Check, Section},
    lab::Lab,
    request::Request,
    shape::{Change, sandwich::Sandwich},
    stop::Stop,
};

const SECTION: Section = Section {
    dialect: Dialect::V0,
    area: Area::Authorization,
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .refusal(
                "0.x/publish/claim-undefined",
                Sandwich::new(publication, claim("`mercure` has no `publish`", json!({}))).or(
                    private_claim(
                        "`mercure` has no `publish` and the update is private",
                        json!({}),
                    ),
                ),
            )
            .judges("auth.publish-undefined-refused", refused()),
        SECTION
            .refusal(
                "0.x/publish/claim-empty",
                Sandwich::new(
                    publication,
                    claim("`publish` is empty", json!({ "publish": [] })),
                )
                .or(private_claim(
                    "`publish` is empty and the update is private",
                    json!({ "publish": [] }),
                )),
            )
            .judges("auth.publish-empty-refused", refused()),
        SECTION
            .refusal(
                "0.x/publish/every-topic",
                Sandwich::new(granted, uncovered_last())
                    .or(uncovered_first())
                    .or(uncovered_alone()),
            )
            .judges("auth.publish-every-topic", refused()),
        SECTION
            .refusal(
                "0.x/publish/partial-not-dispatched",
                Sandwich::new(granted, uncovered_last()),
            )
            .judges(
                "auth.publish-partial-not-dispatched",
                AcceptSet::pass(Outcome::ClientError),
            ),
        SECTION
            .refusal(
                "0.x/publish/partial-status",
                Sandwich::new(granted, uncovered_last()),
            )
            .judges(
                "auth.publish-partial-403",
                AcceptSet::pass(Outcome::Status(&[403])),
            ),
    ]
}

// Two topics, one covered by name and one by a template.
fn granted(lab: &Lab<'_>) -> Result<Request, Stop> {
    let (exact, template) = (lab.topic("a"), lab.topic("books/{id}"));
    let token = lab.publisher(&[
        TopicMatcher::Exact(exact.clone()),
        TopicMatcher::UriTemplate(template),
    ])?;
    Ok(lab
        .publish(&exact, "")?
        .field("topic", lab.topic("books/1"))
        .bearer(token))
}

fn claim(says: &'static str, claim: serde_json::Value) -> Change {
    Change::new(says, move |request, _| {
        request.draft()?.claims["mercure"] = claim.clone();
        Ok(())
    })
}

fn private_claim(says: &'static str, claim: serde_json::Value) -> Change {
    Change::new(says, move |request, _| {
        request.draft()?.claims["mercure"] = claim.clone();
        request.set_field("private", "on");
        Ok(())
    })
}

fn uncovered_last() -> Change {
    Change::new(
        "a third topic, which the token does not cover, comes last",
        |request, lab| {
            *request = request.clone().field("topic", lab.topic("other"));
            Ok(())
        },
    )
}

fn uncovered_first() -> Change {
    Change::new(
        "a third topic, which the token does not cover, comes first",
        |request, lab| {
            request.prepend_field("topic", &lab.topic("other"));
            Ok(())
        },
    )
}

fn uncovered_alone() -> Change {
    Change::new(
        "the only topic is one that the token does not cover",
        |request, lab| {
            request.set_field("topic", &lab.topic("other"));
            Ok(())
        },
    )
}
