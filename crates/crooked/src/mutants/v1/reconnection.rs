//! Reconnection: cursors that are not read, replays that are too long, too short or too open, fields that lie.

use crate::credential;
use crate::cursor::{self, EARLIEST};
use crate::grant;
use crate::message::{Answer, Request};
use crate::mutant::{Dialect, Exchange, Fate, Mutant, Needs};
use crate::scene::Scene;

use super::publication::count_id;
use super::subscribers::subscribe_to_everything;

const V1: Dialect = Dialect::V1;
/// A cursor that no hub knows.
const UNKNOWN: &str = "urn:x-crooked:unknown";

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v1(
        "query-cursor-unread",
        "replay.query-parameter",
        "the cursor is only read from the header",
    )
    .request(|request, _| cursor::drop_query(request, V1)),
    Mutant::v1(
        "header-cursor-unread",
        "replay.header-accepted",
        "the cursor is only read from the query",
    )
    .request(|request, _| cursor::drop_header(request)),
    Mutant::v1(
        "query-cursor-wins",
        "replay.header-precedence",
        "the cursor of the query wins",
    )
    .request(|request, _| {
        if cursor::in_query(request, V1).is_some() {
            cursor::drop_header(request);
        }
    }),
    Mutant::v1(
        "replay-includes-cursor",
        "replay.sends-later-events",
        "the replay includes the event that bears the cursor",
    )
    .request(|request, scene| {
        let requested = cursor::requested(request, V1).unwrap_or_default();
        if scene.ledger.topics(&requested).is_some() {
            let before = scene.ledger.neighbour(&requested, -1);
            cursor::replace(request, V1, before.as_deref().unwrap_or(EARLIEST));
        }
    })
    .answer(|answer, exchange| {
        let requested = cursor::requested(exchange.request, V1).unwrap_or_default();
        if exchange.scene.ledger.topics(&requested).is_some() {
            cursor::answer(answer, V1, &requested);
        }
    }),
    Mutant::v1(
        "replay-unauthorized",
        "replay.authorization-reevaluated",
        "the replay applies the matchers, but not the grants",
    )
    .launder(|token, deed| {
        if cursor::requested(deed.request, V1).is_some() {
            subscribe_to_everything(token, deed);
        }
    }),
    Mutant::v1(
        "replay-private",
        "replay.private-withheld",
        "private events of the history are replayed to all",
    )
    .request(replay_as_reader_of_all),
    Mutant::v1(
        "cursor-of-private-opens-it",
        "replay.response-field.may-reveal",
        "behind a cursor that a subscriber may not read, private data follow",
    )
    .request(replay_as_reader_of_all),
    Mutant::v1(
        "earliest-refused",
        "replay.earliest",
        "the cursor `earliest` is answered 400",
    )
    .answer(|answer, exchange| {
        if cursor::requested(exchange.request, V1).as_deref() == Some(EARLIEST) {
            answer.refuse(400);
        }
    }),
    Mutant::v1(
        "latest-duplicate-wins",
        "replay.duplicate-id.earliest-wins",
        "of several updates with the cursor's id the latest one counts",
    )
    .event(|event, delivery| {
        let requested = cursor::requested(delivery.request, V1).unwrap_or_default();
        let skipped = delivery.scene.ledger.between_duplicates(&requested);
        let id = event.get("id").unwrap_or_default().to_owned();
        Fate::drop_if(skipped.contains(&id), event)
    }),
    Mutant::v1(
        "duplicates-left-out",
        "replay.duplicate-id.sends-rest",
        "updates whose id is that of the cursor are not replayed",
    )
    .event(|event, delivery| {
        let requested = cursor::requested(delivery.request, V1);
        let duplicate = requested.is_some() && event.get("id") == requested.as_deref();
        Fate::drop_if(duplicate, event)
    }),
    Mutant::v1(
        "cursor-field-renamed",
        "replay.response-field.present",
        "the response field has another name",
    )
    .answer(|answer, _| {
        answer
            .headers
            .rename(cursor::response_field(V1), "Last-Event-ID");
    }),
    Mutant::v1(
        "cursor-field-of-first-replayed",
        "replay.response-field.value-known",
        "the response field holds the id of the first replayed event, or of the hub's latest",
    )
    .answer(|answer, exchange| {
        let ledger = &exchange.scene.ledger;
        let known = cursor::answered(answer, V1);
        if let Some(next) = ledger
            .neighbour(&known, 1)
            .or_else(|| ledger.neighbour(&known, -1))
        {
            cursor::answer(answer, V1, &next);
        }
    }),
    Mutant::v1(
        "unknown-cursor-echoed",
        "replay.response-field.earliest",
        "an unknown cursor is echoed in the response field",
    )
    .answer(echo_cursor),
    Mutant::v1(
        "dropped-cursor-echoed",
        "replay.discard",
        "a cursor that was dropped is echoed as if nothing had been lost",
    )
    .on(Needs::SmallHistory)
    .answer(echo_cursor),
    Mutant::v1(
        "counted-ids",
        "replay.opaque-ids",
        "event ids are consecutive integers",
    )
    .event(|mut event, delivery| {
        let id = event.get("id").unwrap_or_default().to_owned();
        event.set("id", &delivery.scene.counter(&id).to_string());
        Fate::Deliver(event)
    })
    .answer(count_id),
    Mutant::v1(
        "cursor-within-subscription",
        "replay.hub-wide-cursor",
        "the cursor is only looked for among events that the subscription matches",
    )
    .request(|request, scene| {
        let topics = cursor::requested(request, V1).and_then(|cursor| scene.ledger.topics(&cursor));
        if topics.is_some_and(|topics| !grant::any(&grant::asked(request), &topics)) {
            cursor::replace(request, V1, UNKNOWN);
        }
    }),
];

/// Says of any cursor that it is known.
fn echo_cursor(answer: &mut Answer, exchange: &Exchange<'_>) {
    let requested = cursor::requested(exchange.request, V1).unwrap_or_default();
    if cursor::answered(answer, V1) == EARLIEST && requested != EARLIEST {
        cursor::answer(answer, V1, &requested);
    }
}

/// Replays with a token that may read everything.
fn replay_as_reader_of_all(request: &mut Request, scene: &Scene) {
    let replays = cursor::requested(request, V1).is_some();
    if replays && request.is_subscription(&scene.path) {
        credential::present(request, &scene.token(&["*"]));
    }
}
