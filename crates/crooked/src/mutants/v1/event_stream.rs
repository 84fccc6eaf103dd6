//! What an update looks like on the stream.

use serde_json::json;

use crate::mutant::{Fate, Mutant};

use super::publication::count_id;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v1(
        "plain-text",
        "sse.content-type",
        "the stream is served as text/plain",
    )
    .answer(|answer, _| {
        if answer.is_stream() {
            answer.headers.set("Content-Type", "text/plain");
        }
    }),
    Mutant::v1(
        "no-empty-line",
        "sse.wellformed",
        "events end with a single line feed",
    )
    .event(|mut event, _| {
        event.leave_open();
        Fate::Deliver(event)
    }),
    Mutant::v1(
        "enveloped",
        "sse.data-content",
        "content in JSON comes in an envelope",
    )
    .event(|mut event, _| {
        let data = event.get("data").unwrap_or_default().to_owned();
        if data.starts_with('{') {
            event.set("data", &json!({ "data": data }).to_string());
        }
        Fate::Deliver(event)
    }),
    Mutant::v1(
        "retry-dropped",
        "sse.all-properties",
        "the retry of an update is dropped",
    )
    .event(|mut event, _| {
        event.remove("retry");
        Fate::Deliver(event)
    }),
    Mutant::v1(
        "retry-ignored",
        "sse.retry-from-retry",
        "the retry of an update is ignored",
    )
    .event(|mut event, _| {
        event.remove("retry");
        Fate::Deliver(event)
    }),
    Mutant::v1(
        "type-invented",
        "sse.event-from-type",
        "events without type get an invented one",
    )
    .event(|mut event, _| {
        if event.get("event").is_none() {
            event.set("event", "message-created");
        }
        Fate::Deliver(event)
    }),
    Mutant::v1(
        "id-encoded",
        "sse.id-from-id",
        "the id is percent-encoded on the wire",
    )
    .event(|mut event, _| {
        let id = event.get("id").unwrap_or_default().replace(':', "%3A");
        event.set("id", &id);
        Fate::Deliver(event)
    }),
    Mutant::v1(
        "one-data-prefix",
        "sse.data-line-lf",
        "only the first line of the content has a prefix",
    )
    .event(|mut event, _| {
        event.keep_first_prefix("data");
        Fate::Deliver(event)
    }),
    Mutant::v1(
        "id-missing",
        "sse.event-id-present",
        "events come without `id`",
    )
    .event(|mut event, _| {
        event.remove("id");
        Fate::Deliver(event)
    }),
    Mutant::v1(
        "id-no-iri",
        "sse.event-id-iri",
        "generated ids are bare sequence numbers",
    )
    .collateral(&["replay.opaque-ids"])
    .event(|mut event, delivery| {
        let id = event.get("id").unwrap_or_default().to_owned();
        event.set("id", &delivery.scene.counter(&id).to_string());
        Fate::Deliver(event)
    })
    .answer(count_id),
    Mutant::v1(
        "retry-no-number",
        "sse.hub-retry",
        "the hub's own retry hint is not a number",
    )
    .preamble("retry: 5s\n\n"),
];
