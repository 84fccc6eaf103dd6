//! A path of the subscription API in either dialect. Not for asking it.

use std::fmt::Write as _;

use assay_client::Dialect;

use super::selector::{HUB_PATH, SUBSCRIPTIONS};

/// The matcher types of 1.0, which stand before the matcher.
const TYPES: [&str; 2] = ["exact", "urlpattern"];

/// What a path asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiPath {
    /// Whether it names the matcher type.
    pub(super) dialect: Dialect,
    /// How deep it goes.
    pub(super) depth: Depth,
}

/// How deep a path of the API goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// All subscriptions.
    All,
    /// Those of one topic.
    OfTopic,
    /// A single one.
    Single,
}

impl ApiPath {
    /// Reads what stands behind `…/subscriptions` in a text; none where the text is no such path.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (_, behind) = text.split_once(HUB_PATH)?;
        let rest = behind.strip_prefix(SUBSCRIPTIONS)?;
        let rest = rest.split(['?', '#']).next().unwrap_or(rest);
        if !rest.is_empty() && !rest.starts_with('/') {
            return None;
        }
        let segments: Vec<_> = rest.split('/').filter(|it| !it.is_empty()).collect();
        let dialect = match segments.first() {
            Some(first) if TYPES.contains(first) && segments.len() > 1 => Dialect::V1,
            _ => Dialect::V0,
        };
        let named = match dialect {
            Dialect::V0 => segments.len(),
            Dialect::V1 => segments.len() - 1,
        };
        let depth = match named {
            0 => Depth::All,
            1 => Depth::OfTopic,
            2 => Depth::Single,
            _ => return None,
        };
        Some(Self { dialect, depth })
    }

    /// The same in 1.0.
    pub(super) const fn in_v1(&self) -> Self {
        Self {
            dialect: Dialect::V1,
            depth: self.depth,
        }
    }

    /// The path below that of the hub, for a topic that is subscribed to exactly.
    pub(super) fn below_hub(&self, topic: &str, subscriber: &str) -> String {
        let once = |text: &str| percent_encoded(text);
        let matcher = match self.dialect {
            Dialect::V0 => once(topic),
            Dialect::V1 => format!("exact/{}", once(topic)),
        };
        match self.depth {
            Depth::All => SUBSCRIPTIONS.to_owned(),
            Depth::OfTopic => format!("{SUBSCRIPTIONS}/{matcher}"),
            Depth::Single => format!("{SUBSCRIPTIONS}/{matcher}/{}", once(subscriber)),
        }
    }

    /// A text with the matcher type put before the matcher.
    pub(super) fn rewritten(&self, text: &str) -> String {
        let end = text.find(SUBSCRIPTIONS).map(|at| at + SUBSCRIPTIONS.len());
        match (self.dialect, self.depth, end) {
            (Dialect::V0, Depth::OfTopic | Depth::Single, Some(end)) => {
                let (before, behind) = text.split_at(end);
                format!("{before}/exact{behind}")
            }
            _ => text.to_owned(),
        }
    }
}

/// RFC 6570, simple expansion. // subscriptions.encoding.once
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing into a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::{ApiPath, Depth, Dialect};

    /// Encoded once, reserved characters too, whatever stood in the topic.
    #[test]
    fn a_topic_is_one_segment() {
        let topic = "https://a.example/b?c=%20~é";
        let encoded = "https%3A%2F%2Fa.example%2Fb%3Fc%3D%2520~%C3%A9";
        for (dialect, expected) in [
            (Dialect::V0, format!("/subscriptions/{encoded}/urn%3Ax")),
            (
                Dialect::V1,
                format!("/subscriptions/exact/{encoded}/urn%3Ax"),
            ),
        ] {
            let depth = Depth::Single;
            let path = ApiPath { dialect, depth }.below_hub(topic, "urn:x");
            assert_eq!(path, expected);
        }
    }

    #[test]
    fn paths_are_read_in_both_dialects_and_written_in_1_0() {
        let cases = [
            (
                "/.well-known/mercure/subscriptions",
                Some((Dialect::V0, Depth::All)),
                "/.well-known/mercure/subscriptions",
            ),
            (
                "https://h/.well-known/mercure/subscriptions/{topic}",
                Some((Dialect::V0, Depth::OfTopic)),
                "https://h/.well-known/mercure/subscriptions/exact/{topic}",
            ),
            (
                "/.well-known/mercure/subscriptions/a/b",
                Some((Dialect::V0, Depth::Single)),
                "/.well-known/mercure/subscriptions/exact/a/b",
            ),
            (
                "/.well-known/mercure/subscriptions/exact/a",
                Some((Dialect::V1, Depth::OfTopic)),
                "/.well-known/mercure/subscriptions/exact/a",
            ),
            ("/.well-known/mercure/subscriptions{/topic}", None, ""),
            ("/.well-known/mercure", None, ""),
        ];
        for (text, expected, rewritten) in cases {
            let path = ApiPath::read(text);
            let seen = path.as_ref().map(|path| (path.dialect, path.depth));
            assert_eq!(seen, expected, "{text}");
            if let Some(path) = path {
                assert_eq!(path.rewritten(text), rewritten);
            }
        }
    }
}
