//! What an update looks like on the stream.

use serde_json::json;

use crate::mutant::{Fate, Mutant};

use super::publication::{count_id, edit_field};

/// Stands for a CR which the straight hub shall not see; a character that it passes on.
const KEPT_CR: &str = "\u{e00d}";

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
        "cr-kept",
        "sse.data-line-cr",
        "only LF cuts the content into lines, so that a lone CR does it on the stream",
    )
    .request(|request, scene| {
        edit_field(request, scene, "data", |data| data.replace('\r', KEPT_CR));
    })
    .event(|mut event, _| {
        event.replace("data", KEPT_CR, "\r");
        Fate::Deliver(event)
    }),
    Mutant::v1(
        "crlf-twice",
        "sse.data-line-crlf",
        "CRLF in the content is taken for two line ends",
    )
    .request(|request, scene| {
        edit_field(request, scene, "data", |data| data.replace("\r\n", "\n\n"));
    }),
    Mutant::v1(
        "content-trimmed",
        "sse.data-trailing-newline",
        "line ends at the end of the content are dropped",
    )
    .request(|request, scene| {
        edit_field(request, scene, "data", |data| {
            data.trim_end_matches(['\r', '\n']).to_owned()
        });
    }),
    Mutant::v1(
        "too-many-separators",
        "sse.data-other-separators",
        "U+0085 and U+2028 cut the content into lines too",
    )
    .request(|request, scene| {
        edit_field(request, scene, "data", |data| {
            data.replace(['\u{85}', '\u{2028}'], "\n")
        });
    }),
    Mutant::v1(
        "no-space-behind-colon",
        "sse.data-leading-space",
        "no space is written behind `data:`, so that a reader takes one off the content",
    )
    .request(|request, scene| {
        edit_field(request, scene, "data", |data| {
            let lines = data.split('\n');
            let lines: Vec<_> = lines.map(|l| l.strip_prefix(' ').unwrap_or(l)).collect();
            lines.join("\n")
        });
    }),
    Mutant::v1(
        "empty-data-omitted",
        "sse.data-empty",
        "empty content gets no `data` line",
    )
    .event(|mut event, _| {
        if event.get("data") == Some("") {
            event.remove("data");
        }
        Fate::Deliver(event)
    }),
    Mutant::v1(
        "type-with-cr",
        "sse.field-injection",
        "a type is looked through for LF, and not for a lone CR",
    )
    .request(|request, scene| {
        edit_field(request, scene, "type", |text| text.replace('\r', KEPT_CR));
    })
    .event(|mut event, _| {
        event.replace("event", KEPT_CR, "\r");
        Fate::Deliver(event)
    }),
    Mutant::v1(
        "silent",
        "sse.keep-alive",
        "nothing is ever sent on an idle stream",
    )
    .mute(),
    Mutant::v1(
        "held-back",
        "sse.no-buffering",
        "every second event waits for the next one",
    )
    .event(|event, delivery| match delivery.index % 2 {
        0 => Fate::Deliver(event),
        _ => Fate::AfterNext(event),
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
