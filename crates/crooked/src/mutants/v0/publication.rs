//! What a publisher gets for an answer.

use crate::form;
use crate::message::{Answer, Body};
use crate::mutant::{Exchange, Fate, Mutant};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v0(
        "data-demanded",
        "publish.fields-optional",
        "a publication without data is answered 400",
    )
    .answer(|answer, exchange| {
        let fields = form::body(exchange.request);
        if is_accepted(answer, exchange) && form::first(&fields, "data").is_none() {
            answer.refuse(400);
        }
    }),
    Mutant::v0(
        "bare-counter",
        "publish.id-generated",
        "generated ids are bare counters",
    )
    .event(|mut event, delivery| {
        let id = event.get("id").unwrap_or_default().to_owned();
        event.set("id", &delivery.scene.counter(&id).to_string());
        Fate::Deliver(event)
    })
    .answer(count_id),
    Mutant::v0(
        "ids-disagree",
        "publish.id-may-be-ignored",
        "the publisher gets the id it chose, the subscribers another one",
    )
    .event(|mut event, delivery| {
        let id = event.get("id").unwrap_or_default().to_owned();
        let other = format!("urn:x-crooked:{}", delivery.scene.counter(&id));
        event.set("id", &other);
        Fate::Deliver(event)
    }),
    Mutant::v0(
        "id-always-new",
        "publish.id-used",
        "the hub generates an id although the publisher chose one",
    )
    .request(|request, scene| {
        let mut fields = form::body(request);
        if request.is_publication(&scene.path) && form::first(&fields, "id").is_some() {
            fields.retain(|(name, _)| name != "id");
            form::set_body(request, &fields);
        }
    }),
    Mutant::v0(
        "body-empty",
        "publish.response-body-id",
        "a publication is answered with an empty body",
    )
    .answer(|answer, exchange| {
        if is_accepted(answer, exchange) {
            answer.body = Body::Whole(Vec::new());
        }
    }),
    Mutant::v0(
        "redirected",
        "publish.success-status",
        "a publication is answered 302",
    )
    .answer(|answer, exchange| {
        if is_accepted(answer, exchange) {
            answer.status = 302;
        }
    }),
];

fn is_accepted(answer: &Answer, exchange: &Exchange<'_>) -> bool {
    exchange.request.is_publication(&exchange.scene.path) && answer.status == 200
}

/// Answers a publication with a counter instead of its id.
pub(super) fn count_id(answer: &mut Answer, exchange: &Exchange<'_>) {
    if is_accepted(answer, exchange) {
        let id = answer.text().trim().to_owned();
        answer.body = Body::Whole(exchange.scene.counter(&id).to_string().into_bytes());
    }
}
