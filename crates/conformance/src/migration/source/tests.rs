//! What is read out of sources: each pattern, and what must not be taken for one.

use super::super::sample::{Sample, Subject};
use super::finder::{File, Finder};

fn samples(name: &str, text: &str) -> Vec<Sample> {
    let mut finder = Finder::default();
    finder.look_at(&File::of(name, text).unwrap());
    finder.samples
}

/// A sample in a line: its kind, what is tried, the expressions.
fn told(sample: &Sample) -> String {
    let subject = match &sample.subject {
        Subject::Subscription(it) => format!("subscribe {}", it.query()),
        Subject::Token(it) => format!("token {}", it.said),
        Subject::Cookie(it) => format!("cookie {} {:?} {:?}", it.name, it.secure, it.http_only),
        Subject::Publication(it) => format!("publish {}", it.0),
        Subject::SubscriptionApi(it) => format!("api {} {:?}", it.dialect, it.depth),
        Subject::Fact(it) => format!("fact {:?}", it.rule),
        Subject::Setting(it) => format!("setting {:?}", it.directive),
        Subject::Unread(kind, _) => format!("unread {kind:?}"),
    };
    let expressions: Vec<_> = sample
        .expressions
        .iter()
        .map(|it| it.source.as_str())
        .collect();
    match expressions[..] {
        [] => subject,
        _ => format!("{subject} <{}>", expressions.join(">, <")),
    }
}

fn check(name: &str, text: &str, expected: &[&str]) {
    let found = samples(name, text);
    let seen: Vec<_> = found.iter().map(told).collect();
    assert_eq!(seen, expected, "{name}: {text}");
}

#[test]
fn scripts() {
    let hub = "https://hub.example/.well-known/mercure";
    let cases: [(&str, &[&str]); 17] = [
        (
            "new EventSource('HUB?topic=https://a.example/{id}')",
            &["subscribe topic=https://a.example/{id}"],
        ),
        (
            "new EventSource(`${hubUrl}?topic=${encodeURIComponent(topic)}`)",
            &["subscribe topic=assay-expression-1 <encodeURIComponent(topic)>"],
        ),
        (
            "new EventSource(url + '?topic=' + encodeURIComponent('/b/{id}'))",
            &["subscribe topic=%2Fb%2F%7Bid%7D"],
        ),
        (
            "const mercure = hub.url + '?topic=a&lastEventID=' + last",
            &["subscribe topic=a&lastEventID=assay-expression-1 <last>"],
        ),
        (
            "// mercure\nurl.searchParams.append('topic', 'a'); url.searchParams.append('topic', 'b')",
            &["subscribe topic=a", "subscribe topic=b"],
        ),
        (
            "/* mercure */ u.searchParams.set('lastEventID', id)",
            &["subscribe lastEventID=assay-expression-1 <id>"],
        ),
        (
            "/* mercure */ new URLSearchParams({topic: 'a', match: 'b'})",
            &["subscribe topic=a&match=b"],
        ),
        (
            "/* mercure */ new URLSearchParams({topic: `x/${id}`, data: json, private: 'on'})",
            &[
                "publish topic=x%2Fassay-expression-1&data=assay-expression-2&private=on <id>, <json>",
            ],
        ),
        (
            "/* mercure */ response.headers.get('Last-Event-ID')",
            &["fact ResponseField"],
        ),
        ("/* mercure */ request.headers.get('Last-Event-ID')", &[]),
        (
            "/* mercure */ if (doc.type === 'Subscription') x = doc.lastEventID",
            &["fact SubscriptionType", "fact SubscriptionCursor"],
        ),
        (
            "fetch('/.well-known/mercure/subscriptions/' + encodeURIComponent(t))",
            &["api 0.x OfTopic <encodeURIComponent(t)>"],
        ),
        (
            "sign({mercure: {publish: ['*'], subscribe: ['a'], payload: {user: 1}}})",
            &[
                "token {\"mercure\":{\"payload\":{\"(yours)\":\"(yours)\"},\"publish\":[\"*\"],\"subscribe\":[\"a\"]}}",
            ],
        ),
        (
            "document.cookie = `mercureAuthorization=${token}; Path=/; Secure`",
            &["cookie mercureAuthorization Some(true) Some(false)"],
        ),
        ("/* mercure */ new EventSource('/forum?page=2')", &[]),
        ("/* mercure */ fetch('/forum?topic=2')", &[]),
        ("fetch('/forum?topic=2'); form.append('topic', 'a')", &[]),
    ];
    for (text, expected) in cases {
        check("a.ts", &text.replace("HUB", hub), expected);
    }
}

#[test]
fn php() {
    let cases: [(&str, &[&str]); 9] = [
        (
            "use Mercure; $hub->publish(new Update('https://a.example/1', json_encode($x)));",
            &["publish topic=https%3A%2F%2Fa.example%2F1&data=assay"],
        ),
        (
            "// mercure\nnew Update([\"n/{$id}\", 'b'], $data, true, null, 'message', 500)",
            &[
                "publish topic=n%2Fassay-expression-1&topic=b&data=assay&private=on&type=message <$id>",
            ],
        ),
        (
            "/* mercure */ new Update(topics: 'a', data: $d, private: true)",
            &["publish topic=a&data=assay&private=on"],
        ),
        ("#[ApiResource(mercure: true)]", &["unread Publication"]),
        (
            "#[ApiResource(mercure: ['private' => true, 'topics' => ['a']])]",
            &["publish topic=a&data=assay&private=on"],
        ),
        ("#[ApiResource(mercure: false)]", &[]),
        (
            "/* mercure */ $authorization->setCookie($request, ['https://a.example/{id}'], ['*']);",
            &[
                "token {\"mercure\":{\"publish\":[\"*\"],\"subscribe\":[\"https://a.example/{id}\"]}}",
                "cookie mercureAuthorization None None",
            ],
        ),
        (
            "$b->withClaim('mercure', ['publish' => ['*']])",
            &["token {\"mercure\":{\"publish\":[\"*\"]}}"],
        ),
        (
            "new Cookie('mercureAuthorization', $jwt, 0, '/', null, false, true, false, 'strict')",
            &["cookie mercureAuthorization Some(false) Some(true)"],
        ),
    ];
    for (text, expected) in cases {
        check("a.php", &format!("<?php {text}"), expected);
    }
}

#[test]
fn templates() {
    check(
        "a.html.twig",
        "<script>const es = new EventSource(\"{{ mercure(['https://a.example/{id}', topic], { subscribe: 'https://a.example/1' })|escape('js') }}\", {withCredentials: true})</script>",
        &[
            "subscribe topic=https%3A%2F%2Fa.example%2F%7Bid%7D&topic=assay-expression-1 <topic>",
            "token {\"mercure\":{\"subscribe\":[\"https://a.example/1\"]}}",
        ],
    );
    check(
        "b.html.twig",
        "{% set url = mercure(['https://a.example/{id}', topic], { subscribe: 'https://a.example/1', lastEventId: last }) %}",
        &[
            "subscribe topic=https%3A%2F%2Fa.example%2F%7Bid%7D&topic=assay-expression-1&lastEventID=earliest <topic>",
            "token {\"mercure\":{\"subscribe\":[\"https://a.example/1\"]}}",
        ],
    );
    check(
        "c.html",
        "<p>Don't say mercure</p><script>new EventSource('/.well-known/mercure?topic=a')</script>",
        &["subscribe topic=a"],
    );
}

#[test]
fn settings() {
    check(
        "config/packages/mercure.yaml",
        "mercure:\n  hubs:\n    default:\n      url: '%env(MERCURE_URL)%'\n      jwt:\n        secret: '!ChangeMe!'\n        publish: '*'\n        subscribe: ['a', \"b/{id}\"]\n        algorithm: 'hmac.sha256'\n",
        &[
            "fact SecretLength",
            "token {\"mercure\":{\"publish\":[\"*\"],\"subscribe\":[\"a\",\"b/{id}\"]}}",
        ],
    );
    check(
        "mercure.yaml",
        "mercure:\n  hubs:\n    default:\n      jwt:\n        secret: '%env(SECRET)%'\n        publish:\n          - a\n          - b\n",
        &["token {\"mercure\":{\"publish\":[\"a\",\"b\"]}}"],
    );
    check(
        ".env.local",
        "MERCURE_URL=http://hub/.well-known/mercure\nMERCURE_JWT_SECRET=\"!ChangeThisMercureHubJWTSecretKey!\"\nMERCURE_SUBSCRIBER_JWT_KEY=short\n",
        &["fact SecretLength"],
    );
}

/// A secret is as long as the hash of its algorithm, wherever in the section that stands.
#[test]
fn secrets_by_their_algorithm() {
    let long = "x".repeat(40);
    for (algorithm, expected) in [
        ("", None),
        ("algorithm: 'hmac.sha256'", None),
        ("algorithm: hmac.sha384", Some(48)),
        ("algorithm: \"hmac.sha512\"", Some(64)),
        ("algorithm: 'rsa.sha512'", None),
    ] {
        for lines in [["KEY", algorithm], [algorithm, "KEY"]] {
            let lines = lines.map(|line| line.replace("KEY", &format!("secret: {long}")));
            let jwt = lines.map(|line| format!("        {line}\n")).concat();
            let text = format!("mercure:\n  hubs:\n    default:\n      jwt:\n{jwt}");
            let found = samples("mercure.yaml", &text);
            let told: Vec<_> = found.iter().map(|it| it.text.clone()).collect();
            let needed = expected
                .map(|bytes| format!("jwt.secret: a secret of 40 bytes for HS{}", bytes * 8));
            assert_eq!(told, needed.into_iter().collect::<Vec<_>>(), "{text}");
        }
    }
}

#[test]
fn caddyfiles() {
    let cases: [(&str, &[&str]); 13] = [
        (
            "mercure {\n anonymous\n cors_origins *\n transport bolt {\n path x\n }\n}",
            &[],
        ),
        (
            "localhost {\n mercure {\n  publisher_jwt {env.KEY} {env.ALG}\n  subscriber_jwks_url https://a.example/jwks\n }\n}",
            &["setting RoleKey", "setting RoleKey"],
        ),
        (
            "mercure {\n publisher_jwt !ChangeMe! HS512 # for now\n}",
            &["setting RoleKey", "fact SecretLength"],
        ),
        (
            "mercure {\n publisher_jwt \"!Change \\\" Me!\"\n}",
            &["setting RoleKey", "fact SecretLength"],
        ),
        (
            "mercure {\n publisher_jwt `-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----` RS256\n ui\n}",
            &["setting RoleKey", "setting Gone"],
        ),
        (
            "mercure {\n issuer https://localhost {\n  publisher {\n   jwt short\n  }\n }\n}",
            &["fact SecretLength"],
        ),
        (
            "mercure {\n ui\n demo\n lru_cache 10\n cookie_name auth\n allow_anonymous\n}",
            &[
                "setting Gone",
                "setting Gone",
                "setting Gone",
                "setting CookieName",
                "setting Unknown",
            ],
        ),
        (
            "mercure {\n {$MERCURE_EXTRA_DIRECTIVES}\n import common\n}",
            &[],
        ),
        ("mercure {\n transport bolt {\n ui\n }\n}\nui\ndemo", &[]),
        ("# mercure {\n#  ui\n# }\nmercure # {\nui", &[]),
        ("{\n order mercure after encode\n}\nphp_server\n", &[]),
        ("mercure @hub {\n publish_origins a \\\n  ui\n}", &[]),
        ("mercure {\n ui", &["setting Gone"]),
    ];
    for (text, expected) in cases {
        check("docker/Caddyfile", text, expected);
        for name in ["Caddyfile.dev", "frankenphp.Caddyfile"] {
            check(name, text, expected);
        }
    }
}

/// Neither a key nor what follows a directive that nobody knows.
#[test]
fn a_key_of_a_caddyfile_is_never_shown() {
    let text =
        "mercure {\n publisher_jwt s3cret HS256\n jwt_key s3cret\n publisher_jwt \"s3cret\n}";
    let found = samples("Caddyfile", text);
    assert_eq!(found.len(), 5);
    for sample in found {
        assert!(!format!("{sample:?}").contains("s3cret"), "{sample:?}");
    }
}

#[test]
fn a_token_is_read_and_never_shown() {
    let token = "eyJhbGciOiJIUzI1NiJ9.eyJtZXJjdXJlIjp7InB1Ymxpc2giOlsiKiJdfX0.c2lnbmF0dXJl";
    for text in [
        format!("const mercureToken = '{token}'"),
        format!("new EventSource('/.well-known/mercure?topic=a&authorization={token}')"),
    ] {
        let found = samples("a.js", &text);
        assert!(!found.is_empty(), "{text}");
        for sample in found {
            assert!(!sample.text.contains("c2lnbmF0dXJl"), "{}", sample.text);
        }
    }
}

#[test]
fn the_same_at_several_places_is_one_sample() {
    let line = "new EventSource('/.well-known/mercure?topic=a')\n";
    let found = samples("a.js", &line.repeat(3));
    assert_eq!(found.len(), 1);
    let places: Vec<_> = found[0]
        .places
        .iter()
        .map(|it| (it.line, it.column))
        .collect();
    assert_eq!(places, [(1, 17), (2, 17), (3, 17)]);
}
