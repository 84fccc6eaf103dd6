//! The brackets of a pattern's host, looked at before `urlpattern` counts them.
//!
//! It counts what is open there without a sign, so that a `]` too many (`*:]`) panics wherever overflow is checked. Such a
//! pattern is found here. Where the host begins and ends only the whole parser knows: it is asked with each `]` veiled, which
//! it then has no reason to count.

use url::Url;
use urlpattern::regexp::RegExp;
use urlpattern::{RegexSyntax, UrlPatternInit};

use super::Expression;

/// Stands for `]`: no matcher contains it, and like `]` it is neither an operator nor part of a name.
const VEIL: char = '\u{1}';

/// Whether the host of the pattern `text` closes a bracket that it did not open. In doubt it does: of patterns that the
/// standard takes, only `{[::1}]`, an address that is grouped across its bracket, is told so.
pub(super) fn closes_too_many(text: &str, base: &Url) -> Result<bool, urlpattern::Error> {
    if !text.contains(']') {
        return Ok(false);
    }
    let veiled = text.replace(']', VEIL.encode_utf8(&mut [0; 4]));
    let base = Some(base.clone());
    let parts = UrlPatternInit::parse_constructor_string::<Unveiled>(&veiled, base)?;
    Ok(parts.hostname.is_some_and(|host| is_overclosed(&host)))
}

/// The expression of a protocol, the only component that is compiled while a pattern is taken apart.
#[derive(Debug)]
struct Unveiled(Expression);

impl RegExp for Unveiled {
    fn syntax() -> RegexSyntax {
        Expression::syntax()
    }

    fn parse(pattern: &str, flags: &str, force_eval: bool) -> Result<Self, ()> {
        Expression::parse(&pattern.replace(VEIL, "]"), flags, force_eval).map(Self)
    }

    fn matches<'a>(&self, text: &'a str) -> Option<Vec<Option<&'a str>>> {
        self.0.matches(text)
    }

    fn pattern_string(&self) -> &str {
        self.0.pattern_string()
    }
}

/// Reads a veiled host as the standard's tokenizer does, up to its port.
fn is_overclosed(host: &str) -> bool {
    let (mut groups, mut brackets) = (0_usize, 0_usize);
    let mut rest = host.chars();
    while let Some(character) = rest.next() {
        // An escape makes no difference to a bracket.
        let (character, is_escaped) = match character {
            '\\' => (rest.next().unwrap_or_default(), true),
            plain => (plain, false),
        };
        match character {
            '{' if !is_escaped => groups += 1,
            '}' if !is_escaped => groups = groups.saturating_sub(1),
            '(' if !is_escaped => match after_expression(rest.as_str()) {
                Some(after) => rest = after.chars(),
                // Not a pattern.
                None => return true,
            },
            _ if groups > 0 => {}
            '[' => brackets += 1,
            VEIL if brackets == 0 => return true,
            VEIL => brackets -= 1,
            ':' if brackets == 0 && !begins_name(rest.as_str()) => return false,
            _ => {}
        }
    }
    false
}

/// What follows a regular expression whose opening parenthesis was read; none if the tokenizer does not take it for one.
fn after_expression(expression: &str) -> Option<&str> {
    if expression.starts_with(['?', ')']) {
        return None;
    }
    let mut depth = 1_usize;
    let mut characters = expression.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' if !characters.next()?.1.is_ascii() => return None,
            '(' if !expression[at + 1..].starts_with('?') => return None,
            '(' => depth += 1,
            ')' if depth == 1 => return Some(&expression[at + 1..]),
            ')' => depth -= 1,
            other if !other.is_ascii() => return None,
            _ => {}
        }
    }
    None
}

/// Whether what follows a colon makes it a group's rather than the port's. A character beyond ASCII may: then what follows is
/// taken for the host, which finds too many brackets and never too few.
fn begins_name(after_colon: &str) -> bool {
    after_colon.starts_with(|first: char| {
        first.is_ascii_alphabetic() || matches!(first, '$' | '_') || !first.is_ascii()
    })
}
