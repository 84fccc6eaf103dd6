//! The example of a hub inside an application, run.

#![allow(dead_code, missing_docs, reason = "the example has a main of its own")]

#[path = "../examples/embedded.rs"]
mod embedded;

use std::time::{SystemTime, UNIX_EPOCH};

use http_body_util::{BodyExt, Full};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

const SECRET: &str = "a secret of the tests, longer than thirty-two bytes";

fn token(authority: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let mut header = Header::new(Algorithm::HS256);
    header.typ = Some("at+jwt".to_owned());
    let claims = json!({
        "iss": "https://localhost",
        "aud": format!("http://{authority}/.well-known/mercure"),
        "exp": now.as_secs() + 600,
        "authorization_details": [{
            "type": "https://mercure.rocks/authorization-detail",
            "actions": ["publish"],
            "topics": [{"match": "*"}],
        }],
    });
    jsonwebtoken::encode(
        &header,
        &claims,
        &EncodingKey::from_secret(SECRET.as_bytes()),
    )
    .unwrap()
}

async fn send(authority: &str, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(authority).await.unwrap();
    let request = request.replace("HUB", authority).replace('\n', "\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

async fn whole(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

async fn until(stream: &mut TcpStream, what: &str) {
    let mut text = Vec::new();
    while !String::from_utf8_lossy(&text).contains(what) {
        let byte = stream.read_u8().await.expect("the stream goes on");
        text.push(byte);
    }
}

#[tokio::test]
async fn the_application_and_its_hub_share_a_listener_and_end_together() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    let (config, _) = embedded::options(SECRET).check().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let client = async {
        let own = whole(
            send(
                &authority,
                "GET / HTTP/1.1\nHost: HUB\nConnection: close\n\n",
            )
            .await,
        )
        .await;
        assert!(
            own.contains("the books") && own.contains("rel=\"mercure\""),
            "{own}"
        );

        let get = "GET /.well-known/mercure?match=a HTTP/1.1\nHost: HUB\n\n";
        let mut stream = send(&authority, get).await;
        until(&mut stream, "\r\n\r\n").await;
        let post = format!(
            "POST /.well-known/mercure HTTP/1.1\nHost: HUB\nConnection: close\nAuthorization: Bearer {}\n\
             Content-Type: application/x-www-form-urlencoded\nContent-Length: 14\n\ntopic=a&data=x",
            token(&authority)
        );
        let published = whole(send(&authority, &post).await).await;
        assert!(published.starts_with("HTTP/1.1 200"), "{published}");
        until(&mut stream, "data: x").await;

        // The end of the application is a clean end of the stream: its last chunk.
        stop.send(()).unwrap();
        assert!(whole(stream).await.ends_with("0\r\n\r\n"));
    };
    let application = embedded::run(listener, config, async { drop(stopped.await) });
    let both = async { tokio::join!(application, client) };
    let (ended, ()) = tokio::time::timeout(std::time::Duration::from_mins(1), both)
        .await
        .expect("in time");
    ended.unwrap();
}

/// What an application publishes itself needs no connection.
#[tokio::test]
async fn an_application_publishes_without_a_connection() {
    let options = assay_hub::HubOptions {
        subscriptions: true,
        ..embedded::options(SECRET)
    };
    let (config, _) = options.check().unwrap();
    let hub = assay_hub::MountedHub::new(config).unwrap();
    let peer = ([127, 0, 0, 1], 1).into();
    let request = |method: &str, query: &str, body: &'static str| {
        http::Request::builder()
            .method(method)
            .uri(format!("http://hub.example/.well-known/mercure{query}"))
            .header("authorization", format!("Bearer {}", token("hub.example")))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Full::from(body))
            .unwrap()
    };
    for (path, taken) in [
        ("/.well-known/mercure", true),
        ("/.well-known/mercure/subscriptions", true),
        (
            "/.well-known/oauth-protected-resource/.well-known/mercure",
            true,
        ),
        ("/", false),
        ("/healthz", false),
    ] {
        assert_eq!(hub.takes(path), taken, "{path}");
    }
    let stream = hub.answer(peer, request("GET", "?match=a", "")).await;
    assert_eq!(stream.status(), 200);
    let published = hub
        .answer(peer, request("POST", "", "topic=a&data=x"))
        .await;
    assert_eq!(published.status(), 200);
    let mut stream = stream.into_body();
    let mut text = String::new();
    while !text.contains("data: x") {
        let frame = stream.frame().await.unwrap().unwrap();
        text.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
    }
    hub.close();
    while stream.frame().await.is_some() {}
}
