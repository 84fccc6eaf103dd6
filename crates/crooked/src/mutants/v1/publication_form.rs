//! Publication: requests that are no proper form, values that are nobody's affair, and answers that say too much.

use super::publication::{drop_field, edit_body, is_accepted, topics};
use crate::form;
use crate::message::{Body, Request};
use crate::mutant::{Fate, Mutant};
use crate::scene::Scene;

/// As many as an integer of 64 bits has.
const MANY_DIGITS: usize = 19;

/// Fewer topics and characters than the limit of any hub, more than a right publication of a check has.
const FEW_TOPICS: usize = 8;
const SHORT_CHARS: usize = 200;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v1(
        "text-read-as-form",
        "publish.other-content-type",
        "a form that is called `text/plain` is published",
    )
    .request(|request, scene| {
        let kind = request.headers.get("content-type").unwrap_or_default();
        if request.is_publication(&scene.path) && kind == "text/plain" {
            let form = "application/x-www-form-urlencoded";
            request.headers.set("Content-Type", form);
        }
    }),
    Mutant::v1(
        "query-merged",
        "publish.body-only",
        "the fields of query and body are put together",
    )
    .request(|request, scene| {
        let query = form::query(request);
        if request.is_publication(&scene.path) && !query.is_empty() {
            edit_body(request, |fields| fields.extend(query));
        }
    }),
    Mutant::v1(
        "bytes-replaced",
        "publish.utf8",
        "what is no UTF-8 in a field is replaced by U+FFFD",
    )
    .request(|request, scene| replace_bytes(request, scene, &["id", "type"])),
    Mutant::v1(
        "topic-bytes-replaced",
        "publish.topic.utf8",
        "what is no UTF-8 in a topic is replaced by U+FFFD",
    )
    .request(|request, scene| replace_bytes(request, scene, &["topic"])),
    Mutant::v1(
        "data-bytes-replaced",
        "publish.data.utf8",
        "what is no UTF-8 in the data is replaced by U+FFFD",
    )
    .request(|request, scene| replace_bytes(request, scene, &["data"])),
    Mutant::v1(
        "one-topic-only",
        "publish.topic.multiple",
        "a second `topic` is answered 400",
    )
    .answer(|answer, exchange| {
        if is_accepted(answer, exchange) && topics(exchange.request).len() > 1 {
            answer.refuse(400);
        }
    }),
    Mutant::v1(
        "private-on-only",
        "publish.private.any-value",
        "a value of `private` other than `on` is answered 400",
    )
    .answer(|answer, exchange| {
        let fields = form::body(exchange.request);
        let other = form::first(&fields, "private").is_some_and(|value| value != "on");
        if is_accepted(answer, exchange) && other {
            answer.refuse(400);
        }
    }),
    Mutant::v1(
        "data-trimmed",
        "publish.data.opaque",
        "spaces around the data are taken away",
    )
    .event(|mut event, _| {
        let data = event.get("data").unwrap_or_default().to_owned();
        if data.trim_matches(' ') != data {
            event.set("data", data.trim_matches(' '));
        }
        Fate::Deliver(event)
    }),
    Mutant::v1(
        "id-ignored-in-secret",
        "publish.id.ignored",
        "the answer has the id of the publisher, the event another one",
    )
    .request(|request, scene| drop_field(request, scene, "id", |_| true))
    .answer(|answer, exchange| {
        let fields = form::body(exchange.request);
        if let (true, Some(id)) = (is_accepted(answer, exchange), form::first(&fields, "id")) {
            answer.body = Body::Whole(id.as_bytes().to_vec());
        }
    }),
    Mutant::v1(
        "retry-overflows",
        "publish.retry.large",
        "a long `retry` comes out as another number",
    )
    .request(|request, scene| {
        if request.is_publication(&scene.path) {
            edit_body(request, |fields| {
                for (name, value) in fields {
                    if name == "retry" && value.len() > MANY_DIGITS {
                        "184467440".clone_into(value);
                    }
                }
            });
        }
    }),
    Mutant::v1(
        "topics-of-update-unbounded",
        "limits.publish.topic-count",
        "an update may have any number of topics",
    )
    .request(|request, scene| {
        let count = topics(request).len();
        if request.is_publication(&scene.path) && count > FEW_TOPICS {
            edit_body(request, |fields| fields.truncate(FEW_TOPICS));
        }
    }),
    Mutant::v1(
        "fields-unbounded",
        "limits.publish.field-length",
        "a field may have any length",
    )
    .request(|request, scene| {
        if request.is_publication(&scene.path) {
            edit_body(request, |fields| {
                for (_, value) in fields {
                    *value = value.chars().take(SHORT_CHARS).collect();
                }
            });
        }
    }),
    Mutant::v1(
        "too-large-told-400",
        "limits.publish.reject-413",
        "a publication over a limit is refused with 400",
    )
    .answer(|answer, exchange| {
        if exchange.request.is_publication(&exchange.scene.path) && answer.status == 413 {
            answer.refuse(400);
        }
    }),
    Mutant::v1(
        "location-of-update",
        "publish.success.no-location",
        "the answer has a `Location` field",
    )
    .answer(|answer, exchange| {
        if is_accepted(answer, exchange) {
            answer.headers.set("Location", answer.text());
        }
    }),
];

/// Writes the body anew if one of these fields is no UTF-8, which makes it so.
fn replace_bytes(request: &mut Request, scene: &Scene, names: &[&str]) {
    let fields = form::body(request);
    let mut replaced = fields
        .iter()
        .filter(|(_, value)| value.contains(char::REPLACEMENT_CHARACTER));
    let ours = replaced.any(|(name, _)| names.contains(&name.as_str()));
    if request.is_publication(&scene.path) && ours {
        form::set_body(request, &fields);
    }
}
