//! Peers that mean ill: what they do costs the hub little, and the others nothing.

use assay_hub::HubOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{Log, RunningHub, open_hub, soon, start, written};

/// So many of each kind.
const CROWD: usize = 60;

/// A subscriber and a publisher go on as if nobody else were there.
async fn others_are_served(hub: &RunningHub) {
    let token = hub.token();
    let mut stream = hub.subscribe("match=healthy", "").await;
    for number in 0..20 {
        let form = format!("topic=healthy&data={number}");
        assert_eq!(hub.publish(&token, &form).await.status, 200);
        assert_eq!(stream.next_data().await, number.to_string());
    }
}

#[tokio::test]
async fn half_heads_keep_nobody_waiting() {
    let hub = start(&open_hub());
    let mut peers = Vec::new();
    for number in 0..CROWD {
        let mut peer = hub.connect().await;
        // Cut anywhere: before the first byte, in the method, in a field.
        let head = b"GET /.well-known/mercure?match=a HTTP/1.1\r\nHost: h\r\nX-Half: ";
        peer.write_all(&head[..number % head.len()])
            .await
            .expect("it reads");
        peers.push(peer);
    }
    others_are_served(&hub).await;
    // And byte by byte.
    for peer in &mut peers {
        peer.write_all(b"x").await.expect("it reads");
    }
    others_are_served(&hub).await;
}

/// Fields without end: the hub reads what it has to, says so, and hangs up.
#[tokio::test]
async fn a_flood_of_fields_is_refused_early() {
    for (field, log_code) in [
        ("X: y\r\n".to_owned(), "request.malformed"),
        (
            format!("X: {}\r\n", "y".repeat(30_000)),
            "request.malformed",
        ),
    ] {
        let log = Log::capture();
        let hub = start(&open_hub());
        let (mut reader, mut writer) = hub.connect().await.into_split();
        let flood = tokio::spawn(async move {
            let begun = b"GET /.well-known/mercure?match=a HTTP/1.1\r\nHost: h\r\n";
            let mut sent_bytes = 0;
            let mut sent = writer.write_all(begun).await;
            while sent.is_ok() {
                sent = writer.write_all(field.as_bytes()).await;
                sent_bytes += field.len();
            }
            sent_bytes
        });
        let mut answer = Vec::new();
        // Until the hub hangs up, whichever way.
        let _ = soon(reader.read_to_end(&mut answer)).await;
        let sent_bytes = soon(flood).await.expect("no panic");
        assert!(answer.starts_with(b"HTTP/1.1 431 "), "{answer:?}");
        // What the hub reads, and what the system holds for it.
        assert!(sent_bytes < 16 << 20, "{sent_bytes}");
        log.until(&format!("reason={log_code}")).await;
        others_are_served(&hub).await;
    }
}

/// Of peers who do not read, what waits is bounded, and others get theirs meanwhile.
#[tokio::test]
async fn stalled_readers_delay_neither_publishers_nor_others() {
    let log = Log::capture();
    let hub = start(&HubOptions {
        write_timeout: Some(written("write-timeout", "0")),
        ..open_hub()
    });
    let mut stalled = Vec::new();
    for _ in 0..CROWD {
        stalled.push(hub.subscribe("match=a", "").await);
    }
    // More than 16 MiB for each: then they are told to come back.
    hub.flood(24).await;
    others_are_served(&hub).await;
    log.until("reason=stream.queue-full").await;
    while log.text().matches("reason=stream.queue-full").count() < CROWD {
        others_are_served(&hub).await;
    }
}
