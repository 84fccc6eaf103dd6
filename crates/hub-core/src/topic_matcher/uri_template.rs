//! URI templates (RFC 6570, levels 1 to 4) as matchers, the way that hubs of 0.x read them: the set of strings that a
//! template can expand to, as a regular expression of linear time.
//!
//! Where RFC 6570 defines expansion only, the deployed reading holds: names of query variables are not compared, a prefix
//! length (`{id:3}`) does not limit, and one variable named twice may take two values (0.x catalogue, match.*).
//! Not here: expansion itself.

use std::fmt::Write as _;

use regex::bytes::{Regex, RegexBuilder};

use super::MatcherError;
use crate::limits::COMPILED_PATTERN_BYTES;

/// A compiled URI template.
pub struct UriTemplate {
    text: Box<str>,
    expansions: Regex,
}

impl UriTemplate {
    /// Compiles a template; none if the text has no expression or broken syntax, and thus is an ordinary string.
    pub(super) fn parse(text: &str) -> Result<Option<Self>, MatcherError> {
        if !text.contains('{') {
            return Ok(None);
        }
        let Some(pattern) = pattern(text) else {
            return Ok(None);
        };
        let expansions = RegexBuilder::new(&pattern)
            // Expansions are ASCII; literals with other characters are plain bytes.
            .unicode(false)
            .size_limit(COMPILED_PATTERN_BYTES)
            .dfa_size_limit(COMPILED_PATTERN_BYTES)
            .build()
            .map_err(|_| MatcherError::TooComplex)?;
        Ok(Some(Self {
            text: text.into(),
            expansions,
        }))
    }

    /// Whether `topic` is an expansion, or the text of the template itself. match.template-equals-itself
    pub(super) fn matches(&self, topic: &str) -> bool {
        *topic == *self.text || self.expansions.is_match(topic.as_bytes())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// What each topic that it matches begins with.
    pub(super) fn prefix(&self) -> &str {
        self.text
            .split_once('{')
            .map_or(&*self.text, |(literal, _)| literal)
    }
}

/// One octet of an expanded value: unreserved or percent-encoded; and the comma that joins the members of a list.
const VALUE: &str = "(?:[A-Za-z0-9._~,-]|%[0-9A-Fa-f]{2})";
/// The same, and the sign between the names and values of parameters, and of exploded maps.
const PAIR: &str = "(?:[A-Za-z0-9._~,=-]|%[0-9A-Fa-f]{2})";
/// What `{+var}` and `{#var}` may also yield: reserved characters.
const RESERVED: &str = "(?:[A-Za-z0-9._~:/?#\\[\\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})";

/// The anchored regular expression of a template; none if its syntax is broken.
fn pattern(text: &str) -> Option<String> {
    let mut pattern = String::from("\\A");
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        literal(&rest[..open], &mut pattern)?;
        let (expression, after) = rest[open + 1..].split_once('}')?;
        Expression::parse(expression)?.write(&mut pattern);
        rest = after;
    }
    literal(rest, &mut pattern)?;
    pattern.push_str("\\z");
    Some(pattern)
}

/// Literal text outside of expressions; RFC 6570 section 2.1 forbids some characters in it (the
/// apostrophe passes, as deployed).
fn literal(text: &str, pattern: &mut String) -> Option<()> {
    let forbidden = |character: char| {
        character.is_control()
            || matches!(
                character,
                ' ' | '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}'
            )
    };
    if text.contains(forbidden) {
        return None;
    }
    // A percent sign stands for itself only before two hex digits.
    let mut after_percents = text.split('%').skip(1);
    let encoded = |after: &str| {
        after.len() >= 2 && after.bytes().take(2).all(|byte| byte.is_ascii_hexdigit())
    };
    if !after_percents.all(encoded) {
        return None;
    }
    pattern.push_str(&regex::escape(text));
    Some(())
}

/// What stands between braces: an operator and its variables.
struct Expression {
    operator: Operator,
    variables: usize,
    /// One of the variables has the modifier `*`, hence any number of values.
    explodes: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    Simple,
    Reserved,
    Fragment,
    Label,
    PathSegment,
    PathParameter,
    Query,
    QueryContinuation,
}

impl Expression {
    fn parse(expression: &str) -> Option<Self> {
        let operator = match expression.chars().next()? {
            '+' => Operator::Reserved,
            '#' => Operator::Fragment,
            '.' => Operator::Label,
            '/' => Operator::PathSegment,
            ';' => Operator::PathParameter,
            '?' => Operator::Query,
            '&' => Operator::QueryContinuation,
            _ => Operator::Simple,
        };
        let list = match operator {
            Operator::Simple => expression,
            // All operators are one byte long.
            _ => &expression[1..],
        };
        let mut parsed = Self {
            operator,
            variables: 0,
            explodes: false,
        };
        for variable in list.split(',') {
            parsed.variables += 1;
            parsed.explodes |= parse_variable(variable)? == Modifier::Explode;
        }
        Some(parsed)
    }

    /// Writes the expression's expansions; an undefined variable expands to nothing, so each part is optional.
    fn write(&self, pattern: &mut String) {
        let most = |variables: usize| {
            if self.explodes {
                String::new()
            } else {
                variables.to_string()
            }
        };
        let all = most(self.variables);
        let value = if self.explodes { PAIR } else { VALUE };
        let part = match self.operator {
            Operator::Simple => format!("{value}*"),
            Operator::Reserved => format!("{RESERVED}*"),
            Operator::Fragment => format!("(?:#{RESERVED}*)?"),
            Operator::Label => format!("(?:\\.{value}*){{0,{all}}}"),
            Operator::PathSegment => format!("(?:/{value}*){{0,{all}}}"),
            Operator::PathParameter => format!("(?:;{PAIR}*){{0,{all}}}"),
            Operator::QueryContinuation => format!("(?:&{PAIR}*){{0,{all}}}"),
            Operator::Query => {
                let others = most(self.variables - 1);
                format!("(?:\\?{PAIR}*(?:&{PAIR}*){{0,{others}}})?")
            }
        };
        let _ = write!(pattern, "{part}");
    }
}

#[derive(PartialEq, Eq)]
enum Modifier {
    None,
    Prefix,
    Explode,
}

/// One `varspec` of RFC 6570 section 2.3; none if it is broken.
fn parse_variable(variable: &str) -> Option<Modifier> {
    let (name, modifier) = if let Some(name) = variable.strip_suffix('*') {
        (name, Modifier::Explode)
    } else if let Some((name, length)) = variable.split_once(':') {
        let valid = matches!(length.as_bytes(), [b'1'..=b'9', rest @ ..] if rest.len() <= 3 && rest.iter().all(u8::is_ascii_digit));
        (name, valid.then_some(Modifier::Prefix)?)
    } else {
        (variable, Modifier::None)
    };
    is_variable_name(name).then_some(modifier)
}

/// Letters, digits, `_` and percent-encoded octets, with single dots between them.
fn is_variable_name(name: &str) -> bool {
    name.split('.').all(|part| {
        let mut rest = part.as_bytes();
        loop {
            rest = match rest {
                [] => break !part.is_empty(),
                [b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_', after @ ..] => after,
                [b'%', high, low, after @ ..]
                    if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
                {
                    after
                }
                _ => break false,
            };
        }
    })
}
