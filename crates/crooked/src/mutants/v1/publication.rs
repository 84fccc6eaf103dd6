//! Publication: fields that should be refused and pass, and answers that are not quite right.

use crate::credential;
use crate::form::{self, Fields};
use crate::grant;
use crate::message::{Answer, Body, Request};
use crate::mutant::{Exchange, Fate, Mutant};
use crate::scene::Scene;

/// A topic of no check, in the place of one that a hub must refuse.
const HARMLESS: &str = "urn:x-crooked:harmless";

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v1(
        "post-not-dispatched",
        "publish.post-method",
        "a publication is answered 200 without dispatch",
    )
    .event(|event, _| Fate::drop_if(true, event)),
    Mutant::v1(
        "topic-optional",
        "publish.topic-required",
        "an update without topic is accepted",
    )
    .request(|request, scene| {
        if request.is_publication(&scene.path) && topics(request).is_empty() {
            edit_body(request, |fields| {
                fields.push(("topic".to_owned(), HARMLESS.to_owned()));
            });
        }
    }),
    Mutant::v1(
        "canonical-routed-only",
        "publish.dispatch-any-topic",
        "only the canonical topic is routed",
    )
    .event(|event, delivery| {
        let asked = grant::asked(delivery.request);
        let canonical = delivery.topics().first();
        let by_alternate = canonical.is_some_and(|canonical| !grant::one(&asked, canonical));
        Fate::drop_if(by_alternate, event)
    }),
    Mutant::v1(
        "topic-controls",
        "publish.topic.c0",
        "C0 controls in a topic are accepted",
    )
    .request(|request, scene| replace_topics(request, scene, |topic| topic.contains(|c| c < ' '))),
    Mutant::v1(
        "topic-delete",
        "publish.topic.del",
        "U+007F in a topic is accepted",
    )
    .request(|request, scene| replace_topics(request, scene, |topic| topic.contains('\u{7f}'))),
    Mutant::v1(
        "topic-c1",
        "publish.topic.c1",
        "C1 controls in a topic are accepted",
    )
    .request(|request, scene| replace_topics(request, scene, |topic| topic.contains(is_c1))),
    Mutant::v1(
        "topic-format",
        "publish.topic.cf",
        "format characters in a topic are accepted",
    )
    .request(|request, scene| replace_topics(request, scene, |topic| topic.contains(is_format))),
    Mutant::v1(
        "alternates-unvalidated",
        "publish.topic.alternate-constraints",
        "alternate topics are not validated",
    )
    .request(|request, scene| {
        let canonical = topics(request).into_iter().next().unwrap_or_default();
        replace_topics(request, scene, |topic| {
            topic != canonical && topic.contains(is_odd)
        });
    }),
    Mutant::v1(
        "wildcard-published",
        "publish.topic.wildcard",
        "`*` is accepted as a topic",
    )
    .request(|request, scene| replace_topics(request, scene, |topic| topic == "*")),
    Mutant::v1(
        "wildcard-alternate",
        "publish.topic.wildcard-alternate",
        "`*` is accepted as an alternate topic",
    )
    .request(|request, scene| {
        if topics(request).first().is_some_and(|topic| topic != "*") {
            replace_topics(request, scene, |topic| topic == "*");
        }
    }),
    Mutant::v1(
        "private-ignored",
        "publish.private.marks",
        "`private` is ignored",
    )
    .request(|request, scene| drop_field(request, scene, "private", |_| true)),
    Mutant::v1(
        "private-a-boolean",
        "publish.private.presence-only",
        "`private` is read as a boolean",
    )
    .request(|request, scene| {
        drop_field(request, scene, "private", |value| {
            matches!(value, "" | "0" | "false" | "off" | "no")
        });
    }),
    Mutant::v1(
        "id-with-hash",
        "publish.id.no-hash",
        "an id that begins with `#` is accepted",
    )
    .request(|request, scene| drop_field(request, scene, "id", |id| id.starts_with('#'))),
    Mutant::v1(
        "id-earliest",
        "publish.id.no-earliest",
        "`earliest` is accepted as an id",
    )
    .request(|request, scene| drop_field(request, scene, "id", |id| id == "earliest")),
    Mutant::v1(
        "id-controls",
        "publish.id.c0",
        "C0 controls in an id are accepted",
    )
    .request(|request, scene| drop_field(request, scene, "id", |id| id.contains(|c| c < ' '))),
    Mutant::v1("id-delete", "publish.id.del", "U+007F in an id is accepted")
        .request(|request, scene| drop_field(request, scene, "id", |id| id.contains('\u{7f}'))),
    Mutant::v1(
        "id-c1",
        "publish.id.c1",
        "C1 controls in an id are accepted",
    )
    .request(|request, scene| drop_field(request, scene, "id", |id| id.contains(is_c1))),
    Mutant::v1(
        "id-format",
        "publish.id.cf",
        "format characters in an id are accepted",
    )
    .request(|request, scene| drop_field(request, scene, "id", |id| id.contains(is_format))),
    Mutant::v1(
        "bad-id-ignored",
        "publish.id.reject-400",
        "malformed ids are ignored",
    )
    .request(|request, scene| {
        drop_field(request, scene, "id", |id| {
            id.contains(is_odd) || id.starts_with('#') || id == "earliest"
        });
    }),
    Mutant::v1(
        "type-controls",
        "publish.type.c0",
        "C0 controls in a type are accepted",
    )
    .request(|request, scene| {
        drop_field(request, scene, "type", |text| text.contains(|c| c < ' '));
    }),
    Mutant::v1(
        "type-delete",
        "publish.type.del",
        "U+007F in a type is accepted",
    )
    .request(|request, scene| drop_field(request, scene, "type", |text| text.contains('\u{7f}'))),
    Mutant::v1(
        "type-c1",
        "publish.type.c1",
        "C1 controls in a type are accepted",
    )
    .request(|request, scene| drop_field(request, scene, "type", |text| text.contains(is_c1))),
    Mutant::v1(
        "type-format",
        "publish.type.cf",
        "format characters in a type are accepted",
    )
    .request(|request, scene| drop_field(request, scene, "type", |text| text.contains(is_format))),
    Mutant::v1(
        "type-mercure",
        "publish.type.mercure",
        "the reserved type `mercure` is accepted",
    )
    .request(|request, scene| drop_field(request, scene, "type", |text| text == "mercure")),
    Mutant::v1(
        "type-mercure-padded",
        "publish.type.mercure-padded",
        "` mercure` is accepted, and written without the space that belongs to the field",
    )
    .event(|mut event, _| {
        let kind = event.get("event").unwrap_or_default();
        if kind.trim() == "mercure" {
            event.set("event", "mercure");
        }
        Fate::Deliver(event)
    }),
    Mutant::v1(
        "retry-lenient",
        "publish.retry.digits",
        "`retry` is parsed leniently",
    )
    .request(|request, scene| {
        drop_field(request, scene, "retry", |text| {
            !text.bytes().all(|b| b.is_ascii_digit())
        });
    }),
    Mutant::v1(
        "unknown-field-refused",
        "publish.unknown-fields",
        "an unknown field is answered 400",
    )
    .answer(|answer, exchange| {
        let known = ["topic", "data", "private", "id", "type", "retry"];
        let fields = form::body(exchange.request);
        if is_accepted(answer, exchange)
            && fields
                .iter()
                .any(|(name, _)| !known.contains(&name.as_str()))
        {
            answer.refuse(400);
        }
    }),
    Mutant::v1(
        "created",
        "publish.success.200",
        "a publication is answered 201",
    )
    .answer(|answer, exchange| {
        if is_accepted(answer, exchange) {
            answer.status = 201;
        }
    }),
    Mutant::v1(
        "body-with-newline",
        "publish.success.body",
        "the body of the answer ends with a line feed",
    )
    .answer(|answer, exchange| {
        if is_accepted(answer, exchange) {
            answer.body = Body::Whole(format!("{}\n", answer.text()).into_bytes());
        }
    }),
    Mutant::v1(
        "charset-missing",
        "publish.success.content-type",
        "the answer has no charset",
    )
    .answer(|answer, exchange| {
        if is_accepted(answer, exchange) {
            answer.headers.set("Content-Type", "text/plain");
        }
    }),
    Mutant::v1(
        "bare-counter",
        "publish.id.generated",
        "generated ids are bare counters",
    )
    .event(|mut event, delivery| {
        let id = event.get("id").unwrap_or_default().to_owned();
        event.set("id", &delivery.scene.counter(&id).to_string());
        Fate::Deliver(event)
    })
    .answer(count_id),
    Mutant::v1(
        "anyone-publishes",
        "publish.authorized",
        "a publication without token is accepted",
    )
    .request(|request, scene| {
        if request.is_publication(&scene.path) && credential::is_anonymous(request) {
            credential::present(request, &scene.token(&["*"]));
        }
    }),
];

/// Answers a publication with a counter instead of its id.
pub(super) fn count_id(answer: &mut Answer, exchange: &Exchange<'_>) {
    if is_accepted(answer, exchange) {
        let id = answer.text().trim().to_owned();
        answer.body = Body::Whole(exchange.scene.counter(&id).to_string().into_bytes());
    }
}

pub(super) fn is_accepted(answer: &Answer, exchange: &Exchange<'_>) -> bool {
    exchange.request.is_publication(&exchange.scene.path) && answer.status == 200
}

pub(super) fn topics(request: &Request) -> Vec<String> {
    form::all(&form::body(request), "topic")
        .map(str::to_owned)
        .collect()
}

pub(super) fn edit_body(request: &mut Request, edit: impl FnOnce(&mut Fields)) {
    let mut fields = form::body(request);
    edit(&mut fields);
    form::set_body(request, &fields);
}

/// Changes the value of a field of a publication.
pub(super) fn edit_field(
    request: &mut Request,
    scene: &Scene,
    name: &str,
    edit: impl Fn(&str) -> String,
) {
    if !request.is_publication(&scene.path) {
        return;
    }
    edit_body(request, |fields| {
        for (_, value) in fields.iter_mut().filter(|(n, _)| n == name) {
            *value = edit(value);
        }
    });
}

/// Replaces the topics which a hub must refuse, so that the straight one accepts the update.
pub(super) fn replace_topics(request: &mut Request, scene: &Scene, refused: impl Fn(&str) -> bool) {
    if request.is_publication(&scene.path) && topics(request).iter().any(|topic| refused(topic)) {
        edit_body(request, |fields| {
            for (name, value) in fields {
                if name == "topic" && refused(value) {
                    HARMLESS.clone_into(value);
                }
            }
        });
    }
}

/// Drops a field whose value a hub must refuse, so that the straight one accepts the update.
pub(super) fn drop_field(
    request: &mut Request,
    scene: &Scene,
    name: &str,
    refused: impl Fn(&str) -> bool,
) {
    let fields = form::body(request);
    if request.is_publication(&scene.path) && form::first(&fields, name).is_some_and(refused) {
        edit_body(request, |fields| fields.retain(|(n, _)| n != name));
    }
}

fn is_c1(c: char) -> bool {
    matches!(c, '\u{80}'..='\u{9f}')
}

/// The format characters that checks send; not all of the category.
fn is_format(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}'
        | '\u{feff}' | '\u{e0001}' | '\u{e0020}'..='\u{e007f}')
}

fn is_odd(c: char) -> bool {
    c.is_control() || is_format(c)
}
