//! What is refused, with which status, fields and reason code.

use assay_hub::HubOptions;

use crate::support::{Claims, Log, open_hub, start, v0_token, written};

/// One request and what it comes to. In `request`, `HUB` is the host and port, `{P}` a 1.0 token that may publish
/// everything, `{N}` one without grants, `{Q}` a 0.x token that may publish everything.
struct Case {
    request: &'static str,
    status: u16,
    /// The reason code in the log; empty for a request that is served.
    reason: &'static str,
    /// The `error` of the Bearer challenge: none without a challenge, empty for a bare one.
    challenge: Option<&'static str>,
}

async fn check(options: HubOptions, cases: &[Case]) {
    let log = Log::capture();
    let hub = start(&options);
    let (all, none) = (hub.token(), Claims::of(&hub).sign());
    let v0 = v0_token(&["*"], &["*"]);
    for case in cases {
        let before = log.text().len();
        let request = case
            .request
            .replace("{P}", &all)
            .replace("{N}", &none)
            .replace("{Q}", &v0);
        let answer = hub.exchange(&request).await;
        assert_eq!(answer.status, case.status, "{}\n{answer:?}", case.request);
        let challenge = answer.field("www-authenticate").map(|field| {
            assert!(field.starts_with("Bearer "), "{field}");
            field
                .split_once("error=\"")
                .map_or("", |(_, rest)| rest.trim_end_matches('"'))
        });
        assert_eq!(challenge, case.challenge, "{}\n{answer:?}", case.request);
        let logged = log.text().split_off(before);
        let reasons: Vec<_> = logged
            .split("reason=")
            .skip(1)
            .filter_map(|rest| rest.split_whitespace().next())
            .collect();
        let expected: &[&str] = if case.reason.is_empty() {
            &[]
        } else {
            &[case.reason]
        };
        assert_eq!(reasons, expected, "{}\n{logged}", case.request);
        assert!(
            !logged.contains(&all) && !logged.contains(&none),
            "a token in the log: {logged}"
        );
        if case.status >= 400 {
            assert!(
                !answer.body.contains(
                    case.challenge
                        .filter(|code| !code.is_empty())
                        .unwrap_or("\0")
                ),
                "{answer:?}"
            );
        }
    }
}

const fn served(request: &'static str) -> Case {
    Case {
        request,
        status: 200,
        reason: "",
        challenge: None,
    }
}

const fn refused(request: &'static str, status: u16, reason: &'static str) -> Case {
    Case {
        request,
        status,
        reason,
        challenge: None,
    }
}

const fn challenged(
    request: &'static str,
    status: u16,
    reason: &'static str,
    error: &'static str,
) -> Case {
    Case {
        request,
        status,
        reason,
        challenge: Some(error),
    }
}

macro_rules! post {
    ($fields:literal, $form:literal) => {
        concat!(
            "POST /.well-known/mercure HTTP/1.1\nHost: HUB\nContent-Type: application/x-www-form-urlencoded\n",
            $fields,
            "\n\n",
            $form
        )
    };
}

#[tokio::test]
async fn requests() {
    let cases = [
        refused(
            "GET /nothing HTTP/1.1\nHost: HUB",
            404,
            "request.unknown-path",
        ),
        refused(
            "GET /.well-known/mercure/ HTTP/1.1\nHost: HUB",
            404,
            "request.unknown-path",
        ),
        refused(
            "PUT /.well-known/mercure HTTP/1.1\nHost: HUB",
            405,
            "request.unknown-method",
        ),
        refused(
            "DELETE /healthz HTTP/1.1\nHost: HUB",
            405,
            "request.unknown-method",
        ),
        served("GET /healthz HTTP/1.1\nHost: HUB"),
        served("HEAD /healthz HTTP/1.1\nHost: HUB"),
        served("GET /.well-known/oauth-protected-resource/.well-known/mercure HTTP/1.1\nHost: HUB"),
        refused(
            "GET /.well-known/mercure?match=a HTTP/1.0",
            400,
            "request.host",
        ),
        refused(
            "GET /.well-known/mercure?match=a HTTP/1.1\nHost: a@b",
            400,
            "request.host",
        ),
        // RFC 9112, section 3.2: else the hub and a proxy before it may take different ones for the audience
        refused(
            "GET /.well-known/mercure?match=a HTTP/1.1\nHost: HUB\nHost: other.example",
            400,
            "request.host",
        ),
        Case {
            status: 204,
            ..served("OPTIONS /.well-known/mercure HTTP/1.1\nHost: HUB")
        },
        served("HEAD /.well-known/mercure?match=a HTTP/1.1\nHost: HUB"),
    ];
    check(open_hub(), &cases).await;
}

#[tokio::test]
async fn subscriptions() {
    let cases = [
        refused(
            "GET /.well-known/mercure HTTP/1.1\nHost: HUB",
            400,
            "subscribe.missing-matcher",
        ),
        refused(
            "GET /.well-known/mercure?match_nope=a HTTP/1.1\nHost: HUB",
            400,
            "subscribe.reserved-name",
        ),
        refused(
            "GET /.well-known/mercure?match=a&Match=b HTTP/1.1\nHost: HUB",
            400,
            "subscribe.reserved-name",
        ),
        refused(
            "GET /.well-known/mercure?match=a%00 HTTP/1.1\nHost: HUB",
            400,
            "subscribe.matcher-character",
        ),
        refused(
            "GET /.well-known/mercure?match_urlpattern=/( HTTP/1.1\nHost: HUB",
            400,
            "subscribe.pattern-invalid",
        ),
        refused(
            "GET /.well-known/mercure?match=a&topic=a HTTP/1.1\nHost: HUB",
            400,
            "subscribe.mixed-dialects",
        ),
        refused(
            "GET /.well-known/mercure?topic=a&last_event_id=x HTTP/1.1\nHost: HUB",
            400,
            "subscribe.mixed-dialects",
        ),
        // The token decides the dialect, so that the names of the other one are unknown parameters.
        served(
            "HEAD /.well-known/mercure?match=a&topic=a HTTP/1.1\nHost: HUB\nAuthorization: Bearer {P}",
        ),
        served(
            "HEAD /.well-known/mercure?match=a&topic=a HTTP/1.1\nHost: HUB\nAuthorization: Bearer {Q}",
        ),
        refused(
            "GET /.well-known/mercure?match=a HTTP/1.1\nHost: HUB\nAuthorization: Bearer {Q}",
            400,
            "subscribe.missing-matcher",
        ),
        refused(
            "QUERY /.well-known/mercure HTTP/1.1\nHost: HUB\nContent-Type: text/plain\n\nmatch=a",
            400,
            "body.content-type",
        ),
    ];
    check(open_hub(), &cases).await;
}

#[tokio::test]
async fn publications() {
    let cases = [
        served(post!("Authorization: Bearer {P}", "topic=a&data=x")),
        served(post!("authorization: bEaReR {P}", "topic=a")),
        served(post!("Authorization: Bearer {Q}", "topic=a")),
        challenged(
            post!("Authorization: Bearer {N}", "topic=a"),
            403,
            "scope.no-grant",
            "insufficient_scope",
        ),
        challenged(post!("X: y", "topic=a"), 401, "token.missing", ""),
        challenged(
            post!("X: y", "topic=a&access_token={P}"),
            401,
            "token.missing",
            "",
        ),
        challenged(
            "POST /.well-known/mercure?access_token={P} HTTP/1.1\nHost: HUB\nContent-Type: application/x-www-form-urlencoded\n\ntopic=a",
            401,
            "token.missing",
            "",
        ),
        challenged(
            post!("Authorization: Bearer", "topic=a"),
            400,
            "token.not-one-token",
            "invalid_request",
        ),
        challenged(
            post!("Authorization: Bearer {P} b", "topic=a"),
            400,
            "token.not-one-token",
            "invalid_request",
        ),
        challenged(
            // RFC 6750, section 3.1: another scheme presents no token, so there is nothing to put a code on
            post!("Authorization: Basic eDp5", "topic=a"),
            401,
            "token.not-bearer",
            "",
        ),
        challenged(
            post!(
                "Authorization: Bearer {P}\nAuthorization: Bearer {P}",
                "topic=a"
            ),
            400,
            "token.several-headers",
            "invalid_request",
        ),
        challenged(
            post!("Authorization: Bearer {P}x", "topic=a"),
            401,
            "token.signature",
            "invalid_token",
        ),
        challenged(
            post!("Authorization: Bearer x", "topic=a"),
            401,
            "token.malformed",
            "invalid_token",
        ),
        refused(
            post!("Authorization: Bearer {P}", "data=x"),
            400,
            "publish.missing-topic",
        ),
        refused(
            post!("Authorization: Bearer {P}", "topic=a&retry=x"),
            400,
            "publish.retry-invalid",
        ),
        // publish.reserved-namespace.any-token: before the scope
        refused(
            post!("Authorization: Bearer {N}", "topic=/.well-known/mercure/x"),
            400,
            "publish.topic-reserved",
        ),
        refused(
            "POST /.well-known/mercure HTTP/1.1\nHost: HUB\nAuthorization: Bearer {P}\nContent-Type: application/json\n\n{}",
            400,
            "body.content-type",
        ),
        refused(
            "POST /.well-known/mercure HTTP/1.1\nHost: HUB\nAuthorization: Bearer {P}\n\ntopic=a",
            400,
            "body.content-type",
        ),
        served(
            "POST /.well-known/mercure HTTP/1.1\nHost: HUB\nAuthorization: Bearer {P}\n\
             Content-Type: APPLICATION/x-www-form-urlencoded; charset=UTF-8\n\ntopic=a",
        ),
        refused(
            "POST /.well-known/mercure HTTP/1.1\nHost: HUB\nAuthorization: Bearer {P}\nContent-Length: 99999999\n\
             Content-Type: application/x-www-form-urlencoded",
            413,
            "body.too-long",
        ),
    ];
    check(open_hub(), &cases).await;
}

#[tokio::test]
async fn publications_with_the_token_elsewhere() {
    let cases = [
        // auth.query-token.not-accepted: a 1.0 token has no rights in the query, a 0.x one has
        challenged(
            "POST /.well-known/mercure?authorization={P} HTTP/1.1\nHost: HUB\nContent-Type: application/x-www-form-urlencoded\n\ntopic=a",
            401,
            "token.missing",
            "",
        ),
        served(
            "POST /.well-known/mercure?authorization={Q} HTTP/1.1\nHost: HUB\nContent-Type: application/x-www-form-urlencoded\n\ntopic=a",
        ),
    ];
    check(open_hub(), &cases).await;
}

#[tokio::test]
async fn a_hub_of_1_0_alone() {
    let options = HubOptions {
        dialects: None,
        anonymous: false,
        ..open_hub()
    };
    let cases = [
        challenged(
            "GET /.well-known/mercure?match=a HTTP/1.1\nHost: HUB",
            401,
            "token.missing",
            "",
        ),
        challenged(
            "GET /.well-known/mercure?topic=a HTTP/1.1\nHost: HUB",
            401,
            "token.missing",
            "",
        ),
        challenged(
            post!("Authorization: Bearer {Q}", "topic=a"),
            401,
            "token.type",
            "invalid_token",
        ),
        challenged(
            "POST /.well-known/mercure?authorization={Q} HTTP/1.1\nHost: HUB",
            401,
            "token.missing",
            "",
        ),
        challenged(
            post!("Cookie: mercureAuthorization={Q}", "topic=a"),
            401,
            "token.missing",
            "",
        ),
    ];
    check(options, &cases).await;
}

#[tokio::test]
async fn a_hub_of_0_x_alone() {
    let options = HubOptions {
        dialects: Some(written("dialects", "0.x")),
        anonymous: false,
        ..open_hub()
    };
    let cases = [
        challenged(
            "GET /.well-known/mercure?topic=a HTTP/1.1\nHost: HUB",
            401,
            "token.missing",
            "",
        ),
        served("HEAD /.well-known/mercure?topic=a HTTP/1.1\nHost: HUB\nAuthorization: Bearer {Q}"),
        served(
            "HEAD /.well-known/mercure?topic=a&match_nope=b HTTP/1.1\nHost: HUB\nAuthorization: Bearer {Q}",
        ),
        served(post!("Authorization: Bearer {Q}", "topic=a")),
        refused(
            "QUERY /.well-known/mercure HTTP/1.1\nHost: HUB",
            405,
            "request.unknown-method",
        ),
        // Its absence tells clients that this is no hub of 1.0.
        refused(
            "GET /.well-known/oauth-protected-resource/.well-known/mercure HTTP/1.1\nHost: HUB",
            404,
            "request.unknown-path",
        ),
    ];
    check(options, &cases).await;
}

/// auth.error.uniform: the log tells why, and in which dialect it would have been another thing; the peer learns nothing.
#[tokio::test]
async fn a_refused_token_looks_the_same_whatever_is_wrong_with_it() {
    let log = Log::capture();
    let hub = start(&HubOptions {
        dialects: None,
        ..open_hub()
    });
    let expired = Claims::of(&hub)
        .grant("publish", "*")
        .with("exp", 1_000)
        .sign();
    let stranger = Claims::of(&hub)
        .grant("publish", "*")
        .with("aud", "https://other.example")
        .sign();
    let issuer = Claims::of(&hub)
        .grant("publish", "*")
        .with("iss", "https://other.example")
        .sign();
    let v0 = v0_token(&["*"], &[]);
    let mut answers = Vec::new();
    for token in [&expired, &stranger, &issuer, &v0] {
        let answer = hub.publish(token, "topic=a").await;
        answers.push((
            answer.status,
            answer.field("www-authenticate").map(str::to_owned),
            answer.body,
        ));
    }
    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "{answers:?}"
    );
    let log = log.text();
    for reason in [
        "token.expired",
        "token.audience",
        "token.issuer",
        "token.type",
    ] {
        assert!(log.contains(&format!("reason={reason}")), "{reason}: {log}");
    }
    assert!(log.contains("would_be=0.x"), "{log}");
}

/// Who points a client of 0.x to a hub of 1.0 alone learns it from the log, whichever way the client shows its dialect.
#[tokio::test]
async fn the_log_tells_in_which_dialect_a_request_without_token_would_have_been_served() {
    let hub = start(&HubOptions {
        dialects: None,
        anonymous: false,
        ..open_hub()
    });
    let v0 = v0_token(&["*"], &["*"]);
    for (request, dialect) in [
        ("GET /.well-known/mercure?match=a", "1.0"),
        ("GET /.well-known/mercure?last_event_id=a", "1.0"),
        ("GET /.well-known/mercure", "1.0"),
        ("POST /.well-known/mercure", "1.0"),
        ("GET /.well-known/mercure?topic=a", "0.x"),
        ("GET /.well-known/mercure?match=a&authorization={Q}", "0.x"),
        ("POST /.well-known/mercure?authorization={Q}", "0.x"),
        ("POST /.well-known/mercure{C}", "0.x"),
        ("GET /.well-known/mercure{C}", "0.x"),
    ] {
        let log = Log::capture();
        let (target, cookie) = match request.strip_suffix("{C}") {
            Some(target) => (target, format!("\nCookie: mercureAuthorization={v0}")),
            None => (request, String::new()),
        };
        let target = target.replace("{Q}", &v0);
        let answer = hub
            .exchange(&format!("{target} HTTP/1.1\nHost: HUB{cookie}"))
            .await;
        assert_eq!(answer.status, 401, "{request}");
        let log = log.text();
        let expected = format!("reason=token.missing status=401 would_be={dialect} ");
        assert!(log.contains(&expected), "{request}: {log}");
        assert!(!log.contains(&v0), "a token in the log: {log}");
    }
}

/// Who asks for long paths does not fill the disk of the log.
#[tokio::test]
async fn a_long_path_is_logged_in_part() {
    let log = Log::capture();
    let hub = start(&open_hub());
    let path = "/long".repeat(10_000);
    let answer = hub
        .exchange(&format!("GET {path} HTTP/1.1\nHost: HUB"))
        .await;
    assert_eq!(answer.status, 404);
    let log = log.text();
    assert!(log.contains(&path[..256]) && log.len() < 600, "{log}");
}

/// A stranger cannot make the hub wait for a body, and keep it, that a hub without anonymous subscribers will not read.
#[tokio::test]
async fn a_query_without_token_is_refused_before_its_body() {
    let hub = start(&HubOptions {
        anonymous: false,
        ..open_hub()
    });
    let answer = hub
        .exchange(
            "QUERY /.well-known/mercure HTTP/1.1\nHost: HUB\nContent-Length: 9\n\
             Content-Type: application/x-www-form-urlencoded",
        )
        .await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn the_challenge_points_to_the_metadata() {
    let hub = start(&HubOptions {
        anonymous: false,
        ..open_hub()
    });
    let answer = hub
        .exchange("GET /.well-known/mercure?match=a HTTP/1.1\nHost: HUB")
        .await;
    let url = format!(
        "http://{}/.well-known/oauth-protected-resource/.well-known/mercure",
        hub.address
    );
    assert_eq!(
        answer.field("www-authenticate"),
        Some(format!("Bearer resource_metadata=\"{url}\"").as_str())
    );
    let metadata = hub
        .exchange(
            "GET /.well-known/oauth-protected-resource/.well-known/mercure HTTP/1.1\nHost: HUB",
        )
        .await;
    assert_eq!(metadata.field("content-type"), Some("application/json"));
    let document: serde_json::Value = serde_json::from_str(&metadata.body).expect("JSON");
    assert_eq!(document["resource"], hub.url());
    assert_eq!(
        document["authorization_details_types_supported"][0],
        "https://mercure.rocks/authorization-detail"
    );
    assert_eq!(document["mercure_cookie"], "__Secure-mercure_access_token");
    assert_eq!(document.get("authorization_servers"), None);
}

/// discovery.metadata.optional-members: who issues tokens with a key of their own is no server to send clients to.
#[tokio::test]
async fn the_metadata_name_an_issuer_only_if_it_is_a_server() {
    for (authorization_server, expected) in [
        (false, None),
        (true, Some(serde_json::json!(["https://auth.example"]))),
    ] {
        let hub = start(&HubOptions {
            issuer: Some(written("issuer", "https://auth.example")),
            authorization_server,
            ..open_hub()
        });
        let answer = hub
            .exchange(
                "GET /.well-known/oauth-protected-resource/.well-known/mercure HTTP/1.1\nHost: HUB",
            )
            .await;
        let document: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
        assert_eq!(document.get("authorization_servers"), expected.as_ref());
    }
}
