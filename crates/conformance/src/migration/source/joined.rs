//! The whole text of which a literal is the first: `hub + '?topic=' + topic`. Not for texts that begin with another literal, which
//! is looked at by itself.

use super::{
    lexer::{Kind, Language, Text},
    value::{Code, Value},
};

/// Where the text begins, and all of it; none for a literal that stands behind another one.
pub(super) fn text(code: Code<'_>, literal: usize) -> Option<(usize, Text)> {
    let mut start = literal;
    while start >= 2 && joins(code, start - 1) {
        if matches!(code.tokens[start - 2].kind, Kind::Text(_)) {
            return None;
        }
        start = operand(code, start - 2);
    }
    match code.value(start, 0).0 {
        Value::Text(text) => Some((start, text)),
        _ => None,
    }
}

fn joins(code: Code<'_>, at: usize) -> bool {
    match code.language {
        Language::Php => code.is_mark(at, "."),
        Language::Script => code.is_mark(at, "+"),
        Language::Template => code.is_mark(at, "+") || code.is_mark(at, "~"),
    }
}

/// Where an operand begins that ends with this token: a name, its members and calls.
fn operand(code: Code<'_>, end: usize) -> usize {
    let mut at = end;
    loop {
        at = opening(code, at).unwrap_or(at);
        let is_bracket = code.name(at).is_none();
        let Some(before) = at.checked_sub(1) else {
            return at;
        };
        let is_member = ["?.", "->", "::"]
            .iter()
            .any(|mark| code.is_mark(before, mark))
            || (code.language != Language::Php && code.is_mark(before, "."));
        if is_member && before >= 1 {
            at = before - 1;
        } else if is_bracket && at != end && code.name(before).is_some() {
            at = before;
        } else {
            return at;
        }
    }
}

/// What opens the bracket that this token closes.
fn opening(code: Code<'_>, close: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for at in (0..=close).rev() {
        if [")", "]", "}"].iter().any(|mark| code.is_mark(at, mark)) {
            depth += 1;
        } else if ["(", "[", "{"].iter().any(|mark| code.is_mark(at, mark)) {
            depth = depth.checked_sub(1)?;
        }
        if depth == 0 {
            return (at != close).then_some(at);
        }
    }
    None
}
