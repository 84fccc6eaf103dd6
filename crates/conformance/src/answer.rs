//! An HTTP answer as it came: status, fields, body. Not for judging it: that is [`crate::accept`].

use std::fmt;

/// All values of a field; the name in lower case.
pub(crate) fn values_of<'f>(
    fields: &'f [(String, String)],
    name: &str,
) -> impl Iterator<Item = &'f str> {
    fields
        .iter()
        .filter(move |(field, _)| field == name)
        .map(|(_, value)| value.as_str())
}

/// The media type of a `Content-Type`, without parameters, in lower case.
pub(crate) fn media_type(value: &str) -> String {
    let media_type = value.split(';').next().unwrap_or(value);
    media_type.trim().to_ascii_lowercase()
}

/// What a hub answered, read in full or as far as the caps allow.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// Status code.
    pub(crate) status: u16,
    /// Fields in the order of the wire, names in lower case, values as far as they are UTF-8.
    pub(crate) headers: Vec<(String, String)>,
    /// The decoded content; empty for an event stream, which is read elsewhere.
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The first value of a field; the name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.header_values(name).next()
    }

    /// All values of a field.
    pub(crate) fn header_values(&self, name: &str) -> impl Iterator<Item = &str> {
        values_of(&self.headers, name)
    }

    /// The comma-separated elements of all values of a field, trimmed.
    pub(crate) fn header_elements(&self, name: &str) -> impl Iterator<Item = &str> {
        self.header_values(name)
            .flat_map(|value| value.split(',').map(str::trim))
    }

    /// The media type, without parameters, in lower case.
    pub(crate) fn media_type(&self) -> Option<String> {
        self.header("content-type").map(media_type)
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Whether it begins an event stream.
    pub(crate) fn is_event_stream(&self) -> bool {
        self.status == 200 && self.media_type().as_deref() == Some("text/event-stream")
    }

    /// The `Bearer` challenge of `WWW-Authenticate`, if there is one. // error.challenge
    pub(crate) fn bearer_challenge(&self) -> Option<Challenge> {
        self.header_values("www-authenticate")
            .find_map(Challenge::bearer)
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        for name in [
            "content-type",
            "www-authenticate",
            "location",
            "access-control-allow-origin",
            "access-control-allow-credentials",
            "last-event-id",
            "mercure-last-event-id",
        ] {
            for value in self.header_values(name) {
                write!(f, ", {name}: {value}")?;
            }
        }
        let excerpt: String = self.text().trim().chars().take(120).collect();
        if excerpt.is_empty() {
            Ok(())
        } else {
            write!(f, ", body {excerpt:?}")
        }
    }
}

/// A `Bearer` challenge: its parameters, names in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Challenge(Vec<(String, String)>);

impl Challenge {
    fn bearer(value: &str) -> Option<Self> {
        let (scheme, rest) = value.trim().split_once(' ').unwrap_or((value.trim(), ""));
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        Some(Self(parameters(rest)))
    }

    /// A parameter by its name in lower case.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(parameter, _)| parameter == name)
            .map(|(_, value)| value.as_str())
    }
}

// `name=token` or `name="quoted \" string"`, separated by commas; stops at whatever is neither.
fn parameters(mut rest: &str) -> Vec<(String, String)> {
    let mut parameters = Vec::new();
    while let Some((name, after)) = rest.split_once('=') {
        let name = name
            .trim_matches(|c: char| c == ',' || c.is_whitespace())
            .to_ascii_lowercase();
        let after = after.trim_start();
        let (value, remainder) = if let Some(quoted) = after.strip_prefix('"') {
            unquote(quoted)
        } else {
            let end = after.find(',').unwrap_or(after.len());
            (after[..end].trim().to_owned(), &after[end..])
        };
        parameters.push((name, value));
        rest = remainder;
    }
    parameters
}

/// The text of a quoted string whose opening quote is off, and what follows it.
pub(crate) fn unquote(quoted: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((index, char)) = chars.next() {
        match char {
            '"' => return (value, &quoted[index + 1..]),
            '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::Challenge;

    type Parameters<'a> = &'a [(&'a str, &'a str)];

    #[test]
    fn challenges_are_read_with_quotes_and_escapes() {
        let cases: [(&str, Option<Parameters<'_>>); 5] = [
            ("Bearer", Some(&[])),
            (
                "bearer error=invalid_token",
                Some(&[("error", "invalid_token")]),
            ),
            (
                r#"Bearer error="invalid_token", error_description="a \"b\", c=d", resource_metadata="https://h/x""#,
                Some(&[
                    ("error", "invalid_token"),
                    ("error_description", r#"a "b", c=d"#),
                    ("resource_metadata", "https://h/x"),
                ]),
            ),
            ("Basic realm=\"x\"", None),
            (
                "Bearer error=\"unterminated",
                Some(&[("error", "unterminated")]),
            ),
        ];
        for (value, expected) in cases {
            let seen = Challenge::bearer(value).map(|challenge| challenge.0);
            let expected = expected.map(|parameters| {
                parameters
                    .iter()
                    .map(|&(name, value)| (name.to_owned(), value.to_owned()))
                    .collect::<Vec<_>>()
            });
            assert_eq!(seen, expected, "{value}");
        }
    }
}
