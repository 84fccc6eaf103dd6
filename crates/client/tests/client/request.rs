use assay_client::{Cursor, Dialect, HubUrl, TopicMatcher, subscribe_target, subscribe_url};

fn exact(topic: &str) -> TopicMatcher {
    TopicMatcher::Exact(topic.to_owned())
}

#[track_caller]
fn check(
    hub: &str,
    dialect: Dialect,
    matchers: &[TopicMatcher],
    cursor: Option<&Cursor>,
    expected: &str,
) {
    let hub: HubUrl = hub.parse().unwrap();
    let url = subscribe_url(&hub, dialect, matchers, cursor).unwrap();
    assert_eq!(url.as_str(), expected);
    let target = subscribe_target(&hub, dialect, matchers, cursor).unwrap();
    assert!(
        expected.ends_with(&target) && target.starts_with('/'),
        "{target}"
    );
}

#[test]
fn subscriptions_are_written_in_both_dialects() {
    let pattern = TopicMatcher::UrlPattern("https://e/:id?".into());
    let template = TopicMatcher::UriTemplate("https://e/{id}".into());
    check(
        "http://h/m",
        Dialect::V1,
        &[exact("a b&c=d+e;f%é"), pattern, TopicMatcher::Any],
        Some(&Cursor::query("urn:1#x")),
        "http://h/m?match=a+b%26c%3Dd%2Be%3Bf%25%C3%A9&match_urlpattern=https%3A%2F%2Fe%2F%3Aid%3F&match=*&last_event_id=urn%3A1%23x",
    );
    check(
        "http://h/m",
        Dialect::V0,
        &[exact("a"), template, TopicMatcher::Any],
        Some(&Cursor::query("earliest")),
        "http://h/m?topic=a&topic=https%3A%2F%2Fe%2F%7Bid%7D&topic=*&lastEventID=earliest",
    );
    check(
        "http://h/m?x=1",
        Dialect::V1,
        &[exact("a")],
        Some(&Cursor::header("1")),
        "http://h/m?x=1&match=a",
    );
    check("http://h/m?x=1", Dialect::V1, &[], None, "http://h/m?x=1");
    check("http://h/m", Dialect::V1, &[], None, "http://h/m");
}
