//! Payloads of subscriptions, and their API: what is at which path, what its documents say, and who may ask.

use serde_json::{Value, json};

use crate::credential;
use crate::mutant::Mutant;
use crate::mutants::v1::subscriptions_api::empty_list_of_all;
use crate::presence::{
    Shape, bared, found_empty, members, reanswered, relisted, remembered, retold, retyped, root,
    served, shape, unserved,
};

const CURSOR: &str = "lastEventID";

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v0(
        "payload-untold",
        "subscriptions.payload-exposed",
        "the documents leave the payload out",
    )
    .event(|event, _| {
        retold(event, |document| {
            document.remove("payload");
        })
    }),
    Mutant::v0(
        "whole-claim-told",
        "subscriptions.doc-payload",
        "`payload` is the whole claim",
    )
    .event(|event, _| {
        retold(event, |document| {
            if let Some(payload) = document.get("payload").cloned() {
                let claim = json!({ "subscribe": [], "payload": payload });
                document.insert("payload".to_owned(), claim);
            }
        })
    }),
    Mutant::v0(
        "one-document-a-connection",
        "subscriptions.one-per-topic",
        "a connection is listed once, however many topics it has",
    )
    .answer(|answer, exchange| {
        relisted(answer, exchange, |list| {
            if let Some(members) = members(list) {
                members.dedup_by_key(|member| member["subscriber"].clone());
            }
        });
    }),
    Mutant::v0(
        "no-api",
        "subscriptions.api-offered",
        "there are events and no API",
    )
    .answer(|answer, exchange| unserved(answer, exchange, Shape::All)),
    Mutant::v0(
        "own-collection",
        "subscriptions.api-collection",
        "the list of all has those of the caller alone",
    )
    .answer(empty_list_of_all),
    Mutant::v0(
        "unfiltered-collection",
        "subscriptions.api-topic-collection",
        "the list of a topic has all subscriptions",
    )
    .request(|request, scene| {
        if shape(request, scene) == Some(Shape::Matcher) {
            request.target = root(scene);
        }
    }),
    Mutant::v0(
        "collections-alone",
        "subscriptions.api-single",
        "there are lists alone",
    )
    .answer(|answer, exchange| unserved(answer, exchange, Shape::One)),
    Mutant::v0(
        "open-to-all",
        "subscriptions.api-authorized",
        "the API is open to those without token",
    )
    .request(|request, scene| served(request, scene, credential::is_anonymous)),
    Mutant::v0(
        "open-to-tokens",
        "subscriptions.api-url-matches-claim",
        "any token opens the API",
    )
    .request(|request, scene| served(request, scene, |it| !credential::is_anonymous(it))),
    Mutant::v0(
        "plain-json",
        "subscriptions.api-content-type",
        "the API answers `application/json`",
    )
    .answer(|answer, exchange| retyped(answer, exchange, "application/json")),
    Mutant::v0(
        "document-without-topic",
        "subscriptions.api-single-document",
        "the document of one subscription lacks `topic`",
    )
    .answer(|answer, exchange| {
        reanswered(answer, exchange, |document| {
            document.remove("topic");
        });
    }),
    Mutant::v0(
        "empty-instead-of-404",
        "subscriptions.api-404",
        "a subscription that is not there is answered 200 with an empty document",
    )
    .answer(found_empty),
    Mutant::v0(
        "never-over",
        "subscriptions.api-inactive",
        "a subscription that is over is still shown as active",
    )
    .answer(remembered),
    Mutant::v0(
        "bare-list",
        "subscriptions.collection-jsonld",
        "a list is a bare array",
    )
    .answer(|answer, exchange| bared(answer, exchange, |_| true)),
    Mutant::v0(
        "list-without-context",
        "subscriptions.collection-context",
        "a list has no `@context`",
    )
    .answer(|answer, exchange| {
        relisted(answer, exchange, |list| {
            list.remove("@context");
        });
    }),
    Mutant::v0(
        "id-of-root",
        "subscriptions.collection-id",
        "`id` of each list is that of the list of all",
    )
    .answer(|answer, exchange| {
        relisted(answer, exchange, |list| {
            list.insert("id".to_owned(), root(exchange.scene).into());
        });
    }),
    Mutant::v0(
        "type-collection",
        "subscriptions.collection-type",
        "`type` of a list is `Collection`",
    )
    .answer(|answer, exchange| {
        relisted(answer, exchange, |list| {
            list.insert("type".to_owned(), "Collection".into());
        });
    }),
    Mutant::v0(
        "null-when-empty",
        "subscriptions.collection-items",
        "an empty list is null",
    )
    .answer(|answer, exchange| {
        relisted(answer, exchange, |list| {
            if members(list).is_some_and(|members| members.is_empty()) {
                list.insert("subscriptions".to_owned(), Value::Null);
            }
        });
    }),
    Mutant::v0(
        "cursor-of-root-alone",
        "subscriptions.last-event-id-collection",
        "the list of a topic has no cursor",
    )
    .answer(|answer, exchange| {
        if shape(exchange.request, exchange.scene) == Some(Shape::Matcher) {
            reanswered(answer, exchange, |document| {
                document.remove(CURSOR);
            });
        }
    }),
    Mutant::v0(
        "cursor-of-collections-alone",
        "subscriptions.last-event-id-single",
        "one subscription comes without cursor",
    )
    .answer(|answer, exchange| {
        if shape(exchange.request, exchange.scene) == Some(Shape::One) {
            reanswered(answer, exchange, |document| {
                document.remove(CURSOR);
            });
        }
    }),
    Mutant::v0(
        "cursor-too-early",
        "subscriptions.last-event-id-value",
        "the cursor is the first event, not the last",
    )
    .answer(|answer, exchange| {
        reanswered(answer, exchange, |document| {
            let oldest = exchange.scene.ledger.oldest().unwrap_or_default();
            document.insert(CURSOR.to_owned(), oldest.into());
        });
    }),
];
