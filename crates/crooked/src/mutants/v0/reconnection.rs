//! Reconnection: cursors that are not read, replays that are too long, too short or too open, fields that lie.

use crate::credential;
use crate::cursor::{self, EARLIEST};
use crate::form;
use crate::message::Answer;
use crate::mutant::{Dialect, Exchange, Fate, Mutant};

const V0: Dialect = Dialect::V0;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v0(
        "whole-log-replayed",
        "replay.matching-only",
        "the whole log is replayed",
    )
    .request(|request, _| {
        if cursor::requested(request, V0).is_some() {
            form::add_to_query(request, "topic", "*");
        }
    }),
    Mutant::v0(
        "replay-private",
        "replay.private-filtered",
        "a replay is not authorized",
    )
    .request(|request, scene| {
        let replays = cursor::requested(request, V0).is_some();
        if replays && request.is_subscription(&scene.path) {
            credential::present(request, &scene.token(&["*"]));
        }
    }),
    Mutant::v0(
        "query-cursor-unread",
        "replay.query-param",
        "the cursor is only read from the header",
    )
    .request(|request, _| cursor::drop_query(request, V0)),
    Mutant::v0(
        "header-cursor-unread",
        "replay.header",
        "the cursor is only read from the query",
    )
    .request(|request, _| cursor::drop_header(request)),
    Mutant::v0(
        "query-cursor-wins",
        "replay.header-precedence",
        "the cursor of the query wins",
    )
    .request(|request, _| {
        if cursor::in_query(request, V0).is_some() {
            cursor::drop_header(request);
        }
    }),
    Mutant::v0(
        "replay-includes-cursor",
        "replay.sends-missed",
        "the replay starts at the requested event",
    )
    .request(|request, scene| {
        let requested = cursor::requested(request, V0).unwrap_or_default();
        if scene.ledger.topics(&requested).is_some() {
            let before = scene.ledger.neighbour(&requested, -1);
            cursor::replace(request, V0, before.as_deref().unwrap_or(EARLIEST));
        }
    })
    .answer(|answer, exchange| {
        let requested = cursor::requested(exchange.request, V0).unwrap_or_default();
        if exchange.scene.ledger.topics(&requested).is_some() {
            cursor::answer(answer, V0, &requested);
        }
    }),
    Mutant::v0(
        "live-before-history",
        "replay.order",
        "events do not come in the order of publication",
    )
    .event(|event, delivery| {
        let replays = cursor::requested(delivery.request, V0).is_some();
        if replays && delivery.index == 0 {
            Fate::AfterNext(event)
        } else {
            Fate::Deliver(event)
        }
    }),
    Mutant::v0(
        "earliest-refused",
        "replay.earliest",
        "the cursor `earliest` is answered 400",
    )
    .answer(|answer, exchange| {
        if cursor::requested(exchange.request, V0).as_deref() == Some(EARLIEST) {
            answer.refuse(400);
        }
    }),
    Mutant::v0(
        "no-field-for-header",
        "replay.response-header-on-header",
        "a cursor in the header gets no response header",
    )
    .answer(|answer, exchange| {
        if cursor::in_header(exchange.request).is_some() {
            answer.headers.remove(cursor::response_field(V0));
        }
    }),
    Mutant::v0(
        "no-field-for-query",
        "replay.response-header-on-query",
        "a cursor in the query gets no response header",
    )
    .answer(|answer, exchange| {
        if cursor::in_header(exchange.request).is_none() {
            answer.headers.remove(cursor::response_field(V0));
        }
    }),
    Mutant::v0(
        "field-of-first-replayed",
        "replay.response-header-value",
        "the response header is the id of the first replayed event",
    )
    .answer(|answer, exchange| {
        let ledger = &exchange.scene.ledger;
        let known = cursor::answered(answer, V0);
        if let Some(next) = ledger
            .neighbour(&known, 1)
            .or_else(|| ledger.neighbour(&known, -1))
        {
            cursor::answer(answer, V0, &next);
        }
    }),
    Mutant::v0(
        "earliest-answered-by-last",
        "replay.response-header-earliest-requested",
        "to `earliest` the hub answers the id of its last event",
    )
    .answer(|answer, exchange| {
        if cursor::requested(exchange.request, V0).as_deref() == Some(EARLIEST) {
            let last = exchange.scene.ledger.last().unwrap_or_default();
            cursor::answer(answer, V0, &last);
        }
    }),
    Mutant::v0(
        "unknown-cursor-echoed",
        "replay.response-header-earliest-unknown",
        "an unknown cursor is echoed",
    )
    .answer(echo_unknown),
];

fn echo_unknown(answer: &mut Answer, exchange: &Exchange<'_>) {
    let requested = cursor::requested(exchange.request, V0).unwrap_or_default();
    let known = exchange.scene.ledger.topics(&requested).is_some();
    if !requested.is_empty() && requested != EARLIEST && !known {
        cursor::answer(answer, V0, &requested);
    }
}
