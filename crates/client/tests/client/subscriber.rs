use std::time::Duration;

use assay_client::{
    BearerToken, Cursor, Dialect, ReceivedEvent, Subscriber, SubscriberItem, SubscriberOptions,
    TopicMatcher,
};

use crate::fake_hub::{Answer, FakeHub, has_field};

fn options(dialect: Dialect) -> SubscriberOptions {
    SubscriberOptions::new(dialect, vec![TopicMatcher::Exact("t".into())])
}

/// What happens until the end, an error as its text.
async fn live(hub: &FakeHub, options: SubscriberOptions) -> (Vec<SubscriberItem>, Option<String>) {
    let mut subscriber = Subscriber::new(&hub.endpoint(), options).unwrap();
    let mut items = Vec::new();
    loop {
        match tokio::time::timeout(Duration::from_secs(20), subscriber.next())
            .await
            .unwrap()
        {
            Ok(Some(item)) => items.push(item),
            Ok(None) => return (items, None),
            Err(error) => return (items, Some(error.to_string())),
        }
    }
}

fn event(id: &str, data: &str) -> SubscriberItem {
    let (id, data) = (id.to_owned(), data.to_owned());
    SubscriberItem::Event(ReceivedEvent {
        id,
        event_type: "message".into(),
        data,
    })
}

fn kinds(items: &[SubscriberItem]) -> Vec<&'static str> {
    let kind = |item: &SubscriberItem| match item {
        SubscriberItem::Connected { .. } => "connected",
        SubscriberItem::Gap { .. } => "gap",
        SubscriberItem::Event(_) => "event",
        SubscriberItem::Comment(_) => "comment",
        SubscriberItem::Disconnected { .. } => "disconnected",
    };
    items.iter().map(kind).collect()
}

fn no_more() -> Answer {
    Answer::full("204 No Content", "")
}

#[tokio::test]
async fn a_broken_stream_is_taken_up_where_it_ended() {
    let mut hub = FakeHub::start(vec![
        Answer::stream(
            "mercure-last-event-id: q0\r\n",
            ":\n\nretry: 1\nid: 1\ndata: a\n\nid: 2\ndata: half",
        ),
        Answer::stream("mercure-last-event-id: 1\r\n", "id: 2\ndata: b\n\n"),
        no_more(),
    ])
    .await;
    let mut wanted = options(Dialect::V1);
    wanted.cursor = Some(Cursor::query("q0"));
    wanted.token = Some(BearerToken::new("x.y.z").unwrap());
    let (items, error) = live(&hub, wanted).await;
    assert_eq!(error, None);
    assert_eq!(
        kinds(&items),
        [
            "connected",
            "comment",
            "event",
            "disconnected",
            "connected",
            "event",
            "disconnected"
        ]
    );
    assert_eq!([&items[2], &items[5]], [&event("1", "a"), &event("2", "b")]);

    let first = hub.request().await;
    assert!(
        first.starts_with("GET /hub?match=t&last_event_id=q0 HTTP/1.1\r\n"),
        "{first}"
    );
    assert!(has_field(&first, "authorization", "Bearer x.y.z"));
    assert!(has_field(&first, "accept", "text/event-stream"));
    assert!(!first.to_ascii_lowercase().contains("\r\nlast-event-id:"));
    for id in ["1", "2"] {
        let again = hub.request().await;
        assert!(
            again.starts_with("GET /hub?match=t HTTP/1.1\r\n"),
            "{again}"
        );
        assert!(has_field(&again, "last-event-id", id), "{again}");
    }
}

#[tokio::test]
async fn a_gap_shows_in_the_answered_cursor() {
    for (dialect, field, gap) in [
        (Dialect::V1, "Mercure-Last-Event-ID: earliest", true),
        (Dialect::V1, "Mercure-Last-Event-ID: wanted", false),
        (Dialect::V1, "Last-Event-ID: earliest", false),
        (Dialect::V0, "Last-Event-ID: other", true),
        (Dialect::V0, "Last-Event-ID: wanted", false),
    ] {
        let hub = FakeHub::start(vec![
            Answer::stream(&format!("{field}\r\n"), "retry: 0\n"),
            no_more(),
        ])
        .await;
        let mut wanted = options(dialect);
        wanted.cursor = Some(Cursor::header("wanted"));
        let (items, _) = live(&hub, wanted).await;
        assert_eq!(kinds(&items).contains(&"gap"), gap, "{dialect} {field}");
    }
}

#[tokio::test]
async fn an_answer_that_will_not_change_ends_it() {
    for (answer, expected) in [
        (Answer::full("401 Unauthorized", "no"), "status 401"),
        (Answer::full("403 Forbidden", ""), "status 403"),
        (Answer::full("404 Not Found", ""), "/.well-known/mercure"),
        (
            Answer::full("400 Bad Request", "missing topic"),
            "another dialect",
        ),
        (
            Answer::full("200 OK\r\ncontent-type: application/json", "{}"),
            "no event stream",
        ),
        (Answer::full("503 Service Unavailable", ""), "status 503"),
        (Answer::Close(String::new()), "cannot reach"),
    ] {
        let hub = FakeHub::start(vec![answer]).await;
        let (items, error) = live(&hub, options(Dialect::V1)).await;
        assert_eq!(items, []);
        let error = error.unwrap();
        assert!(error.contains(expected), "{error}");
    }
}

#[tokio::test]
async fn a_hub_that_fails_for_a_while_is_tried_again() {
    let hub = FakeHub::start(vec![
        Answer::stream("", "retry: 0\n"),
        Answer::full("503 Service Unavailable", "starting"),
        Answer::Close(String::new()),
        Answer::stream("", "data: a\n\n"),
        Answer::full("403 Forbidden", ""),
    ])
    .await;
    let (items, error) = live(&hub, options(Dialect::V0)).await;
    let expected = [
        "connected",
        "disconnected",
        "disconnected",
        "disconnected",
        "connected",
        "event",
        "disconnected",
    ];
    assert_eq!(kinds(&items), expected);
    assert!(error.unwrap().contains("403"));
}

#[tokio::test]
async fn silence_can_end_a_stream() {
    let hub = FakeHub::start(vec![Answer::open_stream("", "retry: 0\n"), no_more()]).await;
    let mut wanted = options(Dialect::V1);
    wanted.idle_timeout = Some(Duration::from_millis(50));
    let (items, error) = live(&hub, wanted).await;
    assert_eq!(
        (kinds(&items), error),
        (vec!["connected", "disconnected"], None)
    );
}

#[tokio::test]
async fn a_flood_ends_it() {
    let endless = format!("data: {}", "x".repeat(2000));
    let hub = FakeHub::start(vec![Answer::open_stream("", &endless)]).await;
    let mut wanted = options(Dialect::V1);
    wanted.event_limit_bytes = 1000;
    let (_, error) = live(&hub, wanted).await;
    assert_eq!(
        error.unwrap(),
        "the hub sent a line of more than 1000 bytes"
    );
}

#[test]
fn a_matcher_of_the_other_dialect_is_refused_at_once() {
    let url = "http://127.0.0.1:1/hub".parse().unwrap();
    let endpoint =
        assay_client::Endpoint::new(assay_client::EndpointOptions::for_url(url)).unwrap();
    let wanted = SubscriberOptions::new(Dialect::V0, vec![TopicMatcher::UrlPattern("/:id".into())]);
    assert!(Subscriber::new(&endpoint, wanted).is_err());
}
