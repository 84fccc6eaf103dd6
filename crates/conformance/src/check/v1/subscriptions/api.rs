//! Section "Subscription API": what is at which path, and what the documents say. Not for who may see them: see
//! [`super::access`].

use serde_json::Value;

use super::SECTION;
use crate::{
    accept::AcceptSet,
    check::{
        Check, Need, Probing,
        subscriptions::{
            api::{self, EVERY_SHAPE, Got, LISTS, Rule, Shape, members},
            reconciliation::{RECONCILED, reconciled},
        },
    },
    lab::Lab,
    link::Link,
};

const DOCUMENTS: &[Rule] = &[
    Rule {
        requirement: "subscriptions.api.content-type",
        keeps: "`content-type: application/json`",
        shapes: EVERY_SHAPE,
        holds: |got| got.answer.media_type().as_deref() == Some("application/json"),
    },
    Rule {
        requirement: "subscriptions.api.single-document",
        keeps: "the document is that of the event, unmodified",
        shapes: &[Shape::One],
        holds: |got| got.document.is_some() && got.document == got.told.document.as_ref(),
    },
    Rule {
        requirement: "subscriptions.api.collection-id",
        keeps: "`id` is the path that was asked for",
        shapes: LISTS,
        holds: |got| got.text("id") == Some(got.path),
    },
    Rule {
        requirement: "subscriptions.api.collection-type",
        keeps: "`type` is `subscriptions`",
        shapes: LISTS,
        holds: |got| got.text("type") == Some("subscriptions"),
    },
    Rule {
        requirement: "subscriptions.api.collection-members",
        keeps: "`subscriptions` is an array of complete documents, and empty when there are none",
        shapes: &[Shape::All, Shape::Matcher, Shape::Nobody],
        holds: |got| members(got.document).is_some_and(|members| members.iter().all(is_complete)),
    },
    Rule {
        requirement: "subscriptions.api.cursor",
        keeps: "`link` names the hub with `rel=\"mercure\"` and a `last-event-id`",
        shapes: EVERY_SHAPE,
        holds: |got| {
            link(got).is_some_and(|link| {
                link.attribute("last-event-id")
                    .is_some_and(|it| !it.is_empty())
                    && link.leads_to(got.lab.hub().target.endpoint.hub().url().as_url())
            })
        },
    },
    Rule {
        requirement: "subscriptions.api.link-attributes",
        keeps: "this link has `type=\"mercure\"` and `content-type=\"application/json\"`",
        shapes: EVERY_SHAPE,
        holds: |got| {
            link(got).is_some_and(|link| {
                link.attribute("type") == Some("mercure")
                    && link.attribute("content-type") == Some("application/json")
            })
        },
    },
];

fn is_complete(member: &Value) -> bool {
    let texts = ["id", "type", "match_type", "match", "subscriber"];
    texts.iter().all(|name| member[name].is_string()) && member["active"].is_boolean()
}

fn link(got: &Got<'_>) -> Option<Link> {
    Link::of_relation(got.answer, "mercure")
}

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    let probe = |id, requirement, fact, probe: for<'a> fn(&'a Lab<'a>) -> Probing<'a>| {
        SECTION
            .probe(id, probe)
            .judges(requirement, AcceptSet::fact(fact))
    };
    let documents = SECTION.probe("subscriptions/api-documents", |lab| {
        Box::pin(api::hold(lab, DOCUMENTS))
    });
    vec![
        api::judged(documents, DOCUMENTS),
        probe(
            "subscriptions/api",
            "subscriptions.api.exposed",
            api::SERVED,
            |lab| Box::pin(api::served(lab)),
        ),
        probe(
            "subscriptions/api-collection",
            "subscriptions.api.collection",
            api::LISTED,
            |lab| Box::pin(api::listed(lab)),
        ),
        probe(
            "subscriptions/api-matcher-collection",
            "subscriptions.api.matcher-collection",
            api::FILTERED,
            |lab| Box::pin(api::filtered(lab)),
        ),
        probe(
            "subscriptions/api-single",
            "subscriptions.api.single",
            api::FOUND,
            |lab| Box::pin(api::found(lab)),
        ),
        probe(
            "subscriptions/api-not-found",
            "subscriptions.api.not-found",
            api::NOT_FOUND,
            |lab| Box::pin(api::not_found(lab)),
        ),
        probe(
            "subscriptions/api-terminated",
            "subscriptions.api.terminated",
            api::GONE,
            |lab| Box::pin(api::over(lab)),
        ),
        probe(
            "subscriptions/api-cursor",
            "subscriptions.api.cursor-value",
            RECONCILED,
            |lab| Box::pin(reconciled(lab)),
        )
        .needs(Need::History),
    ]
}
