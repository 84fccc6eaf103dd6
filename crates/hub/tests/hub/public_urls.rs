//! A hub that is known under several URLs, and under no other.

use assay_hub::HubOptions;
use serde_json::Value;

use crate::support::{Claims, Log, RunningHub, open_hub, sign, start, written};

const A: &str = "https://a.example/.well-known/mercure";
const B: &str = "http://b.example:8080/.well-known/mercure";

fn options() -> HubOptions {
    HubOptions {
        public_urls: vec![written(
            "public-url",
            "https://a.example,http://b.example:8080",
        )],
        cors_origins: vec![written("cors-origin", "https://app.example")],
        ..open_hub()
    }
}

fn token(hub: &RunningHub, audience: &str) -> String {
    Claims::of(hub)
        .grant("publish", "*")
        .grant("subscribe", "*")
        .with("aud", audience)
        .sign()
}

/// token.aud.verified, csrf.origin-mismatch: a token, and a page, of one name are not those of the other.
#[tokio::test]
async fn each_url_has_its_own_audience_and_origin() {
    let hub = start(&options());
    for (host, audience, status) in [
        ("a.example", A, 200),
        ("A.example:443", A, 200),
        ("b.example:8080", B, 200),
        ("a.example", B, 401),
        ("b.example:8080", A, 401),
        ("a.example", "https://a.example", 401),
    ] {
        let token = token(&hub, audience);
        for credentials in [
            format!("Authorization: Bearer {token}"),
            format!(
                "Cookie: __Secure-mercure_access_token={token}\nOrigin: {}",
                origin(audience)
            ),
        ] {
            let answer = hub
                .exchange(&format!(
                    "POST /.well-known/mercure HTTP/1.1\nHost: {host}\n{credentials}\n\
                     Content-Type: application/x-www-form-urlencoded\n\ntopic=a"
                ))
                .await;
            assert_eq!(answer.status, status, "{host} {audience} {answer:?}");
            if status == 401 {
                let metadata = metadata_url(host);
                let challenge = answer.field("www-authenticate").unwrap_or_default();
                assert!(challenge.contains(&metadata), "{challenge}");
            }
        }
    }
    let foreign = hub
        .exchange(&format!(
            "POST /.well-known/mercure HTTP/1.1\nHost: a.example\nOrigin: http://b.example:8080\n\
             Cookie: __Secure-mercure_access_token={}\nContent-Type: application/x-www-form-urlencoded\n\ntopic=a",
            token(&hub, A)
        ))
        .await;
    assert_eq!(foreign.status, 403);
}

fn origin(url: &str) -> &str {
    url.strip_suffix("/.well-known/mercure").unwrap_or(url)
}

fn metadata_url(host: &str) -> String {
    let origin = if host.starts_with('b') {
        "http://b.example:8080"
    } else {
        "https://a.example"
    };
    format!("{origin}/.well-known/oauth-protected-resource/.well-known/mercure")
}

/// discovery.metadata.resource
#[tokio::test]
async fn each_url_has_its_own_metadata() {
    let hub = start(&options());
    for (host, resource) in [("a.example", A), ("b.example:8080", B)] {
        let answer = hub
            .exchange(&format!(
                "GET /.well-known/oauth-protected-resource/.well-known/mercure HTTP/1.1\nHost: {host}"
            ))
            .await;
        let document: Value = serde_json::from_str(&answer.body).expect("JSON");
        assert_eq!(document["resource"], resource);
    }
    // One identifier for all of them.
    let hub = start(&HubOptions {
        resource_identifier: Some(written("resource-identifier", "urn:hub")),
        ..options()
    });
    let token = token(&hub, "urn:hub");
    for host in ["a.example", "b.example:8080"] {
        let answer = hub
            .exchange(&format!(
                "POST /.well-known/mercure HTTP/1.1\nHost: {host}\nAuthorization: Bearer {token}\n\
                 Content-Type: application/x-www-form-urlencoded\n\ntopic=a"
            ))
            .await;
        assert_eq!(answer.status, 200, "{host}");
    }
}

/// RFC 9110, section 15.5.20
#[tokio::test]
async fn other_hosts_are_misdirected() {
    let log = Log::capture();
    let hub = start(&options());
    let v0 = sign(
        "JWT",
        &serde_json::json!({ "mercure": { "publish": ["*"] } }),
    );
    for host in [
        "HUB",
        "c.example",
        "a.example:80",
        "a.example.c.example",
        "b.example",
    ] {
        for request in [
            "GET /.well-known/mercure?match=a".to_owned(),
            "GET /.well-known/mercure?topic=a".to_owned(),
            "OPTIONS /.well-known/mercure".to_owned(),
            "QUERY /.well-known/mercure".to_owned(),
            format!("POST /.well-known/mercure?authorization={v0}"),
            "GET /.well-known/oauth-protected-resource/.well-known/mercure".to_owned(),
        ] {
            let answer = hub
                .exchange(&format!(
                    "{request} HTTP/1.1\nHost: {host}\nOrigin: https://app.example"
                ))
                .await;
            assert_eq!(answer.status, 421, "{host} {request}");
            assert_eq!(
                answer.field("access-control-allow-origin"),
                Some("https://app.example")
            );
        }
    }
    assert!(log.text().contains("request.misdirected"), "{}", log.text());
    let health = hub.exchange("GET /healthz HTTP/1.1\nHost: HUB").await;
    assert_eq!(health.status, 200);
}
