//! Text literals that say by themselves what they are: URLs of a hub with parameters, paths of the subscription API, tokens, the
//! cookie of 0.x, words of subscription documents.

use assay_client::BearerToken;

use super::{
    super::{
        api_path::ApiPath,
        claims::Claims,
        fact::Fact,
        rule::Rule,
        sample::{Cookie, Subject},
        selector::{HUB_PATH, Selector},
        spelling::Spelling,
        subscription::Subscription,
    },
    calls::PARAMETERS,
    finder::{Expressions, Found},
    joined,
    lexer::{Kind, Part, Text},
    value::Code,
};

/// The cookie of 0.x.
const COOKIE: &str = "mercureAuthorization";

/// Finds them.
pub(super) fn find(code: Code<'_>, found: &mut Vec<Found>) {
    for (at, token) in code.tokens.iter().enumerate() {
        match &token.kind {
            Kind::Text(text) => {
                if let Some((from, whole)) = joined::text(code, at) {
                    let url = subscription_url(code, from, at, &whole);
                    found.extend(url.or_else(|| api_path(&whole, token.start, token.end)));
                }
                found.extend(cookie(code, at, text));
                found.extend(tokens_in(text, token.start, token.end));
                found.extend(document_type(code, at, text));
            }
            Kind::Name(name) if name == "lastEventID" => found.extend(cursor_member(code, at)),
            _ => {}
        }
    }
}

/// A URL of a hub with parameters, or the end of one behind an expression that names a hub.
fn subscription_url(code: Code<'_>, from: usize, at: usize, text: &Text) -> Option<Found> {
    let (before, query) = split_at_query(text)?;
    let opens_stream = [
        "EventSource",
        "EventSourcePolyfill",
        "fetchEventSource",
        "ReconnectingEventSource",
    ];
    let is_opened = from >= 2
        && code.is_mark(from - 1, "(")
        && code
            .name(from - 2)
            .is_some_and(|name| opens_stream.contains(&name));
    let is_hub = before.0.iter().any(|part| match part {
        Part::Plain(plain) => plain.contains(HUB_PATH),
        Part::Expression(source) => {
            let source = source.to_ascii_lowercase();
            source.contains("hub") || source.contains("mercure")
        }
    });
    if !is_opened && !is_hub {
        return None;
    }
    let mut expressions = Expressions::default();
    let subscription = Subscription::of_query(&expressions.filled(&query));
    let pairs = subscription.pairs();
    if !pairs
        .iter()
        .any(|(name, _)| PARAMETERS.contains(&name.as_str()))
    {
        return None;
    }
    let shown = format!("{}?{}", shown(&before), shown(&query));
    let found = Found::new(
        Subject::Subscription(subscription),
        code.tokens[from].start,
        code.tokens[at].end,
    );
    Some(
        found
            .spelt(Spelling::Url(self::shown(&before)))
            .with(expressions)
            .shown(crate::watch::without_tokens(&shown)),
    )
}

fn split_at_query(text: &Text) -> Option<(Text, Text)> {
    let (mut before, mut query) = (Text::default(), Text::default());
    let mut is_query = false;
    for part in &text.0 {
        match part {
            Part::Plain(plain) if !is_query => match plain.split_once('?') {
                Some((left, right)) => {
                    before.push_plain(left);
                    query.push_plain(right);
                    is_query = true;
                }
                None => before.push_plain(plain),
            },
            Part::Plain(plain) => query.push_plain(plain),
            expression @ Part::Expression(_) if is_query => query.0.push(expression.clone()),
            expression @ Part::Expression(_) => before.0.push(expression.clone()),
        }
    }
    is_query.then_some((before, query))
}

/// A text as a template literal.
fn shown(text: &Text) -> String {
    let parts = text.0.iter().map(|part| match part {
        Part::Plain(plain) => plain.clone(),
        Part::Expression(source) => format!("${{{source}}}"),
    });
    parts.collect()
}

/// A path of the subscription API, or a selector of its events.
fn api_path(text: &Text, start: usize, end: usize) -> Option<Found> {
    let mut expressions = Expressions::default();
    let filled = expressions.filled(text);
    let behind = Selector::behind_subscriptions(&filled)?;
    let subject = if behind.contains('{') {
        Subject::Subscription(Subscription::of_pairs([("topic", filled.as_str())]))
    } else {
        Subject::SubscriptionApi(ApiPath::read(&filled)?)
    };
    Some(
        Found::new(subject, start, end)
            .shown(shown(text))
            .with(expressions),
    )
}

/// The name of the cookie, or a line that sets it.
fn cookie(code: Code<'_>, at: usize, text: &Text) -> Option<Found> {
    let token = &code.tokens[at];
    let first = match text.0.first()? {
        Part::Plain(plain) => plain,
        Part::Expression(_) => return None,
    };
    let is_line = first.starts_with(&format!("{COOKIE}="));
    if first != COOKIE && !is_line {
        return None;
    }
    let attributes = shown(text).to_ascii_lowercase();
    let mut cookie = Cookie {
        name: COOKIE.to_owned(),
        secure: is_line.then(|| attributes.contains("; secure") || attributes.contains(";secure")),
        // A script cannot set it.
        http_only: is_line.then(|| attributes.contains("httponly")),
    };
    // `new Cookie(name, value, expire, path, domain, secure, httpOnly)` of Symfony.
    if at >= 2 && code.is_mark(at - 1, "(") && code.name(at - 2) == Some("Cookie") {
        let (arguments, _) = code.arguments(at - 1);
        let flag = |position: usize, name: &str| {
            let named = arguments.iter().find(|it| it.name.as_deref() == Some(name));
            let value = &named.or(arguments.get(position))?.value;
            let known = value.is_word("true") || value.is_word("false");
            known.then(|| value.is_word("true"))
        };
        cookie.secure = flag(5, "secure");
        cookie.http_only = flag(6, "httpOnly");
    }
    Some(Found::new(Subject::Cookie(cookie), token.start, token.end).shown(COOKIE))
}

/// A token that somebody wrote into a source.
fn tokens_in(text: &Text, start: usize, end: usize) -> Option<Found> {
    let plain = text.plain()?;
    let words = plain.split(|char: char| !char.is_ascii_alphanumeric() && !"-_.".contains(char));
    let mut tokens = words.filter(|word| word.starts_with("eyJ"));
    let claims = tokens.find_map(|word| Claims::of_compact(&BearerToken::new(word).ok()?))?;
    let shown = claims.shown();
    let is_mercure = claims.is_mercure();
    is_mercure.then(|| Found::new(Subject::Token(claims), start, end).shown(shown))
}

/// `type === 'Subscription'`.
fn document_type(code: Code<'_>, at: usize, text: &Text) -> Option<Found> {
    let plain = text.plain()?;
    if plain != "Subscription" && plain != "Subscriptions" {
        return None;
    }
    let compares = |at: usize| code.is_mark(at, "===") || code.is_mark(at, "==");
    if at == 0 || !(compares(at - 1) || compares(at + 1)) {
        return None;
    }
    let fact = Fact {
        rule: Rule::SubscriptionType,
        instead: format!("'{}'", plain.to_ascii_lowercase()),
    };
    let token = &code.tokens[at];
    Some(Found::new(Subject::Fact(fact), token.start, token.end))
}

/// `document.lastEventID`.
fn cursor_member(code: Code<'_>, at: usize) -> Option<Found> {
    let is_member = at > 1 && (code.is_mark(at - 1, ".") || code.is_mark(at - 1, "?."));
    if !is_member {
        return None;
    }
    let fact = Fact {
        rule: Rule::SubscriptionCursor,
        instead:
            "the `last-event-id` attribute of the answer's `Link` field with `rel=\"mercure\"`"
                .to_owned(),
    };
    let (first, token) = (&code.tokens[at - 2], &code.tokens[at]);
    Some(Found::new(Subject::Fact(fact), first.start, token.end))
}
