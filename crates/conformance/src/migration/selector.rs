//! A topic selector of 0.x: a topic, a URI template (RFC 6570), or `*`; a topic that it selects, and the matcher of 1.0 that does
//! the same. Not for deciding what it selects: hubs do.

use assay_client::TopicMatcher;

/// Where subscription events and the subscription API are, behind the path of the hub.
pub(super) const SUBSCRIPTIONS: &str = "/subscriptions";

/// The path of a hub unless its operator has another.
pub(super) const HUB_PATH: &str = "/.well-known/mercure";

/// What an expression is expanded with.
pub(super) const FILLER: &str = "assay";

/// A selector, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Selector {
    /// `*`.
    Any,
    /// A topic.
    Exact(String),
    /// A template, its text and its pieces.
    Template(String, Vec<Piece>),
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Text as it is.
    Literal(String),
    /// `{operator name,name}`.
    Expression {
        /// None for simple expansion.
        operator: Option<char>,
        /// In their order.
        names: Vec<String>,
        /// Whether one of them has `*` behind it.
        explodes: bool,
    },
}

impl Selector {
    /// Reads a selector; what is no template is a topic, as in 0.x.
    pub(super) fn read(text: &str) -> Self {
        if text == "*" {
            return Self::Any;
        }
        match pieces(text) {
            Some(pieces) if pieces.len() > 1 || !matches!(pieces[..], [Piece::Literal(_)]) => {
                Self::Template(text.to_owned(), pieces)
            }
            _ => Self::Exact(text.to_owned()),
        }
    }

    /// Whether it is a template.
    pub(super) const fn is_template(&self) -> bool {
        matches!(self, Self::Template(..))
    }

    /// A topic that it selects; none for `*`, which selects any.
    pub(super) fn witness(&self) -> Option<String> {
        match self {
            Self::Any => None,
            Self::Exact(topic) => Some(topic.clone()),
            Self::Template(_, pieces) => Some(pieces.iter().map(Piece::expanded).collect()),
        }
    }

    /// What stands behind `…/subscriptions` of a selector of subscription events.
    pub(super) fn behind_subscriptions(text: &str) -> Option<&str> {
        let (_, behind) = text.split_once(HUB_PATH)?;
        let rest = behind.strip_prefix(SUBSCRIPTIONS)?;
        (rest.is_empty() || rest.starts_with(['/', '{'])).then_some(rest)
    }

    /// The matcher of 1.0 that selects the same; none where no pattern can be written.
    pub(super) fn matcher(&self) -> TopicMatcher {
        match self {
            Self::Any => TopicMatcher::Any,
            Self::Exact(text) | Self::Template(text, _)
                if Self::behind_subscriptions(text).is_some_and(|rest| !rest.is_empty()) =>
            {
                TopicMatcher::UrlPattern(events_pattern(text))
            }
            Self::Exact(topic) => TopicMatcher::Exact(topic.clone()),
            Self::Template(_, pieces) => TopicMatcher::UrlPattern(url_pattern(pieces)),
        }
    }
}

impl Piece {
    fn expanded(&self) -> String {
        let (operator, names) = match self {
            Self::Literal(text) => return text.clone(),
            Self::Expression {
                operator, names, ..
            } => (*operator, names),
        };
        let values = (1..=names.len()).map(|number| format!("{FILLER}{number}"));
        let named = |mark: &str| {
            let pairs = names.iter().zip(values.clone());
            let pairs: Vec<_> = pairs
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            pairs.join(mark)
        };
        let plain: Vec<_> = values.clone().collect();
        match operator {
            Some('#') => format!("#{}", plain.join(",")),
            Some('.') => format!(".{}", plain.join(".")),
            Some('/') => format!("/{}", plain.join("/")),
            Some(';') => format!(";{}", named(";")),
            Some('?') => format!("?{}", named("&")),
            Some('&') => format!("&{}", named("&")),
            _ => plain.join(","),
        }
    }
}

// None where the braces make no template.
fn pieces(text: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (literal, from) = rest.split_at(at);
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal.to_owned()));
        }
        let (inside, behind) = from.strip_prefix('{')?.split_once('}')?;
        pieces.push(expression(inside)?);
        rest = behind;
    }
    if !rest.is_empty() || pieces.is_empty() {
        pieces.push(Piece::Literal(rest.to_owned()));
    }
    Some(pieces)
}

fn expression(inside: &str) -> Option<Piece> {
    let operator = inside
        .chars()
        .next()
        .filter(|first| "+#./;?&".contains(*first));
    let list = &inside[operator.map_or(0, char::len_utf8)..];
    let mut explodes = false;
    let mut names = Vec::new();
    for variable in list.split(',') {
        let name = variable.split(':').next().unwrap_or(variable);
        explodes |= name.ends_with('*');
        let name = name.trim_end_matches('*');
        let fits = |char: char| char.is_ascii_alphanumeric() || "_.%".contains(char);
        if name.is_empty() || !name.chars().all(fits) {
            return None;
        }
        names.push(name.to_owned());
    }
    Some(Piece::Expression {
        operator,
        names,
        explodes,
    })
}

/// A template as a URL pattern: `{id}` becomes `:id`, what may hold slashes becomes `*`, and what is optional behind the path is
/// left to the pattern, which takes any query and fragment where it names none.
fn url_pattern(pieces: &[Piece]) -> String {
    let mut pattern = String::new();
    let mut names = Names::default();
    for (at, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Literal(text) => pattern.push_str(&escaped(text)),
            Piece::Expression {
                operator,
                names: variables,
                explodes,
            } => {
                let is_last = at + 1 == pieces.len();
                let touches =
                    matches!(pieces.get(at + 1), Some(Piece::Literal(next)) if continues(next));
                pattern
                    .push_str(&names.expression(*operator, variables, *explodes, is_last, touches));
            }
        }
    }
    pattern
}

/// The names of a pattern, each of which stands once.
#[derive(Default)]
struct Names(Vec<String>);

impl Names {
    fn expression(
        &mut self,
        operator: Option<char>,
        variables: &[String],
        explodes: bool,
        is_last: bool,
        touches: bool,
    ) -> String {
        let mut groups = |mark: &str| {
            let groups: Vec<_> = variables.iter().map(|name| self.group(name)).collect();
            groups.join(mark)
        };
        match operator {
            Some('#' | '?') if is_last => String::new(),
            Some('+' | ';' | '#' | '?' | '&') => "*".to_owned(),
            Some('.') => format!(".{}", groups(".")),
            Some('/') => format!("/{}", groups("/")),
            _ if explodes => "*".to_owned(),
            _ if touches => format!("{{{}}}", groups(",")),
            _ => groups(","),
        }
    }

    fn group(&mut self, variable: &str) -> String {
        let plain: String = variable
            .chars()
            .map(|char| {
                if char.is_ascii_alphanumeric() {
                    char
                } else {
                    '_'
                }
            })
            .collect();
        let mut name = if plain.starts_with(|first: char| first.is_ascii_digit()) {
            format!("v{plain}")
        } else {
            plain
        };
        while self.0.contains(&name) {
            name.push('_');
        }
        self.0.push(name.clone());
        format!(":{name}")
    }
}

// Whether it would be read as part of the name before it, or as its modifier.
fn continues(next: &str) -> bool {
    next.starts_with(|first: char| first.is_alphanumeric() || "_$".contains(first))
}

/// A text that stands for itself within a URL pattern.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        let begins_name = |next: &char| next.is_alphabetic() || "_$".contains(*next);
        let special = match char {
            '\\' | '(' | ')' | '{' | '}' | '*' | '+' | '?' => true,
            ':' => chars.peek().is_none_or(begins_name),
            _ => false,
        };
        if special {
            escaped.push('\\');
        }
        escaped.push(char);
    }
    escaped
}

/// The pattern of subscription events: the matcher type stands before the matcher.
fn events_pattern(text: &str) -> String {
    let behind = Selector::behind_subscriptions(text).unwrap_or_default();
    let (before, _) = text.split_at(text.len() - behind.len());
    let segments: Vec<_> = behind
        .split(['/', '{', '}'])
        .filter(|segment| !segment.is_empty())
        .collect();
    // `{/topic}{/subscriber}` is optional in both.
    let whole = |at: usize, fallback: &str| {
        let segment: Option<&&str> = segments.get(at);
        match segment {
            Some(literal) if literal.contains('%') => ("exact".to_owned(), escaped(literal)),
            _ => (":match_type".to_owned(), format!(":{fallback}")),
        }
    };
    let (match_type, matcher) = whole(0, "match");
    let mut pattern = format!("{}/{match_type}/{matcher}", escaped(before));
    if segments.len() > 1 {
        pattern.push_str("/:subscriber");
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::{Selector, TopicMatcher};

    #[test]
    fn selectors_become_matchers_and_have_a_witness() {
        let exact = |text: &str| TopicMatcher::Exact(text.to_owned());
        let pattern = |text: &str| TopicMatcher::UrlPattern(text.to_owned());
        let cases = [
            ("*", TopicMatcher::Any, None),
            ("bar", exact("bar"), Some("bar")),
            (
                "https://a.example/b?c=1",
                exact("https://a.example/b?c=1"),
                Some("https://a.example/b?c=1"),
            ),
            ("{no template", exact("{no template"), Some("{no template")),
            (
                "https://a.example/{id}",
                pattern("https://a.example/:id"),
                Some("https://a.example/assay1"),
            ),
            (
                "https://a.example/{id}x",
                pattern("https://a.example/{:id}x"),
                Some("https://a.example/assay1x"),
            ),
            (
                "/a/{id}/b/{id}",
                pattern("/a/:id/b/:id_"),
                Some("/a/assay1/b/assay1"),
            ),
            ("/a/{x,y}", pattern("/a/:x,:y"), Some("/a/assay1,assay2")),
            ("/a/{+rest}", pattern("/a/*"), Some("/a/assay1")),
            ("/a{/x,y}", pattern("/a/:x/:y"), Some("/a/assay1/assay2")),
            ("/a{.ext}", pattern("/a.:ext"), Some("/a.assay1")),
            ("/a/{?q}", pattern("/a/"), Some("/a/?q=assay1")),
            ("/a?b=1{&q}", pattern("/a\\?b=1*"), Some("/a?b=1&q=assay1")),
            ("urn:a:{id}", pattern("urn\\:a\\::id"), Some("urn:a:assay1")),
            ("/a+b/{list*}", pattern("/a\\+b/*"), Some("/a+b/assay1")),
            ("/{1}", pattern("/:v1"), Some("/assay1")),
            (
                "/.well-known/mercure/subscriptions{/topic}{/subscriber}",
                pattern("/.well-known/mercure/subscriptions/:match_type/:match/:subscriber"),
                Some("/.well-known/mercure/subscriptions/assay1/assay1"),
            ),
            (
                "/.well-known/mercure/subscriptions/https%3A%2F%2Fa.example/{subscriber}",
                pattern(
                    "/.well-known/mercure/subscriptions/exact/https%3A%2F%2Fa.example/:subscriber",
                ),
                Some("/.well-known/mercure/subscriptions/https%3A%2F%2Fa.example/assay1"),
            ),
        ];
        for (text, matcher, witness) in cases {
            let selector = Selector::read(text);
            assert_eq!(selector.matcher(), matcher, "{text}");
            assert_eq!(selector.witness().as_deref(), witness, "{text}");
        }
    }
}
