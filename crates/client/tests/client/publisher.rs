use assay_client::{
    BearerToken, Endpoint, EndpointOptions, PublishForm, Publisher, endpoint::parse_header,
};

use crate::fake_hub::{Answer, FakeHub, has_field};

fn token() -> BearerToken {
    BearerToken::new("secret.token.x").unwrap()
}

#[tokio::test]
async fn an_update_is_posted_as_a_form() {
    let mut hub = FakeHub::start(vec![Answer::full("200 OK", "urn:uuid:1")]).await;
    let mut options = EndpointOptions::for_url(hub.url().parse().unwrap());
    options.headers = vec![parse_header("X-Api-Key: k").unwrap()];
    let publisher = Publisher::new(&Endpoint::new(options).unwrap(), Some(token())).unwrap();
    let form = PublishForm {
        topics: vec!["https://e/1".into(), "alternate é".into()],
        data: Some("a=b&c\n%".into()),
        private: true,
        id: Some("urn:1".into()),
        event_type: Some("t".into()),
        retry_ms: Some(250),
    };
    assert_eq!(publisher.publish(&form).await.unwrap(), "urn:uuid:1");
    let request = hub.request().await;
    assert!(request.starts_with("POST /hub HTTP/1.1\r\n"), "{request}");
    for (name, value) in [
        ("content-type", "application/x-www-form-urlencoded"),
        ("authorization", "Bearer secret.token.x"),
        ("x-api-key", "k"),
    ] {
        assert!(has_field(&request, name, value), "{name} in {request}");
    }
    let body = "topic=https%3A%2F%2Fe%2F1&topic=alternate+%C3%A9&data=a%3Db%26c%0A%25&private=on&id=urn%3A1&type=t&retry=250";
    assert!(request.ends_with(body), "{request}");
}

#[track_caller]
fn check(error: &str, expected: &[&str]) {
    for part in expected {
        assert!(error.contains(part), "{part} in {error}");
    }
    assert!(!error.contains("secret.token.x"), "{error}");
}

#[tokio::test]
async fn a_refusal_says_what_to_do_next() {
    let long = "x".repeat(100_000);
    let cases: [(&str, &str, &[&str]); 7] = [
        (
            "401 Unauthorized\r\nWWW-Authenticate: Bearer error=\"invalid_token\"",
            "bad secret.token.x",
            &[
                "status 401",
                "error=\"invalid_token\"",
                "bad [redacted]",
                "--audience",
            ],
        ),
        ("401 Unauthorized", "", &["pass --jwt-key"]),
        ("403 Forbidden", "no\nway", &["does not grant", "no\\nway"]),
        ("404 Not Found", "", &["/.well-known/mercure"]),
        (
            "302 Found\r\nLocation: https://elsewhere/hub",
            "",
            &["Location: https://elsewhere/hub", "not followed"],
        ),
        ("400 Bad Request", &long, &["malformed"]),
        ("503 Service Unavailable", "", &["look into its log"]),
    ];
    for (head, body, expected) in cases {
        let hub = FakeHub::start(vec![Answer::full(head, body)]).await;
        let publisher = Publisher::new(&hub.endpoint(), Some(token())).unwrap();
        let error = publisher
            .publish(&PublishForm::new("t", "d"))
            .await
            .unwrap_err()
            .to_string();
        check(&error, expected);
        assert!(error.len() < 1000, "the excerpt is bounded");
    }
}

#[tokio::test]
async fn no_hub_says_what_to_do_next() {
    let dead = FakeHub::start(vec![]).await;
    // The listener of an empty script is closed as soon as its task runs.
    tokio::task::yield_now().await;
    let tls = FakeHub::start(vec![Answer::full("400 Bad Request", "")]).await;
    let garbage = FakeHub::start(vec![Answer::Close("\u{16}\u{3}garbage\r\n\r\n".into())]).await;
    let half = FakeHub::start(vec![Answer::Close(
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nurn".into(),
    )])
    .await;
    for (url, expected) in [
        (dead.url(), "is the hub running"),
        (tls.url().replace("http:", "https:"), "try http://"),
        (garbage.url(), "try https://"),
        (half.url(), "cannot reach"),
    ] {
        let mut options = EndpointOptions::for_url(url.parse().unwrap());
        options.tls.insecure = true;
        let publisher = Publisher::new(&Endpoint::new(options).unwrap(), None).unwrap();
        let error = publisher
            .publish(&PublishForm::new("t", "d"))
            .await
            .unwrap_err()
            .to_string();
        check(&error, &[expected, "://127.0.0.1:"]);
    }
}

#[tokio::test]
async fn connect_to_keeps_the_name() {
    let mut hub = FakeHub::start(vec![Answer::full("200 OK", "1")]).await;
    let mut options = EndpointOptions::for_url("http://hub.invalid/hub".parse().unwrap());
    options.connect_to = Some(format!("127.0.0.1:{}", hub.port).parse().unwrap());
    let publisher = Publisher::new(&Endpoint::new(options).unwrap(), None).unwrap();
    publisher
        .publish(&PublishForm::new("t", "d"))
        .await
        .unwrap();
    assert!(has_field(&hub.request().await, "host", "hub.invalid"));
}
