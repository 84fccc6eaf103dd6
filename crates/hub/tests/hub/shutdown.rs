//! How a hub ends: what is under way is answered, and nobody who has nothing under way holds it up.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Log, StreamPart, open_hub, soon, start};

#[tokio::test]
async fn shutdown_ends_streams_cleanly_and_refuses_no_one_halfway() {
    let log = Log::capture();
    let mut hub = start(&open_hub());
    let mut idle = hub.subscribe("match=a", "").await;
    let mut busy = hub.subscribe("match=a", "").await;
    let token = hub.token();
    hub.publish(&token, "topic=a&data=last").await;
    // A keep-alive connection between two requests does not hold the hub up.
    let _waiting = hub.connect().await;
    hub.stop();
    for stream in [&mut idle, &mut busy] {
        assert_eq!(stream.next_data().await, "last");
        assert_eq!(stream.next().await, StreamPart::End);
    }
    let address = hub.address;
    hub.stopped().await.expect("drained");
    assert!(
        TcpStream::connect(address).await.is_err(),
        "the listener is closed"
    );
    assert_eq!(
        log.text().matches("reason=stream.shutting-down").count(),
        2,
        "{}",
        log.text()
    );
}

/// What HTTP/2 begins with, and an empty SETTINGS frame.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// Each of these peers would, by itself, leave after half a minute; a hub that could not end without them would have cut them
/// after its drain time, and said so.
#[tokio::test]
async fn peers_without_a_request_do_not_hold_it_up() {
    for (begun, answered) in [
        (&b""[..], ""),
        (b"G", ""),
        (b"GET /healthz HTTP/1.1\r\nHost: h\r\nX-Half", ""),
        (b"PRI * HT", ""),
        (PREFACE, "\x04"),
        (
            b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\nGET /healthz HT",
            "ok\n",
        ),
    ] {
        let mut hub = start(&open_hub());
        let mut peer = hub.connect().await;
        peer.write_all(begun).await.expect("the hub reads");
        let mut answer = Vec::new();
        while !String::from_utf8_lossy(&answer).contains(answered) {
            assert_ne!(soon(peer.read_buf(&mut answer)).await.expect("bytes"), 0);
        }
        // The hub has seen all of it: it serves its connections in turns.
        assert_eq!(
            hub.exchange("GET /healthz HTTP/1.1\nHost: h").await.status,
            200
        );
        hub.stop();
        let rest = soon(peer.read_to_end(&mut answer)).await;
        let shown = String::from_utf8_lossy(begun).into_owned();
        hub.stopped()
            .await
            .unwrap_or_else(|held_up| panic!("{shown:?}: {held_up}"));
        drop(rest);
    }
}

/// It would be refused when it is whole; the hub does not wait for that, however slowly it comes.
#[tokio::test]
async fn a_publication_whose_body_is_on_its_way_is_told_to_come_back() {
    let mut hub = start(&open_hub());
    let mut peer = hub.connect().await;
    let head = format!(
        "POST /.well-known/mercure HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Length: 9\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\n\r\n",
        hub.address,
        hub.token()
    );
    peer.write_all(head.as_bytes())
        .await
        .expect("the hub reads");
    let mut answer = Vec::new();
    while !answer.ends_with(b"100 Continue\r\n\r\n") {
        assert_ne!(soon(peer.read_buf(&mut answer)).await.expect("bytes"), 0);
    }
    peer.write_all(b"topic").await.expect("the hub reads");
    hub.stop();
    soon(peer.read_to_end(&mut answer))
        .await
        .expect("an answer");
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.contains("HTTP/1.1 503 "), "{answer}");
    assert!(answer.contains("retry-after: 5"), "{answer}");
    hub.stopped().await.expect("drained");
}

/// Each ends cleanly in its turn, and is told when to come back.
#[tokio::test]
async fn a_crowd_is_told_to_come_back_at_different_times() {
    for over_http2 in [false, true] {
        let mut hub = start(&open_hub());
        let mut ends = Vec::new();
        if over_http2 {
            let mut peer = crate::http2::connect(&hub).await;
            for _ in 0..150 {
                ends.push(crate::http2::text_of_stream(&mut peer, &hub).await);
            }
            hub.stop();
        } else {
            let mut streams = Vec::new();
            for _ in 0..150 {
                streams.push(hub.subscribe("match=a", "").await);
            }
            hub.stop();
            for mut stream in streams {
                ends.push(tokio::spawn(async move {
                    let parts = stream.rest().await;
                    assert_eq!(parts.last(), Some(&StreamPart::End));
                    format!("{parts:?}")
                }));
            }
        }
        let mut retries = std::collections::BTreeSet::new();
        for end in ends {
            let text = soon(end).await.expect("a clean end");
            let (_, retry) = text.split_once("retry: ").expect("a time");
            let digits: String = retry.chars().take_while(char::is_ascii_digit).collect();
            let retry_ms: u64 = digits.parse().expect("a number");
            assert!((2_030..=2_180).contains(&retry_ms), "{retry_ms}");
            retries.insert(retry_ms);
        }
        assert!(retries.len() > 20, "{retries:?}");
        hub.stopped().await.expect("drained");
    }
}
