//! The `mercure` blocks of a Caddyfile: the keys, the name of the cookie, and what a hub of 1.0 does not start with. Not for the
//! rest of Caddy; what `import` brings in, and what stands in variables, is not looked up.
//!
//! Origins are not told: what 0.24 takes as `cors_origins` and `publish_origins`, 1.0 takes too.

use super::{
    super::{
        sample::Subject,
        setting::{Directive, Setting},
    },
    finder::Found,
    secret::{self, Hmac},
};

/// What the `mercure` block of the Mercure.rocks hub 1.0 knows.
const KNOWN: [&str; 19] = [
    "anonymous",
    "cors_origins",
    "debugger",
    "dispatch_timeout",
    "heartbeat",
    "import",
    "issuer",
    "max_request_body_size",
    "name",
    "playground",
    "protocol_version_compatibility",
    "public_urls",
    "publish_origins",
    "resource_identifier",
    "subscriber_list_cache_size",
    "subscriptions",
    "topic_matcher_cache",
    "transport",
    "write_timeout",
];

/// Deprecated, and taken.
const STILL_TAKEN: &str = "transport_url";

/// What versions of 0.x knew, and what does its work now.
const GONE: [(&str, &str); 6] = [
    ("cache", "topic_matcher_cache (entries)"),
    ("cache_size_approx", "topic_matcher_cache (entries)"),
    ("demo", "playground, never in production"),
    ("lru_cache", "topic_matcher_cache (entries)"),
    ("topic_selector_cache", "topic_matcher_cache (entries)"),
    ("ui", "debugger"),
];

/// A word of a line, without its quotes.
struct Word {
    text: String,
    start: usize,
    end: usize,
    begins_line: bool,
}

/// Finds settings in the `mercure` blocks.
pub(super) fn find(text: &str, found: &mut Vec<Found>) {
    let words = words(text);
    let mut path: Vec<&str> = Vec::new();
    let mut rest = &words[..];
    while let Some((line, behind)) = next_line(rest) {
        rest = behind;
        let Some(first) = line.first() else { break };
        if first.text == "}" {
            path.pop();
            continue;
        }
        let opens = line.len() > 1 && line.last().is_some_and(|it| it.text == "{");
        let arguments = &line[1..line.len() - usize::from(opens)];
        match path.as_slice() {
            [.., "mercure"] => directive(first, arguments, found),
            [.., "mercure", "issuer", "publisher" | "subscriber"] if first.text == "jwt" => {
                found.extend(secret_of("jwt", first, arguments));
            }
            _ => {}
        }
        if opens || first.text == "{" {
            path.push(&first.text);
        }
    }
}

fn directive(first: &Word, arguments: &[Word], found: &mut Vec<Found>) {
    let setting = |directive: Directive, instead: String| {
        let end = arguments.last().map_or(first.end, |it| it.end);
        let subject = Subject::Setting(Setting { directive, instead });
        Found::new(subject, first.start, end)
    };
    match first.text.as_str() {
        name @ ("publisher_jwt" | "subscriber_jwt") => {
            let algorithm = arguments.get(1).map_or("", |it| it.text.as_str());
            let key = format!("jwt (key) {algorithm}");
            let instead = of_issuer(name, key.trim_end());
            let shown = format!("{name} (key) {algorithm}");
            found.push(setting(Directive::RoleKey, instead).shown(shown.trim_end()));
            found.extend(secret_of(name, first, arguments));
        }
        name @ ("publisher_jwks_url" | "subscriber_jwks_url") => {
            let url = arguments.first().map_or("(URL)", |it| it.text.as_str());
            let instead = of_issuer(name, &format!("jwks_uri {url}"));
            found.push(setting(Directive::RoleKey, instead));
        }
        "cookie_name" => {
            let name = arguments.first().map_or("", |it| it.text.as_str());
            found.push(setting(
                Directive::CookieName,
                format!("cookie_name {name}"),
            ));
        }
        name if name == STILL_TAKEN || KNOWN.contains(&name) || is_placeholder(name) => {}
        // What is unknown may be anything, such as a key: its arguments are not shown.
        name => {
            let (directive, instead) = refused(name);
            found.push(setting(directive, instead).shown(name));
        }
    }
}

/// A directive that 1.0 does not know, and what does its work.
fn refused(name: &str) -> (Directive, String) {
    match GONE.iter().find(|(gone, _)| *gone == name) {
        Some((_, instead)) => (Directive::Gone, (*instead).to_owned()),
        None => (Directive::Unknown, format!("nothing: take {name} out")),
    }
}

/// A key of a role in the block of its issuer.
fn of_issuer(directive: &str, key: &str) -> String {
    let role = directive.split('_').next().unwrap_or_default();
    format!("issuer (iss of your tokens) {{ {role} {{ {key} }} }}, each on a line of its own")
}

fn secret_of(name: &str, first: &Word, arguments: &[Word]) -> Option<Found> {
    let key = arguments.first()?;
    let algorithm = arguments.get(1).map_or("HS256", |it| it.text.as_str());
    secret::short(name, &key.text, Hmac::of(algorithm)?, first.start, key.end)
}

/// `{$MERCURE_EXTRA_DIRECTIVES}`: whole lines that stand elsewhere.
fn is_placeholder(word: &str) -> bool {
    word.starts_with('{')
}

/// The words of the first line, and those behind it.
fn next_line(words: &[Word]) -> Option<(&[Word], &[Word])> {
    if words.is_empty() {
        return None;
    }
    let others = &words[1..];
    let end = others.iter().position(|it| it.begins_line);
    Some(words.split_at(end.map_or(words.len(), |end| end + 1)))
}

/// As Caddy splits a file: at blanks, but for quotes (`"`, with escapes) and backticks; `#` at the start of a word is a comment,
/// and a backslash before the end of a line goes on with it.
fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut begins_line = true;
    let mut at = 0;
    while let Some(next) = text[at..].chars().next() {
        if next == '\n' {
            begins_line = true;
            at += 1;
        } else if next.is_whitespace() {
            at += next.len_utf8();
        } else if next == '#' {
            at += text[at..].find('\n').unwrap_or(text.len() - at);
        } else if text[at..].starts_with("\\\n") || text[at..].starts_with("\\\r\n") {
            at += text[at..].find('\n').map_or(1, |end| end + 1);
        } else {
            let (word, end) = word(text, at);
            words.push(Word {
                text: word,
                start: at,
                end,
                begins_line,
            });
            begins_line = false;
            at = end;
        }
    }
    words
}

/// The word that begins here, and where it ends.
fn word(text: &str, start: usize) -> (String, usize) {
    let rest = &text[start..];
    let quote = rest.chars().next().filter(|it| matches!(it, '"' | '`'));
    let Some(quote) = quote else {
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        return (rest[..end].to_owned(), start + end);
    };
    let mut word = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, char)) = chars.next() {
        match char {
            '\\' if quote == '"' => word.extend(chars.next().map(|(_, escaped)| escaped)),
            char if char == quote => return (word, start + at + 1),
            char => word.push(char),
        }
    }
    // A quote that nothing ends reaches to the end of the file.
    (word, text.len())
}
