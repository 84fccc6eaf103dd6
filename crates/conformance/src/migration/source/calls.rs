//! Calls that make the URL of a subscription parameter by parameter: `searchParams.append('topic', …)` and
//! `new URLSearchParams({topic: …})`; and `.get('Last-Event-ID')`, which reads an answer.

use super::{
    super::{
        fact::Fact,
        rule::Rule,
        sample::{Publication, Subject},
        spelling::Spelling,
        subscription::Subscription,
    },
    finder::{Expressions, Found},
    value::{Argument, Code, Value},
};

/// The parameters of a subscription, in either dialect.
pub(super) const PARAMETERS: [&str; 8] = [
    "topic",
    "lastEventID",
    "Last-Event-ID",
    "authorization",
    "match",
    "match_exact",
    "match_urlpattern",
    "last_event_id",
];

/// Finds them.
pub(super) fn find(code: Code<'_>, found: &mut Vec<Found>) {
    for at in 0..code.tokens.len() {
        let Some(name) = code.name(at) else { continue };
        if !code.is_mark(at + 1, "(") {
            continue;
        }
        let (arguments, close) = code.arguments(at + 1);
        let is_method = at > 0 && (code.is_mark(at - 1, ".") || code.is_mark(at - 1, "?."));
        match name {
            "append" | "set" if is_method => {
                found.extend(parameter(code, at, close, &arguments));
            }
            "URLSearchParams" => found.extend(parameters(code, at, close, &arguments)),
            "get" | "getResponseHeader" | "getHeaderLine" => {
                found.extend(response_field(code, at, close, &arguments));
            }
            _ => {}
        }
    }
}

/// `url.searchParams.append('topic', …)`.
fn parameter(code: Code<'_>, at: usize, close: usize, arguments: &[Argument]) -> Option<Found> {
    let [name, value] = arguments else {
        return None;
    };
    let name = name.value.plain()?;
    if !PARAMETERS.contains(&name.as_str()) {
        return None;
    }
    let first = receiver(code, at);
    let receiver = code.source_of(first, at);
    // `headers.set('authorization', …)` and the fields of a form are other things.
    let lower = receiver.to_ascii_lowercase();
    let is_query = lower.contains("param") || lower.contains("query") || lower.contains("search");
    if !is_query {
        return None;
    }
    let mut expressions = Expressions::default();
    let value = filled(&value.value, &mut expressions)?;
    let subscription = Subscription::of_pairs([(name.as_str(), value.as_str())]);
    let call = code.source_of(first, at + 2);
    let start = code.tokens[first].start;
    let end = code.tokens.get(close).map_or(start, |token| token.end);
    Some(
        Found::new(Subject::Subscription(subscription), start, end)
            .spelt(Spelling::Call(call))
            .with(expressions),
    )
}

/// The token where `a.b.c` before a method begins.
fn receiver(code: Code<'_>, method: usize) -> usize {
    let mut first = method;
    while first >= 2
        && (code.is_mark(first - 1, ".") || code.is_mark(first - 1, "?."))
        && code.name(first - 2).is_some()
    {
        first -= 2;
    }
    first
}

/// `new URLSearchParams({topic: …})`, of a subscription, or with `data` of an update.
fn parameters(code: Code<'_>, at: usize, close: usize, arguments: &[Argument]) -> Option<Found> {
    let [
        Argument {
            value: Value::Map(members),
            ..
        },
    ] = arguments
    else {
        return None;
    };
    let is_named = |wanted: &[&str]| {
        members
            .iter()
            .any(|(name, _)| wanted.contains(&name.as_str()))
    };
    if !is_named(&PARAMETERS) {
        return None;
    }
    let mut expressions = Expressions::default();
    let mut pairs = Vec::new();
    for (name, value) in members {
        for item in value.items() {
            pairs.push((name.clone(), filled(item, &mut expressions)?));
        }
    }
    let pairs = pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let subject = if is_named(&["data", "private", "type", "retry"]) {
        Subject::Publication(Publication::of_fields(pairs))
    } else {
        Subject::Subscription(Subscription::of_pairs(pairs))
    };
    let start = code.tokens[at].start;
    let end = code.tokens.get(close).map_or(start, |token| token.end);
    let found = Found::new(subject, start, end).with(expressions);
    Some(found.spelt(Spelling::Parameters))
}

/// A text, or a stand-in for what is none.
pub(super) fn filled(value: &Value, expressions: &mut Expressions) -> Option<String> {
    match value {
        Value::Text(text) => Some(expressions.filled(text)),
        Value::Word(word) if word.parse::<f64>().is_ok() => Some(word.clone()),
        Value::Word(source) | Value::Expression(source) => Some(expressions.stand_in(source)),
        Value::List(_) | Value::Map(_) => None,
    }
}

/// `response.headers.get('Last-Event-ID')`.
fn response_field(
    code: Code<'_>,
    at: usize,
    close: usize,
    arguments: &[Argument],
) -> Option<Found> {
    let [argument] = arguments else { return None };
    let name = argument.value.plain()?;
    if !name.eq_ignore_ascii_case("last-event-id") {
        return None;
    }
    let first = receiver(code, at);
    // What a server reads there is the field of a request, which keeps its name.
    if code
        .source_of(first, at)
        .to_ascii_lowercase()
        .contains("request")
    {
        return None;
    }
    let call = code.source_of(first, at + 2);
    let fact = Fact {
        rule: Rule::ResponseField,
        instead: format!("{call}'Mercure-Last-Event-ID')"),
    };
    let start = code.tokens[first].start;
    let end = code.tokens.get(close).map_or(start, |token| token.end);
    Some(Found::new(Subject::Fact(fact), start, end))
}
