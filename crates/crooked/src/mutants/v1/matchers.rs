//! The matchers in the query of a subscription, and how to change them.

use crate::form::{self, Fields};
use crate::message::Request;

/// The names of the matcher parameters.
pub(super) const KNOWN: [&str; 3] = ["match", "match_exact", "match_urlpattern"];
/// A matcher that no topic matches.
const NOWHERE: &str = "urn:x-crooked:nowhere";

pub(super) fn pattern(text: String) -> (String, String) {
    ("match_urlpattern".to_owned(), text)
}

pub(super) fn nowhere((name, value): &mut (String, String)) {
    "match".clone_into(name);
    NOWHERE.clone_into(value);
}

/// Changes the fields that are wanted.
pub(super) fn edit(
    request: &mut Request,
    wanted: impl Fn(&str, &str) -> bool,
    change: impl Fn(&mut (String, String)),
) {
    let mut fields = form::query(request);
    fields
        .iter_mut()
        .filter(|(name, value)| wanted(name, value))
        .for_each(change);
    set(request, &fields);
}

/// Adds what `more` makes of each field.
pub(super) fn add(request: &mut Request, more: impl Fn(&str, &str) -> Option<(String, String)>) {
    let mut fields = form::query(request);
    let added: Fields = fields
        .iter()
        .filter_map(|(name, value)| more(name, value))
        .collect();
    fields.extend(added);
    set(request, &fields);
}

/// Changes the wanted fields in the body of a QUERY.
pub(super) fn edit_body(
    request: &mut Request,
    wanted: impl Fn(&str, &str) -> bool,
    change: impl Fn(&mut (String, String)),
) {
    if request.method != "QUERY" {
        return;
    }
    let before = form::body(request);
    let mut fields = before.clone();
    fields
        .iter_mut()
        .filter(|(name, value)| wanted(name, value))
        .for_each(change);
    if fields != before {
        form::set_body(request, &fields);
    }
}

/// Whether a field is a matcher.
pub(super) fn is_matcher(name: &str) -> bool {
    KNOWN.contains(&name)
}

pub(super) fn set(request: &mut Request, fields: &Fields) {
    if *fields != form::query(request) {
        form::set_query(request, fields);
    }
}
