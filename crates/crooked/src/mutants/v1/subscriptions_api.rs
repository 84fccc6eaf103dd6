//! The API of subscriptions: what is at which path, and what its documents and fields say.

use serde_json::Value;

use crate::message::{Answer, Body};
use crate::mutant::{Exchange, Mutant};
use crate::presence::{
    Shape, bared, found_empty, is_asked, members, reanswered, relisted, remembered, retyped, root,
    shape, unserved,
};

/// A list that is longer than this is a long one.
const LONG: usize = 50;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v1(
        "unadvertised",
        "subscriptions.advertised",
        "the metadata lack `mercure_subscriptions`",
    )
    .answer(|answer, exchange| {
        let path = exchange.request.path();
        let metadata: Option<Value> = serde_json::from_str(&answer.text()).ok();
        if let Some(Value::Object(mut metadata)) = metadata
            && path.contains("oauth-protected-resource")
        {
            metadata.remove("mercure_subscriptions");
            answer.body = Body::Whole(Value::Object(metadata).to_string().into_bytes());
        }
    }),
    Mutant::v1(
        "no-api",
        "subscriptions.api.exposed",
        "there are events and no API",
    )
    .answer(|answer, exchange| unserved(answer, exchange, Shape::All)),
    Mutant::v1(
        "empty-collection",
        "subscriptions.api.collection",
        "the list of all is empty",
    )
    .answer(empty_list_of_all),
    Mutant::v1(
        "unfiltered-collection",
        "subscriptions.api.matcher-collection",
        "the list of a matcher has all subscriptions",
    )
    .request(|request, scene| {
        if shape(request, scene) == Some(Shape::Matcher) {
            request.target = root(scene);
        }
    }),
    Mutant::v1(
        "slashes-decoded",
        "subscriptions.api.single",
        "encoded slashes of a path are decoded before it is looked up",
    )
    .answer(|answer, exchange| {
        if exchange.request.path().contains("%2F") {
            unserved(answer, exchange, Shape::One);
        }
    }),
    Mutant::v1(
        "empty-instead-of-404",
        "subscriptions.api.not-found",
        "a subscription that is not there is answered 200 with an empty document",
    )
    .answer(found_empty),
    Mutant::v1(
        "never-over",
        "subscriptions.api.terminated",
        "a subscription that is over is still shown as active",
    )
    .answer(remembered),
    Mutant::v1(
        "json-ld",
        "subscriptions.api.content-type",
        "the API answers `application/ld+json`",
    )
    .answer(|answer, exchange| retyped(answer, exchange, "application/ld+json")),
    Mutant::v1(
        "cursor-in-document",
        "subscriptions.api.single-document",
        "the document of one subscription has a cursor in it",
    )
    .answer(|answer, exchange| {
        reanswered(answer, exchange, |document| {
            if members(document).is_none() {
                document.insert("last_event_id".to_owned(), "urn:x-crooked:cursor".into());
            }
        });
    }),
    Mutant::v1(
        "id-of-root",
        "subscriptions.api.collection-id",
        "`id` of each list is that of the list of all",
    )
    .answer(|answer, exchange| {
        relisted(answer, exchange, |list| {
            list.insert("id".to_owned(), root(exchange.scene).into());
        });
    }),
    Mutant::v1(
        "type-of-member",
        "subscriptions.api.collection-type",
        "`type` of a list is `subscription`",
    )
    .answer(|answer, exchange| {
        relisted(answer, exchange, |list| {
            list.insert("type".to_owned(), "subscription".into());
        });
    }),
    Mutant::v1(
        "members-without-type",
        "subscriptions.api.collection-members",
        "the members of a list have no `type`",
    )
    .answer(|answer, exchange| {
        relisted(answer, exchange, |list| {
            let members = members(list).into_iter().flatten();
            for member in members.filter_map(Value::as_object_mut) {
                member.remove("type");
            }
        });
    }),
    Mutant::v1(
        "cursor-of-collections-alone",
        "subscriptions.api.cursor",
        "one subscription comes without cursor",
    )
    .answer(|answer, exchange| {
        if shape(exchange.request, exchange.scene) == Some(Shape::One) {
            relink(answer, exchange, "last-event-id", None);
        }
    }),
    Mutant::v1(
        "cursor-too-early",
        "subscriptions.api.cursor-value",
        "the cursor is the first event, not the last",
    )
    .answer(|answer, exchange| {
        let oldest = exchange.scene.ledger.oldest();
        relink(answer, exchange, "last-event-id", oldest.as_deref());
    }),
    Mutant::v1(
        "link-without-type",
        "subscriptions.api.link-attributes",
        "the link has no `type`",
    )
    .answer(|answer, exchange| relink(answer, exchange, "type", None)),
    Mutant::v1(
        "first-page",
        "subscriptions.api.pagination",
        "a long list is cut",
    )
    .answer(|answer, exchange| {
        relisted(answer, exchange, |list| {
            if let Some(members) = members(list) {
                members.truncate(LONG);
            }
        });
    }),
    Mutant::v1(
        "bare-page",
        "subscriptions.api.pagination-valid",
        "a long list is a bare array",
    )
    .answer(|answer, exchange| bared(answer, exchange, |members| members.len() > LONG)),
];

/// Takes everything out of the list of all.
pub(in crate::mutants) fn empty_list_of_all(answer: &mut Answer, exchange: &Exchange<'_>) {
    if shape(exchange.request, exchange.scene) == Some(Shape::All) {
        relisted(answer, exchange, |list| {
            if let Some(members) = members(list) {
                members.clear();
            }
        });
    }
}

/// Changes an attribute of the links with which the API answers, or takes it away.
fn relink(answer: &mut Answer, exchange: &Exchange<'_>, name: &str, value: Option<&str>) {
    let Some(link) = answer.headers.get("link") else {
        return;
    };
    if !is_asked(exchange.request, exchange.scene) {
        return;
    }
    let beginning = format!("{name}=");
    let attributes = link.split("; ").filter_map(|attribute| {
        if attribute.starts_with(&beginning) {
            value.map(|value| format!("{beginning}\"{value}\""))
        } else {
            Some(attribute.to_owned())
        }
    });
    let link = attributes.collect::<Vec<_>>().join("; ");
    answer.headers.set("Link", link);
}
