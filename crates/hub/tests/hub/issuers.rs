//! Several issuers, each trusted with its own keys alone.

use assay_hub::{HubOptions, IssuerOptions, KeyOptions};

use crate::support::{Claims, SECRET, open_hub, sign_with, start, v0_token, written};

const OTHER: &str = "https://b.example";
const OTHER_SECRET: &str = "the secret of another issuer, of thirty-two bytes or more";

fn two_issuers() -> HubOptions {
    let key = KeyOptions {
        key: Some(written("jwt-key", OTHER_SECRET)),
        ..KeyOptions::default()
    };
    HubOptions {
        issuer: Some(written("issuer", "https://a.example/tenant")),
        authorization_server: true,
        issuers: vec![IssuerOptions {
            identifier: written("issuer", OTHER),
            authorization_server: true,
            publisher: key.clone(),
            subscriber: key,
        }],
        ..open_hub()
    }
}

/// token.key.cross-issuer, token.iss.trusted
#[tokio::test]
async fn a_token_is_verified_with_the_keys_of_its_issuer() {
    let hub = start(&two_issuers());
    let claims = Claims::of(&hub)
        .grant("publish", "*")
        .grant("subscribe", "*");
    for (iss, secret, status) in [
        ("https://a.example/tenant", SECRET, 200),
        (OTHER, OTHER_SECRET, 200),
        ("https://a.example/tenant", OTHER_SECRET, 401),
        (OTHER, SECRET, 401),
        ("https://c.example", SECRET, 401),
        ("https://localhost", SECRET, 401),
    ] {
        let claims = claims.clone().with("iss", iss);
        let token = sign_with(secret, "at+jwt", &claims.0);
        let published = hub.publish(&token, "topic=a").await;
        assert_eq!(published.status, status, "{iss} {secret}");
        let stream = hub
            .subscribe("match=a", &format!("Authorization: Bearer {token}\n"))
            .await;
        assert_eq!(stream.status, status, "{iss} {secret}");
        if status == 401 {
            let challenge = published.field("www-authenticate").unwrap_or_default();
            assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
        }
    }
    // Tokens of 0.x name no issuer.
    assert_eq!(
        hub.publish(&v0_token(&["*"], &[]), "topic=a").await.status,
        200
    );
    let mercure = serde_json::json!({ "mercure": { "publish": ["*"] }, "iss": OTHER });
    let foreign = sign_with(OTHER_SECRET, "JWT", &mercure);
    assert_eq!(hub.publish(&foreign, "topic=a").await.status, 401);
}

/// token.as-advertised
#[tokio::test]
async fn metadata_name_the_issuers_that_are_authorization_servers() {
    let hub = start(&two_issuers());
    let answer = hub
        .exchange(
            "GET /.well-known/oauth-protected-resource/.well-known/mercure HTTP/1.1\nHost: HUB",
        )
        .await;
    let document: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
    assert_eq!(
        document["authorization_servers"],
        serde_json::json!(["https://a.example/tenant", OTHER])
    );
}
