//! Requirements of the catalogue that no scene of its own is about: request after request, answer after answer.

use assay_hub::HubOptions;
use serde_json::{Value, json};

use crate::support::{Claims, RunningHub, open_hub, sign, start, written};

/// Streams opened with these requests, and the first of these topics that each receives.
async fn check_delivery(hub: &RunningHub, request: &str, topics: &[&str], expected: &str) {
    let token = hub.token();
    let mut stream = hub.query(request).await;
    assert_eq!(stream.status, 200, "{request}");
    for topic in topics {
        let form = format!("topic={topic}&data={topic}");
        assert_eq!(hub.publish(&token, &form).await.status, 200, "{form}");
    }
    assert_eq!(stream.next_data().await, expected, "{request}");
}

fn get(query: &str) -> String {
    format!("GET /.well-known/mercure?{query} HTTP/1.1\nHost: HUB")
}

fn query(query: &str, body: &str) -> String {
    format!(
        "QUERY /.well-known/mercure?{query} HTTP/1.1\nHost: HUB\n\
         Content-Type: application/x-www-form-urlencoded\n\n{body}"
    )
}

/// subscribe.match-default-exact, .match-explicit-exact, .match-urlpattern-param, .multiple-matchers, .delivery.any-matcher,
/// .parse.decoded-names, .parse.raw-semicolon, .parse.stray-percent, .parse.first-equals, .parse.plus-is-space, .parse.bare-name
#[tokio::test]
async fn what_subscribers_ask_for() {
    let hub = start(&open_hub());
    let base = format!("http://{}", hub.address);
    for (asked, topics, expected) in [
        ("match=a", &["A", "a/b", "%2Fa", "a"][..], "a"),
        ("match_exact=a", &["b", "a"], "a"),
        (
            "match=https%3A%2F%2Fe.example%2F%3Aid",
            &["https://e.example/1", "https://e.example/:id"],
            "https://e.example/:id",
        ),
        (
            "match_urlpattern=https%3A%2F%2Fe.example%2F%3Aid",
            &["https://e.example/1/2", "https://e.example/1"],
            "https://e.example/1",
        ),
        (
            "match_urlpattern=/books/:id",
            &["https://e.example/books/1", "/books/7"],
            "/books/7",
        ),
        ("match=c&match_urlpattern=/x/:y&match=a", &["b", "a"], "a"),
        ("match=*", &["any"], "any"),
        ("match_urlpattern=*", &["any"], "any"),
        ("%6Datch=a", &["b", "a"], "a"),
        ("%6D%61%74%63%68_exact=a", &["b", "a"], "a"),
        ("match=a;match=b", &["a", "b", "a%3Bmatch%3Db"], "a;match=b"),
        ("match=100%", &["100", "100%25"], "100%"),
        ("match=a%zzb", &["a", "a%25zzb"], "a%zzb"),
        ("junk=%&match=a", &["a"], "a"),
        ("match=a=b", &["a", "a%3Db"], "a=b"),
        ("match=a+b", &["a", "a+b"], "a b"),
        ("match=a%2Bb", &["a+b", "a%2Bb"], "a+b"),
        ("&&match=a&&x", &["a"], "a"),
    ] {
        check_delivery(&hub, &get(asked), topics, expected).await;
    }
    // A relative topic, and its pattern, are those of the hub's URL.
    let absolute = format!("{base}/books/9");
    check_delivery(
        &hub,
        &get("match_urlpattern=/books/:id"),
        &["/other", &absolute],
        &absolute,
    )
    .await;
    // publish.dispatch-any-topic: an alternate counts as the canonical one does, and the update comes once.
    let mut stream = hub.query(&get("match=b&match=a&match_urlpattern=*")).await;
    for form in ["topic=a&topic=b&data=1", "topic=b&data=2"] {
        assert_eq!(hub.publish(&hub.token(), form).await.status, 200);
    }
    assert_eq!(stream.next_data().await, "1");
    assert_eq!(stream.next_data().await, "2");
}

/// subscribe.type-suffix-canonical, .names-case-sensitive, .reserved-prefix, .reserved-prefix.whole-request,
/// .unknown-matcher-type, .value.utf8, .value.c0, .value.del, .value.c1, .value.cf, .value.invalid-pattern,
/// subscribe.query-method.reserved-names, .value-constraints
#[tokio::test]
async fn what_no_subscriber_may_ask_for() {
    let hub = start(&open_hub());
    for bad in [
        "match_Exact=a",
        "match_EXACT=a",
        "match_urlPattern=/a",
        "match_URLPattern=/a",
        "Match=a",
        "MATCH=a",
        "match_=a",
        "match-exact=a",
        "matches=a",
        "match[]=a",
        "matchbox",
        "match_regex=a",
        "match_uritemplate=a",
        "%4Datch=a",
        "match%5B%5D=a",
        "match=%FF",
        "match=a%C3%28",
        "match=%ED%A0%80",
        "match=%C0%AF",
        "match=%F4%90%80%80",
        "match=a%00",
        "match=%0A",
        "match=%1F",
        "match=%7F",
        "match=%C2%80",
        "match=%C2%9F",
        "match=%C2%AD",
        "match=%E2%80%8B",
        "match=%EF%BB%BF",
        "match_urlpattern=%E2%80%8B",
        "match_urlpattern=https%3A%2F%2Fe.example%2F(",
        "match_urlpattern=%7B",
    ] {
        for request in [
            get(bad),
            get(&format!("match=good&{bad}")),
            query("", bad),
            query("match=good", bad),
            query(bad, "match=good"),
        ] {
            let answer = hub.exchange(&request).await;
            assert_eq!(answer.status, 400, "{request}");
            // auth.error.unrelated-400-no-code
            assert_eq!(answer.field("www-authenticate"), None);
        }
    }
    for nothing in [get(""), get("x=y"), query("", "x=y"), query("", "")] {
        assert_eq!(hub.exchange(&nothing).await.status, 400, "{nothing}");
    }
}

/// subscribe.query-method.accepted, .union, .form-encoded; replay.query-method.cursor-in-body, .query-wins, .header-wins
#[tokio::test]
async fn a_subscription_in_the_content_of_a_request() {
    let hub = start(&open_hub());
    let token = hub.token();
    check_delivery(&hub, &query("", "match=a"), &["b", "a"], "a").await;
    check_delivery(&hub, &query("match=b", "match=a"), &["c", "b", "a"], "b").await;
    check_delivery(&hub, &query("match=b", "match=a"), &["c", "a", "b"], "a").await;
    for id in ["x1", "x2", "x3"] {
        let form = format!("topic=r&id=urn:{id}&data={id}");
        assert_eq!(hub.publish(&token, &form).await.status, 200);
    }
    for (asked, body, field, next) in [
        ("", "match=r&last_event_id=urn:x1", "", "x2"),
        (
            "last_event_id=urn:x2",
            "match=r&last_event_id=urn:x1",
            "",
            "x3",
        ),
        (
            "",
            "match=r&last_event_id=urn:x2",
            "Last-Event-ID: urn:x1\n",
            "x2",
        ),
        (
            "last_event_id=urn:x2",
            "match=r",
            "Last-Event-ID: urn:x1\n",
            "x2",
        ),
    ] {
        let request = query(asked, body).replacen('\n', &format!("\n{field}"), 1);
        let mut stream = hub.query(&request).await;
        assert!(stream.field("mercure-last-event-id").is_some());
        assert_eq!(stream.next_data().await, next, "{request}");
    }
    // Only forms, and only in a QUERY.
    let json = "QUERY /.well-known/mercure HTTP/1.1\nHost: HUB\nContent-Type: application/json\n\n{\"match\":\"a\"}";
    assert_eq!(hub.exchange(json).await.status, 400);
    let get_with_body = query("", "match=a").replacen("QUERY", "GET", 1);
    assert_eq!(hub.exchange(&get_with_body).await.status, 400);
}

/// publish.topic-required, .topic.*, .utf8, .reserved-namespace.*, .id.*, .type.*, .retry.*, .body-only
#[tokio::test]
async fn what_no_publisher_may_send() {
    let hub = start(&open_hub());
    let token = hub.token();
    let mut stream = hub.subscribe("match=*", "").await;
    let own = format!("topic=http://{}/.well-known/mercure/x", hub.address);
    let control = [
        "%00",
        "%09",
        "%0A",
        "%1F",
        "%7F",
        "%C2%80",
        "%C2%9F",
        "%C2%AD",
        "%E2%80%8B",
        "%EF%BB%BF",
    ];
    let mut bad: Vec<String> = control
        .iter()
        .flat_map(|it| {
            [
                "topic=a{}",
                "topic=a&topic=b{}",
                "topic=a&id=b{}",
                "topic=a&type=b{}",
                "topic=a&retry=1{}",
            ]
            .map(|form| form.replace("{}", it))
        })
        .collect();
    bad.extend(
        [own].into_iter().chain(
            [
                "",
                "data=x",
                "topic=*",
                "topic=a&topic=*",
                "topic=%FF",
                "topic=a&data=%FF",
                "topic=a&id=%ED%A0%80",
                "topic=a&type=%C3%28",
                "topic=a&id=%23b",
                "topic=a&id=earliest",
                "topic=a&type=mercure",
                "topic=a&retry=x",
                "topic=a&retry=-1",
                "topic=a&retry=1.5",
                "topic=a&retry=%D9%A1",
                "topic=/.well-known/mercure",
                "topic=/.well-known/mercure/",
                "topic=/.well-known/mercure/subscriptions",
                "topic=https://elsewhere.example/.well-known/mercure/a",
                "topic=ftp://e.example/.well-known/mercure",
                "topic=/.well-known/%6Dercure/a",
                "topic=/.well-known/x/../mercure",
                "topic=/.well-known/x/%252e%252e/mercure",
                "topic=mercure",
                "topic=./mercure/a",
                "topic=/.well-known/mercure?q",
                "topic=/.well-known/mercure%23f",
                "topic=a&topic=/.well-known/mercure/a",
                "topic=https:\\\\e.example\\.well-known\\mercure",
            ]
            .map(str::to_owned),
        ),
    );
    for form in &bad {
        let answer = hub.publish(&token, form).await;
        assert_eq!(answer.status, 400, "{form}");
    }
    let request = format!(
        "POST /.well-known/mercure?topic=a HTTP/1.1\nHost: HUB\nAuthorization: Bearer {token}\n\
         Content-Type: application/x-www-form-urlencoded\n\ndata=x"
    );
    assert_eq!(hub.exchange(&request).await.status, 400);
    assert_eq!(hub.publish(&token, "topic=a&data=good").await.status, 200);
    assert_eq!(stream.next_data().await, "good");
}

/// publish.unknown-fields, .private.any-value, .reserved-namespace.lookalike-accepted, .reserved-namespace.decode-scope,
/// .reserved-namespace.unparseable, .retry.large, .success.*, .id.generated
#[tokio::test]
async fn what_publishers_may_send() {
    let hub = start(&open_hub());
    let token = hub.token();
    for form in [
        "topic=a&unknown=1&x",
        "topic=a&private",
        // What is not looked at may be anything. publish.private.presence-only, publish.unknown-fields
        "topic=a&private=%FF",
        "%FF=1&topic=a&x=%FF",
        "topic=a&private=0",
        "topic=a&retry=99999999999999999999",
        "topic=/.well-known/mercurefoo",
        "topic=/.well-known/Mercure",
        "topic=/x/.well-known/mercure",
        "topic=/.well-known/%25256Dercure",
        "topic=/.well-known%252Fmercure",
        "topic=https://e.example:x/.well-known/mercure",
        "topic=a&type=mercurex",
        "topic=a&id=",
        "topic=a&type=&retry=",
    ] {
        let answer = hub.publish(&token, form).await;
        assert_eq!(answer.status, 200, "{form}");
        assert_eq!(
            answer.field("content-type"),
            Some("text/plain; charset=utf-8")
        );
        assert_eq!(answer.field("location"), None);
        assert!(answer.body.starts_with("urn:uuid:"), "{}", answer.body);
    }
    assert_eq!(hub.publish(&token, "topic=a&id=mine").await.body, "mine");
}

/// publish.other-content-type, auth.body-token.not-accepted
#[tokio::test]
async fn only_a_form_is_a_publication() {
    let hub = start(&open_hub());
    let token = hub.token();
    for (fields, body, status) in [
        (
            "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\n",
            "topic=a",
            200,
        ),
        (
            "Content-Type: APPLICATION/X-WWW-FORM-URLENCODED\n",
            "topic=a",
            200,
        ),
        ("Content-Type: application/json\n", "{\"topic\":\"a\"}", 400),
        ("Content-Type: text/plain\n", "topic=a", 400),
        (
            "Content-Type: multipart/form-data; boundary=x\n",
            "--x\nContent-Disposition: form-data; name=topic\n\na\n--x--",
            400,
        ),
        ("", "topic=a", 400),
    ] {
        let request = format!(
            "POST /.well-known/mercure HTTP/1.1\nHost: HUB\n{fields}Authorization: Bearer {token}\n\n{body}"
        );
        assert_eq!(hub.exchange(&request).await.status, status, "{fields}");
    }
    for name in ["access_token", "authorization"] {
        let request = format!(
            "POST /.well-known/mercure HTTP/1.1\nHost: HUB\n\
             Content-Type: application/x-www-form-urlencoded\n\ntopic=a&{name}={token}"
        );
        assert_eq!(hub.exchange(&request).await.status, 401, "{name}");
    }
}

/// details.*, token.typ.absent, limits.token.reject-401: on both endpoints, always `invalid_token`, with the place of the
/// metadata (auth.error.resource-metadata-all), and no code in the body (auth.error.no-code-duplication).
#[tokio::test]
async fn broken_grants_condemn_a_token() {
    let hub = start(&open_hub());
    let detail = |change: fn(&mut Value)| {
        let mut detail = json!({
            "type": "https://mercure.rocks/authorization-detail",
            "actions": ["publish", "subscribe"], "topics": [{ "match": "*" }],
        });
        change(&mut detail);
        json!([{ "type": "https://other.example" }, detail])
    };
    for (details, status) in [
        (detail(|_| {}), 200),
        (
            detail(|it| it["actions"] = json!(["publish", "subscribe", "fly"])),
            200,
        ),
        (detail(|it| it["payload"] = json!({})), 200),
        (
            detail(|it| it["topics"][0]["match_type"] = json!("urlpattern")),
            200,
        ),
        (json!({}), 401),
        (json!("x"), 401),
        (json!([1]), 401),
        (detail(|it| it["actions"] = json!([])), 401),
        (detail(|it| it["actions"] = json!("publish")), 401),
        (detail(|it| it["actions"] = json!(["publish", 1])), 401),
        (detail(|it| it["actions"] = json!(null)), 401),
        (detail(|it| it["topics"] = json!([])), 401),
        (detail(|it| it["topics"] = json!("*")), 401),
        (detail(|it| it["topics"] = json!(["*"])), 401),
        (
            detail(|it| it["topics"] = json!([{ "match": "*" }, { "match": 1 }])),
            401,
        ),
        (
            detail(|it| it["topics"] = json!([{ "match": "*", "match_type": "Exact" }])),
            401,
        ),
        (
            detail(|it| it["topics"] = json!([{ "match": "*", "match_type": "regex" }])),
            401,
        ),
        (
            detail(|it| it["topics"] = json!([{ "match": "{", "match_type": "urlpattern" }])),
            401,
        ),
        (detail(|it| it["payload"] = json!([])), 401),
        (
            detail(|it| it["topics"] = json!(vec![json!({ "match": "*" }); 1001])),
            401,
        ),
    ] {
        let claims = Claims::of(&hub).with("authorization_details", details.clone());
        let token = claims.sign();
        let published = hub.publish(&token, "topic=a").await;
        let fields = format!("Authorization: Bearer {token}\n");
        let stream = hub.subscribe("match=a", &fields).await;
        assert_eq!(
            (published.status, stream.status),
            (status, status),
            "{details}"
        );
        if status == 401 {
            for challenge in [
                published.field("www-authenticate"),
                stream.field("www-authenticate"),
            ] {
                let challenge = challenge.unwrap_or_default();
                assert!(
                    challenge.starts_with("Bearer resource_metadata=\"http"),
                    "{challenge}"
                );
                assert!(
                    challenge.ends_with("error=\"invalid_token\""),
                    "{challenge}"
                );
            }
            assert!(
                !published.body.contains("invalid_token"),
                "{}",
                published.body
            );
        }
    }
    let nothing = Claims::of(&hub).sign();
    let answer = hub.publish(&nothing, "topic=a").await;
    assert_eq!(answer.status, 403);
    let challenge = answer.field("www-authenticate").unwrap_or_default();
    assert!(
        challenge.contains("resource_metadata=\"http"),
        "{challenge}"
    );
    assert!(
        challenge.contains("error=\"insufficient_scope\""),
        "{challenge}"
    );
    let plain = sign("JWT", &Claims::of(&hub).grant("publish", "*").0);
    assert_eq!(hub.publish(&plain, "topic=a").await.status, 401);
}

/// discovery.metadata.*: where the document is, and what is in it, wherever the hub is.
#[tokio::test]
async fn metadata_follow_the_hub() {
    for (path, cookie) in [
        ("/.well-known/mercure", None),
        ("/realtime/hub", Some("__Host-hub")),
    ] {
        let hub = start(&HubOptions {
            path: Some(written("path", path)),
            cookie_name: cookie.map(|name| written("cookie-name", name)),
            ..open_hub()
        });
        let place = format!("/.well-known/oauth-protected-resource{path}");
        let answer = hub
            .exchange(&format!("GET {place} HTTP/1.1\nHost: HUB"))
            .await;
        assert_eq!(answer.field("content-type"), Some("application/json"));
        let document: Value = serde_json::from_str(&answer.body).expect("JSON");
        assert_eq!(
            document,
            json!({
                "resource": format!("http://{}{path}", hub.address),
                "authorization_details_types_supported": ["https://mercure.rocks/authorization-detail"],
                "bearer_methods_supported": ["header"],
                "mercure_cookie": cookie.unwrap_or("__Secure-mercure_access_token"),
                "mercure_matcher_types_supported": ["exact", "urlpattern"],
            })
        );
        let refused = hub
            .exchange(&format!("POST {path} HTTP/1.1\nHost: HUB"))
            .await;
        assert_eq!(refused.status, 401);
        let expected = format!("Bearer resource_metadata=\"http://{}{place}\"", hub.address);
        assert_eq!(refused.field("www-authenticate"), Some(expected.as_str()));
        // publish.reserved-namespace.custom-path
        let (token, form) = (
            Claims::of(&hub).grant("publish", "*"),
            format!("topic={path}/x"),
        );
        let token = token
            .with("aud", format!("http://{}{path}", hub.address))
            .sign();
        let request = format!(
            "POST {path} HTTP/1.1\nHost: HUB\nAuthorization: Bearer {token}\n\
             Content-Type: application/x-www-form-urlencoded\n\n{form}"
        );
        assert_eq!(hub.exchange(&request).await.status, 400);
        assert_eq!(
            hub.exchange(&request.replace(&form, "topic=/x"))
                .await
                .status,
            200
        );
    }
}

/// Which methods there are, and what a QUERY takes (RFC 10008).
#[tokio::test]
async fn methods() {
    for (dialects, allow, accept) in [
        (
            "1.0",
            "GET, HEAD, OPTIONS, POST, QUERY",
            Some("application/x-www-form-urlencoded"),
        ),
        (
            "1.0,0.x",
            "GET, HEAD, OPTIONS, POST, QUERY",
            Some("application/x-www-form-urlencoded"),
        ),
        ("0.x", "GET, HEAD, OPTIONS, POST", None),
    ] {
        let hub = start(&HubOptions {
            dialects: Some(written("dialects", dialects)),
            ..open_hub()
        });
        let request = |method: &str| {
            format!("{method} /.well-known/mercure?match=a&topic=a HTTP/1.1\nHost: HUB")
        };
        let options = hub.exchange(&request("OPTIONS")).await;
        assert_eq!((options.status, options.field("allow")), (204, Some(allow)));
        assert_eq!(options.field("accept-query"), accept);
        for method in ["PUT", "DELETE", "PATCH", "TRACE", "query", "FLY"] {
            let answer = hub.exchange(&request(method)).await;
            assert_eq!(
                (answer.status, answer.field("allow")),
                (405, Some(allow)),
                "{method}"
            );
        }
        if accept.is_none() {
            assert_eq!(hub.exchange(&request("QUERY")).await.status, 405);
        }
    }
    let hub = start(&open_hub());
    let head = hub
        .exchange("HEAD /.well-known/mercure?match=a HTTP/1.1\nHost: HUB\nLast-Event-ID: x")
        .await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(head.field("content-type"), Some("text/event-stream"));
    assert_eq!(head.field("mercure-last-event-id"), Some("earliest"));
}
