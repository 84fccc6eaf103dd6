//! A stream ends by the expiry of its token, also for a peer that does not read (private.exp-closes-connection).

use std::time::Duration;

use assay_hub::HubOptions;
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::TcpStream;

use crate::support::{
    Claims, Log, RunningHub, StreamPart, now_unix_s, open_hub, soon, start, written,
};

/// A hub with this write timeout.
fn patient(write_timeout: &str) -> RunningHub {
    start(&HubOptions {
        write_timeout: Some(written("write-timeout", write_timeout)),
        ..open_hub()
    })
}

/// Replays what [`RunningHub::flood`] published, far more than a peer that does not read can be sent.
const FLOODED: &str = "match=a&last_event_id=earliest";

/// A token that reads everything for a second or two, and when it expires.
fn short_token(hub: &RunningHub) -> (String, u64) {
    let exp = now_unix_s() + 2;
    let claims = Claims::of(hub).grant("subscribe", "*").with("exp", exp);
    (claims.sign(), exp)
}

#[tokio::test]
async fn a_peer_that_does_not_read_is_cut_when_its_token_expires() {
    for write_timeout in ["30s", "0"] {
        let log = Log::capture();
        let hub = patient(write_timeout);
        hub.flood(14).await;
        let (token, exp) = short_token(&hub);
        let fields = format!("Authorization: Bearer {token}\n");
        let mut stalled = hub.subscribe(FLOODED, &fields).await;
        stalled.cut().await;
        assert!(now_unix_s() <= exp, "cut after the expiry");
        log.until("reason=stream.token-expired").await;
        assert_eq!(stalled.rest().await.last(), Some(&StreamPart::Cut));
    }
}

/// Where the end of a stream leaves its connection open, the deadline was that of the stream: who comes back is served. A
/// request that says that it has a body, though none, is no plain one, and stays on such a connection.
#[tokio::test]
async fn a_connection_outlives_the_deadline_of_an_earlier_stream() {
    let log = Log::capture();
    let hub = start(&open_hub());
    let (token, exp) = short_token(&hub);
    let mut peer = hub.connect().await;
    let authorization = format!("Authorization: Bearer {token}\r\n");
    for fields in [&*authorization, ""] {
        let request = format!(
            "GET /.well-known/mercure?match=a HTTP/1.1\r\nHost: {}\r\nContent-Length: 0\r\n{fields}\r\n",
            hub.address
        );
        peer.write_all(request.as_bytes()).await.expect("it reads");
        read_until(&mut peer, "HTTP/1.1 200 OK").await;
        if !fields.is_empty() {
            read_until(&mut peer, "0\r\n\r\n").await;
            log.until("reason=stream.token-expired").await;
            while now_unix_s() <= exp {
                hub.publish(&hub.token(), "topic=b").await;
            }
        }
    }
    hub.publish(&hub.token(), "topic=a&data=later").await;
    read_until(&mut peer, "data: later").await;
}

async fn read_until(peer: &mut TcpStream, text: &str) {
    let mut read = Vec::new();
    while !String::from_utf8_lossy(&read).contains(text) {
        assert_ne!(soon(peer.read_buf(&mut read)).await.expect("bytes"), 0);
    }
}

/// Over HTTP/2 it is the stream that is cut; others on the connection go on.
#[tokio::test]
async fn a_stream_of_http2_that_is_not_read_is_cut_alone() {
    let log = Log::capture();
    let hub = patient("0");
    hub.flood(14).await;
    let (token, exp) = short_token(&hub);
    let io = TokioIo::new(hub.connect().await);
    let (mut peer, connection) = soon(http2::handshake(TokioExecutor::new(), io))
        .await
        .expect("HTTP/2");
    tokio::spawn(connection);
    let mut open = async |query: &str, token: &str| {
        let request = Request::get(format!("{}?{query}", hub.url()))
            .header("authorization", format!("Bearer {token}"))
            .body(Empty::<Bytes>::new());
        let answer = soon(peer.send_request(request.expect("a request"))).await;
        answer.expect("an answer").into_body()
    };
    let mut stalled = open(FLOODED, &token).await;
    let mut other = open("match=b", &hub.token()).await;
    log.until("reason=stream.token-expired").await;
    assert!(now_unix_s() <= exp, "cut after the expiry");
    let mut last = soon(stalled.frame()).await;
    while let Some(Ok(_)) = last {
        last = soon(stalled.frame()).await;
    }
    assert!(last.is_some_and(|frame| frame.is_err()), "no clean end");
    hub.publish(&hub.token(), "topic=b&data=still").await;
    let mut text = Vec::new();
    while !text.ends_with(b"data: still\n\n") {
        let frame = soon(other.frame()).await.expect("a frame").expect("data");
        text.extend_from_slice(frame.data_ref().expect("data"));
    }
}

/// A peer that reads nothing at all cannot be told which of its streams is over.
#[tokio::test]
async fn a_connection_of_http2_that_is_not_read_is_cut_with_its_stream() {
    let log = Log::capture();
    let hub = patient("0");
    hub.flood(14).await;
    let (token, exp) = short_token(&hub);
    let mut peer = hub.connect().await;
    let begun = http2_get(&format!("/.well-known/mercure?{FLOODED}"), &hub, &token);
    peer.write_all(&begun).await.expect("it reads");
    let over = soon(peer.ready(Interest::ERROR)).await;
    assert!(over.expect("a socket").is_error());
    assert!(now_unix_s() <= exp, "cut after the expiry");
    log.until("reason=stream.token-expired").await;
    log.until("reason=connection.write-timeout").await;
}

/// A whole beginning of an HTTP/2 connection by hand, whose windows let the hub send more than the socket takes, with one
/// request: clients in libraries read all by themselves.
fn http2_get(path: &str, hub: &RunningHub, token: &str) -> Vec<u8> {
    fn frame(kind: u8, flags: u8, stream: u8, content: &[u8], to: &mut Vec<u8>) {
        let length = u32::try_from(content.len()).expect("short").to_be_bytes();
        to.extend_from_slice(&length[1..]);
        to.extend_from_slice(&[kind, flags, 0, 0, 0, stream]);
        to.extend_from_slice(content);
    }
    // A text of HPACK, plain: its length in seven bits, and the rest of it in groups of seven bits.
    fn text(text: &str, to: &mut Vec<u8>) {
        if text.len() < 127 {
            to.push(u8::try_from(text.len()).expect("short"));
        } else {
            let rest = u16::try_from(text.len() - 127).expect("short");
            to.extend_from_slice(&[127, 0x80 | (rest & 127) as u8, (rest >> 7) as u8]);
        }
        to.extend_from_slice(text.as_bytes());
    }
    // GET, http; then path, authority and authorization by the numbers of their names.
    let mut fields = vec![0x82, 0x86, 0x04];
    text(path, &mut fields);
    fields.push(0x01);
    text(&hub.address.to_string(), &mut fields);
    fields.extend_from_slice(&[0x0f, 8]);
    text(&format!("Bearer {token}"), &mut fields);
    let mut begun = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    let window = 0x3fff_ffff_u32.to_be_bytes();
    frame(4, 0, 0, &[[0, 4].as_slice(), &window].concat(), &mut begun);
    frame(8, 0, 0, &window, &mut begun);
    frame(1, 0x05, 1, &fields, &mut begun);
    begun
}

/// private.max-lifetime
#[tokio::test]
async fn a_peer_that_does_not_read_is_cut_at_the_end_of_the_longest_life() {
    let log = Log::capture();
    let hub = start(&HubOptions {
        max_lifetime: Some(written("max-lifetime", "1s")),
        write_timeout: Some(written("write-timeout", "0")),
        ..open_hub()
    });
    hub.flood(14).await;
    let stalled = hub.subscribe(FLOODED, "").await;
    let begun = std::time::Instant::now();
    stalled.cut().await;
    // It had the time to read what was left.
    assert!(begun.elapsed() >= Duration::from_secs(4));
    log.until("reason=stream.max-lifetime").await;
}
