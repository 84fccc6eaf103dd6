//! What an update looks like on the stream.

use serde_json::json;

use crate::mutant::{Fate, Mutant};

use super::publication::count_id;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v0(
        "plain-text",
        "sse.content-type",
        "the stream is served as text/plain",
    )
    .answer(|answer, _| {
        if answer.is_stream() {
            answer.headers.set("Content-Type", "text/plain");
        }
    }),
    Mutant::v0(
        "no-empty-line",
        "sse.framing",
        "events end with a single line feed",
    )
    .event(|mut event, _| {
        event.leave_open();
        Fate::Deliver(event)
    }),
    Mutant::v0(
        "one-data-prefix",
        "sse.data-multiline",
        "only the first line of the content has a prefix",
    )
    .event(|mut event, _| {
        event.keep_first_prefix("data");
        Fate::Deliver(event)
    }),
    Mutant::v0(
        "enveloped",
        "sse.data-is-content",
        "content in JSON comes in an envelope",
    )
    .event(|mut event, _| {
        let data = event.get("data").unwrap_or_default().to_owned();
        if !data.starts_with('{') {
            return Fate::Deliver(event);
        }
        event.set("data", &json!({ "data": data }).to_string());
        Fate::Deliver(event)
    }),
    Mutant::v0(
        "type-dropped",
        "sse.event-field",
        "the type of an update is dropped",
    )
    .event(|mut event, _| {
        event.remove("event");
        Fate::Deliver(event)
    }),
    Mutant::v0("id-omitted", "sse.id-field", "events have no id").event(|mut event, _| {
        event.remove("id");
        Fate::Deliver(event)
    }),
    Mutant::v0(
        "retry-dropped",
        "sse.retry-field",
        "the retry of an update is dropped",
    )
    .event(|mut event, _| {
        event.remove("retry");
        Fate::Deliver(event)
    }),
    Mutant::v0(
        "id-missing",
        "replay.event-id-present",
        "events whose publisher gave no id have none",
    )
    .event(|mut event, _| {
        event.remove("id");
        Fate::Deliver(event)
    }),
    Mutant::v0(
        "counted-ids",
        "replay.event-id-iri",
        "generated ids are counters",
    )
    .event(|mut event, delivery| {
        let id = event.get("id").unwrap_or_default().to_owned();
        event.set("id", &delivery.scene.counter(&id).to_string());
        Fate::Deliver(event)
    })
    .answer(count_id),
];
