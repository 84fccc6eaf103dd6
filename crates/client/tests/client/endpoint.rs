use assay_client::{
    Endpoint, EndpointOptions, HostPort, HubUrl, TlsOptions, endpoint::parse_header,
};

fn options(url: &str) -> EndpointOptions {
    EndpointOptions::for_url(url.parse().unwrap())
}

#[test]
fn a_hub_url_is_checked() {
    for (text, expected) in [
        (
            "localhost:3000/.well-known/mercure",
            "is not absolute: write http://HOST:PORT/.well-known/mercure",
        ),
        ("//localhost/hub", "is not absolute"),
        ("/hub", "is not absolute"),
        ("", "is not absolute"),
        ("ftp://localhost/hub", "over http or https"),
        (
            "https://user:hush@localhost/hub",
            "carries a user name or a password",
        ),
        ("https://localhost/hub#x", "has a fragment"),
        ("https://local host/hub", "is not valid"),
        ("http://localhost:99999/hub", "is not valid"),
        ("http://", "is not valid"),
        (
            "user:hush@localhost/hub",
            "\"…@localhost/hub\" is not absolute",
        ),
        (
            "https://user:hush@localhost:99999/hub",
            "\"https://…@localhost:99999/hub\" is not valid",
        ),
        ("ftp://localhost/hub?key=hush", "\"ftp://localhost/hub?…\""),
        (
            "http://localhost/hub?key=hush#x",
            "\"http://localhost/hub?…\" has a fragment",
        ),
        (
            "http://localhost/hub?a=b&authorization=hush",
            "carries a token",
        ),
        (
            "http://localhost/hub?access_token=hush#x",
            "carries a token",
        ),
        ("localhost/@me?authorization=hush", "\"localhost/@me?…\""),
    ] {
        let error = text.parse::<HubUrl>().unwrap_err().to_string();
        assert!(
            error.contains(expected) && !error.contains("hush"),
            "{text}: {error}"
        );
    }
}

#[test]
fn a_destination_tells_what_a_socket_needs() {
    for (url, peer, host, target, metadata) in [
        (
            "http://h",
            ("h", 80),
            "h",
            "/",
            "http://h/.well-known/oauth-protected-resource",
        ),
        (
            "HTTP://H:80/.well-known/mercure?x=1",
            ("h", 80),
            "h",
            "/.well-known/mercure?x=1",
            "http://h/.well-known/oauth-protected-resource/.well-known/mercure?x=1",
        ),
        (
            "http://[::1]:3000/hub",
            ("::1", 3000),
            "[::1]:3000",
            "/hub",
            "http://[::1]:3000/.well-known/oauth-protected-resource/hub",
        ),
    ] {
        let endpoint = Endpoint::new(options(url)).unwrap();
        let hub = endpoint.hub();
        assert_eq!((hub.peer(), hub.host_header().as_str()), (peer, host));
        assert_eq!(hub.request_target(), target);
        assert_eq!(hub.url().metadata_url().as_str(), metadata);
        assert_eq!(
            hub.url().as_given(),
            url,
            "the default audience is compared byte by byte"
        );
        assert!(hub.tls_config().is_none());
    }
}

#[test]
fn connect_to_changes_the_peer_and_nothing_else() {
    let mut options = options("http://hub.example/hub");
    options.connect_to = Some("127.0.0.1:3000".parse().unwrap());
    options.publish_url = Some("http://inner.example/hub".parse().unwrap());
    let endpoint = Endpoint::new(options).unwrap();
    assert_eq!(endpoint.hub().peer(), ("127.0.0.1", 3000));
    assert_eq!(endpoint.hub().host_header(), "hub.example");
    assert_eq!(
        endpoint.hub().socket_addrs().unwrap(),
        ["127.0.0.1:3000".parse().unwrap()]
    );
    assert_eq!(endpoint.publish().peer(), ("inner.example", 80));
}

#[test]
fn host_and_port_are_checked() {
    for (text, expected) in [
        ("a:1", Some("a:1")),
        ("[::1]:1", Some("[::1]:1")),
        ("127.0.0.1:65535", Some("127.0.0.1:65535")),
    ]
    .into_iter()
    .chain(
        [
            "a",
            "a:",
            ":1",
            "a:0",
            "a:65536",
            "::1:1",
            "[::1:1",
            "a b:1",
            "http://a:1",
            "[]:1",
        ]
        .map(|text| (text, None)),
    ) {
        let parsed = text
            .parse::<HostPort>()
            .ok()
            .map(|parsed| parsed.to_string());
        assert_eq!(parsed.as_deref(), expected, "{text}");
    }
}

#[test]
fn headers_are_checked_and_kept_secret() {
    let (name, value) = parse_header("X-Api-Key:  hush ").unwrap();
    assert_eq!(
        (name.as_str(), value.as_bytes()),
        ("x-api-key", &b"hush"[..])
    );
    assert!(!format!("{value:?}").contains("hush"));
    for bad in ["hush", "X-Api-Key hush", "a b: hush", ": hush", "a: \0hush"] {
        let error = parse_header(bad).expect_err(bad).to_string();
        assert!(!error.contains("hush"), "{error}");
        assert!(error.contains("NAME: VALUE"), "{error}");
    }
    let mut options = options("http://h/hub");
    options.headers = vec![parse_header("Host: other").unwrap()];
    assert!(
        Endpoint::new(options)
            .unwrap_err()
            .to_string()
            .contains("remove it")
    );
}

#[test]
fn certificates_are_checked() {
    let mut options = options("https://h/hub");
    options.tls.cacert_pem = Some(b"nothing".to_vec());
    assert!(
        Endpoint::new(options.clone())
            .unwrap_err()
            .to_string()
            .contains("no usable certificate")
    );
    options.tls = TlsOptions {
        insecure: true,
        ..TlsOptions::default()
    };
    let endpoint = Endpoint::new(options).unwrap();
    assert!(endpoint.is_insecure());
    assert!(endpoint.hub().tls_config().is_some() && endpoint.hub().server_name().is_some());
}
