//! What must hold for any bytes that a peer sends, one function an entry to the hub core.
//!
//! `cargo fuzz run NAME` looks for bytes with which one of them panics (nightly); `cargo test` runs them all with some
//! thousand seeded mutations of good input (`crates/hub-core/tests/suite/fuzz.rs`).

use std::fmt::Write as _;

use assay_hub_core::access_token::{Algorithm, TrustedIssuer, VerificationKey, verify};
use assay_hub_core::{
    Dialect, Dialects, HubUrl, Limits, Publication, Role, SubscribeQuery, TokenContext,
    TopicMatcher, TrustedKeys,
};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const HUB_URL: &str = "https://hub.example/.well-known/mercure";

fn hub_url() -> HubUrl {
    HubUrl::parse(HUB_URL).expect("a hub URL")
}

/// A publication is refused, or all that it says is within the bounds.
pub(crate) fn form(data: &[u8]) {
    let limits = &Limits::DEFAULT;
    for dialect in [Dialect::V1, Dialect::V0] {
        let Ok(publication) = Publication::from_form(data, dialect, &hub_url(), limits) else {
            continue;
        };
        assert!((1..=limits.topics).contains(&publication.topics().len()));
        let longest = publication
            .topics()
            .iter()
            .map(|topic| topic.as_str().len());
        assert!(longest.max() <= Some(limits.topic_bytes));
        let id = publication.id().map_or("", |id| id.as_str());
        assert!(
            !id.contains(['\n', '\r', '\0']),
            "an id that splits an event"
        );
    }
}

/// A subscription is refused, or it has something to listen to; its cursor fits into a field.
pub(crate) fn subscription(data: &[u8]) {
    let query = String::from_utf8_lossy(data);
    for dialect in [Dialect::V1, Dialect::V0] {
        let limits = &Limits::DEFAULT;
        for (query, body) in [(&*query, None), ("", Some(data))] {
            let read = SubscribeQuery::parse(query, body, None, dialect, &hub_url(), limits);
            if let Ok(read) = read {
                assert!((1..=limits.matchers).contains(&read.matchers.len()));
            }
        }
    }
}

/// Bytes that are no token give no rights.
pub(crate) fn token(data: &[u8]) {
    let key = VerificationKey::parse(Algorithm::HS256, SECRET).expect("a good secret");
    let issuer = TrustedIssuer {
        identifier: "https://issuer.example".to_owned(),
        publisher: key.clone().into(),
        subscriber: key.into(),
    };
    let keys = TrustedKeys::new(issuer, Vec::new(), 0);
    let (audiences, hub_url) = ([HUB_URL.to_owned()], hub_url());
    for dialects in [Dialects::Both, Dialects::OnlyV1, Dialects::OnlyV0] {
        let context = TokenContext {
            keys: &keys,
            audiences: &audiences,
            dialects,
            hub_url: &hub_url,
            limits: &Limits::DEFAULT,
            now_unix_s: 1_800_000_000,
        };
        let verified = verify(&String::from_utf8_lossy(data), Role::Publisher, &context);
        assert!(verified.is_err(), "nobody signed this");
    }
}

/// A matcher is refused, or it answers, for any topic: the first line is the matcher, the rest a topic.
pub(crate) fn matcher(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (written, topic) = text
        .split_once('\n')
        .unwrap_or((&text, "https://example.com/a"));
    let limits = &Limits::DEFAULT;
    let mut form = String::from("topic=");
    for byte in topic.bytes() {
        // Writing to a string does not fail.
        let _ = write!(form, "%{byte:02x}");
    }
    let read = Publication::from_form(form.as_bytes(), Dialect::V1, &hub_url(), limits);
    let Ok(publication) = read else {
        return;
    };
    let made = [
        TopicMatcher::exact(written, limits),
        TopicMatcher::url_pattern(written, &hub_url(), limits),
        TopicMatcher::selector(written, limits),
    ];
    for matcher in made.into_iter().flatten() {
        let topics = publication.topics();
        assert_eq!(matcher.matches_any(topics), matcher.matches_any(topics));
    }
}
