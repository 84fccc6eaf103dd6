//! The `Link` field (RFC 8288), read as far as the protocol uses it. Not for following links.

use url::Url;

use crate::answer::Answer;

/// One link of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    target: String,
    attributes: Vec<(String, String)>,
}

impl Link {
    /// The first link of an answer with this relation type among its own.
    pub(crate) fn of_relation(answer: &Answer, relation: &str) -> Option<Self> {
        let links = answer.header_values("link").flat_map(parsed);
        let mut of_relation = links.filter(|link| {
            let relations = link.attribute("rel").unwrap_or_default();
            relations
                .split_ascii_whitespace()
                .any(|it| it.eq_ignore_ascii_case(relation))
        });
        of_relation.next()
    }

    /// The value of an attribute; the name in lower case.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        let (_, value) = self.attributes.iter().find(|(it, _)| it == name)?;
        Some(value)
    }

    /// Whether its target is this URL, absolute or relative to it.
    pub(crate) fn leads_to(&self, url: &Url) -> bool {
        url.join(&self.target).is_ok_and(|target| target == *url)
    }
}

// Stops at whatever is no link.
fn parsed(value: &str) -> Vec<Link> {
    let mut links = Vec::new();
    let mut rest = value;
    while let Some((_, after)) = rest.split_once('<') {
        let Some((target, after)) = after.split_once('>') else {
            break;
        };
        let (attributes, after) = attributes(after);
        links.push(Link {
            target: target.to_owned(),
            attributes,
        });
        rest = after;
    }
    links
}

// `; name=token`, `; name="text"` or `; name`, up to a comma.
fn attributes(mut rest: &str) -> (Vec<(String, String)>, &str) {
    let mut attributes = Vec::new();
    while let Some(after) = rest.trim_start().strip_prefix(';') {
        let after = after.trim_start();
        let end = after.find(['=', ';', ',']).unwrap_or(after.len());
        let name = after[..end].trim().to_ascii_lowercase();
        rest = &after[end..];
        let value = match rest.strip_prefix('=') {
            None => String::new(),
            Some(after) => {
                let (value, after) = value(after.trim_start());
                rest = after;
                value
            }
        };
        attributes.push((name, value));
    }
    (attributes, rest)
}

fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([';', ',']).unwrap_or(text.len());
        return (text[..end].trim().to_owned(), &text[end..]);
    };
    crate::answer::unquote(quoted)
}

#[cfg(test)]
mod tests {
    use super::parsed;

    #[test]
    fn links_are_read_with_quotes_and_several_in_a_field() {
        type Links<'a> = &'a [(&'a str, &'a [(&'a str, &'a str)])];
        let cases: [(&str, Links<'_>); 4] = [
            (
                r#"<https://h/hub>; rel="mercure"; last-event-id="urn:x:1""#,
                &[(
                    "https://h/hub",
                    &[("rel", "mercure"), ("last-event-id", "urn:x:1")],
                )],
            ),
            (
                r#"</a>;rel=self , </b>; REL="x mercure"; title="a, \"b\"; c";flag"#,
                &[
                    ("/a", &[("rel", "self")]),
                    (
                        "/b",
                        &[("rel", "x mercure"), ("title", "a, \"b\"; c"), ("flag", "")],
                    ),
                ],
            ),
            ("no link", &[]),
            ("<unfinished", &[]),
        ];
        for (value, expected) in cases {
            let links = parsed(value);
            let seen: Vec<_> = links
                .iter()
                .map(|link| {
                    let attributes: Vec<_> = link
                        .attributes
                        .iter()
                        .map(|(n, v)| (n.as_str(), v.as_str()))
                        .collect();
                    (link.target.as_str(), attributes)
                })
                .collect();
            let expected: Vec<_> = expected.iter().map(|(t, a)| (*t, a.to_vec())).collect();
            assert_eq!(seen, expected, "{value}");
        }
    }
}
