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

pub(super) fn set(request: &mut Request, fields: &Fields) {
    if *fields != form::query(request) {
        form::set_query(request, fields);
    }
}
