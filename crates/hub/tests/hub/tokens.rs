//! Which token counts, and what it opens.

use assay_hub::HubOptions;

use crate::support::{Claims, open_hub, start, v0_token, written};

/// Streams with these parameters and fields, and which comes first on each: a private update on `a`, or the public one after
/// it. `{V1}` and `{V0}` are tokens that may read everything, `{v1}` and `{v0}` ones that may read something else only.
async fn check(options: &HubOptions, cases: &[(&str, &str, &str)]) {
    for (query, fields, sees) in cases {
        let hub = start(options);
        let all = hub.token();
        let fill = |text: &str| {
            text.replace("{V1}", &all)
                .replace("{v1}", &Claims::of(&hub).grant("subscribe", "other").sign())
                .replace("{V0}", &v0_token(&[], &["*"]))
                .replace("{v0}", &v0_token(&[], &["other"]))
        };
        let mut stream = hub.subscribe(&fill(query), &fill(fields)).await;
        assert_eq!(stream.status, 200, "{query} {fields}");
        for form in ["topic=a&data=private&private=on", "topic=a&data=public"] {
            assert_eq!(hub.publish(&all, form).await.status, 200);
        }
        assert_eq!(stream.next_data().await, *sees, "{query} {fields}");
    }
}

#[tokio::test]
async fn which_token_counts() {
    let cases = [
        ("match=a", "", "public"),
        ("match=a", "Authorization: Bearer {V1}\n", "private"),
        ("match=a", "Authorization: Bearer {v1}\n", "public"),
        (
            "match=a",
            "Cookie: __Secure-mercure_access_token={V1}\n",
            "private",
        ),
        (
            "match=a",
            "Authorization: Bearer {v1}\nCookie: __Secure-mercure_access_token={V1}\n",
            "public",
        ),
        (
            "match=a",
            "Authorization: Bearer {V1}\nCookie: __Secure-mercure_access_token={v1}\n",
            "private",
        ),
        (
            "match=a",
            "Authorization: Bearer {V1}\nCookie: __Secure-mercure_access_token=x\n",
            "private",
        ),
        ("topic=a", "Cookie: mercureAuthorization={V0}\n", "private"),
        ("topic=a&authorization={V0}", "", "private"),
        (
            "topic=a&authorization={v0}",
            "Cookie: mercureAuthorization={V0}\n",
            "public",
        ),
        (
            "topic=a&authorization={V0}",
            "Authorization: Bearer {v0}\n",
            "public",
        ),
        // auth.query-token.not-accepted
        ("match=a&authorization={V1}", "", "public"),
        ("match=a&access_token={V1}", "", "public"),
    ];
    check(&open_hub(), &cases).await;
}

#[tokio::test]
async fn the_cookie_can_have_another_name() {
    let cases = [
        ("match=a", "Cookie: my_hub={V1}\n", "private"),
        ("topic=a", "Cookie: my_hub={V0}\n", "private"),
        (
            "match=a",
            "Cookie: __Secure-mercure_access_token={V1}\n",
            "public",
        ),
    ];
    let options = HubOptions {
        cookie_name: Some(written("cookie-name", "my_hub")),
        ..open_hub()
    };
    check(&options, &cases).await;
}

/// auth.error.invalid-token-subscribe: an invalid token is never taken for none.
#[tokio::test]
async fn an_invalid_token_opens_nothing_even_where_anyone_may_read() {
    let hub = start(&open_hub());
    let expired = Claims::of(&hub)
        .grant("subscribe", "*")
        .with("exp", 1_000)
        .sign();
    for (query, fields) in [
        ("match=a", format!("Authorization: Bearer {expired}")),
        (
            "match=a",
            format!("Cookie: __Secure-mercure_access_token={expired}"),
        ),
        (
            "topic=a",
            format!("Authorization: Bearer {}x", v0_token(&[], &["*"])),
        ),
        ("topic=a&authorization=", "X: y".to_owned()),
        (
            "topic=a&authorization=garbage",
            format!("Cookie: mercureAuthorization={}", v0_token(&[], &["*"])),
        ),
    ] {
        let answer = hub
            .exchange(&format!(
                "GET /.well-known/mercure?{query} HTTP/1.1\nHost: HUB\n{fields}"
            ))
            .await;
        assert_eq!(answer.status, 401, "{query} {fields}");
    }
}

/// token.key.role-hint: each role has its own key where it is given one.
#[tokio::test]
async fn roles_can_have_keys_of_their_own() {
    let hub = start(&HubOptions {
        subscriber_jwt_key: Some(written(
            "subscriber-jwt-key",
            "another secret, also longer than thirty-two bytes",
        )),
        ..open_hub()
    });
    let token = hub.token();
    assert_eq!(hub.publish(&token, "topic=a").await.status, 200);
    let request = format!(
        "GET /.well-known/mercure?match=a HTTP/1.1\nHost: HUB\nAuthorization: Bearer {token}"
    );
    assert_eq!(hub.exchange(&request).await.status, 401);
}

/// A short secret serves 0.x, and 0.x only.
#[tokio::test]
async fn a_short_secret_is_not_trusted_in_1_0() {
    let options = HubOptions {
        jwt_key: Some(written("jwt-key", "short")),
        ..open_hub()
    };
    let hub = start(&options);
    let key = jsonwebtoken::EncodingKey::from_secret(b"short");
    let sign = |typ: &str, claims: &serde_json::Value| {
        let header = jsonwebtoken::Header {
            typ: Some(typ.to_owned()),
            ..jsonwebtoken::Header::default()
        };
        jsonwebtoken::encode(&header, claims, &key).expect("claims can be signed")
    };
    let v1 = sign("at+jwt", &Claims::of(&hub).grant("publish", "*").0);
    let v0 = sign(
        "JWT",
        &serde_json::json!({ "mercure": { "publish": ["*"] } }),
    );
    assert_eq!(hub.publish(&v1, "topic=a").await.status, 401);
    assert_eq!(hub.publish(&v0, "topic=a").await.status, 200);
}
