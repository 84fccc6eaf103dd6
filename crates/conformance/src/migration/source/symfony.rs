//! What Symfony does for a site: `mercure(…)` in Twig, and the cookie of `Authorization`. Both mint a token and name topics.

use assay_client::Dialect;
use serde_json::{Map, json};

use super::{
    super::{
        claims::Claims,
        sample::{Cookie, Subject},
        spelling::Spelling,
        subscription::Subscription,
    },
    claims::texts,
    finder::{Expressions, Found},
    lexer::{Kind, Language, Part, Text, Token, tokens},
    value::{Argument, Code, Value},
};

/// Finds them.
pub(super) fn find(code: Code<'_>, found: &mut Vec<Found>) {
    for (at, token) in code.tokens.iter().enumerate() {
        if let (Language::Template, Kind::Text(text)) = (code.language, &token.kind) {
            within(text, token, found);
        }
        if !code.is_mark(at + 1, "(") {
            continue;
        }
        match (code.language, code.name(at)) {
            (Language::Template, Some("mercure")) => twig(code, at, found),
            (Language::Php, Some("setCookie" | "createCookie")) => authorization(code, at, found),
            _ => {}
        }
    }
}

/// A text of a script with `{{ mercure(…) }}` in it: the place is that of the text.
fn within(text: &Text, token: &Token, found: &mut Vec<Found>) {
    for part in &text.0 {
        let Part::Expression(source) = part else {
            continue;
        };
        let tokens = tokens(source, Language::Template);
        let code = Code {
            source,
            tokens: &tokens,
            language: Language::Template,
        };
        let before = found.len();
        find(code, found);
        for inner in &mut found[before..] {
            let shown = source.get(inner.start..inner.end).map(str::to_owned);
            inner.shown = inner.shown.take().or(shown);
            (inner.start, inner.end) = (token.start, token.end);
        }
    }
}

/// `mercure(topics, {subscribe: …, publish: …, lastEventId: …})`.
fn twig(code: Code<'_>, at: usize, found: &mut Vec<Found>) {
    let (arguments, close) = code.arguments(at + 1);
    let start = code.tokens[at].start;
    let end = code.tokens.get(close).map_or(start, |token| token.end);
    let topics = arguments.first().map(|it| &it.value);
    let options = arguments.get(1).map(|it| &it.value);
    let mut expressions = Expressions::default();
    if let Some(topics) = topics.and_then(|topics| texts(topics, &mut expressions)) {
        let mut pairs: Vec<_> = topics
            .iter()
            .map(|topic| ("topic", topic.as_str()))
            .collect();
        if options.and_then(|it| it.member("lastEventId")).is_some() {
            pairs.push((Dialect::V0.cursor_parameter(), "earliest"));
        }
        let subject = Subject::Subscription(Subscription::of_pairs(pairs));
        found.push(
            Found::new(subject, start, end)
                .spelt(Spelling::Twig {
                    options: options.is_some(),
                })
                .with(expressions),
        );
    }
    let member = |name: &str| options.and_then(|options| options.member(name));
    token(
        member("subscribe"),
        member("publish"),
        start,
        end,
        Spelling::Twig { options: true },
        found,
    );
}

/// `$authorization->setCookie($request, subscribe, publish, …)`; the cookies of a response are set otherwise.
fn authorization(code: Code<'_>, at: usize, found: &mut Vec<Found>) {
    let (arguments, close) = code.arguments(at + 1);
    let is_request = |argument: &Argument| match &argument.value {
        Value::Expression(source) | Value::Word(source) => {
            source.to_ascii_lowercase().contains("request")
        }
        _ => false,
    };
    if !arguments.first().is_some_and(is_request) {
        return;
    }
    let argument = |position: usize, name: &str| {
        let named = arguments.iter().find(|it| it.name.as_deref() == Some(name));
        let by_position = arguments.get(position).filter(|it| it.name.is_none());
        named.or(by_position).map(|it| &it.value)
    };
    let start = code.tokens[at].start;
    let end = code.tokens.get(close).map_or(start, |token| token.end);
    token(
        argument(1, "subscribe"),
        argument(2, "publish"),
        start,
        end,
        Spelling::Php,
        found,
    );
    let cookie = Cookie {
        name: Dialect::V0.cookie_name().to_owned(),
        // As its class sets them.
        secure: None,
        http_only: None,
    };
    found.push(
        Found::new(Subject::Cookie(cookie), start, end)
            .spelt(Spelling::Php)
            .shown(Dialect::V0.cookie_name()),
    );
}

/// The token that Symfony mints for these topics.
fn token(
    subscribe: Option<&Value>,
    publish: Option<&Value>,
    start: usize,
    end: usize,
    spelling: Spelling,
    found: &mut Vec<Found>,
) {
    let mut expressions = Expressions::default();
    let mut claim = Map::new();
    for (action, topics) in [("publish", publish), ("subscribe", subscribe)] {
        let topics = topics.filter(|it| !it.is_word("null"));
        let topics = topics.and_then(|topics| texts(topics, &mut expressions));
        if let Some(topics) = topics.filter(|topics| !topics.is_empty()) {
            claim.insert(action.to_owned(), json!(topics));
        }
    }
    if claim.is_empty() {
        return;
    }
    let claims = Claims::unsigned(json!({ "mercure": claim }));
    found.push(
        Found::new(Subject::Token(claims), start, end)
            .spelt(spelling)
            .with(expressions),
    );
}
