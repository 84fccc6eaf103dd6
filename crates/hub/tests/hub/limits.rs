//! What bounds the connections of peers; what bounds what they send is in `refusals.rs` and `scenes.rs`.

use assay_hub::{HubOptions, Server};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http2::handshake;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{Log, RunningHub, StreamPart, open_hub, soon, start, start_server, written};

fn at_most(connections_per_address: &str) -> RunningHub {
    start(&HubOptions {
        max_per_address: Some(written("max-per-address", connections_per_address)),
        ..open_hub()
    })
}

#[tokio::test]
async fn an_address_has_a_bounded_number_of_connections() {
    let log = Log::capture();
    let hub = at_most("2");
    let request = "GET /.well-known/mercure?match=a HTTP/1.1\nHost: HUB";
    let first = hub.subscribe("match=a", "").await;
    let mut second = hub.subscribe("match=a", "").await;
    let answer = hub.exchange(request).await;
    assert_eq!(
        (answer.status, answer.field("retry-after")),
        (429, Some("5"))
    );
    log.until("reason=connection.surplus-of-address").await;
    drop(first);
    // The place is free once the hub has seen the first one leave.
    soon(async {
        while hub
            .exchange("GET /healthz HTTP/1.1\nHost: HUB")
            .await
            .status
            != 200
        {
            tokio::task::yield_now().await;
        }
    })
    .await;
    hub.publish(&hub.token(), "topic=a&data=x").await;
    assert_eq!(second.next_data().await, "x");
}

/// The end of a hub does not wait for those that it turned away.
#[tokio::test]
async fn who_was_turned_away_does_not_hold_the_hub_up() {
    let mut hub = at_most("1");
    let mut stream = hub.subscribe("match=a", "").await;
    let mut surplus = hub.connect().await;
    let mut answer = [0; 12];
    soon(surplus.read_exact(&mut answer))
        .await
        .expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 429");
    hub.stop();
    assert_eq!(stream.next().await, StreamPart::End);
    hub.stopped().await.expect("drained");
}

#[tokio::test]
async fn an_address_has_a_bounded_number_of_streams_over_http2() {
    let log = Log::capture();
    let hub = at_most("2");
    let io = TokioIo::new(hub.connect().await);
    let (mut peer, connection) = soon(handshake(TokioExecutor::new(), io))
        .await
        .expect("HTTP/2");
    tokio::spawn(connection);
    let mut statuses = Vec::new();
    let mut streams = Vec::new();
    for _ in 0..3 {
        let request = Request::get(format!("{}?match=a", hub.url())).body(Empty::<Bytes>::new());
        let answer = soon(peer.send_request(request.expect("a request"))).await;
        let answer = answer.expect("an answer");
        statuses.push(answer.status().as_u16());
        streams.push(answer.into_body());
    }
    assert_eq!(statuses, [200, 200, 429]);
    assert!(
        log.text().contains("reason=subscribe.too-many-of-address"),
        "{}",
        log.text()
    );
    let refused = streams.pop().expect("three");
    assert!(refused.collect().await.is_ok());
}

/// One more connection than all subscribers and those beside them may have.
#[tokio::test]
async fn a_full_hub_says_so() {
    let log = Log::capture();
    let hub = start(&HubOptions {
        max_subscribers: Some(written("max-subscribers", "1")),
        ..open_hub()
    });
    let mut peers = Vec::new();
    let mut surplus = loop {
        peers.push(hub.connect().await);
        // It has accepted them all.
        tokio::task::yield_now().await;
        if log.text().contains("reason=connection.surplus") {
            break peers.pop().expect("the last one");
        }
    };
    assert!(peers.len() >= 1_001, "{}", peers.len());
    let mut answer = [0; 12];
    soon(surplus.read_exact(&mut answer))
        .await
        .expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 503");
}

/// What the hub says of itself in its first frame.
#[tokio::test]
async fn http2_is_told_its_limits() {
    let hub = start(&open_hub());
    let mut peer = hub.connect().await;
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    peer.write_all(preface).await.expect("the hub reads");
    let mut frame = [0; 9];
    soon(peer.read_exact(&mut frame)).await.expect("a frame");
    assert_eq!(frame[3], 4, "SETTINGS");
    let mut settings = vec![0; usize::from(frame[2])];
    soon(peer.read_exact(&mut settings))
        .await
        .expect("settings");
    let value = |name: u8| {
        let found = settings.chunks(6).find(|setting| setting[1] == name);
        found.map(|setting| u32::from_be_bytes([setting[2], setting[3], setting[4], setting[5]]))
    };
    assert_eq!(value(3), Some(1_000), "concurrent streams");
    assert_eq!(value(6), Some(64 * 1024), "bytes of a head");
}

/// The clock stands still, and goes on at once where nothing but time is waited for.
#[tokio::test(start_paused = true)]
async fn peers_that_do_not_go_on_are_left_after_half_a_minute() {
    let token = format!(
        "Authorization: Bearer {}",
        crate::support::v0_token(&["*"], &[])
    );
    let half_a_body = format!(
        "POST /.well-known/mercure HTTP/1.1\r\nHost: h\r\n{token}\r\nContent-Length: 9\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\ntopic"
    );
    for (begun, answer, reason) in [
        ("", "", "connection.silent"),
        ("GET /healthz HTTP/1.1\r\nX-Half", "", "connection."),
        ("PRI * HT", "", "connection.silent"),
        (
            "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\nGET",
            "HTTP/1.1 200 ",
            "connection.head-timeout",
        ),
        (&half_a_body, "HTTP/1.1 408 ", "body.timeout"),
    ] {
        let log = Log::capture();
        let hub = start(&open_hub());
        let mut peer = tokio::net::TcpStream::connect(hub.address)
            .await
            .expect("it accepts");
        peer.write_all(begun.as_bytes()).await.expect("it reads");
        let begun_at = tokio::time::Instant::now();
        let mut answered = Vec::new();
        // Until the hub hangs up, whichever way.
        let _ = peer.read_to_end(&mut answered).await;
        let waited = begun_at.elapsed().as_secs();
        assert!((29..=61).contains(&waited), "{begun:?}: {waited} s");
        let answered = String::from_utf8_lossy(&answered).into_owned();
        assert!(answered.starts_with(answer), "{begun:?}: {answered}");
        assert_eq!(answered.is_empty(), answer.is_empty(), "{answered}");
        let logged = log.text();
        assert!(
            logged.contains(&format!("reason={reason}")),
            "{begun:?}: {logged}"
        );
    }
}

/// Publishers get through to a hub that is full of streams.
#[tokio::test]
async fn the_last_connections_are_not_for_streams() {
    let (mut config, _) = open_hub().check().expect("right options");
    // 96 are the hub's own; of the other 20, 2 are kept back.
    config.limit_descriptors(116);
    let history = config.open_history().expect("a history");
    let hub = start_server(Server::new(config, history));
    let mut streams = Vec::new();
    let refused = loop {
        let stream = hub.subscribe("match=a", "").await;
        if stream.status != 200 {
            break stream;
        }
        streams.push(stream);
    };
    assert_eq!(streams.len(), 18);
    assert_eq!(
        (refused.status, refused.field("retry-after")),
        (503, Some("5"))
    );
    assert_eq!(
        hub.publish(&hub.token(), "topic=a&data=x").await.status,
        200
    );
    for stream in &mut streams {
        assert_eq!(stream.next_data().await, "x");
    }
}
