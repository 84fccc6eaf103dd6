//! The names of subscriptions: topics of their updates, and paths of the lists of them.
//!
//! Not here: what the documents say, see `document`.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::Dialect;
use crate::topic_matcher::{MatcherType, TopicMatcher};

/// All but the unreserved characters, as RFC 6570 asks of simple expansion. subscriptions.encoding.once
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The namespace of subscriptions below the path of a hub.
#[derive(Debug)]
pub(crate) struct Namespace {
    root: Box<str>,
    prefix: Box<str>,
}

/// What a path asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// All subscriptions.
    All,
    /// Those with one matcher.
    Matcher(Selection),
    /// One of them.
    One {
        /// Its matcher.
        selection: Selection,
        /// Its subscriber.
        subscriber: String,
    },
}

/// A matcher as a path names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Selection {
    /// None in 0.x, whose paths have no type.
    pub(crate) matcher_type: Option<MatcherType>,
    pub(crate) text: String,
}

impl Selection {
    pub(crate) fn includes(&self, matcher: &TopicMatcher) -> bool {
        self.text == matcher.as_str()
            && self
                .matcher_type
                .is_none_or(|it| it == matcher.matcher_type())
    }
}

impl Namespace {
    pub(crate) fn new(hub_path: &str) -> Self {
        let root = format!("{hub_path}/subscriptions");
        Self {
            prefix: format!("{root}/").into(),
            root: root.into(),
        }
    }

    /// The path of the list of all subscriptions.
    pub(crate) fn root(&self) -> &str {
        &self.root
    }

    /// What all names but that begin with.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The name of one subscription. subscriptions.event.topic, subscriptions.event-topic
    pub(crate) fn name(
        &self,
        dialect: Dialect,
        matcher: &TopicMatcher,
        subscriber: &str,
    ) -> String {
        let prefix = &self.prefix;
        let text = utf8_percent_encode(matcher.as_str(), ENCODED);
        let subscriber = utf8_percent_encode(subscriber, ENCODED);
        match dialect {
            Dialect::V0 => format!("{prefix}{text}/{subscriber}"),
            Dialect::V1 => {
                let matcher_type = matcher.matcher_type().name();
                format!("{prefix}{matcher_type}/{text}/{subscriber}")
            }
        }
    }

    /// What a path asks for; none if there is never anything at it.
    pub(crate) fn read(&self, path: &str, dialect: Dialect) -> Option<Wanted> {
        if path == &*self.root {
            return Some(Wanted::All);
        }
        let mut segments = path.strip_prefix(&*self.prefix)?.split('/');
        let matcher_type = match dialect {
            Dialect::V0 => None,
            Dialect::V1 => Some(MatcherType::named(segments.next()?)?),
        };
        let selection = Selection {
            matcher_type,
            text: decode(segments.next()?, dialect)?,
        };
        let subscriber = segments.next();
        if segments.next().is_some() {
            return None;
        }
        Some(match subscriber {
            None => Wanted::Matcher(selection),
            Some(subscriber) => Wanted::One {
                selection,
                subscriber: decode(subscriber, dialect)?,
            },
        })
    }
}

/// Undoes the encoding once. Clients of 0.x write a space as `+` too, as the hub did that they were made for.
fn decode(segment: &str, dialect: Dialect) -> Option<String> {
    let decode = |text: &str| {
        let decoded = percent_decode_str(text).decode_utf8().ok()?;
        Some(decoded.into_owned())
    };
    match dialect {
        Dialect::V0 => decode(&segment.replace('+', " ")),
        Dialect::V1 => decode(segment),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;
    use crate::test_support::hub_url;

    const ROOT: &str = "/.well-known/mercure/subscriptions";

    #[test]
    fn names_are_encoded_once_and_read_back() {
        fn check(text: &str, encoded: &str) {
            let namespace = Namespace::new("/.well-known/mercure");
            let matcher = TopicMatcher::exact(text, &Limits::DEFAULT).expect("a good matcher");
            let v1 = namespace.name(Dialect::V1, &matcher, "urn:uuid:1");
            assert_eq!(v1, format!("{ROOT}/exact/{encoded}/urn%3Auuid%3A1"));
            let v0 = namespace.name(Dialect::V0, &matcher, "urn:uuid:1");
            assert_eq!(v0, format!("{ROOT}/{encoded}/urn%3Auuid%3A1"));
            for (name, dialect) in [(v1, Dialect::V1), (v0, Dialect::V0)] {
                let Some(Wanted::One {
                    selection,
                    subscriber,
                }) = namespace.read(&name, dialect)
                else {
                    panic!("{name} is no subscription of {dialect}");
                };
                assert_eq!(
                    (&*selection.text, &*subscriber),
                    (text, "urn:uuid:1"),
                    "{dialect}"
                );
                assert!(selection.includes(&matcher));
            }
        }
        check(
            "https://example.com/a b?c=d&e#f",
            "https%3A%2F%2Fexample.com%2Fa%20b%3Fc%3Dd%26e%23f",
        );
        check("é", "%C3%A9");
        check("a%20b", "a%2520b");
        check("!'()*;,:@$&+=", "%21%27%28%29%2A%3B%2C%3A%40%24%26%2B%3D");
        check("~-._", "~-._");
        check("a/b", "a%2Fb");
        check("*", "%2A");
    }

    #[test]
    fn the_type_is_the_one_that_was_written() {
        let namespace = Namespace::new("/realtime/hub");
        let limits = &Limits::DEFAULT;
        let matchers = [
            (TopicMatcher::exact("*", limits), "exact"),
            (
                TopicMatcher::url_pattern("*", &hub_url(), limits),
                "urlpattern",
            ),
            (TopicMatcher::selector("{id}", limits), "uritemplate"),
            (TopicMatcher::selector("id", limits), "exact"),
        ];
        for (matcher, matcher_type) in matchers {
            let matcher = matcher.expect("a good matcher");
            let name = namespace.name(Dialect::V1, &matcher, "s");
            assert!(
                name.starts_with(&format!("/realtime/hub/subscriptions/{matcher_type}/")),
                "{name}"
            );
        }
    }

    #[test]
    fn other_paths_are_nothing() {
        fn check(path: &str, dialect: Dialect, found: bool) {
            let namespace = Namespace::new("/.well-known/mercure");
            let read = namespace.read(&format!("{ROOT}{path}"), dialect);
            assert_eq!(read.is_some(), found, "{dialect} {path:?}: {read:?}");
        }
        check("", Dialect::V1, true);
        check("/exact/a", Dialect::V1, true);
        check("/exact/a/s", Dialect::V1, true);
        check("/exact/", Dialect::V1, true);
        check("/", Dialect::V1, false);
        check("/exact", Dialect::V1, false);
        check("/Exact/a", Dialect::V1, false);
        check("/regex/a", Dialect::V1, false);
        check("/exact/a/s/x", Dialect::V1, false);
        check("/exact/%FF", Dialect::V1, false);
        check("x", Dialect::V1, false);
        check("/a", Dialect::V0, true);
        check("/a/s", Dialect::V0, true);
        check("/a/s/x", Dialect::V0, false);
    }

    #[test]
    fn a_plus_is_a_space_in_0x_alone() {
        let namespace = Namespace::new("/.well-known/mercure");
        for (dialect, path, text) in [
            (Dialect::V0, "/b+c", "b c"),
            (Dialect::V0, "/b%2Bc", "b+c"),
            (Dialect::V1, "/exact/b+c", "b+c"),
        ] {
            let Some(Wanted::Matcher(selection)) =
                namespace.read(&format!("{ROOT}{path}"), dialect)
            else {
                panic!("{path} is no list");
            };
            assert_eq!(selection.text, text);
        }
    }
}
