use super::*;
use crate::test_support::{hub_url, topic};

fn url_pattern(text: &str) -> Result<TopicMatcher, MatcherError> {
    TopicMatcher::url_pattern(text, &hub_url(), &Limits::DEFAULT)
}

fn check_matcher(matcher: &TopicMatcher, matching: &[&str], others: &[&str]) {
    for name in matching {
        assert!(
            matcher.matches(&topic(name)),
            "{matcher:?} should match {name:?}"
        );
    }
    for name in others {
        assert!(
            !matcher.matches(&topic(name)),
            "{matcher:?} should not match {name:?}"
        );
    }
}

#[test]
fn exact_matchers_compare_bytes() {
    fn check(text: &str, matching: &[&str], others: &[&str]) {
        let matcher = TopicMatcher::exact(text, &Limits::DEFAULT).expect("a good matcher");
        check_matcher(&matcher, matching, others);
    }
    check(
        "https://example.com/a",
        &["https://example.com/a"],
        &[
            "https://example.com/a/",
            "https://example.com/a?",
            "https://example.com/a#",
            "https://example.com/ab",
            "https://EXAMPLE.com/a",
            "https://example.com:443/a",
            "https://example.com/%61",
            "https://example.com/x/../a",
        ],
    );
    check(
        "/books/1",
        &["/books/1"],
        &["https://hub.example/books/1", "books/1"],
    );
    check(
        "https://example.com/b/:id",
        &["https://example.com/b/:id"],
        &["https://example.com/b/1"],
    );
    check(
        "https://example.com/*",
        &["https://example.com/*"],
        &["https://example.com/a"],
    );
    check("caf\u{e9}", &["caf\u{e9}"], &["cafe\u{301}"]);
    check("", &[""], &["a"]);
}

#[test]
fn a_lone_star_is_everything_in_every_type() {
    let everything = [
        "a",
        "https://[",
        "http://example.com:99999/",
        "urn:x:y",
        "foo bar",
        "/other/path",
        "",
    ];
    for matcher in [
        TopicMatcher::exact("*", &Limits::DEFAULT),
        url_pattern("*"),
        TopicMatcher::selector("*", &Limits::DEFAULT),
    ] {
        check_matcher(&matcher.expect("the wildcard"), &everything, &[]);
    }
}

#[test]
fn url_patterns_follow_the_standard() {
    fn check(text: &str, matching: &[&str], others: &[&str]) {
        check_matcher(
            &url_pattern(text).expect("a good pattern"),
            matching,
            others,
        );
    }
    check(
        "https://example.com/books/:id",
        &[
            "https://example.com/books/1",
            "https://example.com/books/1?x=y#z",
            "https://EXAMPLE.com/books/1",
            "https://example.com:443/books/1",
            "https://example.com/x/../books/1",
        ],
        &[
            "https://example.com/books/1/2",
            "https://example.com/books/",
            "https://example.com/Books/1",
            "http://example.com/books/1",
            "https://other.example/books/1",
            "https://example.com:8443/books/1",
            "books/1",
            "https://[",
        ],
    );
    check(
        "/books/:id",
        &["/books/1", "https://hub.example/books/1"],
        &["https://other.example/books/1", "/Books/1"],
    );
    check(
        "https://example.com/b{ook}?s/:id",
        &["https://example.com/bs/1", "https://example.com/books/1"],
        &["https://example.com/boks/1"],
    );
    check(
        "https://example.com/a/:x+",
        &["https://example.com/a/1", "https://example.com/a/1/2"],
        &["https://example.com/a"],
    );
    check(
        "https://example.com/a/:x*",
        &["https://example.com/a", "https://example.com/a/1/2"],
        &["https://example.com/b"],
    );
    check(
        "https://example.com/n/:n(\\d+)",
        &["https://example.com/n/12"],
        &["https://example.com/n/x"],
    );
    check(
        "http{s}?://example.com/x",
        &["http://example.com/x", "https://example.com/x"],
        &["ftp://example.com/x"],
    );
    check(
        "https://*.example.com/x",
        &["https://a.example.com/x"],
        &["https://example.com/x"],
    );
    check(
        "https://example.com/s?q=:q",
        &["https://example.com/s?q=1"],
        &["https://example.com/s?p=1"],
    );
    check(
        "https://example.com/h#:frag",
        &["https://example.com/h#a"],
        &["https://example.com/h"],
    );
    check(
        "http([s])?://[\\:\\:1]:8080/x",
        &["http://[::1]:8080/x"],
        &["http://[::1]/x", "http://[::2]:8080/x"],
    );
    check(
        "*://([a-z]+).example.com/]",
        &["https://a.example.com/]"],
        &["https://1.example.com/]"],
    );
    check("https://[*]:8080/x", &["https://[::1]:8080/x"], &[]);
    check("urn:a]b", &[], &["urn:ab"]);
    check(
        "https://example.com/users/42/*",
        &["https://example.com/users/42/books/1"],
        &["https://example.com/users/43/books/1"],
    );
}

#[test]
fn url_patterns_have_the_hub_as_base_and_mind_case() {
    fn check(text: &str, matching: &[&str], others: &[&str]) {
        check_matcher(
            &url_pattern(text).expect("a good pattern"),
            matching,
            others,
        );
    }
    check("https://hub.example/books/:id", &["/books/1"], &["books/2"]);
    check("/.well-known/books/:id", &["books/2"], &["/books/2"]);
    check(
        "https://EXAMPLE.com/x/:id",
        &["https://example.com/x/1"],
        &["https://example.com/X/1"],
    );
    check(
        "https://example.com/s?Q=:v",
        &["https://example.com/s?Q=1"],
        &["https://example.com/s?q=1"],
    );
    check(
        "*://*/*",
        &["https://example.com/x", "/x"],
        &["https://[", "http://example.com:99999/x"],
    );
    // An absolute one has no base, or the path of an opaque one would be relative to it.
    check(
        "urn:*",
        &["urn:uuid:1", "urn:isbn:1"],
        &["data:,x", "uuid:1", "/uuid:1"],
    );
    check(r"urn\:isbn\::n", &["urn:isbn:1"], &["urn:uuid:1"]);
}

#[test]
fn no_pattern_takes_more_than_linear_time() {
    let topic = topic(&format!("https://example.com/{}c", "a".repeat(8000)));
    for group in ["(?:a+)+b", "(?:a|a)*b", "(?:a|aa)+b", "(?:a*)*b", "(?:a+)+"] {
        let matcher =
            url_pattern(&format!("https://example.com/({group})")).expect("a good pattern");
        // Exponential, this would outlast the universe.
        assert!(!matcher.matches(&topic), "{group}");
    }
}

#[test]
fn broken_url_patterns_are_refused() {
    for text in [
        "https://example.com/(",
        "https://example.com/{a",
        "/:id/:id",
        "/:",
        "/((a))",
        "/(?:a)",
        "{{a}}",
        "https://exa mple.com/",
        // Nothing was opened that the bracket closes.
        "*:]",
        "https://a]b/x",
        "https://[a]]/x",
        "https://u:p@\\]/x",
        "https://([a])]/x",
        "https://((a)])/x",
        "https://{a}]:8080/x",
        "https://:a]/x",
        // An engine of linear time has no lookaround.
        "/((?=a)b)",
    ] {
        assert!(
            matches!(url_pattern(text), Err(MatcherError::Pattern(_))),
            "{text}"
        );
        assert!(
            TopicMatcher::exact(text, &Limits::DEFAULT).is_ok(),
            "{text} is a fine exact matcher"
        );
    }
    assert!(url_pattern("/(.{1000})").is_err(), "a huge program");
}

#[test]
fn selectors_of_0x_match_by_equality_template_or_star() {
    fn check(text: &str, matching: &[&str], others: &[&str]) {
        let matcher = TopicMatcher::selector(text, &Limits::DEFAULT).expect("a good selector");
        check_matcher(&matcher, matching, others);
    }
    check("bar", &["bar"], &["Bar", "bar/"]);
    check("", &[""], &["a"]);
    check(
        "https://example.com/*",
        &["https://example.com/*"],
        &["https://example.com/x"],
    );
    check(
        "https://example.com/books/{id}",
        &[
            "https://example.com/books/1",
            "https://example.com/books/{id}",
            "https://example.com/books/a%2Fb",
            "https://example.com/books/",
            "https://example.com/books/a,b",
        ],
        &[
            "https://example.com/books/1/x",
            "xhttps://example.com/books/1",
            "https://example.com/books/{other}",
            "https://example.com/books/é",
            "https://example.com/books/a b",
            "https://example.com/books/a%2",
            "https://example.com/reviews/1",
            "https://example.com/books/1\n",
        ],
    );
    check(
        "https://example.com/{+path}",
        &["https://example.com/a/b?x=1"],
        &["https://example.com/a b"],
    );
    check("a{#frag}", &["a", "a#x/y"], &["ax"]);
    check("a{.ext}", &["a", "a.json", "a.b.c"], &["ajson", "a/b"]);
    check(
        "https://example.com{/a,b}",
        &["https://example.com/x/y", "https://example.com"],
        &["https://example.com/x/y/z"],
    );
    check(
        "https://example.com{/a*}",
        &["https://example.com/x/y/z"],
        &["https://example.com/x?y"],
    );
    check("a{;x,y}", &["a;x=1;y=2", "a;x"], &["a;x=1;y=2;z=3", "ax"]);
    check(
        "https://example.com/users/foo/{?topic}",
        &[
            "https://example.com/users/foo/?topic=https%3A%2F%2Fexample.com%2Fbooks%2F1",
            "https://example.com/users/foo/",
        ],
        &[
            "https://example.com/users/bar/?topic=x",
            "https://example.com/users/foo/?topic=https://example.com/books/1",
            "https://example.com/users/foo/?a=1&b=2",
        ],
    );
    check("a?x=1{&y,z}", &["a?x=1&y=2&z=3", "a?x=1"], &["a?x=1y=2"]);
    check("{a}{b:3}", &["12345"], &["1/2"]);
    check("{m*}", &["a=1,b=2"], &["a&b"]);
    check("x{.m*}", &["x.a=1.b=2"], &["x;a"]);
    check(
        "x{?q}",
        &["x?other=1", "x?q", "x?a=1,2"],
        &["x?q=1&r=2", "x?a/b"],
    );
    check("it's{a}", &["it's1"], &["its1"]);
    // match.invalid-template-literal
    for broken in [
        "faulty{iri",
        "a}b",
        "{}",
        "{a b}",
        "{a:0}",
        "{a:12345}",
        "{a..b}",
        "{!a}",
        "{a",
        "{{a}}",
        "x y{a}",
    ] {
        check(broken, &[broken], &["faultyX", "1", "ab", ""]);
    }
}

#[test]
fn length_and_complexity_are_bounded() {
    let limits = Limits {
        matcher_bytes: 4,
        ..Limits::DEFAULT
    };
    for (text, allowed) in [("abcd", true), ("abcde", false)] {
        assert_eq!(TopicMatcher::exact(text, &limits).is_ok(), allowed);
        assert_eq!(TopicMatcher::selector(text, &limits).is_ok(), allowed);
        assert_eq!(
            TopicMatcher::url_pattern(text, &hub_url(), &limits).is_ok(),
            allowed
        );
    }
    let deep = "{/:a}?-:b{/:c}?-:d{/:e}?-:f{/:g}?-:h{/:i}?-:j{/:k}?-:l{/:m}?-:n{/:o}?-:p{/:q}?-:r{/:s}?-:t";
    assert!(
        url_pattern(deep).is_ok(),
        "ten optional groups of two names"
    );
    let huge = format!("{{/{}}}", vec!["a"; 2000].join(","));
    assert_eq!(
        TopicMatcher::selector(&huge, &Limits::DEFAULT),
        Err(MatcherError::TooComplex)
    );
}

#[test]
fn equality_is_that_of_type_and_text() {
    let exact = |text| TopicMatcher::exact(text, &Limits::DEFAULT).expect("a good matcher");
    assert_eq!(exact("/a"), exact("/a"));
    assert_ne!(exact("/a"), exact("/b"));
    assert_ne!(exact("/a"), url_pattern("/a").expect("a good pattern"));
    let elsewhere = HubUrl::parse("https://other.example/hub").expect("a hub URL");
    let same_text =
        TopicMatcher::url_pattern("/a", &elsewhere, &Limits::DEFAULT).expect("a good pattern");
    assert_ne!(url_pattern("/a"), Ok(same_text));
    assert_eq!(exact("*"), url_pattern("*").expect("the wildcard"));
}

mod generated {
    use super::*;
    use proptest::prelude::*;

    /// A value as RFC 6570 writes it in a simple expansion.
    fn expand(value: &str) -> String {
        value
            .bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    char::from(byte).to_string()
                }
                other => format!("%{other:02X}"),
            })
            .collect()
    }

    proptest! {
        #[test]
        fn an_expansion_of_a_template_matches_it(
            literals in proptest::collection::vec("[a-z/:.?=+*()\\[\\]$]{0,6}", 4),
            values in proptest::collection::vec(".{0,6}", 3),
            operators in proptest::collection::vec(0_usize..5, 3),
        ) {
            let mut template = literals[0].clone();
            let mut expansion = literals[0].clone();
            for ((value, operator), literal) in values.iter().zip(operators).zip(&literals[1..]) {
                let value = expand(value);
                let (opening, expanded) = [
                    ("{v", value.clone()),
                    ("{/v", format!("/{value}")),
                    ("{?v", format!("?v={value}")),
                    ("{&v", format!("&v={value}")),
                    ("{.v", format!(".{value}")),
                ][operator].clone();
                template.extend([opening, "}", literal]);
                expansion.extend([expanded.as_str(), literal]);
            }
            let matcher = TopicMatcher::selector(&template, &Limits::DEFAULT).expect("a short template");
            prop_assert!(matcher.matches(&topic(&expansion)), "{template} {expansion}");
        }

        #[test]
        fn no_text_makes_a_matcher_panic(text in ".{0,40}", name in "[a-z/:.{}*?]{0,20}") {
            let topic = topic(&name);
            let matchers = [
                TopicMatcher::exact(&text, &Limits::DEFAULT),
                TopicMatcher::selector(&text, &Limits::DEFAULT),
                url_pattern(&text),
            ];
            for matcher in matchers.into_iter().flatten() {
                matcher.matches(&topic);
            }
        }

        // Overflow is checked in tests: `urlpattern` must never count a bracket that closes nothing.
        #[test]
        fn no_pattern_makes_a_matcher_panic(text in "[a:/{}()*+?#\\[\\]\\\\|^.]{0,24}") {
            if let Ok(matcher) = url_pattern(&text) {
                matcher.matches(&topic("https://hub.example/a/b?c#d"));
            }
        }
    }
}
