//! The paths of the first versions, and the page at `/`.

use assay_hub::HubOptions;

use crate::support::{open_hub, start, v0_token, written};

fn old_hub(legacy_paths: bool) -> HubOptions {
    HubOptions {
        dialects: Some(written("dialects", "0.x")),
        legacy_paths,
        ..open_hub()
    }
}

fn post(path: &str, token: &str, form: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\nHost: HUB\nAuthorization: Bearer {token}\n\
         Content-Type: application/x-www-form-urlencoded\n\n{form}"
    )
}

/// As the first article had it: a subscriber with a template on one path, a publisher on the other.
#[tokio::test]
async fn the_first_paths_answer_where_they_are_switched_on() {
    let token = v0_token(&["*"], &["*"]);
    let hub = start(&old_hub(true));
    for (subscribe, publish) in [
        ("/subscribe", "/publish"),
        ("/hub", "/hub"),
        ("/.well-known/mercure", "/hub"),
    ] {
        let request =
            format!("GET {subscribe}?topic=https://example.com/books/{{id}} HTTP/1.1\nHost: HUB\n");
        let mut stream = hub.query(&request).await;
        let form = "topic=https://example.com/books/1&data=there";
        let answer = hub.exchange(&post(publish, &token, form)).await;
        assert_eq!(answer.status, 200, "{publish} {answer:?}");
        assert_eq!(stream.next_data().await, "there", "{subscribe}");
    }
    // It would be public here, and was not there.
    let form = "topic=https://example.com/books/1&data=secret&target=someone";
    let answer = hub.exchange(&post("/hub", &token, form)).await;
    assert_eq!(answer.status, 400, "{answer:?}");
    assert!(answer.body.contains("private=on"), "{answer:?}");

    let hub = start(&old_hub(false));
    for path in ["/hub", "/publish", "/subscribe"] {
        let answer = hub.exchange(&post(path, &token, "topic=a")).await;
        assert_eq!(answer.status, 404, "{path}");
    }
}

#[tokio::test]
async fn there_is_a_page_at_the_root_on_demand() {
    for demo in [false, true] {
        let hub = start(&HubOptions {
            demo,
            path: Some(written("path", "/a&b")),
            ..old_hub(false)
        });
        let get = |method: &str| format!("{method} / HTTP/1.1\nHost: HUB");
        let answer = hub.exchange(&get("GET")).await;
        let again = hub.exchange(&get("GET")).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.field("link"), Some("</a&b>; rel=\"mercure\""));
        let policy = answer.field("content-security-policy").unwrap_or_default();
        assert!(policy.starts_with("default-src 'none';"), "{policy}");
        if !demo {
            assert!(answer.body.contains("/a&b") && !answer.body.contains('<'));
            continue;
        }
        let nonce = policy
            .split("'nonce-")
            .nth(1)
            .and_then(|rest| rest.split('\'').next())
            .expect("a nonce");
        assert_eq!(answer.body.matches("nonce=").count(), 2);
        assert_eq!(
            answer.body.matches(&format!("nonce=\"{nonce}\"")).count(),
            2
        );
        assert!(!again.body.contains(nonce), "another one each time");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(answer.body.contains("content=\"/a&amp;b\""));
        assert!(answer.body.contains("content=\"0.x\""));
        assert!(!answer.body.contains(crate::support::SECRET));
        assert_eq!(hub.exchange(&get("HEAD")).await.body, "");
        assert_eq!(hub.exchange(&get("POST")).await.status, 405);
    }
}
