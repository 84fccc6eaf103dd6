//! Where a subscription carries its cursor, in either dialect, and where the answer does.

use crate::form;
use crate::message::{Answer, Request};
use crate::mutant::Dialect;

/// The request header of both dialects.
const REQUEST_FIELD: &str = "Last-Event-ID";
/// The reserved cursor before everything.
pub(crate) const EARLIEST: &str = "earliest";

/// The query parameter of a dialect.
pub(crate) fn parameter(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::V1 => "last_event_id",
        Dialect::V0 => "lastEventID",
    }
}

/// The response header of a dialect.
pub(crate) fn response_field(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::V1 => "Mercure-Last-Event-ID",
        Dialect::V0 => "Last-Event-ID",
    }
}

/// The cursor in the header.
pub(crate) fn in_header(request: &Request) -> Option<String> {
    request.headers.get(REQUEST_FIELD)
}

/// The cursor in the query.
pub(crate) fn in_query(request: &Request, dialect: Dialect) -> Option<String> {
    form::first(&form::query(request), parameter(dialect)).map(str::to_owned)
}

/// The cursor that counts.
pub(crate) fn requested(request: &Request, dialect: Dialect) -> Option<String> {
    in_header(request).or_else(|| in_query(request, dialect))
}

/// Takes the header away.
pub(crate) fn drop_header(request: &mut Request) {
    request.headers.remove(REQUEST_FIELD);
}

/// Takes the query parameter away.
pub(crate) fn drop_query(request: &mut Request, dialect: Dialect) {
    form::drop_from_query(request, parameter(dialect));
}

/// Asks for another cursor instead.
pub(crate) fn replace(request: &mut Request, dialect: Dialect, cursor: &str) {
    drop_header(request);
    drop_query(request, dialect);
    form::add_to_query(request, parameter(dialect), cursor);
}

/// What the answer says; empty if nothing.
pub(crate) fn answered(answer: &Answer, dialect: Dialect) -> String {
    answer
        .headers
        .get(response_field(dialect))
        .unwrap_or_default()
}

/// Makes the answer say something else.
pub(crate) fn answer(answer: &mut Answer, dialect: Dialect, cursor: &str) {
    answer.headers.set(response_field(dialect), cursor);
}
