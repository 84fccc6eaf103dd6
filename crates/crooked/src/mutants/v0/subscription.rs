//! How a subscription is opened, and which updates it gets.

use crate::credential;
use crate::cursor;
use crate::message::Request;
use crate::mutant::{Dialect, Fate, Mutant};

use super::matching::{add_selectors, map_selectors, narrow};

/// Selectors that a hub with a silent limit keeps.
const KEPT: usize = 10;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v0(
        "served-elsewhere",
        "discovery.well-known-url",
        "the hub is not at /.well-known/mercure",
    )
    .answer(|answer, exchange| {
        if exchange.request.path() == "/.well-known/mercure" {
            answer.refuse(404);
        }
    }),
    Mutant::v0(
        "get-not-allowed",
        "subscribe.get",
        "GET on the hub URL is answered 405",
    )
    .answer(|answer, exchange| {
        if exchange.request.method == "GET" {
            answer.refuse(405);
        }
    }),
    Mutant::v0(
        "parameter-not-decoded",
        "subscribe.topic-param",
        "values of `topic` are not percent-decoded",
    )
    .request(|request, _| narrow(request, |selector| selector.contains(['{', '}']))),
    Mutant::v0(
        "first-selector-only",
        "subscribe.topic-repeated",
        "only the first topic parameter counts",
    )
    .request(|request, _| keep_selectors(request, 1)),
    Mutant::v0(
        "some-selectors-dropped",
        "limits.topic-count",
        "selectors beyond the tenth are dropped silently",
    )
    .request(|request, _| keep_selectors(request, KEPT)),
    Mutant::v0(
        "every-second-lost",
        "subscribe.receives-matching",
        "every second matching update is lost",
    )
    .event(|event, delivery| Fate::drop_if(delivery.index % 2 == 1, event)),
    Mutant::v0(
        "broadcast",
        "subscribe.no-unmatched",
        "every update is sent to everyone",
    )
    .request(|request, _| add_selectors(request, |_| Some("*".to_owned()))),
    Mutant::v0(
        "stored-not-relayed",
        "publish.post",
        "updates are delivered only on the next connection",
    )
    .event(|event, delivery| {
        let live = cursor::requested(delivery.request, Dialect::V0).is_none();
        Fate::drop_if(live, event)
    }),
    Mutant::v0(
        "anonymous-let-in",
        "auth.may-require-authentication",
        "a hub that requires authentication lets subscribers in without",
    )
    .without_anonymous()
    .request(|request, scene| {
        if request.is_subscription(&scene.path) && credential::is_anonymous(request) {
            credential::present(request, &scene.token(&[]));
        }
    }),
];

fn keep_selectors(request: &mut Request, kept: usize) {
    let mut seen = 0;
    map_selectors(request, |selector| {
        seen += 1;
        (seen <= kept).then(|| selector.to_owned())
    });
}
