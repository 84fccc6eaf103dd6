//! Updates that PHP publishes: `new Update([…], …, private: true)`, and resources of API Platform with `mercure: …`.

use assay_results::SampleKind;

use super::{
    super::sample::{Publication, Subject},
    claims::texts,
    finder::{Expressions, Found},
    lexer::Language,
    value::{Argument, Code, Value},
};

/// The parameters of `Update`, in their order.
const PARAMETERS: [&str; 6] = ["topics", "data", "private", "id", "type", "retry"];

/// Finds them.
pub(super) fn find(code: Code<'_>, found: &mut Vec<Found>) {
    if code.language != Language::Php {
        return;
    }
    for at in 0..code.tokens.len() {
        let is_new = at > 0 && code.name(at - 1) == Some("new");
        match code.name(at) {
            Some("Update") if is_new && code.is_mark(at + 1, "(") => found.extend(update(code, at)),
            Some("mercure") if code.is_mark(at + 1, ":") => found.extend(resource(code, at)),
            _ => {}
        }
    }
}

fn update(code: Code<'_>, at: usize) -> Option<Found> {
    let (arguments, close) = code.arguments(at + 1);
    let argument = |position: usize| {
        let name = PARAMETERS[position];
        let named = |it: &&Argument| it.name.as_deref() == Some(name);
        let by_name = arguments.iter().find(named);
        let by_position = arguments.get(position).filter(|it| it.name.is_none());
        by_name.or(by_position).map(|it| &it.value)
    };
    let mut expressions = Expressions::default();
    let mut fields = Vec::new();
    for topic in texts(argument(0)?, &mut expressions)? {
        fields.push(("topic".to_owned(), topic));
    }
    // What is sent does not matter, only how.
    fields.push(("data".to_owned(), "assay".to_owned()));
    if argument(2).is_some_and(|it| it.is_word("true")) {
        fields.push(("private".to_owned(), "on".to_owned()));
    }
    for (position, name) in PARAMETERS.iter().enumerate().skip(3) {
        let value = argument(position).filter(|it| !it.is_word("null"));
        if let Some(value) = value.and_then(Value::plain) {
            fields.push(((*name).to_owned(), value));
        }
    }
    let pairs = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let subject = Subject::Publication(Publication::of_fields(pairs));
    let start = code.tokens[at - 1].start;
    let end = code.tokens.get(close).map_or(start, |token| token.end);
    // Where private is an expression, both are posted alike.
    Some(Found::new(subject, start, end).with(expressions))
}

/// `#[ApiResource(mercure: true)]`: which topics, only the running site knows, unless it lists them.
fn resource(code: Code<'_>, at: usize) -> Option<Found> {
    let (value, end) = code.value(at + 2, 0);
    let is_on = value.is_word("true") || matches!(value, Value::Map(_));
    if !is_on {
        return None;
    }
    let mut expressions = Expressions::default();
    let topics = value.member("topics");
    let start = code.tokens[at].start;
    let end = code
        .tokens
        .get(end.saturating_sub(1))
        .map_or(start, |it| it.end);
    let Some(topics) = topics.and_then(|topics| texts(topics, &mut expressions)) else {
        let reason = "API Platform publishes on the IRIs of the resource, which no source shows; give one as `publish` in a samples file";
        let subject = Subject::Unread(SampleKind::Publication, reason.to_owned());
        return Some(Found::new(subject, start, end));
    };
    let mut fields: Vec<_> = topics
        .iter()
        .map(|topic| ("topic", topic.as_str()))
        .collect();
    fields.push(("data", "assay"));
    if value.member("private").is_some_and(|it| it.is_word("true")) {
        fields.push(("private", "on"));
    }
    let subject = Subject::Publication(Publication::of_fields(fields));
    Some(Found::new(subject, start, end).with(expressions))
}
