//! Claims of tokens that code writes: `{mercure: {publish: ['*']}}`, `'mercure' => ['subscribe' => […]]`,
//! `withClaim('mercure', […])`. Not for tokens that are ready: those are literals.

use serde_json::{Map, Value as Json, json};

use super::{
    super::{claims::Claims, sample::Subject, spelling::Spelling},
    calls::filled,
    finder::{Expressions, Found},
    lexer::{Kind, Language},
    value::{Code, Value},
};

/// The claim, by its two names.
const NAMES: [&str; 2] = ["mercure", "https://mercure.rocks/"];

/// Finds them.
pub(super) fn find(code: Code<'_>, found: &mut Vec<Found>) {
    for at in 0..code.tokens.len() {
        if !is_claim_name(code, at) {
            continue;
        }
        let separators = ["=>", ":", ","];
        if !separators.iter().any(|mark| code.is_mark(at + 1, mark)) {
            continue;
        }
        let (value, end) = code.value(at + 2, 0);
        let mut expressions = Expressions::default();
        let Some(claim) = claim(&value, &mut expressions) else {
            continue;
        };
        let spelling = match code.language {
            Language::Php => Spelling::Php,
            Language::Script | Language::Template => Spelling::Plain,
        };
        let start = code.tokens[at].start;
        let end = code
            .tokens
            .get(end.saturating_sub(1))
            .map_or(start, |it| it.end);
        let claims = Claims::unsigned(json!({ "mercure": claim }));
        found.push(
            Found::new(Subject::Token(claims), start, end)
                .spelt(spelling)
                .with(expressions),
        );
    }
}

fn is_claim_name(code: Code<'_>, at: usize) -> bool {
    match &code.tokens[at].kind {
        Kind::Name(name) => name == NAMES[0],
        Kind::Text(text) => text
            .plain()
            .is_some_and(|name| NAMES.contains(&name.as_str())),
        Kind::Mark(_) => false,
    }
}

/// The claim as JSON; none for anything that is no such claim.
fn claim(value: &Value, expressions: &mut Expressions) -> Option<Json> {
    let mut claim = Map::new();
    for action in ["publish", "subscribe"] {
        if let Some(topics) = value.member(action) {
            claim.insert(action.to_owned(), json!(texts(topics, expressions)?));
        }
    }
    if claim.is_empty() {
        return None;
    }
    if value
        .member("payload")
        .is_some_and(|it| !it.is_word("null"))
    {
        // Which data does not matter, only that there are some.
        claim.insert("payload".to_owned(), json!({ "(yours)": "(yours)" }));
    }
    Some(Json::Object(claim))
}

/// Topics of a list or of a single text.
pub(super) fn texts(value: &Value, expressions: &mut Expressions) -> Option<Vec<String>> {
    let items = value.items().iter();
    items.map(|item| filled(item, expressions)).collect()
}
