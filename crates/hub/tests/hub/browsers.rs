//! What browsers rely on: CORS, and that no foreign page publishes with somebody's cookie.

use assay_hub::HubOptions;

use crate::support::{Answer, Log, open_hub, start, v0_token, written};

const APP: &str = "https://app.example";

fn with_cors(origins: &[&str]) -> HubOptions {
    HubOptions {
        cors_origins: origins
            .iter()
            .map(|it| written("cors-origin", it))
            .collect(),
        ..open_hub()
    }
}

/// The CORS fields of an answer: allowed origin, credentials, and what caches have to mind.
fn cors(answer: &Answer) -> (Option<&str>, Option<&str>, Option<&str>) {
    let field = |name| answer.field(name);
    (
        field("access-control-allow-origin"),
        field("access-control-allow-credentials"),
        field("vary"),
    )
}

#[tokio::test]
async fn which_origins_may_read() {
    let listed = ["https://app.example,https://b.example:8443"];
    let wide = ["https://*.app.example.com", "null"];
    let nobody = (None, None, Some("origin"));
    let origin = |origin| (Some(origin), Some("true"), Some("origin"));
    for (origins, fields, expected) in [
        (&[][..], "Origin: https://app.example", (None, None, None)),
        (
            &["*"][..],
            "Origin: https://app.example",
            (Some("*"), None, None),
        ),
        (&["*"][..], "X: y", (Some("*"), None, None)),
        (
            &["*"][..],
            "Origin: https://app.example\nCookie: mercureAuthorization=x",
            (None, None, None),
        ),
        (
            &["*"][..],
            "Origin: https://app.example\nCookie: other=x",
            (Some("*"), None, None),
        ),
        (&listed[..], "Origin: https://app.example", origin(APP)),
        (&listed[..], "Origin: HTTPS://APP.example", origin(APP)),
        (
            &listed[..],
            "Origin: https://b.example:8443",
            origin("https://b.example:8443"),
        ),
        (&listed[..], "X: y", nobody),
        (&listed[..], "Origin: null", nobody),
        (&listed[..], "Origin: https://evil.example", nobody),
        (&listed[..], "Origin: http://app.example", nobody),
        (&listed[..], "Origin: https://app.example:444", nobody),
        (
            &listed[..],
            "Origin: https://app.example.evil.example",
            nobody,
        ),
        (&listed[..], "Origin: https://evilapp.example", nobody),
        (&listed[..], "Origin: https://app.example/", nobody),
        (
            &wide[..],
            "Origin: https://a.b.app.example.com",
            origin("https://a.b.app.example.com"),
        ),
        (&wide[..], "Origin: null", origin("null")),
        (&wide[..], "Origin: https://app.example.com", nobody),
        (&wide[..], "Origin: https://evilapp.example.com", nobody),
        (&wide[..], "X: y", nobody),
        // A page from a disk.
        (&["*"][..], "Origin: null", (Some("*"), None, None)),
    ] {
        let hub = start(&with_cors(origins));
        // Served, refused, and elsewhere: an error that a page cannot read helps nobody.
        for target in [
            "HEAD /.well-known/mercure?match=a",
            "HEAD /.well-known/mercure",
            "POST /.well-known/mercure",
            "HEAD /.well-known/oauth-protected-resource/.well-known/mercure",
        ] {
            // Without the cookie being a token, the request is refused; the fields are the same.
            let answer = hub
                .exchange(&format!("{target} HTTP/1.1\nHost: HUB\n{fields}"))
                .await;
            assert_eq!(
                cors(&answer),
                expected,
                "{origins:?} {target} {fields}\n{answer:?}"
            );
        }
    }
}

#[tokio::test]
async fn preflights() {
    let preflight = |origin: &str, method: &str| {
        format!(
            "OPTIONS /.well-known/mercure HTTP/1.1\nHost: HUB\nOrigin: {origin}\n\
             Access-Control-Request-Method: {method}\nAccess-Control-Request-Headers: authorization,cache-control,last-event-id"
        )
    };
    let hub = start(&with_cors(&[APP]));
    for method in ["GET", "POST", "QUERY"] {
        let answer = hub.exchange(&preflight(APP, method)).await;
        assert_eq!(answer.status, 204);
        assert_eq!(cors(&answer), (Some(APP), Some("true"), Some("origin")));
        let list = |name| {
            answer
                .field(name)
                .unwrap_or_default()
                .split(", ")
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert!(list("access-control-allow-methods").contains(&method.to_owned()));
        for name in [
            "authorization",
            "cache-control",
            "content-type",
            "last-event-id",
        ] {
            assert!(
                list("access-control-allow-headers").contains(&name.to_owned()),
                "{name}"
            );
        }
    }
    let stranger = hub
        .exchange(&preflight("https://evil.example", "GET"))
        .await;
    assert_eq!(stranger.status, 204);
    assert_eq!(cors(&stranger), (None, None, Some("origin")));
    assert_eq!(stranger.field("access-control-allow-methods"), None);
    let old = start(&HubOptions {
        dialects: Some(written("dialects", "0.x")),
        ..with_cors(&[APP])
    });
    assert_eq!(
        old.exchange(&preflight(APP, "GET"))
            .await
            .field("access-control-allow-methods"),
        Some("GET, HEAD, POST"),
        "0.x has no QUERY"
    );
}

#[tokio::test]
async fn who_may_publish_with_a_cookie() {
    let log = Log::capture();
    let hub = start(&HubOptions {
        publish_origins: vec![written("publish-origin", APP)],
        ..open_hub()
    });
    let own = format!("http://{}", hub.address);
    let cookie = format!("a=b; __Secure-mercure_access_token={}; c=d", hub.token());
    let old_cookie = format!("mercureAuthorization={}", v0_token(&["*"], &[]));
    let mut stream = hub.subscribe("match=a", "").await;
    let origin = |value: &str| format!("Origin: {value}");
    let referer = |value: &str| format!("Referer: {value}");
    for (fields, reason) in [
        (origin(APP), ""),
        (origin(&own), ""),
        (referer("https://app.example/page?q=1"), ""),
        (referer(&format!("{own}/page")), ""),
        (origin("https://evil.example"), "csrf.foreign-origin"),
        (origin("null"), "csrf.foreign-origin"),
        (origin("http://app.example"), "csrf.foreign-origin"),
        (
            origin("https://app.example.evil.example"),
            "csrf.foreign-origin",
        ),
        (
            origin(&own.replace("http:", "https:")),
            "csrf.foreign-origin",
        ),
        (
            format!(
                "{}\n{}",
                origin("https://evil.example"),
                referer("https://app.example/")
            ),
            "csrf.foreign-origin",
        ),
        (referer("https://evil.example/x"), "csrf.foreign-origin"),
        ("X: y".to_owned(), "csrf.no-origin"),
    ] {
        for cookie in [&cookie, &old_cookie] {
            let before = log.text().len();
            let data = if reason.is_empty() {
                "wanted"
            } else {
                "forged"
            };
            let answer = hub
                .exchange(&format!(
                    "POST /.well-known/mercure HTTP/1.1\nHost: HUB\n{fields}\nCookie: {cookie}\n\
                     Content-Type: application/x-www-form-urlencoded\n\ntopic=a&data={data}"
                ))
                .await;
            assert_eq!(
                answer.status,
                if reason.is_empty() { 200 } else { 403 },
                "{fields}\n{answer:?}"
            );
            assert!(
                log.text()[before..].contains(reason),
                "{fields}: {}",
                &log.text()[before..]
            );
            if reason.is_empty() {
                // And nothing that was refused before it.
                assert_eq!(stream.next_data().await, "wanted");
            }
        }
    }
}

/// Only where they are listed, each by itself.
#[tokio::test]
async fn wildcards_and_null_may_publish_with_a_cookie_where_they_are_listed() {
    for (listed, origin, status) in [
        ("https://*.example.com", "https://app.example.com", 200),
        ("https://*.example.com", "https://example.com", 403),
        ("https://*.example.com", "null", 403),
        ("null", "null", 200),
        ("null", "https://app.example.com", 403),
    ] {
        let hub = start(&HubOptions {
            cors_origins: vec![written("cors-origin", "null")],
            publish_origins: vec![written("publish-origin", listed)],
            ..open_hub()
        });
        let cookie = format!("__Secure-mercure_access_token={}", hub.token());
        let answer = hub
            .exchange(&format!(
                "POST /.well-known/mercure HTTP/1.1\nHost: HUB\nOrigin: {origin}\nCookie: {cookie}\n\
                 Content-Type: application/x-www-form-urlencoded\n\ntopic=a"
            ))
            .await;
        assert_eq!(answer.status, status, "{listed} {origin}");
    }
}

/// csrf.header-exempt: an explicit token needs no origin, whatever cookie comes along.
#[tokio::test]
async fn a_header_token_publishes_from_anywhere() {
    let hub = start(&open_hub());
    let token = hub.token();
    let answer = hub
        .exchange(&format!(
            "POST /.well-known/mercure HTTP/1.1\nHost: HUB\nOrigin: https://elsewhere.example\nAuthorization: Bearer {token}\n\
             Cookie: __Secure-mercure_access_token=garbage\nContent-Type: application/x-www-form-urlencoded\n\ntopic=a"
        ))
        .await;
    assert_eq!(answer.status, 200);
}

/// Behind a proxy that speaks TLS, the configured identity is the hub's own origin.
#[tokio::test]
async fn a_configured_identity_is_the_own_origin_and_the_audience() {
    let hub = start(&HubOptions {
        resource_identifier: Some(written(
            "resource-identifier",
            "https://hub.example/.well-known/mercure",
        )),
        ..open_hub()
    });
    let claims = crate::support::Claims::of(&hub).grant("publish", "*");
    let (here, there) = (
        claims.sign(),
        claims
            .with("aud", "https://hub.example/.well-known/mercure")
            .sign(),
    );
    for (token, origin, status) in [
        (&there, "https://hub.example", 200),
        (&there, "http://hub.example", 403),
        (&here, "https://hub.example", 401),
    ] {
        let answer = hub
            .exchange(&format!(
                "POST /.well-known/mercure HTTP/1.1\nHost: HUB\nOrigin: {origin}\nCookie: __Secure-mercure_access_token={token}\n\
                 Content-Type: application/x-www-form-urlencoded\n\ntopic=a"
            ))
            .await;
        assert_eq!(answer.status, status, "{origin}");
    }
}
