//! Keys that an issuer publishes: fetched, rotated without a restart, and never from where the operator does not want it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use assay_hub::{HubOptions, IssuerOptions, KeyOptions};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::{Claims, Log, RunningHub, open_hub, start, v0_token, written};

/// The private halves of two keys, and the public ones as JWKs.
const KEYS: [(&str, &str); 2] = [
    (
        include_str!("fixtures/issuer-a-private.pem"),
        include_str!("fixtures/issuer-a.jwk"),
    ),
    (
        include_str!("fixtures/issuer-b-private.pem"),
        include_str!("fixtures/issuer-b.jwk"),
    ),
];

/// A server of one document.
struct IssuerServer {
    address: SocketAddr,
    /// The whole answer.
    answer: Arc<Mutex<String>>,
    /// The head of each request.
    heads: Arc<Mutex<Vec<String>>>,
}

impl IssuerServer {
    async fn start(answer: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let server = Self {
            address: listener.local_addr().expect("an address"),
            answer: Arc::new(Mutex::new(answer)),
            heads: Arc::default(),
        };
        let (answer, heads) = (Arc::clone(&server.answer), Arc::clone(&server.heads));
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n")
                    && socket.read_buf(&mut head).await.unwrap_or(0) > 0
                {}
                let head = String::from_utf8_lossy(&head).into_owned();
                heads.lock().expect("no panic").push(head);
                let answer = answer.lock().expect("no panic").clone();
                let _ = socket.write_all(answer.as_bytes()).await;
            }
        });
        server
    }

    fn url(&self) -> String {
        format!("http://{}/keys", self.address)
    }

    fn now_answers(&self, answer: String) {
        *self.answer.lock().expect("no panic") = answer;
    }

    fn requests(&self) -> usize {
        self.heads.lock().expect("no panic").len()
    }

    /// The edition that the last request has already, as it names it.
    fn known_edition(&self) -> Option<String> {
        let heads = self.heads.lock().expect("no panic");
        let fields = heads.last().expect("a request").lines();
        fields
            .filter_map(|field| field.strip_prefix("if-none-match: "))
            .map(str::to_owned)
            .next()
    }
}

fn ok(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn set(keys: &[usize]) -> String {
    let keys: Vec<&str> = keys.iter().map(|key| KEYS[*key].1).collect();
    ok(&format!("{{\"keys\":[{}]}}", keys.join(",")))
}

/// The same, as an edition that has a name.
fn edition(entity_tag: &str, keys: &[usize]) -> String {
    with_field(&set(keys), &format!("ETag: {entity_tag}"))
}

fn with_field(answer: &str, field: &str) -> String {
    answer.replacen("\r\n", &format!("\r\n{field}\r\n"), 1)
}

const NOT_MODIFIED: &str = "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n";

/// A hub whose publishers' keys are at `url`.
fn options(url: &str, allowed: &[&str]) -> HubOptions {
    HubOptions {
        jwt_key: None,
        publisher_jwks: Some(written("publisher-jwks", url)),
        jwks_allow_internal: allowed
            .iter()
            .map(|it| written("jwks-allow-internal", it))
            .collect(),
        ..open_hub()
    }
}

fn token(hub: &RunningHub, key: usize, kid: &str) -> String {
    let header = Header {
        typ: Some("at+jwt".to_owned()),
        kid: Some(kid.to_owned()),
        ..Header::new(Algorithm::ES256)
    };
    let claims = Claims::of(hub)
        .grant("publish", "*")
        .grant("subscribe", "*");
    let key = EncodingKey::from_ec_pem(KEYS[key].0.as_bytes()).expect("a private key");
    jsonwebtoken::encode(&header, &claims.0, &key).expect("claims can be signed")
}

/// token.key.kid-hint: a new key is looked for once, an unknown one does not make the hub ask again and again.
#[tokio::test]
async fn keys_rotate_without_a_restart() {
    let issuer = IssuerServer::start(set(&[0])).await;
    let hub = start(&options(&issuer.url(), &["127.0.0.0/8"]));
    let (old, new) = (token(&hub, 0, "a"), token(&hub, 1, "b"));
    assert_eq!(hub.publish(&old, "topic=a").await.status, 200);
    assert_eq!(issuer.requests(), 1);
    issuer.now_answers(set(&[0, 1]));
    assert_eq!(hub.publish(&new, "topic=a").await.status, 200);
    assert_eq!(hub.publish(&old, "topic=a").await.status, 200);
    assert_eq!(issuer.requests(), 2);
    let unknown = hub.publish(&token(&hub, 1, "c"), "topic=a").await;
    assert_eq!(unknown.status, 401);
    assert!(
        unknown
            .field("www-authenticate")
            .unwrap_or_default()
            .contains("invalid_token")
    );
    assert_eq!(issuer.requests(), 2);
}

/// Who has an edition asks for another one, and keeps the keys where there is none. token.key.kid-hint
#[tokio::test]
async fn keys_that_are_the_same_are_not_sent_again() {
    let log = Log::capture();
    let issuer = IssuerServer::start(edition("W/\"one\"", &[0])).await;
    let hub = start(&options(&issuer.url(), &["127.0.0.1"]));
    let (old, new) = (token(&hub, 0, "a"), token(&hub, 1, "b"));
    assert_eq!(hub.publish(&old, "topic=a").await.status, 200);
    assert_eq!(issuer.known_edition(), None);
    // The new token makes it look again.
    issuer.now_answers(NOT_MODIFIED.to_owned());
    assert_eq!(hub.publish(&new, "topic=a").await.status, 401);
    assert_eq!(issuer.requests(), 2);
    assert_eq!(issuer.known_edition().as_deref(), Some("W/\"one\""));
    assert_eq!(hub.publish(&old, "topic=a").await.status, 200);
    assert!(!log.text().contains("jwks.fetch-failed"), "{}", log.text());
}

/// Another edition replaces what is there, also where it has no name.
#[tokio::test]
async fn another_edition_is_taken() {
    let issuer = IssuerServer::start(edition("\"one\"", &[0])).await;
    let hub = start(&options(&issuer.url(), &["127.0.0.1"]));
    let (old, new) = (token(&hub, 0, "a"), token(&hub, 1, "b"));
    assert_eq!(hub.publish(&old, "topic=a").await.status, 200);
    issuer.now_answers(set(&[1]));
    assert_eq!(hub.publish(&new, "topic=a").await.status, 200);
    assert_eq!(issuer.known_edition().as_deref(), Some("\"one\""));
    assert_eq!(hub.publish(&old, "topic=a").await.status, 401);
}

/// The name of an edition is only for the URL that gave it: behind a redirect it is asked for there, and not on the way.
#[tokio::test]
async fn an_edition_is_of_the_url_that_it_came_from() {
    let elsewhere = IssuerServer::start(edition("\"there\"", &[0])).await;
    let issuer = IssuerServer::start(redirect(&elsewhere.url())).await;
    let hub = start(&options(&issuer.url(), &["127.0.0.1"]));
    let (old, new) = (token(&hub, 0, "a"), token(&hub, 1, "b"));
    assert_eq!(hub.publish(&old, "topic=a").await.status, 200);
    elsewhere.now_answers(NOT_MODIFIED.to_owned());
    assert_eq!(hub.publish(&new, "topic=a").await.status, 401);
    assert_eq!(issuer.requests(), 2);
    assert_eq!(issuer.known_edition(), None);
    assert_eq!(elsewhere.known_edition().as_deref(), Some("\"there\""));
    assert_eq!(hub.publish(&old, "topic=a").await.status, 200);
}

/// A withdrawn key is gone, also for a token that was accepted with it.
#[tokio::test]
async fn a_withdrawn_key_verifies_nothing_more() {
    let issuer = IssuerServer::start(set(&[0])).await;
    let hub = start(&options(&issuer.url(), &["127.0.0.1"]));
    let (old, new) = (token(&hub, 0, "a"), token(&hub, 1, "b"));
    assert_eq!(hub.publish(&old, "topic=a").await.status, 200);
    issuer.now_answers(set(&[1]));
    assert_eq!(hub.publish(&new, "topic=a").await.status, 200);
    assert_eq!(hub.publish(&old, "topic=a").await.status, 401);
}

#[tokio::test]
async fn old_keys_are_used_while_the_issuer_is_away() {
    let issuer = IssuerServer::start(set(&[0])).await;
    let hub = start(&options(&issuer.url(), &["127.0.0.1"]));
    assert_eq!(
        hub.publish(&token(&hub, 0, "a"), "topic=a").await.status,
        200
    );
    issuer.now_answers("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n".to_owned());
    assert_eq!(
        hub.publish(&token(&hub, 1, "b"), "topic=a").await.status,
        401
    );
    assert_eq!(
        hub.publish(&token(&hub, 0, "a"), "topic=a").await.status,
        200
    );
}

/// A token that cannot be judged is not called wrong: 503 until the keys have come.
#[tokio::test]
async fn without_keys_the_hub_says_so() {
    let log = Log::capture();
    let issuer = IssuerServer::start(ok("{}")).await;
    let hub = start(&options(&issuer.url(), &["127.0.0.1"]));
    let token = token(&hub, 0, "a");
    let answer = hub.publish(&token, "topic=a").await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.field("retry-after"), Some("5"));
    assert_eq!(answer.field("www-authenticate"), None);
    assert!(log.text().contains("token.keys-awaited"), "{}", log.text());
    assert!(log.text().contains("jwks.fetch-failed"), "{}", log.text());
    // Other tokens are wrong all the same.
    let stranger = Claims::of(&hub)
        .with("iss", "https://stranger.example")
        .sign();
    assert_eq!(hub.publish(&stranger, "topic=a").await.status, 401);
}

/// Starts a hub whose publishers' keys are at `url`, while `issuer` answers so: how often it is asked, what a publication
/// gets, and what the log has of it, with no part of the answer in it.
async fn check(
    issuer: &IssuerServer,
    (url, allowed, answer): (&str, &[&str], String),
    (requests, status, logged): (usize, u16, &str),
) {
    let log = Log::capture();
    let before = issuer.requests();
    issuer.now_answers(answer.clone());
    let hub = start(&options(url, allowed));
    let token = token(&hub, 0, "a");
    let published = hub.publish(&token, "topic=a").await;
    assert_eq!(published.status, status, "{url} {answer}");
    let text = log.text();
    assert!(text.contains(logged), "{url} {answer}: {text}");
    assert!(!text.contains("c2VjcmV0"), "{text}");
    // A second look may have been had for the sake of that publication.
    let asked = issuer.requests() - before;
    let twice = status == 503 && asked == 2 * requests;
    assert!(asked == requests || twice, "{url} {answer}: {asked}");
}

fn redirect(target: &str) -> String {
    format!(
        "HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n"
    )
}

/// What leads inwards is not even asked.
#[tokio::test]
async fn where_a_set_may_be() {
    let issuer = IssuerServer::start(set(&[0])).await;
    let (port, url) = (issuer.address.port(), issuer.url());
    let at = |origin: &str| format!("{origin}:{port}/");
    let refused = |reason: &'static str| (0, 503, reason);
    let fetched = (1, 200, "keys fetched");
    for (url, allowed, expected) in [
        (url.clone(), "127.0.0.1", fetched),
        (at("http://localhost"), "localhost", fetched),
        (url.clone(), "", refused("is not https")),
        (url, "10.0.0.0/8", refused("is not https")),
        (
            at("https://127.0.0.1"),
            "10.0.0.0/8",
            refused("internal address 127.0.0.1"),
        ),
        (
            at("https://localhost"),
            "",
            refused("--jwks-allow-internal localhost"),
        ),
        (
            at("https://[::ffff:127.0.0.1]"),
            "",
            refused("internal address"),
        ),
        (
            at("https://0x7f.1"),
            "",
            refused("internal address 127.0.0.1"),
        ),
    ] {
        let allowed: Vec<&str> = allowed.split_terminator(',').collect();
        check(&issuer, (&url, &allowed, set(&[0])), expected).await;
    }
}

/// Redirects are looked at like the first URL, and what comes has to be a set of public keys of bearable length.
#[tokio::test]
async fn what_a_set_may_be() {
    let issuer = IssuerServer::start(set(&[0])).await;
    let (url, elsewhere) = (issuer.url(), IssuerServer::start(set(&[0])).await.url());
    let secret = json!({"keys": [{"kty": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}]});
    let not_found = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned();
    for (answer, expected) in [
        (redirect(&elsewhere), (1, 200, "keys fetched")),
        (
            redirect(&elsewhere.replace("127.0.0.1", "127.0.0.2")),
            (1, 503, "is not https"),
        ),
        (
            redirect("https://[::1]:1/"),
            (1, 503, "internal address ::1"),
        ),
        (
            redirect("https://169.254.169.254/"),
            (1, 503, "internal address 169.254.169.254"),
        ),
        (redirect("file:///etc/passwd"), (1, 503, "is not https")),
        (redirect("/again"), (4, 503, "redirected too often")),
        (ok(&secret.to_string()), (1, 503, "shared secret")),
        (ok("<html>c2VjcmV0</html>"), (1, 503, "broken JSON")),
        (ok(&"x".repeat(300_000)), (1, 503, "longer than")),
        (not_found, (1, 503, "404")),
        // Nothing was named that it could be the same as.
        (NOT_MODIFIED.to_owned(), (1, 503, "304")),
    ] {
        check(&issuer, (&url, &["127.0.0.1"], answer), expected).await;
    }
}

/// Each issuer's own set, or one for all of them: a fetch each.
#[tokio::test]
async fn one_set_for_several_roles_is_fetched_once() {
    let issuer = IssuerServer::start(set(&[0, 1])).await;
    let keys = |algorithms: &str| KeyOptions {
        jwks: Some(written("publisher-jwks", &issuer.url())),
        algorithms: vec![written("publisher-jwt-algorithm", algorithms)],
        ..KeyOptions::default()
    };
    let hub = start(&HubOptions {
        jwt_key: open_hub().jwt_key,
        publisher_jwks: None,
        issuers: vec![IssuerOptions {
            identifier: written("issuer", "https://b.example"),
            authorization_server: false,
            publisher: keys("ES256"),
            subscriber: keys("ES256,RS256"),
        }],
        ..options(&issuer.url(), &["127.0.0.1"])
    });
    let claims = |iss: &str| Claims::of(&hub).grant("publish", "*").with("iss", iss);
    let key = EncodingKey::from_ec_pem(KEYS[1].0.as_bytes()).expect("a private key");
    let header = Header {
        typ: Some("at+jwt".to_owned()),
        ..Header::new(Algorithm::ES256)
    };
    for (iss, status) in [("https://b.example", 200), ("https://localhost", 401)] {
        let token = jsonwebtoken::encode(&header, &claims(iss).0, &key).expect("a token");
        assert_eq!(hub.publish(&token, "topic=a").await.status, status, "{iss}");
        let fields = format!("Authorization: Bearer {token}\n");
        assert_eq!(
            hub.subscribe("match=a", &fields).await.status,
            status,
            "{iss}"
        );
    }
    assert_eq!(hub.publish(&hub.token(), "topic=a").await.status, 200);
    assert_eq!(
        hub.publish(&v0_token(&["*"], &[]), "topic=a").await.status,
        200
    );
    assert_eq!(issuer.requests(), 1);
}
