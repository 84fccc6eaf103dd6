//! Active subscriptions: events of those who come and go, the lists, and who may see them.

use assay_hub::HubOptions;
use serde_json::{Value, json};

use crate::support::{
    Answer, Claims, EventReader, RunningHub, StreamPart, open_hub, start, v0_token, written,
};

const LIST: &str = "/.well-known/mercure/subscriptions";

fn tracking() -> HubOptions {
    HubOptions {
        subscriptions: true,
        ..open_hub()
    }
}

fn escaped(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

async fn get(hub: &RunningHub, path: &str, fields: &str) -> Answer {
    hub.exchange(&format!("GET {path} HTTP/1.1\nHost: HUB\n{fields}"))
        .await
}

async fn get_with(hub: &RunningHub, path: &str, token: &str) -> Answer {
    get(hub, path, &format!("Authorization: Bearer {token}\n")).await
}

fn parsed(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{answer:?}");
    serde_json::from_str(&answer.body).expect("JSON")
}

/// A stream of the events of this dialect, behind the one of its own beginning.
async fn watch(hub: &RunningHub, is_v1: bool) -> EventReader {
    if is_v1 {
        let query = format!("match_urlpattern={}", escaped(&format!("{LIST}/:t/:m/:s")));
        let fields = format!("Authorization: Bearer {}\n", hub.token());
        let mut stream = hub.subscribe(&query, &fields).await;
        document(&mut stream).await;
        stream
    } else {
        let selector = format!("{LIST}/{{topic}}/{{subscriber}}");
        let token = v0_token(&[], &[&selector]);
        let fields = format!("Authorization: Bearer {token}\n");
        let query = format!("topic={}", escaped(&selector));
        hub.subscribe(&query, &fields).await
    }
}

async fn document(stream: &mut EventReader) -> Value {
    serde_json::from_str(&stream.next_data().await).expect("JSON")
}

#[tokio::test]
async fn watchers_of_both_dialects_see_who_comes_and_goes() {
    let hub = start(&tracking());
    let mut new = watch(&hub, true).await;
    let mut old = watch(&hub, false).await;
    // The watcher of 0.x itself.
    let came = document(&mut new).await;
    assert_eq!(came["match_type"], "uritemplate");

    // One whose socket a lane owns, and one that hyper serves.
    let in_lane = hub
        .subscribe("match=a+b&match=a+b&match_urlpattern=/b/:id", "")
        .await;
    let came = [document(&mut new).await, document(&mut new).await];
    let subscriber = came[0]["subscriber"].as_str().expect("a name").to_owned();
    let encoded = subscriber.replace(':', "%3A");
    let expected = json!({
        "id": format!("{LIST}/exact/a%20b/{encoded}"), "type": "subscription", "subscriber": subscriber,
        "match": "a b", "match_type": "exact", "active": true,
    });
    assert_eq!(came[0], expected);
    assert_eq!(
        came[1]["id"],
        format!("{LIST}/urlpattern/%2Fb%2F%3Aid/{encoded}")
    );
    drop(in_lane);
    let gone = document(&mut new).await;
    assert_eq!(
        (&gone["id"], &gone["active"]),
        (&came[0]["id"], &json!(false))
    );
    document(&mut new).await;

    let query = format!(
        "QUERY /.well-known/mercure?match=q HTTP/1.1\nHost: HUB\nContent-Type: application/x-www-form-urlencoded\n\
         Authorization: Bearer {}\n\nmatch=body",
        Claims::of(&hub).grant("subscribe", "body").sign(),
    );
    let in_hyper = hub.query(&query).await;
    let came = [document(&mut new).await, document(&mut new).await];
    assert_eq!(
        (&came[0]["match"], &came[1]["match"]),
        (&json!("q"), &json!("body"))
    );
    assert_eq!(came[0]["subscriber"], came[1]["subscriber"]);
    drop(in_hyper);
    assert_eq!(document(&mut new).await["active"], false);

    let expected = json!({
        "@context": "https://mercure.rocks/", "id": format!("{LIST}/a%20b/{encoded}"), "type": "Subscription",
        "subscriber": subscriber, "topic": "a b", "active": true,
    });
    assert_eq!(document(&mut old).await, expected);
    for (topic, active) in [
        ("/b/:id", true),
        ("a b", false),
        ("/b/:id", false),
        ("q", true),
    ] {
        let told = document(&mut old).await;
        assert_eq!(
            (&told["topic"], &told["active"]),
            (&json!(topic), &json!(active))
        );
    }
}

#[tokio::test]
async fn events_are_private_and_typed() {
    let hub = start(&tracking());
    let everything = "match=*&match_urlpattern=/.well-known/mercure/subscriptions/*";
    let mut strangers = Vec::new();
    for claims in [None, Some(Claims::of(&hub).grant("subscribe", "other"))] {
        let fields = claims.map(|it| format!("Authorization: Bearer {}\n", it.sign()));
        strangers.push(hub.subscribe(everything, &fields.unwrap_or_default()).await);
    }
    let fields = format!("Authorization: Bearer {}\n", hub.token());
    let mut watcher = hub.subscribe(everything, &fields).await;
    drop(hub.subscribe("match=a", "").await);
    hub.publish(&hub.token(), "topic=fence&data=fence").await;
    for stranger in &mut strangers {
        assert_eq!(stranger.next_data().await, "fence");
    }
    let StreamPart::Event(event) = watcher.next().await else {
        panic!("the stream ended")
    };
    let mut names: Vec<_> = event
        .lines()
        .filter_map(|line| line.split_once(": "))
        .collect();
    names.retain(|(name, _)| *name != "data");
    assert_eq!(names[1], ("event", "mercure"), "{event}");
    assert!(names[0].1.starts_with("urn:uuid:"), "{event}");
}

#[tokio::test]
async fn a_list_and_what_follows_it_add_up() {
    let hub = start(&tracking());
    let token = hub.token();
    let answer = get_with(&hub, LIST, &token).await;
    assert_eq!(parsed(&answer)["subscriptions"], json!([]));
    assert_eq!(
        answer.field("link"),
        Some(&*format!(
            "<{}>; rel=\"mercure\"; last-event-id=\"earliest\"; type=\"mercure\"; content-type=\"application/json\"",
            hub.url()
        ))
    );
    let published = hub.publish(&token, "topic=a&id=urn:x:1").await;
    assert_eq!(published.status, 200);
    let answer = get_with(&hub, LIST, &token).await;
    assert_eq!(
        answer.field("etag"),
        Some("\"urn:x:1\""),
        "the newest of the whole hub"
    );

    let _a = hub.subscribe("match=a", "").await;
    let answer = get_with(&hub, LIST, &token).await;
    let list = parsed(&answer);
    assert_eq!(list["subscriptions"].as_array().map(Vec::len), Some(1));
    let cursor = answer.field("etag").expect("a tag").trim_matches('"');
    let _b = hub.subscribe("match=b", "").await;
    let pattern = escaped(&format!("{LIST}/*"));
    let query = format!(
        "match_urlpattern={pattern}&last_event_id={}",
        escaped(cursor)
    );
    let fields = format!("Authorization: Bearer {token}\n");
    let mut watcher = hub.subscribe(&query, &fields).await;
    assert_eq!(watcher.field("mercure-last-event-id"), Some(cursor));
    assert_eq!(document(&mut watcher).await["match"], "b");
}

#[tokio::test]
async fn each_path_has_its_document_in_the_dialect_of_the_token() {
    let hub = start(&tracking());
    let payload = json!([{
        "type": "https://mercure.rocks/authorization-detail", "actions": ["subscribe"], "topics": [{"match": "*"}],
        "payload": {"foo": "bar"},
    }]);
    let claims = Claims::of(&hub).with("authorization_details", payload);
    let fields = format!("Authorization: Bearer {}\n", claims.sign());
    let text = "https://example.com/a/é %2F*";
    let _subscriber = hub
        .subscribe(&format!("match={}&match=other", escaped(text)), &fields)
        .await;
    let encoded = "https%3A%2F%2Fexample.com%2Fa%2F%C3%A9%20%252F%2A";

    let new = hub.token();
    let list = format!("{LIST}/exact/{encoded}");
    let answer = get_with(&hub, &format!("{list}?x=1"), &new).await;
    assert_eq!(answer.field("content-type"), Some("application/json"));
    assert_eq!(
        answer.field("cache-control"),
        Some("private, max-age=0, must-revalidate")
    );
    assert_eq!(answer.field("vary"), Some("authorization, cookie"));
    let found = parsed(&answer);
    assert_eq!(
        (&found["id"], &found["type"]),
        (&json!(list), &json!("subscriptions"))
    );
    let member = &found["subscriptions"][0];
    assert_eq!(member["match"], text);
    assert_eq!(member["payload"], json!({"foo": "bar"}));
    let id = member["id"].as_str().expect("a path");
    assert_eq!(&parsed(&get_with(&hub, id, &new).await), member);

    let old = v0_token(&[], &["*"]);
    let list = format!("{LIST}/{encoded}");
    let answer = get_with(&hub, &list, &old).await;
    assert_eq!(answer.field("content-type"), Some("application/ld+json"));
    assert_eq!(
        answer.field("link"),
        Some(&*format!("<{}>; rel=\"mercure\"", hub.url()))
    );
    let found = parsed(&answer);
    let cursor = answer.field("etag").expect("a tag").to_owned();
    assert_eq!(
        (
            &found["@context"],
            &found["id"],
            &found["type"],
            &found["lastEventID"]
        ),
        (
            &json!("https://mercure.rocks/"),
            &json!(list),
            &json!("Subscriptions"),
            &json!(cursor)
        )
    );
    let member = &found["subscriptions"][0];
    assert_eq!(
        (&member["topic"], member.get("@context")),
        (&json!(text), None)
    );
    let id = member["id"].as_str().expect("a path");
    let mut expected = member.clone();
    expected["@context"] = json!("https://mercure.rocks/");
    expected["lastEventID"] = json!(cursor);
    assert_eq!(parsed(&get_with(&hub, id, &old).await), expected);
    let in_query = get(&hub, &format!("{LIST}?authorization={old}"), "").await;
    assert_eq!(parsed(&in_query)["id"], LIST, "no token comes back");
}

#[tokio::test]
async fn only_who_may_subscribe_to_the_path_sees_what_is_there() {
    let hub = start(&tracking());
    let _subscriber = hub.subscribe("match=T", "").await;
    let all = parsed(&get_with(&hub, LIST, &hub.token()).await);
    let one = all["subscriptions"][0]["id"]
        .as_str()
        .expect("a path")
        .to_owned();
    let some = format!("{LIST}/exact/T");
    let nobody = format!("{LIST}/exact/T/urn%3Auuid%3A0");
    let shapes = [LIST, &some, &one, &nobody];
    for path in shapes {
        let answer = get(&hub, path, "").await;
        let challenge = answer.field("www-authenticate").expect("a challenge");
        assert_eq!(answer.status, 401);
        assert!(!challenge.contains("error="), "{challenge}");
    }
    let v1 = |action: &str, matcher: &str, kind: &str| {
        let details = json!([{
            "type": "https://mercure.rocks/authorization-detail", "actions": [action],
            "topics": [{"match": matcher, "match_type": kind}],
        }]);
        Claims::of(&hub)
            .with("authorization_details", details)
            .sign()
    };
    let absolute = format!("http://{}", hub.address);
    let cases = [
        (v1("subscribe", "*", "exact"), [200, 200, 200, 404]),
        (v1("subscribe", LIST, "exact"), [200, 403, 403, 403]),
        (v1("subscribe", &some, "exact"), [403, 200, 403, 403]),
        (v1("subscribe", &one, "exact"), [403, 403, 200, 403]),
        (v1("publish", "*", "exact"), [403; 4]),
        (v1("subscribe", "T", "exact"), [403; 4]),
        (
            v1("subscribe", &format!("{absolute}{LIST}"), "exact"),
            [403; 4],
        ),
        (v1("subscribe", &format!("{LIST}?x=1"), "exact"), [403; 4]),
        (
            v1("subscribe", &format!("{LIST}/:t/:m"), "urlpattern"),
            [403, 200, 403, 403],
        ),
        (
            v1(
                "subscribe",
                &format!("{absolute}{LIST}/:t/:m"),
                "urlpattern",
            ),
            [403, 200, 403, 403],
        ),
        (
            v1("subscribe", &format!("{LIST}{{/*}}?"), "urlpattern"),
            [200, 200, 200, 404],
        ),
        (
            v1("subscribe", "https://other.example/*", "urlpattern"),
            [403; 4],
        ),
    ];
    for (token, expected) in cases {
        let mut statuses = Vec::new();
        for path in shapes {
            let answer = get_with(&hub, path, &token).await;
            if answer.status == 403 {
                let challenge = answer.field("www-authenticate").expect("a challenge");
                assert!(challenge.contains("insufficient_scope"), "{challenge}");
            }
            statuses.push(answer.status);
        }
        assert_eq!(statuses, expected, "{token}");
    }

    let (old_some, old_one) = (format!("{LIST}/T"), one.replace("/exact/", "/"));
    let shapes = [LIST, &old_some, &old_one];
    for (selector, expected) in [
        ("*", [200, 200, 200]),
        (LIST, [200, 403, 403]),
        (
            &*format!("{LIST}{{/topic}}{{/subscriber}}"),
            [200, 200, 200],
        ),
        (
            &*format!("{LIST}/{{topic}}/{{subscriber}}"),
            [403, 403, 200],
        ),
        ("other", [403, 403, 403]),
    ] {
        for (path, expected) in shapes.iter().zip(expected) {
            let answer = get_with(&hub, path, &v0_token(&[], &[selector])).await;
            assert_eq!(answer.status, expected, "{selector} {path}");
        }
    }
}

#[tokio::test]
async fn a_copy_that_is_fresh_is_not_sent_again() {
    let hub = start(&tracking());
    let fields = |token: &str, tag: &str| {
        format!("Authorization: Bearer {token}\nIf-None-Match: {tag}\nOrigin: https://a.example\n")
    };
    for token in [hub.token(), v0_token(&[], &["*"])] {
        let _subscriber = hub.subscribe("match=a", "").await;
        let answer = get_with(&hub, LIST, &token).await;
        let tag = answer.field("etag").expect("a tag").to_owned();
        let bare = tag.trim_matches('"');
        for tag in [
            &tag,
            bare,
            &format!("\"{bare}\""),
            &format!("\"x\", W/\"{bare}\""),
        ] {
            let answer = get(&hub, LIST, &fields(&token, tag)).await;
            assert_eq!((answer.status, &*answer.body), (304, ""), "{tag}");
            assert!(answer.field("etag").is_some_and(|it| it.contains(bare)));
            assert!(answer.field("content-type").is_none());
        }
        let _another = hub.subscribe("match=a", "").await;
        let answer = get(&hub, LIST, &fields(&token, &tag)).await;
        assert_eq!(answer.status, 200, "the list has changed");
    }
}

#[tokio::test]
async fn methods_and_pages_of_other_origins() {
    let hub = start(&HubOptions {
        cors_origins: vec![written("cors-origin", "https://a.example")],
        ..tracking()
    });
    let bearer = format!("Authorization: Bearer {}\n", hub.token());
    let ask = async |method: &str, fields: &str| {
        hub.exchange(&format!(
            "{method} {LIST} HTTP/1.1\nHost: HUB\n{fields}{bearer}"
        ))
        .await
    };
    let head = ask("HEAD", "").await;
    assert_eq!((head.status, &*head.body), (200, ""));
    assert!(head.field("link").is_some());
    for (method, status) in [("OPTIONS", 204), ("POST", 405), ("DELETE", 405)] {
        let answer = ask(method, "").await;
        assert_eq!(answer.status, status, "{method}");
        assert_eq!(answer.field("allow"), Some("GET, HEAD, OPTIONS"));
    }
    let answer = ask("GET", "Origin: https://a.example\n").await;
    let exposed = answer.field("access-control-expose-headers").expect("some");
    assert!(
        exposed.contains("link") && exposed.contains("etag"),
        "{exposed}"
    );
    let preflight = ask(
        "OPTIONS",
        "Origin: https://a.example\nAccess-Control-Request-Method: GET\n",
    )
    .await;
    let allowed = preflight
        .field("access-control-allow-headers")
        .expect("some");
    assert!(allowed.contains("if-none-match"), "{allowed}");
    for path in ["/", "/exact", "/Exact/a", "/exact/a/b/c", "/exact/%FF", "x"] {
        let answer = get_with(&hub, &format!("{LIST}{path}"), &hub.token()).await;
        assert_eq!(answer.status, 404, "{path}");
    }
}

#[tokio::test]
async fn the_path_is_the_one_that_clients_know() {
    let hub = start(&HubOptions {
        path: Some(written("path", "/inner/hub")),
        resource_identifier: Some(written(
            "resource-identifier",
            "https://hub.example/realtime/hub",
        )),
        ..tracking()
    });
    let claims = Claims::of(&hub)
        .with("aud", "https://hub.example/realtime/hub")
        .grant("subscribe", "/realtime/hub/subscriptions");
    let answer = get_with(&hub, "/inner/hub/subscriptions", &claims.sign()).await;
    assert_eq!(parsed(&answer)["id"], "/realtime/hub/subscriptions");
    let link = answer.field("link").expect("a link");
    assert!(
        link.starts_with("<https://hub.example/realtime/hub>;"),
        "{link}"
    );
}

#[tokio::test]
async fn metadata_tell_of_it() {
    const METADATA: &str = "/.well-known/oauth-protected-resource/.well-known/mercure";
    for (options, expected) in [(tracking(), Some(&json!(true))), (open_hub(), None)] {
        let hub = start(&options);
        let metadata = parsed(&get(&hub, METADATA, "").await);
        assert_eq!(metadata.get("mercure_subscriptions"), expected);
    }
}

#[tokio::test]
async fn a_hub_that_does_not_keep_track_has_nothing_there() {
    let hub = start(&open_hub());
    let token = hub.token();
    for path in [LIST, &format!("{LIST}/exact/a")] {
        assert_eq!(get(&hub, path, "").await.status, 404);
        assert_eq!(get_with(&hub, path, &token).await.status, 404);
    }
    let fields = format!("Authorization: Bearer {token}\n");
    let mut watcher = hub.subscribe("match=*", &fields).await;
    drop(hub.subscribe("match=a", "").await);
    hub.publish(&token, "topic=fence&data=fence").await;
    assert_eq!(watcher.next_data().await, "fence");
}
