use super::*;
use crate::test_support::hub_url;

fn supplied(name: &str, dialect: Dialect) -> Result<Topic, TopicError> {
    Topic::supplied(name, dialect, &hub_url(), &Limits::DEFAULT)
}

#[test]
fn the_reserved_namespace_is_refused_in_all_its_spellings() {
    fn check(name: &str, reserved: bool) {
        let refused = supplied(name, Dialect::V1) == Err(TopicError::ReservedNamespace);
        assert_eq!(refused, reserved, "{name:?}");
    }
    for name in [
        // .hub-path, .subpath
        "/.well-known/mercure",
        "/.well-known/mercure/",
        "/.well-known/mercure/subscriptions/exact/foo/bar",
        "/.well-known/mercure//x",
        "/.well-known/mercure/.",
        // .own-authority, .other-authority, .other-scheme
        "https://hub.example/.well-known/mercure/subscriptions/exact/a/b",
        "https://other.example/.well-known/mercure/x",
        "//other.example/.well-known/mercure",
        "https://user:pw@other.example:8443/.well-known/mercure",
        "ftp://x/.well-known/mercure",
        "ws://x/.well-known/mercure/a",
        "foo://bar/.well-known/mercure",
        "foo:/.well-known/mercure",
        "data:/.well-known/mercure",
        // .percent-encoded
        "/.well-known/%6Dercure/x",
        "/.well-known/%6dercure",
        "/%2Ewell-known/mercure",
        "/.well%2Dknown/mercure",
        "/%2e%77ell-known/%6D%65rcure/subscriptions",
        // .dot-segments, .encoded-dot-segments
        "/.well-known/mercure/../mercure/x",
        "/a/../.well-known/mercure",
        "/.well-known/./mercure",
        "/a/%2e%2e/.well-known/mercure",
        "/a/%2E./.well-known/mercure/x",
        "/.well-known/%2e/mercure",
        "/.well-known/mercure/%2e%2e/mercure",
        // .url-parser
        "\\.well-known\\mercure",
        "https:\\\\other.example\\.well-known\\mercure\\x",
        "https:/.well-known/mercure",
        "https:mercure",
        " /.well-known/mercure",
        "/.well-known/mercure ",
        // .relative-resolution
        "mercure",
        "mercure/x",
        "./mercure",
        "../.well-known/mercure",
        "",
        "?a=b",
        "#frag",
        // .query-fragment
        "/.well-known/mercure?x=y",
        "/.well-known/mercure#f",
    ] {
        check(name, true);
    }
    for name in [
        "/.well-known/mercurex",
        "/.well-known/mercure-2/a",
        "/.well-known/mercure;v=1",
        "/.well-known/MERCURE",
        "/x/.well-known/mercure",
        "/.well-known//mercure",
        "https://example.com/?u=/.well-known/mercure",
        "urn:.well-known/mercure",
        "/.well-known/mercure%2Fx",
        "/.well-known%2Fmercure",
        "/.well-known/%256Dercure",
        "/.well-known/mercure/../other",
        "/.well-known/mercure/..",
        "/.well-known/mercure/%2e%2e/other",
        "foo",
        "foo/mercure",
        "mercurex",
        "/a?p=/.well-known/mercure",
        "/a#/.well-known/mercure",
        // .unparseable
        "https://[",
        "http://example.com:99999/.well-known/mercure/x",
        "https://[::1/.well-known/mercure",
    ] {
        check(name, false);
    }
}

#[test]
fn subscription_events_cannot_be_forged_from_0x() {
    fn check(name: &str, reserved: bool) {
        let refused = supplied(name, Dialect::V0) == Err(TopicError::ReservedNamespace);
        assert_eq!(refused, reserved, "{name:?}");
    }
    check("/.well-known/mercure/subscriptions/exact/a/b", true);
    check(
        "https://hub.example/.well-known/%6Dercure/subscriptions/x",
        true,
    );
    check("mercure/subscriptions/x", true);
    // Topics that 0.x has always had.
    check("", false);
    check("*", false);
    check("?a=b", false);
    check("foo", false);
}

#[test]
fn the_namespace_follows_the_hub() {
    let hub_url = HubUrl::parse("https://hub.example/realtime/hub?x#y").expect("a hub URL");
    let place = |name| Topic::supplied(name, Dialect::V1, &hub_url, &Limits::DEFAULT).map(|_| ());
    assert_eq!(place("/realtime/hub/x"), Err(TopicError::ReservedNamespace));
    assert_eq!(place("/realtime/hub"), Err(TopicError::ReservedNamespace));
    assert_eq!(place("/.well-known/mercure/x"), Ok(()));
}

#[test]
fn characters_are_checked() {
    fn check(character: char, allowed: bool) {
        for name in [
            format!("a{character}b"),
            format!("{character}T"),
            format!("T{character}"),
        ] {
            assert_eq!(supplied(&name, Dialect::V1).is_ok(), allowed, "{name:?}");
            assert!(supplied(&name, Dialect::V0).is_ok(), "{name:?} in 0.x");
        }
    }
    for refused in [
        '\0', '\t', '\n', '\r', '\u{1b}', '\u{1f}', '\u{7f}', '\u{80}', '\u{85}', '\u{9f}',
    ] {
        check(refused, false);
    }
    for refused in [
        '\u{ad}',
        '\u{600}',
        '\u{61c}',
        '\u{6dd}',
        '\u{180e}',
        '\u{200b}',
        '\u{200d}',
        '\u{200e}',
        '\u{202a}',
        '\u{202e}',
        '\u{2060}',
        '\u{2064}',
        '\u{2066}',
        '\u{feff}',
        '\u{fff9}',
        '\u{110bd}',
        '\u{13430}',
        '\u{1bca0}',
        '\u{1d173}',
        '\u{e0001}',
        '\u{e0020}',
    ] {
        check(refused, false);
    }
    for allowed in [
        ' ',
        '~',
        '\u{a0}',
        '\u{e9}',
        '\u{34f}',
        '\u{2028}',
        '\u{3164}',
        '\u{fe0f}',
        '\u{fffd}',
        '\u{1f600}',
        '\u{e0100}',
    ] {
        check(allowed, true);
    }
}

#[test]
fn the_wildcard_is_no_topic_of_1_0() {
    assert_eq!(supplied("*", Dialect::V1), Err(TopicError::Wildcard));
    for name in ["**", "/*", "a*", " *"] {
        assert!(supplied(name, Dialect::V1).is_ok(), "{name}");
    }
}

#[test]
fn length_is_bounded() {
    let limits = Limits {
        topic_bytes: 5,
        ..Limits::DEFAULT
    };
    let supplied = |name| Topic::supplied(name, Dialect::V1, &hub_url(), &limits).is_ok();
    assert!(supplied("abcde"));
    assert!(!supplied("abcdef"));
}
