//! How streams end, and what peers cannot do to the hub.

use std::time::{Duration, Instant};

use assay_hub::HubOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{Claims, Log, StreamPart, now_unix_s, open_hub, soon, start, written};

/// private.exp-closes-connection: no later than `exp`, also under a flow of events.
#[tokio::test]
async fn the_expiry_of_its_token_ends_a_stream() {
    let log = Log::capture();
    let hub = start(&open_hub());
    let publisher = hub.token();
    let exp = now_unix_s() + 2;
    let token = Claims::of(&hub)
        .grant("subscribe", "*")
        .with("exp", exp)
        .sign();
    let fields = format!("Authorization: Bearer {token}\n");
    let mut idle = hub.subscribe("match=idle", &fields).await;
    let mut busy = hub.subscribe("match=a", &fields).await;
    let flow = async {
        loop {
            hub.publish(&publisher, "topic=a&data=x").await;
        }
    };
    tokio::select! {
        () = flow => {}
        parts = busy.rest() => assert_eq!(parts.last(), Some(&StreamPart::End)),
    }
    assert_eq!(idle.rest().await, [StreamPart::End]);
    assert!(now_unix_s() <= exp, "ended after the expiry");
    assert_eq!(
        log.text().matches("reason=stream.token-expired").count(),
        2,
        "{}",
        log.text()
    );
}

#[tokio::test]
async fn a_stream_has_a_longest_life() {
    let log = Log::capture();
    let hub = start(&HubOptions {
        max_lifetime: Some(written("max-lifetime", "100ms")),
        ..open_hub()
    });
    let opened = Instant::now();
    let mut stream = hub.subscribe("match=a", "").await;
    assert_eq!(stream.rest().await, [StreamPart::End]);
    assert!(
        opened.elapsed() >= Duration::from_millis(80),
        "{:?}",
        opened.elapsed()
    );
    log.until("reason=stream.max-lifetime").await;
}

#[tokio::test]
async fn silence_is_filled_with_comments() {
    let hub = start(&HubOptions {
        heartbeat: Some(written("heartbeat", "50ms")),
        ..open_hub()
    });
    let mut stream = hub.subscribe("match=a", "").await;
    for _ in 0..3 {
        stream.next_comment().await;
    }
    hub.publish(&hub.token(), "topic=a&data=x").await;
    assert_eq!(stream.next_data().await, "x");
    stream.next_comment().await;
}

#[tokio::test]
async fn a_peer_that_stops_reading_is_given_up() {
    let log = Log::capture();
    let hub = start(&HubOptions {
        // The system holds every connection to it, those of who publishes and of the others too: longer than a machine that is busy
        // takes to acknowledge what it sent to itself.
        write_timeout: Some(written("write-timeout", "2s")),
        ..open_hub()
    });
    let mut stalled = hub.subscribe("match=a", "").await;
    hub.flood(14).await;
    log.until("reason=connection.write-timeout").await;
    assert_eq!(stalled.rest().await.last(), Some(&StreamPart::Cut));
    // Others are served as before.
    let mut other = hub.subscribe("match=b", "").await;
    hub.publish(&hub.token(), "topic=b&data=x").await;
    assert_eq!(other.next_data().await, "x");
}

/// Also a peer that reads nothing more, and so never hears of it, is in the log with the reason why it lost its stream.
#[tokio::test]
async fn a_full_queue_is_logged_even_if_its_peer_leaves_before_the_end() {
    let log = Log::capture();
    let hub = start(&HubOptions {
        write_timeout: Some(written("write-timeout", "0")),
        ..open_hub()
    });
    let stalled = hub.subscribe("match=a", "").await;
    hub.flood(30).await;
    drop(stalled);
    log.until("reason=stream.queue-full").await;
}

/// Never silently short of an update: a full queue closes the stream, and the history has the rest.
#[tokio::test]
async fn a_full_queue_closes_the_stream_and_the_history_has_the_rest() {
    let log = Log::capture();
    let hub = start(&HubOptions {
        write_timeout: Some(written("write-timeout", "0")),
        ..open_hub()
    });
    let mut slow = hub.subscribe("match=a", "").await;
    let updates = 30;
    hub.flood(updates).await;
    let parts = slow.rest().await;
    assert_eq!(parts.last(), Some(&StreamPart::End));
    log.until("reason=stream.queue-full").await;
    let seen = parts.len() - 1;
    assert!(
        seen < updates,
        "{seen} of {updates} seen: the queue was never full"
    );
    let Some(StreamPart::Event(last)) = parts.get(seen.wrapping_sub(1)) else {
        panic!("nothing came before the end")
    };
    let id = last
        .lines()
        .find_map(|line| line.strip_prefix("id: "))
        .expect("an id");
    let mut resumed = hub
        .subscribe("match=a", &format!("Last-Event-ID: {id}\n"))
        .await;
    assert_eq!(resumed.field("mercure-last-event-id"), Some(id));
    for _ in seen..updates {
        assert_eq!(resumed.next_data().await.len(), 1_000_000);
    }
}

#[tokio::test]
async fn one_subscriber_too_many_is_told_to_come_back() {
    let hub = start(&HubOptions {
        max_subscribers: Some(written("max-subscribers", "1")),
        ..open_hub()
    });
    let request = "GET /.well-known/mercure?match=a HTTP/1.1\nHost: HUB";
    let first = hub.subscribe("match=a", "").await;
    let answer = hub.exchange(request).await;
    assert_eq!(
        (answer.status, answer.field("retry-after")),
        (429, Some("5"))
    );
    drop(first);
    // The place is free once the hub has seen the first one leave.
    soon(async {
        while hub.subscribe("match=a", "").await.status != 200 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn bad_heads_are_refused_by_status() {
    let hub = start(&open_hub());
    for (request, status) in [
        ("NONSENSE\r\n\r\n".to_owned(), "400"),
        (
            format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(200)),
            "431",
        ),
        (
            format!("GET /?{} HTTP/1.1\r\n\r\n", "a".repeat(70_000)),
            "431",
        ),
        (
            format!("GET / HTTP/1.1\r\nA: {}\r\n\r\n", "b".repeat(70_000)),
            "431",
        ),
    ] {
        let mut stream = hub.connect().await;
        // The hub may answer, and close, before all of it is sent.
        let _ = stream.write_all(request.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = soon(stream.read_to_end(&mut answer)).await;
        let answer = String::from_utf8_lossy(&answer);
        assert_eq!(
            answer.split(' ').nth(1),
            Some(status),
            "{request:.40} {answer}"
        );
    }
}

#[tokio::test]
async fn a_body_longer_than_its_limit_is_refused_also_in_chunks() {
    let hub = start(&open_hub());
    let token = hub.token();
    let mut stream = hub.connect().await;
    let head = format!(
        "POST /.well-known/mercure HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n",
        hub.address
    );
    stream
        .write_all(head.as_bytes())
        .await
        .expect("the hub reads");
    let (mut read, mut write) = stream.split();
    let chunk = format!("10000\r\n{}\r\n", "a".repeat(0x10000));
    let sending = async {
        for _ in 0..100 {
            if write.write_all(chunk.as_bytes()).await.is_err() {
                break;
            }
        }
        std::future::pending::<()>().await;
    };
    let mut answer = vec![0; 12];
    tokio::select! {
        () = sending => {}
        read = soon(read.read_exact(&mut answer)) => { read.expect("an answer"); }
    }
    assert_eq!(answer, b"HTTP/1.1 413");
}

/// As simple clients do: they write all, then they read.
#[tokio::test]
async fn who_writes_all_of_a_body_that_is_refused_has_the_answer_and_the_connection() {
    let hub = start(&open_hub());
    let token = hub.token();
    let mut stream = hub.connect().await;
    let size = 16 << 20;
    let head = format!(
        "POST /.well-known/mercure HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {size}\r\n\r\n",
        hub.address
    );
    let next = format!("OPTIONS * HTTP/1.1\r\nHost: {}\r\n\r\n", hub.address);
    for part in [head.as_bytes(), &vec![b'a'; size], next.as_bytes()] {
        let written = soon(stream.write_all(part)).await;
        written.expect("the hub reads on");
    }
    let mut came = Vec::new();
    while came
        .windows(8)
        .filter(|window| window == b"HTTP/1.1")
        .count()
        < 2
    {
        let read = soon(stream.read_buf(&mut came)).await;
        assert_ne!(read.expect("an answer"), 0, "the hub hung up");
    }
    assert!(came.starts_with(b"HTTP/1.1 413"));
}
