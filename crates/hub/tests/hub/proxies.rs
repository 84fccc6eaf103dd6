//! Proxies in front of the hub: a Unix socket, and what they say of their clients.

use std::os::unix::fs::PermissionsExt;

use assay_hub::{HubOptions, Server, bind_unix};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use crate::support::{Claims, Log, RunningHub, open_hub, soon, start, written};

fn behind(proxy: &str) -> HubOptions {
    HubOptions {
        trusted_proxies: vec![written("trusted-proxy", proxy)],
        max_per_address: Some(written("max-per-address", "1")),
        ..open_hub()
    }
}

/// The status of a publication with these fields, by a token for this URL.
async fn publish(hub: &RunningHub, audience: &str, fields: &str) -> u16 {
    let claims = Claims::of(hub).with("aud", audience).grant("publish", "*");
    let request = format!(
        "POST /.well-known/mercure HTTP/1.1\nHost: HUB\nAuthorization: Bearer {}\n{fields}\
         Content-Type: application/x-www-form-urlencoded\n\ntopic=a",
        claims.sign()
    );
    hub.exchange(&request).await.status
}

const PUBLIC: &str = "https://hub.example/.well-known/mercure";

#[tokio::test]
async fn a_trusted_proxy_says_under_which_url_it_was_asked() {
    let hub = start(&behind("127.0.0.0/8"));
    let own = hub.url();
    for (fields, public, direct) in [
        ("", 401, 200),
        (
            "X-Forwarded-Proto: https\nX-Forwarded-Host: hub.example\n",
            200,
            401,
        ),
        (
            "Forwarded: for=192.0.2.1;proto=https;host=hub.example\n",
            200,
            401,
        ),
        ("X-Forwarded-Host: hub.example/evil\n", 400, 400),
        (
            "Forwarded: for=192.0.2.1\nX-Forwarded-For: 192.0.2.2\n",
            400,
            400,
        ),
    ] {
        assert_eq!(publish(&hub, PUBLIC, fields).await, public, "{fields}");
        assert_eq!(publish(&hub, &own, fields).await, direct, "{fields}");
    }
}

#[tokio::test]
async fn a_stranger_says_nothing_of_the_kind() {
    for trusted in ["10.0.0.0/8", "unix"] {
        let log = Log::capture();
        let hub = start(&behind(trusted));
        let fields = "X-Forwarded-Proto: https\nX-Forwarded-Host: hub.example\nX-Forwarded-For: 192.0.2.1\n\
                      Forwarded: for=192.0.2.7\n";
        assert_eq!(publish(&hub, PUBLIC, fields).await, 401);
        assert_eq!(publish(&hub, &hub.url(), fields).await, 200);
        assert!(!log.text().contains("192.0.2."), "{}", log.text());
    }
}

/// Each client of the proxy has a stream of its own, and none of them two.
#[tokio::test]
async fn streams_are_bounded_for_each_client_of_a_proxy() {
    let log = Log::capture();
    let hub = start(&behind("127.0.0.1"));
    let first = hub
        .subscribe("match=a", "X-Forwarded-For: 192.0.2.1\n")
        .await;
    let other = hub
        .subscribe("match=a", "X-Forwarded-For: 192.0.2.2\n")
        .await;
    assert_eq!((first.status, other.status), (200, 200));
    let spoofed = "X-Forwarded-For: 6.6.6.6, 192.0.2.1\n";
    let second = hub.subscribe("match=a", spoofed).await;
    assert_eq!(second.status, 429);
    log.until("peer=192.0.2.1").await;
}

#[tokio::test]
async fn a_unix_socket_is_a_listener() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("hub.sock");
    let address = format!("unix:{}", path.display());
    let options = HubOptions {
        listen: Some(written("listen", &address)),
        ..behind("unix")
    };
    let (config, _) = options.check().expect("right options");
    assert_eq!(config.listen_unix(), Some(path.as_path()));
    // What a hub that is gone has left is in nobody's way.
    drop(bind_unix(&path).expect("a new socket"));
    let listener = bind_unix(&path).expect("an abandoned one");
    let mode = std::fs::metadata(&path)
        .expect("a file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o660);
    let taken = bind_unix(&path).expect_err("it lives").kind();
    assert_eq!(taken, std::io::ErrorKind::AddrInUse);
    let other = folder.path().join("file");
    std::fs::write(&other, "precious").expect("a file");
    assert!(bind_unix(&other).is_err());
    assert_eq!(
        std::fs::read_to_string(&other).expect("still there"),
        "precious"
    );
    let history = config.open_history().expect("a history");
    tokio::spawn(Server::new(config, history).serve(listener, std::future::pending()));
    let mut peer = UnixStream::connect(&path).await.expect("it accepts");
    let request = "GET /.well-known/mercure?match=a HTTP/1.1\r\nHost: hub.example\r\n\r\n";
    peer.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = Vec::new();
    while !answer.ends_with(b":\n\r\n") {
        assert_ne!(soon(peer.read_buf(&mut answer)).await.expect("bytes"), 0);
    }
    assert!(answer.starts_with(b"HTTP/1.1 200 OK"));
}
