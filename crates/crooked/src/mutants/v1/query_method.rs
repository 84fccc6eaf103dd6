//! Subscriptions by QUERY: a body that is not read, or read otherwise than the query component.

use crate::cursor;
use crate::form;
use crate::message::Request;
use crate::mutant::{Dialect, Mutant};

use super::matchers::{edit_body, is_matcher, nowhere};
use super::subscription::list_one_of_each;

/// The cursor in a form.
const CURSOR: &str = "last_event_id";

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v1(
        "query-body-unread",
        "subscribe.query-method.accepted",
        "a QUERY opens a stream whatever its body asks for",
    )
    .request(|request, _| edit_body(request, |name, _| is_matcher(name), nowhere)),
    Mutant::v1(
        "body-names-unchecked",
        "subscribe.query-method.reserved-names",
        "unknown names are ignored in the body of a QUERY",
    )
    .request(|request, _| {
        let unknown = |name: &str, _: &str| {
            name.to_ascii_lowercase().starts_with("match") && !is_matcher(name)
        };
        edit_body(request, unknown, nowhere);
    }),
    Mutant::v1(
        "body-values-unchecked",
        "subscribe.query-method.value-constraints",
        "format characters are accepted in the body of a QUERY",
    )
    .request(|request, _| edit_body(request, |_, value| value.contains('\u{200b}'), nowhere)),
    Mutant::v1(
        "body-replaces-query",
        "subscribe.query-method.union",
        "matchers of the query component do not count beside a body",
    )
    .request(|request, _| {
        if request.method == "QUERY" {
            let mut fields = form::query(request);
            fields.retain(|(name, _)| !is_matcher(name));
            form::set_query(request, &fields);
        }
    }),
    Mutant::v1(
        "one-subscription-a-query",
        "subscribe.query-method.subscription-per-matcher",
        "the subscription API lists one subscription of each subscriber",
    )
    .answer(list_one_of_each),
    Mutant::v1(
        "body-cursor-unread",
        "replay.query-method.cursor-in-body",
        "the cursor is read from the query component only",
    )
    .request(|request, _| drop_body_cursor(request)),
    Mutant::v1(
        "body-cursor-wins",
        "replay.query-method.query-wins",
        "the cursor of the body wins over that of the query component",
    )
    .request(|request, _| {
        if has_body_cursor(request) {
            cursor::drop_query(request, Dialect::V1);
        }
    }),
    Mutant::v1(
        "body-cursor-beats-header",
        "replay.query-method.header-wins",
        "the cursor of the body wins over that of the header",
    )
    .request(|request, _| {
        if has_body_cursor(request) {
            cursor::drop_header(request);
        }
    }),
];

fn has_body_cursor(request: &Request) -> bool {
    request.method == "QUERY" && form::first(&form::body(request), CURSOR).is_some()
}

fn drop_body_cursor(request: &mut Request) {
    if has_body_cursor(request) {
        let mut fields = form::body(request);
        fields.retain(|(name, _)| name != CURSOR);
        form::set_body(request, &fields);
    }
}
