//! Each fault fails as it says, and only on its side.

use assay_crooked::{Fault, FaultyHub, Side};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const GET: &str = "GET /.well-known/mercure?match=a HTTP/1.1\r\nHost: a\r\n\r\n";
const POST: &str =
    "POST /.well-known/mercure HTTP/1.1\r\nHost: a\r\nContent-Length: 15\r\n\r\ntopic=a&data=hi";
/// Enough of a flood.
const MUCH: usize = 300_000;

/// What came until the hub ended, or until it was much.
async fn answer(hub: &FaultyHub, request: &str) -> (Vec<u8>, Option<std::io::ErrorKind>) {
    let url = hub.url();
    let authority = url.trim_start_matches("http://").split('/').next().unwrap();
    let mut stream = TcpStream::connect(authority).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    while bytes.len() < MUCH {
        match stream.read_buf(&mut bytes).await {
            Ok(0) => return (bytes, None),
            Ok(_) => {}
            Err(error) => return (bytes, Some(error.kind())),
        }
    }
    (bytes, None)
}

async fn check_end(fault: Fault, ends_with: &str) {
    let hub = FaultyHub::start(fault, Side::Both).await.unwrap();
    let (bytes, error) = answer(&hub, GET).await;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    assert!(text.ends_with(ends_with), "{fault:?}: {text}");
    assert_eq!(error, None, "{fault:?}");
}

#[tokio::test]
async fn ends_in_the_middle() {
    check_end(Fault::HalfEvent, "\n\nid: urn:uuid:1111111").await;
    check_end(Fault::LengthTooLong, "Content-Length: 90\r\n\r\nurn:uuid:1").await;
    check_end(Fault::LengthTooShort, "Content-Length: 3\r\n\r\nurn:uuid:1").await;
    check_end(Fault::MalformedChunk, "zz\r\ndata: x\n\n\r\n").await;
    check_end(Fault::HalfChunk, "ff\r\ndata: x\n\n").await;
}

#[tokio::test]
async fn resets() {
    for fault in [Fault::ResetBeforeHead, Fault::ResetInStream] {
        let hub = FaultyHub::start(fault, Side::Both).await.unwrap();
        let (_, error) = answer(&hub, GET).await;
        assert_eq!(
            error,
            Some(std::io::ErrorKind::ConnectionReset),
            "{fault:?}"
        );
    }
}

#[tokio::test]
async fn floods_do_not_end() {
    for fault in [
        Fault::FloodHead,
        Fault::FloodLine,
        Fault::FloodEvent,
        Fault::FloodEvents,
        Fault::FloodComments,
    ] {
        let hub = FaultyHub::start(fault, Side::Both).await.unwrap();
        assert!(answer(&hub, GET).await.0.len() >= MUCH, "{fault:?}");
    }
}

#[tokio::test]
async fn the_other_side_is_sound() {
    for fault in Fault::ALL {
        let hub = FaultyHub::start(*fault, Side::Streams).await.unwrap();
        let (bytes, _) = answer(&hub, POST).await;
        assert!(bytes.starts_with(b"HTTP/1.1 200 OK"), "{fault:?}");
    }
}
