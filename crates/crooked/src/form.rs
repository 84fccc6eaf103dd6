//! Fields of a query or of a form body, and how to change one of them.
//!
//! Only a query or body that is changed is written anew; all else keeps the client's own bytes.

use form_urlencoded::{Serializer, parse};

use crate::message::Request;

/// Fields in the order of the wire.
pub(crate) type Fields = Vec<(String, String)>;

/// The fields of the query.
pub(crate) fn query(request: &Request) -> Fields {
    parse(raw_query(request).as_bytes()).into_owned().collect()
}

/// The query as it stands on the wire.
pub(crate) fn raw_query(request: &Request) -> &str {
    request.target.split_once('?').unwrap_or_default().1
}

/// Writes the query anew.
pub(crate) fn set_query(request: &mut Request, fields: &Fields) {
    let path = request.path().to_owned();
    request.target = if fields.is_empty() {
        path
    } else {
        format!("{path}?{}", write(fields))
    };
}

/// The fields of the form body.
pub(crate) fn body(request: &Request) -> Fields {
    parse(&request.body).into_owned().collect()
}

/// Writes the form body anew.
pub(crate) fn set_body(request: &mut Request, fields: &Fields) {
    request.body = write(fields).into_bytes();
}

/// The first value of that name.
pub(crate) fn first<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    all(fields, name).next()
}

/// Each value of that name.
pub(crate) fn all<'a>(fields: &'a Fields, name: &str) -> impl Iterator<Item = &'a str> {
    fields
        .iter()
        .filter(move |(n, _)| n == name)
        .map(|(_, value)| value.as_str())
}

/// Takes the fields of that name out of the query.
pub(crate) fn drop_from_query(request: &mut Request, name: &str) {
    let mut fields = query(request);
    let before = fields.len();
    fields.retain(|(n, _)| n != name);
    if fields.len() < before {
        set_query(request, &fields);
    }
}

/// Appends a field to the query.
pub(crate) fn add_to_query(request: &mut Request, name: &str, value: &str) {
    let mut fields = query(request);
    fields.push((name.to_owned(), value.to_owned()));
    set_query(request, &fields);
}

/// Replaces each pair of the query by what `edit` makes of it as it stands on the wire; none takes it out.
pub(crate) fn edit_raw_query(request: &mut Request, edit: impl Fn(&str) -> Option<String>) {
    let (path, query) = request.target.split_once('?').unwrap_or_default();
    let pairs: Vec<String> = query.split('&').filter_map(edit).collect();
    if !path.is_empty() {
        request.target = format!("{path}?{}", pairs.join("&"));
    }
}

fn write(fields: &Fields) -> String {
    Serializer::new(String::new()).extend_pairs(fields).finish()
}
