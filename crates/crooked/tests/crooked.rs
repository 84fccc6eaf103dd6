//! The crooked hub passes everything on until it turns, and then breaks its rule.

use assay_crooked::{Crooked, Dialect, NullHub, Straight, WRONG_TO_ALL, mutants};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const POST: &str = "POST /.well-known/mercure HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\ntopic=a&data=hi&id=1";

async fn connect(url: &str) -> TcpStream {
    let authority = url.trim_start_matches("http://").split('/').next().unwrap();
    TcpStream::connect(authority).await.unwrap()
}

async fn read_until(stream: &mut TcpStream, until: &str) -> String {
    let mut bytes = Vec::new();
    while !String::from_utf8_lossy(&bytes).contains(until) {
        assert!(
            stream.read_buf(&mut bytes).await.unwrap() > 0,
            "ended before {until:?}"
        );
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A crooked hub before one without rules, which makes every change of the proxy visible.
async fn crooked(name: &str, dialect: Dialect) -> (NullHub, Crooked) {
    let behind = NullHub::start(&WRONG_TO_ALL[1]).await.unwrap();
    let straight = Straight {
        url: behind.url(),
        secret: "secret".to_owned(),
        issuer: "https://localhost".to_owned(),
        publish_origin: "https://app.example".to_owned(),
        issuers: Vec::new(),
    };
    let mutant = mutants::all().find(|mutant| mutant.name == name && mutant.dialect == dialect);
    let crooked = Crooked::start(&straight, mutant.unwrap()).await.unwrap();
    (behind, crooked)
}

/// What a subscriber reads of the update `hi`, which was published before.
async fn replayed(crooked: &Crooked, query: &str) -> String {
    let mut stream = connect(crooked.url()).await;
    let request = format!("GET /.well-known/mercure?{query} HTTP/1.1\r\nHost: a\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    read_until(&mut stream, "data: hi\n\n").await
}

#[tokio::test]
async fn events_are_spoilt_once_it_turned() {
    let (_behind, crooked) = crooked("id-missing", Dialect::V1).await;
    let mut publisher = connect(crooked.url()).await;
    publisher.write_all(POST.as_bytes()).await.unwrap();
    assert!(
        read_until(&mut publisher, "\r\n\r\n1")
            .await
            .starts_with("HTTP/1.1 200 OK")
    );
    assert!(
        replayed(&crooked, "match=a")
            .await
            .contains("id: 1\ndata: hi")
    );
    crooked.turn();
    assert!(!replayed(&crooked, "match=a").await.contains("id: 1"));
}

#[tokio::test]
async fn heads_are_spoilt_once_it_turned() {
    let (_behind, crooked) = crooked("cursor-field-renamed", Dialect::V1).await;
    let mut publisher = connect(crooked.url()).await;
    publisher.write_all(POST.as_bytes()).await.unwrap();
    read_until(&mut publisher, "\r\n\r\n1").await;
    assert!(
        replayed(&crooked, "match=a")
            .await
            .contains("Mercure-Last-Event-ID: earliest")
    );
    crooked.turn();
    assert!(
        !replayed(&crooked, "match=a")
            .await
            .contains("Mercure-Last-Event-ID")
    );
}

#[tokio::test]
async fn a_client_that_goes_does_not_disturb_the_others() {
    let (_behind, crooked) = crooked("id-missing", Dialect::V1).await;
    let mut gone = connect(crooked.url()).await;
    gone.write_all(b"GET /.well-known/mercure?match=a HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .unwrap();
    read_until(&mut gone, "\r\n\r\n").await;
    drop(gone);
    let mut publisher = connect(crooked.url()).await;
    publisher.write_all(POST.as_bytes()).await.unwrap();
    read_until(&mut publisher, "\r\n\r\n1").await;
    replayed(&crooked, "match=a").await;
}
