//! The null hubs do what their names say, and nothing else.

use assay_crooked::{NULL_HUBS, NullHub, WRONG_TO_ALL};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Sends bytes and reads until the answer contains `until` or ends.
async fn exchange(url: &str, request: &str, until: &str) -> std::io::Result<String> {
    let authority = url.trim_start_matches("http://").split('/').next().unwrap();
    let mut stream = TcpStream::connect(authority).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    while !String::from_utf8_lossy(&answer).contains(until)
        && stream.read_buf(&mut answer).await? > 0
    {}
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

const GET: &str = "GET /.well-known/mercure?match=a HTTP/1.1\r\nHost: a\r\n\r\n";
const POST: &str =
    "POST /.well-known/mercure HTTP/1.1\r\nHost: a\r\nContent-Length: 15\r\n\r\ntopic=a&data=hi";

async fn check(name: &str, expected: &str) {
    let null = NULL_HUBS.iter().find(|null| null.name == name).unwrap();
    let hub = NullHub::start(null).await.unwrap();
    for request in [GET, POST] {
        let answer = exchange(&hub.url(), request, "\r\n\r\n").await.unwrap();
        assert!(answer.starts_with(expected), "{name}: {answer}");
    }
}

#[tokio::test]
async fn statuses() {
    check("404 to everything", "HTTP/1.1 404").await;
    check("401 to everything", "HTTP/1.1 401").await;
    check("500 to everything", "HTTP/1.1 500").await;
    check("200 {} to everything", "HTTP/1.1 200").await;
    check("opens streams and drops publications", "HTTP/1.1 200").await;
    check("hangs up on every request", "").await;
}

#[tokio::test]
async fn a_refusing_hub_refuses() {
    let hub = NullHub::start(&NULL_HUBS[0]).await.unwrap();
    let error = exchange(&hub.url(), GET, "").await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn hubs_wrong_to_all_send_every_update_to_everyone() {
    for null in WRONG_TO_ALL {
        let hub = NullHub::start(null).await.unwrap();
        let authority = hub
            .url()
            .trim_start_matches("http://")
            .split('/')
            .next()
            .unwrap()
            .to_owned();
        let mut subscriber = TcpStream::connect(&authority).await.unwrap();
        subscriber.write_all(GET.as_bytes()).await.unwrap();
        let mut seen = Vec::new();
        while !seen.ends_with(b"\r\n\r\n") {
            subscriber.read_buf(&mut seen).await.unwrap();
        }
        exchange(&hub.url(), POST, "urn:uuid:").await.unwrap();
        while !String::from_utf8_lossy(&seen).contains("data: hi\n\n") {
            assert!(
                subscriber.read_buf(&mut seen).await.unwrap() > 0,
                "{}",
                null.name
            );
        }
    }
}
