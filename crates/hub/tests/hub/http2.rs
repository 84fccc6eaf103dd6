//! HTTP/2 with prior knowledge: the same hub, many streams on one connection.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper::{Request, Response, body::Incoming};
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::support::{RunningHub, open_hub, soon, start};

pub(crate) async fn connect(hub: &RunningHub) -> SendRequest<Full<Bytes>> {
    let io = TokioIo::new(hub.connect().await);
    let (sender, connection) = handshake(TokioExecutor::new(), io).await.expect("HTTP/2");
    tokio::spawn(connection);
    sender
}

pub(crate) async fn send(
    peer: &mut SendRequest<Full<Bytes>>,
    request: http::request::Builder,
    body: &'static str,
) -> Response<Incoming> {
    let request: Request<_> = request.body(Full::from(body)).expect("a request");
    soon(peer.send_request(request)).await.expect("an answer")
}

/// The next bytes of a stream; none at its clean end, which HTTP/2 may put on an empty frame.
pub(crate) async fn next(stream: &mut Response<Incoming>) -> Option<String> {
    loop {
        let frame = soon(stream.frame()).await?.expect("no error");
        let data = frame.into_data().expect("data");
        if !data.is_empty() {
            return Some(String::from_utf8_lossy(&data).into_owned());
        }
    }
}

#[tokio::test]
async fn streams_share_a_connection_and_end_cleanly() {
    let mut hub = start(&open_hub());
    let (url, token) = (hub.url(), hub.token());
    let mut peer = connect(&hub).await;
    let mut streams = Vec::new();
    for topic in ["a", "a", "b"] {
        let stream = send(&mut peer, Request::get(format!("{url}?match={topic}")), "").await;
        assert_eq!(stream.status(), 200);
        assert_eq!(stream.headers()["content-type"], "text/event-stream");
        streams.push(stream);
    }
    for stream in &mut streams {
        assert_eq!(next(stream).await.as_deref(), Some(":\n"));
    }
    let publication = Request::post(&url)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/x-www-form-urlencoded");
    let answer = send(&mut peer, publication, "topic=a&data=hello&id=urn:x:1").await;
    assert_eq!(answer.status(), 200);
    for stream in &mut streams[..2] {
        let event = next(stream).await.expect("an event");
        assert!(
            event.contains("data: hello\n") && event.ends_with("\n\n"),
            "{event:?}"
        );
    }
    hub.stop();
    for stream in &mut streams {
        assert_eq!(next(stream).await, None);
    }
    drop(peer);
    hub.stopped().await.expect("drained");
}

/// The authority of an HTTP/2 request is its `:authority`, and HEAD has no body.
#[tokio::test]
async fn refusals_and_heads() {
    let hub = start(&open_hub());
    let url = hub.url();
    let mut peer = connect(&hub).await;
    let answer = send(&mut peer, Request::post(&url), "topic=a").await;
    assert_eq!(answer.status(), 401);
    let challenge = answer.headers()["www-authenticate"]
        .to_str()
        .expect("text")
        .to_owned();
    assert!(
        challenge.contains(&format!(
            "http://{}/.well-known/oauth-protected-resource",
            hub.address
        )),
        "{challenge}"
    );
    let mut answer = send(&mut peer, Request::head(format!("{url}?match=a")), "").await;
    assert_eq!(answer.status(), 200);
    assert_eq!(next(&mut answer).await, None);
}

/// Opens a stream; all of its text, once it has ended cleanly.
pub(crate) async fn text_of_stream(
    peer: &mut SendRequest<Full<Bytes>>,
    hub: &RunningHub,
) -> tokio::task::JoinHandle<String> {
    let mut stream = send(peer, Request::get(format!("{}?match=a", hub.url())), "").await;
    tokio::spawn(async move {
        let mut text = String::new();
        while let Some(part) = next(&mut stream).await {
            text.push_str(&part);
        }
        text
    })
}
