//! The parameters of a `WWW-Authenticate: Bearer` challenge, and how to spoil them.

use serde_json::Value;

use crate::message::{Answer, Body};

const FIELD: &str = "WWW-Authenticate";

/// Whether the challenge has a parameter of that name.
pub(crate) fn has(answer: &Answer, parameter: &str) -> bool {
    parameters(answer).iter().any(|(name, _)| name == parameter)
}

/// The value of that parameter; empty if absent.
pub(crate) fn get(answer: &Answer, parameter: &str) -> String {
    let found = parameters(answer)
        .into_iter()
        .find(|(name, _)| name == parameter);
    found.map(|(_, value)| value).unwrap_or_default()
}

/// Sets a parameter, and makes a Bearer challenge if there is none.
pub(crate) fn set(answer: &mut Answer, parameter: &str, value: &str) {
    let mut parameters = parameters(answer);
    parameters.retain(|(name, _)| name != parameter);
    parameters.push((parameter.to_owned(), value.to_owned()));
    write(answer, &parameters);
}

/// Takes a parameter away.
pub(crate) fn remove(answer: &mut Answer, parameter: &str) {
    let mut parameters = parameters(answer);
    parameters.retain(|(name, _)| name != parameter);
    if answer.headers.count(FIELD) > 0 {
        write(answer, &parameters);
    }
}

/// Takes the whole challenge away.
pub(crate) fn drop_all(answer: &mut Answer) {
    answer.headers.remove(FIELD);
}

/// Whether this refuses an invalid token.
pub(crate) fn is_invalid_token(answer: &Answer) -> bool {
    answer.status == 401 && get(answer, "error") == "invalid_token"
}

/// Whether this refuses a request that presents no token.
pub(crate) fn is_missing_token(answer: &Answer) -> bool {
    answer.status == 401 && !has(answer, "error")
}

/// Replaces the body by a JSON document.
pub(crate) fn set_json(answer: &mut Answer, media_type: &str, document: &Value) {
    answer.headers.set("Content-Type", media_type);
    answer.body = Body::Whole(document.to_string().into_bytes());
}

fn parameters(answer: &Answer) -> Vec<(String, String)> {
    let field = answer.headers.get(FIELD).unwrap_or_default();
    let (_, rest) = field.split_once(' ').unwrap_or_default();
    // Hubs put no comma into a quoted value: URLs and codes need none.
    rest.split(',')
        .filter_map(|parameter| parameter.trim().split_once('='))
        .map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned()))
        .collect()
}

fn write(answer: &mut Answer, parameters: &[(String, String)]) {
    let written: Vec<String> = parameters
        .iter()
        .map(|(name, value)| format!("{name}=\"{value}\""))
        .collect();
    let field = format!("Bearer {}", written.join(", "));
    answer.headers.set(FIELD, field.trim_end());
}
