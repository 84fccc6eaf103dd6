use super::*;
use crate::test_support::hub_url;

fn parse(query: &str, dialect: Dialect) -> Result<SubscribeQuery, SubscribeQueryError> {
    SubscribeQuery::parse(query, None, None, dialect, &hub_url(), &Limits::DEFAULT)
}

fn matchers(query: &str, dialect: Dialect) -> Result<String, &'static str> {
    parse(query, dialect)
        .map(|parsed| format!("{:?}", parsed.matchers))
        .map_err(|refused| refused.code())
}

#[test]
fn parameters_of_1_0_are_read() {
    fn check(query: &str, expected: Result<&str, &str>) {
        let read = matchers(query, Dialect::V1);
        assert_eq!(read.as_deref().map_err(|code| *code), expected, "{query}");
    }
    check("match=T", Ok(r#"[Exact("T")]"#));
    check("match_exact=T", Ok(r#"[Exact("T")]"#));
    check("match_urlpattern=/b/:id", Ok(r#"[UrlPattern("/b/:id")]"#));
    check(
        "match=A&match_urlpattern=/b&match=A",
        Ok(r#"[Exact("A"), UrlPattern("/b"), Exact("A")]"#),
    );
    check(
        "match=*&match_exact=*&match_urlpattern=*",
        Ok("[Any, Any, AnyUrlPattern]"),
    );
    check("%6Datch=T", Ok(r#"[Exact("T")]"#));
    check("match%5Furlpattern=/b", Ok(r#"[UrlPattern("/b")]"#));
    check("match=a+b", Ok(r#"[Exact("a b")]"#));
    check("match=a%2Bb", Ok(r#"[Exact("a+b")]"#));
    check(
        "match=https://example.com/a;b",
        Ok(r#"[Exact("https://example.com/a;b")]"#),
    );
    check("match=100%&junk=%", Ok(r#"[Exact("100%")]"#));
    check(
        "&&match=https://example.com/?a=b&",
        Ok(r#"[Exact("https://example.com/?a=b")]"#),
    );
    check("match", Ok(r#"[Exact("")]"#));
    check("match=", Ok(r#"[Exact("")]"#));
    check(
        "match=https://example.com/(",
        Ok(r#"[Exact("https://example.com/(")]"#),
    );
    check(
        "match=T&rematch=1&mat=1&+match=1&topic=U&%EF%BD%8Datch=V",
        Ok(r#"[Exact("T")]"#),
    );
    for query in ["", "topic=T", "x=1;match=T", "last_event_id=a"] {
        check(query, Err("missing-matcher"));
    }
    for name in [
        "Match",
        "MATCH",
        "mATCH",
        "MATCH_EXACT",
        "Match_urlpattern",
        "match_URLPattern",
        "match_EXACT",
        "match_url-pattern",
        "match_%20exact",
        "match_exact%20",
        "matcher",
        "matches",
        "matched_by",
        "match_",
        "match-exact",
        "match.exact",
        "match[]",
        "match%5B0%5D",
        "matchexact",
        "match_exact_",
        "match%00",
        "match_nope",
        "match_regex",
        "match_uritemplate",
        "%4Datch",
        "match_nope=*&x",
    ] {
        check(&format!("match=T&{name}=T"), Err("reserved-name"));
        check(&format!("{name}=T&match=T"), Err("reserved-name"));
    }
    for value in ["%FF", "a%C3%28", "%ED%A0%80", "%C0%AF", "%F4%90%80%80"] {
        check(&format!("match={value}"), Err("not-utf8"));
    }
    for value in [
        "a%00b",
        "%01",
        "%09",
        "a%0Ab",
        "%0D",
        "%1F",
        "a%7Fb",
        "a%C2%80b",
        "%C2%9F",
        "%C2%AD",
        "%EF%BB%BFa",
    ] {
        for name in ["match", "match_exact", "match_urlpattern"] {
            check(&format!("match=T&{name}={value}"), Err("matcher-character"));
        }
    }
    check(
        "match_urlpattern=https://example.com/(",
        Err("pattern-invalid"),
    );
    check("match_urlpattern=/:id/:id", Err("pattern-invalid"));
}

#[test]
fn parameters_of_0x_are_read() {
    fn check(query: &str, expected: Result<&str, &str>) {
        let read = matchers(query, Dialect::V0);
        assert_eq!(read.as_deref().map_err(|code| *code), expected, "{query}");
    }
    check("topic=a&topic=b", Ok(r#"[Exact("a"), Exact("b")]"#));
    check("topic=*", Ok("[Any]"));
    check(
        "topic=https%3A%2F%2Fexample.com%2F%7Bid%7D",
        Ok(r#"[UriTemplate("https://example.com/{id}")]"#),
    );
    check("topic=faulty%7Biri", Ok(r#"[Exact("faulty{iri")]"#));
    check("topic=", Ok(r#"[Exact("")]"#));
    check("topic=a&match_nope=b&Topic=c", Ok(r#"[Exact("a")]"#));
    check("Topic=a", Err("missing-matcher"));
    check("match=a", Err("missing-matcher"));
}

#[test]
fn cursors_are_found() {
    fn check(
        dialect: Dialect,
        query: &str,
        body: Option<&str>,
        header: Option<&str>,
        expected: Option<&str>,
    ) {
        let parsed = SubscribeQuery::parse(
            query,
            body.map(str::as_bytes),
            header,
            dialect,
            &hub_url(),
            &Limits::DEFAULT,
        );
        let cursor = parsed.expect("a good request").last_event_id;
        assert_eq!(
            cursor,
            expected.map(LastEventId::parse),
            "{query} {body:?} {header:?}"
        );
    }
    let v1 = |query, body, header, expected| check(Dialect::V1, query, body, header, expected);
    v1("match=T", None, None, None);
    v1("match=T&last_event_id=a", None, None, Some("a"));
    v1(
        "match=T&last_event_id=a&last_event_id=b",
        None,
        None,
        Some("a"),
    );
    v1("match=T&last_event_id=a", None, Some("h"), Some("h"));
    v1("match=T&last_event_id=a", None, Some(""), Some("a"));
    v1("match=T&last_event_id", None, None, None);
    v1("match=T&lastEventID=a&Last-Event-ID=b", None, None, None);
    v1(
        "match=T&last_event_id=earliest",
        None,
        None,
        Some("earliest"),
    );
    v1("", Some("match=T&last_event_id=b"), None, Some("b"));
    v1(
        "last_event_id=a",
        Some("match=T&last_event_id=b"),
        None,
        Some("a"),
    );
    v1(
        "last_event_id=a",
        Some("match=T&last_event_id=b"),
        Some("h"),
        Some("h"),
    );
    let v0 = |query, header, expected| check(Dialect::V0, query, None, header, expected);
    v0("topic=a&lastEventID=1", None, Some("1"));
    v0("topic=a&lastEventID=1", Some("4"), Some("4"));
    v0("topic=a&lastEventID=", None, None);
    v0("topic=a&last_event_id=1&lasteventid=2", None, None);
    v0("topic=a&Last-Event-ID=1", None, Some("1"));
    v0("topic=a&Last-Event-ID=1&lastEventID=2", None, Some("2"));
    v0("topic=a&Last-Event-ID=1", Some("3"), Some("3"));
}

#[test]
fn a_body_adds_to_the_query() {
    let parsed = SubscribeQuery::parse(
        "match=A",
        Some(b"match=B"),
        None,
        Dialect::V1,
        &hub_url(),
        &Limits::DEFAULT,
    );
    assert_eq!(
        format!("{:?}", parsed.expect("good").matchers),
        r#"[Exact("A"), Exact("B")]"#
    );
    let refused = SubscribeQuery::parse(
        "match=A",
        Some(b"Match=B"),
        None,
        Dialect::V1,
        &hub_url(),
        &Limits::DEFAULT,
    );
    assert_eq!(refused.err(), Some(SubscribeQueryError::ReservedName));
}

#[test]
fn the_dialect_of_a_request_is_decided() {
    fn check(
        query: &str,
        enabled: Dialects,
        token: Option<Dialect>,
        expected: Result<Dialect, MixedDialects>,
    ) {
        let decided = request_dialect(enabled, token, DialectHints::of(query, None));
        assert_eq!(decided, expected, "{query} {enabled} {token:?}");
    }
    use Dialects::{Both, OnlyV0, OnlyV1};
    let (v0, v1) = (Dialect::V0, Dialect::V1);
    check("match=a", Both, None, Ok(v1));
    check("last_event_id=a", Both, None, Ok(v1));
    check("MATCHER=a", Both, None, Ok(v1));
    check("topic=a", Both, None, Ok(v0));
    check("topic=a&lastEventID=1", Both, None, Ok(v0));
    check("Last-Event-ID=1", Both, None, Ok(v0));
    check("", Both, None, Ok(v1));
    check("x=1", Both, None, Ok(v1));
    check("match=a&topic=b", Both, None, Err(MixedDialects));
    check("match=a&lastEventID=b", Both, None, Err(MixedDialects));
    check("topic=a&last_event_id=b", Both, None, Err(MixedDialects));
    check("match=a&topic=b", Both, Some(v0), Ok(v0));
    check("topic=b", Both, Some(v1), Ok(v1));
    check("match=a&topic=b", OnlyV1, None, Ok(v1));
    check("topic=b", OnlyV1, None, Ok(v1));
    check("match=a", OnlyV0, None, Ok(v0));
}

#[test]
fn limits_are_kept() {
    let limits = Limits {
        matchers: 2,
        matcher_bytes: 3,
        form_pairs: 4,
        ..Limits::DEFAULT
    };
    let check = |query: &str, expected: Option<&str>| {
        let refused =
            SubscribeQuery::parse(query, None, None, Dialect::V1, &hub_url(), &limits).err();
        assert_eq!(refused.map(|refused| refused.code()), expected, "{query}");
    };
    check("match=abc&match=b", None);
    check("match=a&match=b&match=c", Some("too-many-matchers"));
    check("match=abcd", Some("matcher-too-long"));
    check("match_urlpattern=/bcd", Some("matcher-too-long"));
    check("match=a&b&c&d&e", Some("too-many-parameters"));
}

mod generated {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_query_panics(query in "(match|topic|last_event_id|=|&|%[0-9A-F]{2}|.){0,30}") {
            for dialect in [Dialect::V0, Dialect::V1] {
                let _ = parse(&query, dialect);
            }
        }

        #[test]
        fn a_cursor_survives_encoding(cursor in "\\PC{1,30}") {
            let query = url::form_urlencoded::Serializer::new("match=T&".to_owned())
                .append_pair("last_event_id", &cursor)
                .finish();
            let parsed = parse(&query, Dialect::V1).expect("a good query");
            prop_assert_eq!(parsed.last_event_id, Some(LastEventId::parse(&cursor)));
        }
    }
}
