//! Short spellings for tests of the hub.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::mint::{AUDIENCE, ISSUER, NOW, SECRET, Signer, claims_v1, detail, header_v1};
use assay_hub_core::access_token::{
    Algorithm, RoleKeys, TrustedIssuer, TrustedKeys, VerificationKey, verify,
};
use assay_hub_core::history::{Clock, History, HistoryBounds, MemoryHistory, Readers};
use assay_hub_core::{
    AccessToken, Dialect, Dialects, Hub, HubSettings, HubUrl, LastEventId, Limits, Publication,
    RandomEventIds, Role, Subscribe, SubscriptionSettings, TokenContext, TopicMatcher,
};
use serde_json::{Value, json};

pub(crate) fn hub(settings: HubSettings) -> Hub {
    Hub::new(settings, event_ids())
}

fn event_ids() -> Box<RandomEventIds> {
    Box::new(RandomEventIds::from_seed([7; 32]))
}

/// A hub with this history.
pub(crate) fn hub_with(settings: HubSettings, history: impl History + 'static) -> Hub {
    Hub::with_history(settings, Box::new(history), event_ids())
}

/// The same, whose archive is read by these.
pub(crate) fn hub_read_by(
    readers: impl Readers + 'static,
    settings: HubSettings,
    history: impl History + 'static,
) -> Hub {
    Hub::with_readers(settings, Box::new(history), event_ids(), Arc::new(readers))
}

/// What is there at once.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("not there at once"),
    }
}

/// A hub whose history, in memory, keeps so many updates.
pub(crate) fn hub_keeping(updates: usize, settings: HubSettings) -> Hub {
    hub_with(settings, MemoryHistory::new(bounds(updates), clock()))
}

pub(crate) fn bounds(updates: usize) -> HistoryBounds {
    HistoryBounds {
        updates: updates as u64,
        ..HistoryBounds::MEMORY
    }
}

/// A clock that stands still.
pub(crate) fn clock() -> Clock {
    Clock::new(|| Duration::ZERO)
}

pub(crate) fn hub_url() -> HubUrl {
    HubUrl::parse(AUDIENCE).expect("a hub URL")
}

pub(crate) fn publication(form: &str) -> Publication {
    Publication::from_form(form.as_bytes(), Dialect::V1, &hub_url(), &Limits::DEFAULT)
        .expect("a good form")
}

pub(crate) fn exact(text: &str) -> TopicMatcher {
    TopicMatcher::exact(text, &Limits::DEFAULT).expect("a good matcher")
}

pub(crate) fn url_pattern(text: &str) -> TopicMatcher {
    TopicMatcher::url_pattern(text, &hub_url(), &Limits::DEFAULT).expect("a good pattern")
}

pub(crate) fn subscribe(
    matchers: &[TopicMatcher],
    token: Option<AccessToken>,
    cursor: Option<&str>,
) -> Subscribe {
    Subscribe {
        matchers: matchers.to_vec(),
        token,
        last_event_id: cursor.map(LastEventId::parse),
    }
}

/// The last data line of an event.
pub(crate) fn data(event: &[u8]) -> String {
    let event = std::str::from_utf8(event).expect("UTF-8");
    let line = event
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .next_back();
    line.expect("a data line").to_owned()
}

/// A token of 1.0 that grants reading by exact matchers.
pub(crate) fn token_v1(subscribe: &[&str]) -> AccessToken {
    let topics: Vec<_> = subscribe
        .iter()
        .map(|text| json!({"match": text}))
        .collect();
    let details = match topics.as_slice() {
        [] => json!([]),
        topics => json!([detail(&json!(["subscribe"]), &json!(topics))]),
    };
    verified(&header_v1(Algorithm::HS256), &claims_v1(&details))
}

/// A token of 0.x that grants reading by selectors.
pub(crate) fn token_v0(subscribe: &[&str]) -> AccessToken {
    verified(
        &json!({"alg": "HS256"}),
        &json!({"mercure": {"subscribe": subscribe}}),
    )
}

/// A token that the hub has verified.
pub(crate) fn verified(header: &Value, claims: &Value) -> AccessToken {
    let token = Signer::generate(Algorithm::HS256).mint(header, claims);
    let key = VerificationKey::parse(Algorithm::HS256, SECRET).expect("a good secret");
    let issuer = TrustedIssuer {
        identifier: ISSUER.to_owned(),
        publisher: RoleKeys::None,
        subscriber: key.into(),
    };
    let keys = TrustedKeys::new(issuer, Vec::new(), 0);
    let context = TokenContext {
        keys: &keys,
        audiences: &[AUDIENCE.to_owned()],
        dialects: Dialects::Both,
        hub_url: &hub_url(),
        limits: &Limits::DEFAULT,
        now_unix_s: NOW,
    };
    verify(&token, Role::Subscriber, &context).expect("a good token")
}

/// Settings of a hub of both dialects that keeps track of subscriptions.
pub(crate) fn tracking_settings(unwatched_events: usize) -> HubSettings {
    HubSettings {
        subscriptions: Some(SubscriptionSettings {
            hub_path: hub_url().url().path().to_owned(),
            dialects: Dialects::Both,
            unwatched_events,
        }),
        ..HubSettings::default()
    }
}

pub(crate) fn tracking(unwatched_events: usize) -> Hub {
    hub(tracking_settings(unwatched_events))
}

pub(crate) fn selector(text: &str) -> TopicMatcher {
    TopicMatcher::selector(text, &Limits::DEFAULT).expect("a good selector")
}

/// The whole data of an event, in JSON.
pub(crate) fn document(event: &[u8]) -> Value {
    serde_json::from_str(&data(event)).expect("a document on one line")
}

/// Where the API is.
pub(crate) const LIST: &str = "/.well-known/mercure/subscriptions";

/// The list of all subscriptions, and its cursor.
pub(crate) fn list(hub: &Hub, dialect: Dialect) -> (Value, String) {
    let list = hub.active_subscriptions(LIST, dialect).expect("a list");
    let document = serde_json::from_str(&list.document()).expect("JSON");
    (document, list.cursor().as_str().to_owned())
}
