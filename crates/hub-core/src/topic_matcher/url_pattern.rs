//! URL patterns as matchers, by the URL Pattern standard on an engine of linear time.
//!
//! The captures of a pattern are of no use here, so nothing but its eight component matchers is kept.

mod brackets;

use regex::bytes::{Regex, RegexBuilder};
use url::Url;
use urlpattern::matcher::Matcher;
use urlpattern::regexp::RegExp;
use urlpattern::{RegexSyntax, UrlPatternInit, UrlPatternOptions};

use super::MatcherError;
use crate::HubUrl;
use crate::limits::COMPILED_PATTERN_BYTES;

/// A compiled URL pattern. match.urlpattern.*
pub struct UrlPattern {
    text: Box<str>,
    base: HubUrl,
    /// What each path that it matches begins with.
    path_prefix: Box<str>,
    components: Box<Components>,
}

struct Components {
    protocol: Matcher<Expression>,
    username: Matcher<Expression>,
    password: Matcher<Expression>,
    hostname: Matcher<Expression>,
    port: Matcher<Expression>,
    pathname: Matcher<Expression>,
    search: Matcher<Expression>,
    hash: Matcher<Expression>,
}

impl UrlPattern {
    /// Compiles a pattern; a relative one is resolved against the hub's URL, case is never ignored.
    ///
    /// A pattern that the standard allows, yet an engine of linear time cannot run (lookaround, back-references), is
    /// refused as well: skipping it silently would hide it from its author.
    pub(super) fn parse(text: &str, hub_url: &HubUrl) -> Result<Self, MatcherError> {
        let refused = |error: urlpattern::Error| MatcherError::Pattern(error.to_string());
        if brackets::closes_too_many(text, hub_url.url()).map_err(refused)? {
            let reason = "its host has a `]` without a `[` before it";
            return Err(MatcherError::Pattern(reason.to_owned()));
        }
        let base = Some(hub_url.url().clone());
        let mut init =
            UrlPatternInit::parse_constructor_string::<Expression>(text, base).map_err(refused)?;
        if init.protocol.is_some() {
            // The standard would read the path of an opaque one (`urn:*`) as relative to a base. The draft has one for
            // relative patterns only. match.urlpattern.relative-pattern
            init.base_url = None;
        }
        let pattern =
            urlpattern::UrlPattern::<Expression>::parse(init, UrlPatternOptions::default())
                .map_err(refused)?;
        Ok(Self {
            text: text.into(),
            base: hub_url.clone(),
            path_prefix: literal_prefix(&pattern.pathname.pattern_string).into(),
            components: Box::new(Components {
                protocol: pattern.protocol.matcher,
                username: pattern.username.matcher,
                password: pattern.password.matcher,
                hostname: pattern.hostname.matcher,
                port: pattern.port.matcher,
                pathname: pattern.pathname.matcher,
                search: pattern.search.matcher,
                hash: pattern.hash.matcher,
            }),
        })
    }

    /// Whether each component of `url` matches. The path comes first, since it tells URLs apart most often.
    pub(super) fn matches(&self, url: &Url) -> bool {
        let Components {
            protocol,
            username,
            password,
            hostname,
            port,
            pathname,
            search,
            hash,
        } = &*self.components;
        let port_text = url.port().map(|port| port.to_string()).unwrap_or_default();
        pathname.matches(url.path()).is_some()
            && hostname
                .matches(url.host_str().unwrap_or_default())
                .is_some()
            && protocol.matches(url.scheme()).is_some()
            && port.matches(&port_text).is_some()
            && username.matches(url.username()).is_some()
            && password
                .matches(url.password().unwrap_or_default())
                .is_some()
            && search.matches(url.query().unwrap_or_default()).is_some()
            && hash.matches(url.fragment().unwrap_or_default()).is_some()
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// What a relative pattern was resolved against.
    pub(super) fn base(&self) -> &HubUrl {
        &self.base
    }

    /// What each path that it matches begins with; empty if that is not known.
    pub(super) fn path_prefix(&self) -> &str {
        &self.path_prefix
    }
}

/// The regular expression of one component. Most components of most patterns are one of the first two kinds, which
/// need no program.
#[derive(Debug)]
enum Expression {
    /// `^(.*)$`: a component that the pattern does not mention.
    Everything,
    /// A component without any group.
    Literal(Box<str>),
    Program(Regex),
}

/// What stands before the first group of a pathname's pattern. A slash in front of a group may belong to the group, and be
/// optional with it.
fn literal_prefix(pathname: &str) -> &str {
    match pathname.find(['\\', ':', '*', '{', '(']) {
        Some(end) => pathname[..end].trim_end_matches('/'),
        None => pathname,
    }
}

/// The text that `^text$` matches, if it has no operators.
fn literal(pattern: &str) -> Option<Box<str>> {
    let mut rest = pattern.strip_prefix('^')?.strip_suffix('$')?.chars();
    let mut text = String::new();
    while let Some(character) = rest.next() {
        text.push(match character {
            '\\' => rest.next().filter(char::is_ascii_punctuation)?,
            'A'..='Z'
            | 'a'..='z'
            | '0'..='9'
            | '-'
            | '_'
            | '~'
            | '/'
            | ':'
            | '%'
            | '&'
            | '='
            | ','
            | ';'
            | '@'
            | '!' => character,
            _ => return None,
        });
    }
    Some(text.into())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Alphabet {
    Bytes,
    Unicode,
}

fn compile(pattern: &str, alphabet: Alphabet) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern)
        .unicode(alphabet == Alphabet::Unicode)
        .size_limit(COMPILED_PATTERN_BYTES)
        .dfa_size_limit(COMPILED_PATTERN_BYTES)
        .build()
}

impl RegExp for Expression {
    fn syntax() -> RegexSyntax {
        RegexSyntax::Rust
    }

    fn parse(pattern: &str, _flags: &str, _force_eval: bool) -> Result<Self, ()> {
        if pattern == "^(.*)$" {
            return Ok(Self::Everything);
        }
        if let Some(text) = literal(pattern) {
            return Ok(Self::Literal(text));
        }
        // The components of a URL are ASCII, so bytes will do: programs become a tenth, and `\d` is what ECMAScript says.
        // Only a Unicode property in a custom group needs the whole of Unicode.
        compile(pattern, Alphabet::Bytes)
            .or_else(|_| compile(pattern, Alphabet::Unicode))
            .map(Self::Program)
            .map_err(|_| ())
    }

    fn matches<'a>(&self, text: &'a str) -> Option<Vec<Option<&'a str>>> {
        let matched = match self {
            Self::Everything => true,
            Self::Literal(literal) => **literal == *text,
            Self::Program(program) => program.is_match(text.as_bytes()),
        };
        matched.then(Vec::new)
    }

    fn pattern_string(&self) -> &str {
        match self {
            Self::Everything => "^(.*)$",
            Self::Literal(text) => text,
            Self::Program(program) => program.as_str(),
        }
    }
}
