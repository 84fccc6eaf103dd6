//! How subscriptions are named: topics of their events, paths of the lists of them. The suite's own reading of RFC 6570.

use assay_client::Dialect;

use super::Marked;
use crate::lab::Lab;

/// The path of the hub URL.
pub(in crate::check) fn hub_path<'l>(lab: &'l Lab<'_>) -> &'l str {
    lab.hub().target.endpoint.hub().url().as_url().path()
}

/// The origin of the hub URL.
pub(in crate::check) fn origin(lab: &Lab<'_>) -> String {
    let url = lab.hub().target.endpoint.hub().url().as_url();
    url.origin().ascii_serialization()
}

/// The path of the list of all subscriptions.
pub(in crate::check) fn root(lab: &Lab<'_>) -> String {
    format!("{}/subscriptions", hub_path(lab))
}

/// The path of the list of the subscriptions with one matcher.
pub(in crate::check) fn list(lab: &Lab<'_>, matcher: &Marked) -> String {
    let (root, text) = (root(lab), expanded(&matcher.text));
    match lab.hub().dialect {
        Dialect::V0 => format!("{root}/{text}"),
        Dialect::V1 => format!("{root}/{}/{text}", matcher.match_type()),
    }
}

/// The topic and the path of one subscription.
pub(in crate::check) fn single(lab: &Lab<'_>, matcher: &Marked, subscriber: &str) -> String {
    format!("{}/{}", list(lab, matcher), expanded(subscriber))
}

/// Simple expansion of RFC 6570, section 3.2.2: all but the unreserved characters is encoded.
pub(in crate::check) fn expanded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// Undoes it once; none when what comes out is no text, or a percent sign begins nothing.
pub(in crate::check) fn decoded(segment: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = segment.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'%' {
            bytes.push(first);
            continue;
        }
        let digits = std::str::from_utf8(after.get(..2)?).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &after[2..];
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::{decoded, expanded};

    #[test]
    fn all_but_unreserved_characters_are_encoded_once() {
        let cases = [
            ("a b/é", "a%20b%2F%C3%A9"),
            ("a%20b", "a%2520b"),
            ("!'()*;,:@$&+=", "%21%27%28%29%2A%3B%2C%3A%40%24%26%2B%3D"),
            ("~-._", "~-._"),
        ];
        for (text, expected) in cases {
            assert_eq!(expanded(text), expected);
            assert_eq!(decoded(expected).as_deref(), Some(text));
        }
        for broken in ["%", "%2", "%zz", "%FF"] {
            assert_eq!(decoded(broken), None, "{broken}");
        }
    }
}
