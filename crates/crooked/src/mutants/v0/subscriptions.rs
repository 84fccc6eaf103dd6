//! Events about subscriptions: which come, to whom, under which topic, and what they say.

use serde_json::Value;

use crate::mutant::{Fate, Mutant};
use crate::mutants::v1::subscriptions::follow_as_reader_of_all;
use crate::presence::{
    active, expanded, matcher, moved_to_absolute, rename_subscriber, retold, rewrite,
    rewrite_segment, text, told,
};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v0(
        "beginnings-untold",
        "subscriptions.event-on-create",
        "only the end of a subscription is told",
    )
    .event(|event, _| Fate::drop_if(active(&event) == Some(true), event)),
    Mutant::v0(
        "ends-untold",
        "subscriptions.event-on-terminate",
        "only the beginning of a subscription is told",
    )
    .event(|event, _| Fate::drop_if(active(&event) == Some(false), event)),
    Mutant::v0(
        "told-under-absolute-url",
        "subscriptions.event-topic",
        "the topic of the events is an absolute URL",
    )
    .request(moved_to_absolute),
    Mutant::v0(
        "told-publicly",
        "subscriptions.event-private",
        "events about subscriptions are public",
    )
    .request(follow_as_reader_of_all),
    Mutant::v0(
        "one-subscriber",
        "subscriptions.subscriber-unique",
        "all connections have one identifier",
    )
    .event(|event, _| {
        retold(event, |document| {
            rename_subscriber(document, |_| "urn:x-crooked:anyone".to_owned());
        })
    }),
    Mutant::v0(
        "raw-selector",
        "subscriptions.percent-encoding",
        "the selector stands in the topic as it is",
    )
    .event(|event, _| {
        retold(event, |document| {
            let given = matcher(document);
            rewrite_segment(document, 1, |_| given);
        })
    }),
    Mutant::v0(
        "subscriber-for-each-topic",
        "subscriptions.same-subscriber-id",
        "each topic of a connection has an identifier of its own",
    )
    .event(|event, _| {
        retold(event, |document| {
            let length = text(document, "topic").len();
            rename_subscriber(document, |it| format!("{it}:{length}"));
        })
    }),
    Mutant::v0(
        "bare-uuid",
        "subscriptions.subscriber-iri",
        "the identifier is a bare UUID",
    )
    .event(|event, _| {
        retold(event, |document| {
            rename_subscriber(document, |it| it.trim_start_matches("urn:uuid:").to_owned());
        })
    }),
    Mutant::v0(
        "array-of-documents",
        "subscriptions.doc-jsonld",
        "the data are an array",
    )
    .event(|mut event, _| {
        if let Some(document) = told(&event) {
            let array = Value::Array(vec![Value::Object(document)]);
            event.set("data", &array.to_string());
        }
        Fate::Deliver(event)
    }),
    Mutant::v0(
        "no-context",
        "subscriptions.doc-context",
        "`@context` is missing",
    )
    .event(|event, _| {
        retold(event, |document| {
            document.remove("@context");
        })
    }),
    Mutant::v0(
        "type-of-1.0",
        "subscriptions.doc-type",
        "`type` is `subscription`",
    )
    .event(|event, _| {
        retold(event, |document| {
            rewrite(document, "type", |_| "subscription".to_owned());
        })
    }),
    Mutant::v0(
        "encoded-topic",
        "subscriptions.doc-topic",
        "`topic` is percent-encoded",
    )
    .event(|event, _| retold(event, |document| rewrite(document, "topic", expanded))),
    Mutant::v0(
        "subscriber-unsaid",
        "subscriptions.doc-subscriber",
        "`subscriber` is missing",
    )
    .event(|event, _| {
        retold(event, |document| {
            document.remove("subscriber");
        })
    }),
    Mutant::v0(
        "always-active",
        "subscriptions.doc-active",
        "`active` is true in both events",
    )
    .event(|event, _| {
        retold(event, |document| {
            document.insert("active".to_owned(), Value::Bool(true));
        })
    }),
    Mutant::v0(
        "id-of-subscriber",
        "subscriptions.doc-id",
        "`id` is the identifier of the subscriber",
    )
    .event(|event, _| {
        retold(event, |document| {
            let subscriber = text(document, "subscriber");
            rewrite(document, "id", |_| subscriber);
        })
    }),
];
