//! Mistakes at start: each is refused with its place and with what to write instead.

use assay_hub::{HubOptions, IssuerOptions, KeyOptions, Source, Written};

use crate::support::{SECRET, open_hub, written};

const PUBLIC_PEM: &str = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEVs/o5+uQbTjL3chynL4wXgUg2R9\nq9UU8I5mEovUf86QZ7kOBIjJwqnzD1omageEHWwHdBO6B+dFabmdT9POxg==\n-----END PUBLIC KEY-----\n";

fn check(options: &HubOptions, expected: &[&str]) {
    let error = options.check().expect_err("a mistake").to_string();
    for part in expected {
        assert!(error.contains(part), "{part:?} is not in {error:?}");
    }
}

fn with(change: impl FnOnce(&mut HubOptions)) -> HubOptions {
    let mut options = open_hub();
    change(&mut options);
    options
}

#[test]
fn a_key_alone_is_enough_in_any_dialect() {
    for dialects in ["1.0", "0.x", "1.0,0.x"] {
        let options = HubOptions {
            jwt_key: Some(written("jwt-key", SECRET)),
            dialects: Some(written("dialects", dialects)),
            ..HubOptions::default()
        };
        let (config, warnings) = options.check().expect(dialects);
        assert_eq!(config.listen().to_string(), "127.0.0.1:3000");
        assert_eq!(
            config.url(config.listen()),
            "http://127.0.0.1:3000/.well-known/mercure"
        );
        assert_eq!(warnings, []);
    }
}

#[test]
fn keys() {
    let key = |value: &str| Some(written("jwt-key", value));
    let algorithm = |value: &str| Some(written("jwt-algorithm", value));
    check(&with(|it| it.jwt_key = None), &["publisher", "--jwt-key"]);
    check(
        &with(|it| {
            it.publisher_jwt_key = it.jwt_key.take();
            it.anonymous = false;
        }),
        &["subscriber", "--subscriber-jwt-key"],
    );
    check(
        &with(|it| it.jwt_key = key("")),
        &["--jwt-key is empty", "@file"],
    );
    check(
        &with(|it| it.jwt_key = key(PUBLIC_PEM)),
        &["--jwt-key", "PEM", "HS256", "--jwt-algorithm RS256"],
    );
    check(
        &with(|it| it.jwt_algorithm = algorithm("RS256")),
        &["--jwt-algorithm is RS256", "--jwt-key is a secret", "HS256"],
    );
    check(
        &with(|it| it.jwt_algorithm = algorithm("none")),
        &["--jwt-algorithm", "\"none\"", "EdDSA"],
    );
    check(
        &with(|it| it.jwt_algorithm = algorithm("hs256")),
        &["\"hs256\"", "HS256"],
    );
    // A key in the place of its algorithm is not repeated.
    check(
        &with(|it| it.jwt_algorithm = algorithm(SECRET)),
        &["--jwt-algorithm", "\"…\"", "EdDSA"],
    );
    check(
        &with(|it| {
            it.jwt_key = key(&PUBLIC_PEM.replace("PUBLIC", "PRIVATE"));
            it.jwt_algorithm = algorithm("ES256");
        }),
        &["--jwt-key is a private key", "openssl pkey"],
    );
    check(
        &with(|it| {
            it.jwt_key = key(PUBLIC_PEM);
            it.jwt_algorithm = algorithm("RS256");
        }),
        &["--jwt-key", "RS256"],
    );
    check(
        &with(|it| {
            it.jwt_key = Some(Written::new("jwt-key", Source::Environment, "short"));
            it.dialects = None;
        }),
        &["ASSAY_HUB_JWT_KEY has 5 bytes", "32 bytes", "openssl rand"],
    );
    for quoted in [
        "\"a secret in quotes, of more than 32 bytes\"",
        "'a secret in quotes, of more than 32 bytes'",
    ] {
        let (_, warnings) = with(|it| it.jwt_key = key(quoted)).check().expect("a key");
        let text = warnings.first().expect("a warning").to_string();
        assert!(
            text.contains("--jwt-key begins and ends with a quote"),
            "{text}"
        );
    }
    for bare in [
        "\"a secret with a quote, of more than 32 bytes",
        "a secret with a quote, of more than 32 bytes'",
        "\"a secret with two quotes, of more than 32 bytes'",
    ] {
        let (_, warnings) = with(|it| it.jwt_key = key(bare)).check().expect("a key");
        assert_eq!(warnings, [], "{bare}");
    }
    for dialects in ["1.0,0.x", "0.x"] {
        let (_, warnings) = with(|it| {
            it.jwt_key = key("short");
            it.dialects = Some(written("dialects", dialects));
        })
        .check()
        .expect("0.x takes it");
        assert_eq!(warnings.len(), 1, "{dialects}: {warnings:?}");
        assert!(
            warnings[0].to_string().contains("0.x only"),
            "{}",
            warnings[0]
        );
    }
    with(|it| {
        it.jwt_key = key(PUBLIC_PEM);
        it.jwt_algorithm = algorithm("ES256");
    })
    .check()
    .expect("a public key with its algorithm");
}

#[test]
fn issuers() {
    let secret = |name: &'static str, value: &str| KeyOptions {
        key: Some(written(name, value)),
        ..KeyOptions::default()
    };
    let issuer = |identifier: &str| IssuerOptions {
        identifier: written("issuer", identifier),
        authorization_server: false,
        publisher: secret("publisher-jwt-key", SECRET),
        subscriber: KeyOptions::default(),
    };
    let with_issuer = |issuer: IssuerOptions| with(|it| it.issuers = vec![issuer]);
    with_issuer(issuer("https://a.example"))
        .check()
        .expect("two issuers");
    check(
        &with_issuer(issuer("https://localhost")),
        &["https://localhost", "there twice"],
    );
    check(&with_issuer(issuer("")), &["--issuer", "iss"]);
    check(
        &with_issuer(IssuerOptions {
            publisher: KeyOptions::default(),
            ..issuer("https://a.example")
        }),
        &["--issuer", "no key"],
    );
    check(
        &with_issuer(IssuerOptions {
            authorization_server: true,
            ..issuer("urn:a")
        }),
        &["--issuer", "urn:a", "https://auth.example.com"],
    );
    check(
        &with_issuer(IssuerOptions {
            publisher: KeyOptions {
                jwks: Some(written("publisher-jwks", "{}")),
                ..secret("publisher-jwt-key", SECRET)
            },
            ..issuer("https://a.example")
        }),
        &["--publisher-jwks and --publisher-jwt-key", "publishers"],
    );
    // A set is never taken for a secret.
    check(
        &with_issuer(IssuerOptions {
            publisher: KeyOptions {
                jwks: Some(written("publisher-jwks", SECRET)),
                ..KeyOptions::default()
            },
            ..issuer("https://a.example")
        }),
        &["--publisher-jwks", "JWK set"],
    );
    // An issuer alone needs what the flags would have to give.
    let alone = |anonymous| HubOptions {
        jwt_key: None,
        anonymous,
        issuers: vec![issuer("https://a.example")],
        ..open_hub()
    };
    alone(true).check().expect("publishers have a key");
    check(&alone(false), &["subscriber"]);
    check(
        &HubOptions {
            issuer: Some(written("issuer", "https://b.example")),
            ..alone(true)
        },
        &["--issuer", "no key"],
    );
}

#[test]
fn public_urls() {
    let public = |value: &str| with(|it| it.public_urls = vec![written("public-url", value)]);
    for good in [
        "https://hub.example",
        "https://hub.example/",
        "https://hub.example/.well-known/mercure",
        "http://127.0.0.1:3000,https://hub.example",
    ] {
        public(good).check().expect(good);
    }
    for bad in [
        "hub.example",
        "ftp://hub.example",
        "https://hub.example/other",
        "https://hub.example/.well-known/mercure/",
        "https://hub.example?x",
        "https://user@hub.example",
        "",
    ] {
        check(&public(bad), &["--public-url", "https://hub.example.com"]);
    }
    check(
        &public("https://a.example,https://A.example:443/"),
        &["--public-url", "twice"],
    );
}

#[test]
fn json_web_keys() {
    const KEY: &str = r#"{"kty":"EC","crv":"P-256","x":"EVs_o5-uQbTjL3chynL4wXgUg2R9q9UU8I5mEovUf84","y":"kGe5DgSIycKp8w9aJmoHhB1sB3QTugfnRWm5nU_TzsY"}"#;
    let key = |value: &str| with(|it| it.jwt_key = Some(written("jwt-key", value)));
    let good = |value: &str| key(value).check().expect("a good key").1;
    assert_eq!(good(KEY), []);
    let warnings = good(&format!(r#"{{"keys":[{{"kty":"AKP"}},{KEY}]}}"#));
    assert_eq!(warnings.len(), 1);
    let text = warnings[0].to_string();
    assert!(text.contains("--jwt-key: key 1 of the set"), "{text}");
    check(&key(r#"{"kty":"AKP"}"#), &["--jwt-key", "not supported"]);
    check(&key(r#"{"keys":[]}"#), &["--jwt-key", "no usable key"]);
    let private = KEY.replace("\"x\"", "\"d\":\"AAAA\",\"x\"");
    check(&key(&private), &["--jwt-key is a private key"]);
    check(
        &key(&format!(r#"{{"keys":[{KEY},{private}]}}"#)),
        &["--jwt-key is a private key"],
    );
    check(
        &with(|it| {
            it.jwt_key = Some(written("jwt-key", KEY));
            it.jwt_algorithm = Some(written("jwt-algorithm", "RS256,ES384"));
        }),
        &["--jwt-key", "configured algorithms"],
    );
}

#[test]
fn origins() {
    let cors = |value: &str| with(|it| it.cors_origins = vec![written("cors-origin", value)]);
    check(
        &cors("https://app.example/"),
        &["--cors-origin", "write https://app.example"],
    );
    check(
        &cors("https://app.example/app"),
        &["write https://app.example"],
    );
    check(
        &cors("app.example"),
        &["--cors-origin", "https://app.example.com"],
    );
    check(
        &cors("*,https://app.example"),
        &["`*` beside listed origins"],
    );
    check(&cors("https://*.example"), &["wildcard"]);
    let (_, warnings) = cors("https://*.example.com,null").check().expect("allowed");
    assert!(
        warnings[0]
            .to_string()
            .contains("--cors-origin lists `null`"),
        "{}",
        warnings[0]
    );
    let (_, warnings) = cors("*").check().expect("`*` alone is allowed");
    assert!(
        warnings[0].to_string().contains("cookie"),
        "{}",
        warnings[0]
    );
    let publish =
        |value: &str| with(|it| it.publish_origins = vec![written("publish-origin", value)]);
    check(&publish("*"), &["--publish-origin", "list the origins"]);
    check(
        &publish("https://app.example/"),
        &["--publish-origin", "write https://app.example"],
    );
}

/// Who can reach the hub under several names has to say which one tokens are for.
#[test]
fn an_audience_that_requests_name_is_warned_of_where_strangers_send_them() {
    for (listen, identity, dialects, warned) in [
        (Some("0.0.0.0:80"), None, "1.0", true),
        (Some("[::]:80"), None, "1.0,0.x", true),
        (Some("192.0.2.1:80"), None, "1.0", true),
        (
            Some("0.0.0.0:80"),
            Some("https://hub.example/"),
            "1.0",
            false,
        ),
        // Tokens of 0.x have no audience.
        (Some("0.0.0.0:80"), None, "0.x", false),
        (Some("127.0.0.1:80"), None, "1.0", false),
        (Some("[::1]:80"), None, "1.0", false),
        (None, None, "1.0", false),
    ] {
        let (_, warnings) = HubOptions {
            listen: listen.map(|it| written("listen", it)),
            resource_identifier: identity.map(|it| written("resource-identifier", it)),
            dialects: Some(written("dialects", dialects)),
            ..open_hub()
        }
        .check()
        .expect("right options");
        let found = warnings.iter().any(|warning| {
            let text = warning.to_string();
            text.contains("--listen") && text.contains("--resource-identifier https://")
        });
        assert_eq!(
            found, warned,
            "{listen:?} {identity:?} {dialects}: {warnings:?}"
        );
    }
}

#[test]
fn an_authorization_server_is_an_issuer_that_clients_can_ask() {
    let server = |issuer: Option<&str>| HubOptions {
        issuer: issuer.map(|it| written("issuer", it)),
        authorization_server: true,
        ..open_hub()
    };
    check(&server(None), &["--authorization-server", "--issuer"]);
    for issuer in [
        "http://auth.example",
        "https://auth.example?x",
        "https://auth.example#x",
        "urn:auth",
        "auth",
    ] {
        check(
            &server(Some(issuer)),
            &["--issuer", "https://auth.example.com"],
        );
    }
    server(Some("https://auth.example/tenant"))
        .check()
        .expect("a server");
}

#[test]
fn other_settings() {
    let set = |field: fn(&mut HubOptions) -> &mut Option<Written>,
               name: &'static str,
               value: &str| { with(|it| *field(it) = Some(written(name, value))) };
    check(
        &set(|it| &mut it.dialects, "dialects", "2.0"),
        &["--dialects", "1.0,0.x"],
    );
    check(
        &set(|it| &mut it.listen, "listen", "example.com:80"),
        &["--listen", "127.0.0.1:3000"],
    );
    check(
        &set(|it| &mut it.listen, "listen", "3000"),
        &["--listen", "127.0.0.1:3000"],
    );
    check(
        &set(|it| &mut it.heartbeat, "heartbeat", "15"),
        &["--heartbeat", "15s"],
    );
    check(
        &set(|it| &mut it.write_timeout, "write-timeout", "-1s"),
        &["--write-timeout", "0 for off"],
    );
    check(
        &set(|it| &mut it.history_size, "history-size", "many"),
        &["--history-size", "10000"],
    );
    for place in ["disk", "redb", "redb:", "Memory", "sqlite:x"] {
        check(
            &set(|it| &mut it.history, "history", place),
            &["--history", "redb:/var/lib/assay/history.redb"],
        );
    }
    check(
        &set(|it| &mut it.history_bytes, "history-bytes", "lots"),
        &["--history-bytes", "64MiB"],
    );
    check(
        &set(|it| &mut it.history_bytes, "history-bytes", "2000GiB"),
        &["--history-bytes", "64MiB"],
    );
    check(
        &set(|it| &mut it.history_age, "history-age", "1d"),
        &["--history-age", "15s"],
    );
    check(
        &set(|it| &mut it.max_subscribers, "max-subscribers", "0"),
        &["--max-subscribers"],
    );
    check(
        &set(|it| &mut it.max_per_address, "max-per-address", "-1"),
        &["--max-per-address"],
    );
    check(
        &set(|it| &mut it.stream_threads, "stream-threads", "0"),
        &["--stream-threads"],
    );
    check(
        &set(|it| &mut it.cookie_name, "cookie-name", "a b"),
        &["--cookie-name"],
    );
    check(
        &set(|it| &mut it.issuer, "issuer", ""),
        &["--issuer", "iss"],
    );
    check(
        &set(|it| &mut it.resource_identifier, "resource-identifier", ""),
        &["--resource-identifier", "https://"],
    );
    for path in ["mercure", "/a/", "//a", "/a b", "/a?b", "/a/../b", ""] {
        check(
            &set(|it| &mut it.path, "path", path),
            &["--path", "/.well-known/mercure"],
        );
    }
    for (listen, shown) in [
        ("localhost:80", "http://127.0.0.1:80/.well-known/mercure"),
        (":8080", "http://127.0.0.1:8080/.well-known/mercure"),
        ("[::]:0", "http://[::1]:0/.well-known/mercure"),
    ] {
        let (config, _) = set(|it| &mut it.listen, "listen", listen)
            .check()
            .expect(listen);
        assert_eq!(config.url(config.listen()), shown);
    }
}

#[test]
fn debug_shows_no_secret() {
    let options = open_hub();
    let (config, _) = options.check().expect("right options");
    assert!(!format!("{options:?} {config:?}").contains(SECRET));
}
