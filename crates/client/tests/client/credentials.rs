use assay_client::{
    Algorithm, BearerToken, Credentials, Dialect, HubUrl, Metadata, Role, SigningKey, TokenCommand,
    TokenSource, TopicMatcher,
};

fn metadata(resource: &str, servers: &[&str]) -> Metadata {
    Metadata {
        resource: resource.to_owned(),
        authorization_servers: servers.iter().map(|&server| server.to_owned()).collect(),
        ..Metadata::default()
    }
}

#[test]
fn issuer_and_audience_have_defaults() {
    let hub: HubUrl = "HTTPS://hub.example:443/hub".parse().unwrap();
    let given = Credentials {
        issuer: Some("https://me".into()),
        audience: Some("urn:hub".into()),
        ..Credentials::default()
    };
    let one = metadata("https://r", &["https://as"]);
    let two = metadata("https://r", &["https://as", "https://other"]);
    for (credentials, metadata, issuer, audience) in [
        (
            Credentials::default(),
            None,
            "https://localhost",
            "HTTPS://hub.example:443/hub",
        ),
        (
            Credentials::default(),
            Some(&one),
            "https://as",
            "https://r",
        ),
        (
            Credentials::default(),
            Some(&two),
            "https://localhost",
            "https://r",
        ),
        (given, Some(&one), "https://me", "urn:hub"),
    ] {
        let issuance = credentials.issuance(&hub, metadata);
        assert_eq!(
            (issuance.issuer.as_str(), issuance.audience.as_str()),
            (issuer, audience)
        );
    }
}

#[track_caller]
fn subscriber_token(source: TokenSource) -> Result<Option<String>, String> {
    let credentials = Credentials {
        subscriber: source,
        ..Credentials::default()
    };
    let issuance = credentials.issuance(&"http://h/hub".parse().unwrap(), None);
    credentials
        .subscriber_token(Dialect::V0, &issuance, &[TopicMatcher::Any], 1_000)
        .map(|token| token.map(|token| token.expose().to_owned()))
        .map_err(|error| error.to_string())
}

#[test]
fn each_source_gives_its_token() {
    assert_eq!(subscriber_token(TokenSource::Anonymous), Ok(None));
    let ready = TokenSource::Token(BearerToken::new("a.b.c").unwrap());
    assert_eq!(subscriber_token(ready), Ok(Some("a.b.c".into())));
    let key = SigningKey::new(Algorithm::Hs256, b"a secret").unwrap();
    let minted = subscriber_token(TokenSource::Key(key)).unwrap().unwrap();
    assert_eq!(minted.split('.').count(), 3);
    let command = TokenSource::Command(TokenCommand::new("echo x.$ASSAY_TOKEN_ROLE.z"));
    assert_eq!(subscriber_token(command), Ok(Some("x.subscriber.z".into())));
}

#[test]
fn a_token_command_that_fails_says_so() {
    for (command, expected) in [
        ("exit 3", "exit status: 3"),
        ("true", "printed no token"),
        ("echo two words", "printed no token"),
        ("yes", "the token command failed"),
    ] {
        let error = subscriber_token(TokenSource::Command(TokenCommand::new(command))).unwrap_err();
        assert!(
            error.contains("no subscriber token") && error.contains(expected),
            "{command}: {error}"
        );
    }
}

#[test]
fn a_token_command_that_hangs_is_ended() {
    let command = TokenCommand::new("exec sleep 600");
    let error = command
        .run(Role::Publisher, std::time::Duration::from_millis(50))
        .unwrap_err();
    assert!(error.to_string().contains("did not end"), "{error}");
}
