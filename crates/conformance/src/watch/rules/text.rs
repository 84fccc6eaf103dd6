//! What texts of the protocol look like: topics, ids, types, data. Not for who has to keep what.

use serde_json::Value;
use unicode_general_category::{GeneralCategory, get_general_category};
use url::Url;

use crate::watch::{jwt::Jwt, scene::triplet};

/// The first character that topics, ids and types of 1.0 must not contain. // publish.topic.c0 … publish.topic.cf
pub(super) fn forbidden(value: &str) -> Option<String> {
    let is_forbidden =
        |char: &char| char.is_control() || get_general_category(*char) == GeneralCategory::Format;
    let found = value.chars().find(is_forbidden)?;
    Some(format!("U+{:04X}", u32::from(found)))
}

/// Whether a text is an absolute IRI, as far as its form tells.
pub(super) fn is_iri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let mut letters = scheme.chars();
    letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic())
        && letters.all(|char| char.is_ascii_alphanumeric() || "+-.".contains(char))
        && !rest.is_empty()
        && !rest
            .chars()
            .any(|char| char.is_control() || " <>\"{}|\\^`".contains(char))
}

/// Why a topic or matcher is not in its canonical form, if that is certain.
pub(super) fn not_canonical(text: &str) -> Option<&'static str> {
    let authority = text.split_once("://").map_or("", |(_, rest)| {
        &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())]
    });
    if authority.chars().any(|char| char.is_ascii_uppercase()) {
        return Some("its host has capitals");
    }
    let bytes = text.as_bytes();
    let lower = |at: usize| {
        triplet(bytes, at).is_some() && bytes[at + 1..at + 3].iter().any(u8::is_ascii_lowercase)
    };
    if (0..bytes.len()).any(|at| bytes[at] == b'%' && lower(at)) {
        return Some("a percent-encoding has small letters");
    }
    is_decomposed(text).then_some("it is not in NFC: a letter and its accent are two characters")
}

// Only pairs that certainly have a character of their own; there are more.
fn is_decomposed(text: &str) -> bool {
    let pairs = text.chars().zip(text.chars().skip(1));
    pairs.into_iter().any(|(letter, mark)| match mark {
        '\u{300}' | '\u{301}' | '\u{302}' | '\u{308}' => "aeiouAEIOU".contains(letter),
        '\u{303}' => "anoANO".contains(letter),
        '\u{327}' => "cC".contains(letter),
        _ => false,
    })
}

/// Whether a topic addresses what the hub keeps for itself. // publish.reserved-namespace
pub(super) fn is_reserved(topic: &str, hub: &Url) -> bool {
    let Ok(resolved) = hub.join(topic) else {
        return false;
    };
    let path = unreserved_decoded(resolved.path());
    // Dot-segments that were encoded show only now.
    let path = hub.join(&path).map_or(path, |url| url.path().to_owned());
    path.strip_prefix(hub.path())
        .is_some_and(|below| below.is_empty() || below.starts_with('/'))
}

fn unreserved_decoded(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let plain = (byte == b'%').then(|| triplet(bytes, at)).flatten();
        let plain = plain.filter(|it| it.is_ascii_alphanumeric() || b"-._~".contains(it));
        decoded.push(plain.unwrap_or(byte));
        at += if plain.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// An e-mail address in a text, if there is one.
pub(super) fn email(text: &str) -> Option<&str> {
    let is_word = |char: char| char.is_alphanumeric() || "@._+-".contains(char);
    let words = text.split(|char: char| !is_word(char));
    let mut addresses = words.filter(|word| {
        word.split_once('@').is_some_and(|(name, domain)| {
            let ends = domain.rsplit_once('.').is_some_and(|(host, top)| {
                !host.is_empty() && top.len() >= 2 && top.chars().all(char::is_alphabetic)
            });
            !name.is_empty() && !domain.contains('@') && ends
        })
    });
    addresses.next()
}

/// The protected header of a JWE, compact or JSON, if the data is one.
pub(super) fn jwe_header(data: &str) -> Option<Value> {
    let data = data.trim();
    let json: Option<Value> = data
        .starts_with('{')
        .then(|| serde_json::from_str(data).ok())
        .flatten();
    let protected = match &json {
        Some(json) => {
            json.get("ciphertext")?;
            json["protected"].as_str()?
        }
        None if data.split('.').count() == 5 => data.split('.').next()?,
        None => return None,
    };
    // A header alone is read like a token without claims.
    let header = Jwt::read(&format!("{protected}.e30.")).map(|jwt| jwt.header)?;
    header.get("enc").is_some().then_some(header)
}

/// Whether data is a whole document of XML or HTML, which can have a link of its own; fragments cannot.
pub(super) fn is_markup(data: &str) -> bool {
    let start: String = data.trim_start().chars().take(14).collect();
    let start = start.to_ascii_lowercase();
    ["<!doctype html", "<html", "<?xml", "<feed"]
        .iter()
        .any(|begin| start.starts_with(begin))
}

/// Whether markup has a `link` element whose relation is `self`.
pub(super) fn has_self_link(data: &str) -> bool {
    let lower = data.to_ascii_lowercase();
    lower
        .split('<')
        .filter(|it| it.starts_with("link") || it.starts_with("atom:link"))
        .any(|tag| {
            let tag = &tag[..tag.find('>').unwrap_or(tag.len())];
            let rel = tag
                .split_once("rel")
                .map_or("", |(_, rest)| rest.trim_start_matches([' ', '=']));
            let rel = rel.trim_start_matches(['"', '\'']);
            let end = rel.find(['"', '\'', '>', '/']).unwrap_or(rel.len());
            rel[..end].split_ascii_whitespace().any(|it| it == "self") && tag.contains("href")
        })
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::{email, has_self_link, is_iri, is_reserved, jwe_header, not_canonical};

    #[test]
    fn texts_are_told_apart() {
        for (text, iri) in [
            ("https://example.com/books/1", true),
            ("urn:uuid:1", true),
            ("https://example.com/é", true),
            ("books/1", false),
            ("a topic", false),
            ("1a:b", false),
            ("https://example.com/{id}", false),
        ] {
            assert_eq!(is_iri(text), iri, "{text}");
        }
        for (text, right) in [
            ("https://example.com/%C3%A9", true),
            ("https://Example.com/", false),
            ("https://example.com/Path", true),
            ("https://example.com/%c3", false),
            ("cafe\u{301}", false),
            ("caf\u{e9}", true),
        ] {
            assert_eq!(not_canonical(text).is_none(), right, "{text}");
        }
        for (text, found) in [
            ("https://example.com/users/jane@example.com/x", true),
            ("https://jane@host/x", false),
            ("a @ b.c", false),
        ] {
            assert_eq!(email(text).is_some(), found, "{text}");
        }
    }

    #[test]
    fn the_reserved_namespace_is_seen_through_what_hides_it() {
        let hub = Url::parse("https://hub.example/.well-known/mercure").unwrap();
        for (topic, reserved) in [
            ("/.well-known/mercure", true),
            (
                "https://elsewhere.example/.well-known/mercure/subscriptions/x",
                true,
            ),
            ("/.well-known/%6Dercure/x", true),
            ("/a/../.well-known/mercure/x", true),
            ("/a/%2e%2e/.well-known/mercure/x", true),
            ("/.well-known/mercurex", false),
            ("https://example.com/books/1", false),
            ("urn:x:y", false),
        ] {
            assert_eq!(is_reserved(topic, &hub), reserved, "{topic}");
        }
    }

    #[test]
    fn data_is_recognised() {
        // {"alg":"RSA1_5","enc":"A256GCM"}
        let header = "eyJhbGciOiJSU0ExXzUiLCJlbmMiOiJBMjU2R0NNIn0";
        let json = format!("{{\"protected\":\"{header}\",\"ciphertext\":\"x\"}}");
        for data in [format!("{header}.a.b.c.d"), json] {
            assert_eq!(jwe_header(&data).expect("a JWE")["alg"], "RSA1_5");
        }
        assert!(jwe_header("{\"a\":1}").is_none() && jwe_header("1.2.3.4.5").is_none());
        for (markup, has) in [
            ("<html><link rel=\"self\" href=\"/a\"></html>", true),
            ("<feed><link href='/a' rel='alternate self'/></feed>", true),
            (
                "<html><link rel=\"stylesheet\" href=\"/self\"></html>",
                false,
            ),
            ("<html><a rel=\"self\" href=\"/\"></html>", false),
        ] {
            assert_eq!(has_self_link(markup), has, "{markup}");
        }
    }
}
