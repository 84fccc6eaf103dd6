//! Streams: fields, events, replay, both dialects on one log.

use assay_hub::HubOptions;

use crate::support::{StreamPart, open_hub, start, v0_token, written};

#[tokio::test]
async fn a_stream_opens_at_once_and_carries_events() {
    let hub = start(&open_hub());
    // The head is here although nothing was published (sse.content-type).
    let mut stream = hub
        .subscribe("match=a&match_urlpattern=/books/:id", "")
        .await;
    assert_eq!(stream.status, 200);
    assert_eq!(stream.field("content-type"), Some("text/event-stream"));
    assert_eq!(stream.field("x-accel-buffering"), Some("no"));
    assert_eq!(stream.field("cache-control"), Some("private, no-store"));
    assert_eq!(stream.field("mercure-last-event-id"), None);
    // Its end will be that of its connection, which a client may not take for a loss.
    assert_eq!(stream.field("connection"), Some("close"));
    let token = hub.token();
    let answer = hub
        .publish(
            &token,
            "topic=a&data=one%0Atwo&type=greeting&retry=100&id=urn:x:1",
        )
        .await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "urn:x:1"));
    assert_eq!(
        answer.field("content-type"),
        Some("text/plain; charset=utf-8")
    );
    let StreamPart::Event(event) = stream.next().await else {
        panic!("the stream ended")
    };
    let mut lines: Vec<_> = event.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "data: one",
            "data: two",
            "event: greeting",
            "id: urn:x:1",
            "retry: 100"
        ]
    );
    hub.publish(&token, "topic=unrelated&data=no").await;
    hub.publish(&token, "topic=/books/1&data=book").await;
    assert_eq!(stream.next_data().await, "book");
}

#[tokio::test]
async fn both_dialects_share_one_log() {
    let hub = start(&open_hub());
    let mut new = hub.subscribe("match=a", "").await;
    let mut old = hub.subscribe("topic=a", "").await;
    let mut template = hub
        .subscribe("topic=https%3A%2F%2Fexample.com%2F%7Bid%7D", "")
        .await;
    let ids = [
        hub.publish(&hub.token(), "topic=a&data=1").await.body,
        hub.publish(
            &v0_token(&["*"], &[]),
            "topic=a&data=2&topic=https://example.com/2",
        )
        .await
        .body,
    ];
    for stream in [&mut new, &mut old] {
        assert_eq!(stream.next_data().await, "1");
        assert_eq!(stream.next_data().await, "2");
    }
    assert_eq!(template.next_data().await, "2");
    for (query, name) in [
        (
            format!("match=a&last_event_id={}", ids[0]),
            "mercure-last-event-id",
        ),
        (format!("topic=a&lastEventID={}", ids[0]), "last-event-id"),
    ] {
        let mut resumed = hub.subscribe(&query, "").await;
        assert_eq!(resumed.field(name), Some(ids[0].as_str()), "{query}");
        assert_eq!(resumed.next_data().await, "2", "{query}");
    }
}

#[tokio::test]
async fn cursors() {
    let hub = start(&HubOptions {
        history_size: Some(written("history-size", "3")),
        ..open_hub()
    });
    let token = hub.token();
    for n in 1..=4 {
        hub.publish(&token, &format!("topic=a&data={n}&id=urn:x:{n}"))
            .await;
    }
    for (query, fields, cursor, first) in [
        ("last_event_id=urn:x:3", "", "urn:x:3", "4"),
        ("x=y", "Last-Event-ID: urn:x:3\n", "urn:x:3", "4"),
        (
            "last_event_id=urn:x:2",
            "Last-Event-ID: urn:x:3\n",
            "urn:x:3",
            "4",
        ),
        ("last_event_id=earliest", "", "earliest", "2"),
        ("last_event_id=urn:x:1", "", "earliest", "2"),
        ("last_event_id=unknown", "", "earliest", "2"),
    ] {
        let mut stream = hub.subscribe(&format!("match=a&{query}"), fields).await;
        assert_eq!(
            stream.field("mercure-last-event-id"),
            Some(cursor),
            "{query} {fields}"
        );
        assert_eq!(stream.next_data().await, first, "{query} {fields}");
    }
}

/// Replay, then live, without gap or repeat, while others publish.
#[tokio::test]
async fn replay_becomes_live_seamlessly() {
    let hub = start(&open_hub());
    let token = hub.token();
    let publish = async |n: u32| {
        let answer = hub.publish(&token, &format!("topic=a&data={n}")).await;
        assert_eq!(answer.status, 200);
    };
    for n in 0..300 {
        publish(n).await;
    }
    let mut stream = hub.subscribe("match=a&last_event_id=earliest", "").await;
    let publisher = async {
        for n in 300..400 {
            publish(n).await;
        }
    };
    let reader = async {
        for n in 0..400 {
            assert_eq!(stream.next_data().await, n.to_string());
        }
    };
    tokio::join!(publisher, reader);
}

#[tokio::test]
async fn query_carries_matchers_in_its_body() {
    let hub = start(&open_hub());
    let request = "QUERY /.well-known/mercure?match=a HTTP/1.1\nHost: HUB\n\
                   Content-Type: application/x-www-form-urlencoded\n\nmatch=b";
    let mut stream = hub.query(request).await;
    assert_eq!(stream.status, 200);
    let token = hub.token();
    hub.publish(&token, "topic=b&data=body").await;
    hub.publish(&token, "topic=a&data=query").await;
    assert_eq!(stream.next_data().await, "body");
    assert_eq!(stream.next_data().await, "query");
}
