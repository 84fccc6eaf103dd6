//! The hot operations of the core, each so often as asked: what `cargo xtask instructions` counts the instructions of.
//!
//! ```text
//! instructions                       the names of the operations
//! instructions OPERATION COUNT       performs it so often
//! ```
//!
//! Counting twice with different counts takes away what setting up costs. Time is not measured here: see the package `benches`.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use assay_hub_core::access_token::{Algorithm, TrustedIssuer, VerificationKey, verify};
use assay_hub_core::{
    Arrival, Dialect, Dialects, Hub, HubSettings, HubUrl, Lane, LaneDoor, LaneSubscriber,
    LastEventId, Limits, Publication, RandomEventIds, Role, Subscribe, SubscribeQuery,
    TokenContext, TopicMatcher, TrustedKeys,
};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

const TOPIC: &str = "https://example.com/heard";
const HUB_URL: &str = "https://hub.example/.well-known/mercure";
const SECRET: &[u8] = b"a secret of this bench alone, which all may know";
const NOW_UNIX_S: u64 = 1_800_000_000;
const LISTENERS: usize = 1_000;
const PATTERNS: usize = 100;

type Operation = (&'static str, fn(usize));

const OPERATIONS: [Operation; 7] = [
    ("publish-to-1000", publish_to_listeners),
    ("publish-unheard", publish_unheard),
    ("publish-past-100-patterns", publish_past_patterns),
    ("join-and-leave", join_and_leave),
    ("read-publication", read_publication),
    ("read-subscription", read_subscription),
    ("verify-token", verify_token),
];

fn main() {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    match &words[..] {
        [] => OPERATIONS.iter().for_each(|(name, _)| println!("{name}")),
        [name, count] => {
            let operation = OPERATIONS.iter().find(|(listed, _)| listed == name);
            let (_, perform) = operation.expect("one of the names that this prints");
            perform(count.parse().expect("a count"));
        }
        _ => panic!("write an operation and a count, or nothing"),
    }
}

/// A hub with one lane, whose members listen to what `matcher` makes of their number.
struct Scene {
    hub: Hub,
    door: LaneDoor<()>,
    lane: Lane<()>,
    members: Vec<LaneSubscriber>,
}

impl Scene {
    fn new(members: usize, matcher: impl Fn(usize) -> TopicMatcher) -> Self {
        let settings = HubSettings::default();
        let hub = Hub::new(settings, Box::new(RandomEventIds::from_seed([1; 32])));
        let (door, lane) = hub.add_lane(Waker::noop().clone());
        let mut scene = Self {
            hub,
            door,
            lane,
            members: Vec::with_capacity(members),
        };
        for number in 0..members {
            let member = scene.join(matcher(number), None);
            scene.members.push(member);
        }
        scene
    }

    fn join(
        &mut self,
        matcher: TopicMatcher,
        last_event_id: Option<LastEventId>,
    ) -> LaneSubscriber {
        let subscribe = Subscribe {
            matchers: vec![matcher],
            token: None,
            last_event_id,
        };
        let mut joining = pin!(self.door.join(subscribe, ()));
        let joined = joining
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(joined, Poll::Ready(Ok(()))), "room for it");
        let Some(Arrival::Join(join)) = self.lane.next_arrival() else {
            panic!("who joins arrives");
        };
        let mut subscriber = join.subscriber;
        let key = self.members.len();
        while !subscriber.is_live() {
            black_box(self.lane.advance(&mut subscriber, key).expect("kept"));
        }
        subscriber
    }

    /// Publishes so often, and lists who gets it.
    fn publish(&mut self, count: usize) {
        for _ in 0..count {
            let published = self.hub.publish(publication());
            published.wait().expect("an open hub");
            while let Some(arrival) = self.lane.next_arrival() {
                if let Arrival::Update(committed) = arrival {
                    self.lane.listeners(&committed, |key| {
                        black_box(key);
                    });
                }
            }
        }
    }
}

fn hub_url() -> HubUrl {
    HubUrl::parse(HUB_URL).expect("a hub URL")
}

fn exact(topic: &str) -> TopicMatcher {
    TopicMatcher::exact(topic, &Limits::DEFAULT).expect("a good matcher")
}

fn form() -> String {
    format!("topic={TOPIC}&type=score&data={}", "x".repeat(100))
}

fn publication() -> Publication {
    Publication::from_form(form().as_bytes(), Dialect::V1, &hub_url(), &Limits::DEFAULT)
        .expect("a good form")
}

fn publish_to_listeners(count: usize) {
    Scene::new(LISTENERS, |_| exact(TOPIC)).publish(count);
}

fn publish_unheard(count: usize) {
    Scene::new(LISTENERS, |number| {
        exact(&format!("https://example.com/other/{number}"))
    })
    .publish(count);
}

fn publish_past_patterns(count: usize) {
    Scene::new(PATTERNS, |number| {
        let pattern = format!("https://example.com/{number}/:id");
        TopicMatcher::url_pattern(&pattern, &hub_url(), &Limits::DEFAULT).expect("a good matcher")
    })
    .publish(count);
}

fn join_and_leave(count: usize) {
    let mut scene = Scene::new(LISTENERS, |_| exact(TOPIC));
    for _ in 0..count {
        let member = scene.join(exact(TOPIC), None);
        scene.lane.leave(member);
    }
}

fn read_publication(count: usize) {
    for _ in 0..count {
        black_box(publication());
    }
}

fn read_subscription(count: usize) {
    let query =
        format!("match={TOPIC}&match=https%3A%2F%2Fexample.com%2Fb&last_event_id=urn%3Auuid%3A1");
    let hub_url = hub_url();
    for _ in 0..count {
        let read = SubscribeQuery::parse(
            black_box(&query),
            None,
            None,
            Dialect::V1,
            &hub_url,
            &Limits::DEFAULT,
        );
        black_box(read.expect("a good query"));
    }
}

fn verify_token(count: usize) {
    let secret = std::str::from_utf8(SECRET).expect("ASCII");
    let key = VerificationKey::parse(Algorithm::HS256, secret).expect("a good secret");
    let issuer = TrustedIssuer {
        identifier: "https://issuer.example".to_owned(),
        publisher: key.clone().into(),
        subscriber: key.into(),
    };
    let keys = TrustedKeys::new(issuer, Vec::new(), 0);
    let (audiences, hub_url, token) = ([HUB_URL.to_owned()], hub_url(), token());
    let context = TokenContext {
        keys: &keys,
        audiences: &audiences,
        dialects: Dialects::OnlyV1,
        hub_url: &hub_url,
        limits: &Limits::DEFAULT,
        now_unix_s: NOW_UNIX_S,
    };
    for _ in 0..count {
        black_box(verify(black_box(&token), Role::Publisher, &context).expect("a good token"));
    }
}

fn token() -> String {
    let header = r#"{"alg":"HS256","typ":"at+jwt"}"#;
    let claims = serde_json::json!({
        "iss": "https://issuer.example", "aud": HUB_URL, "exp": NOW_UNIX_S + 300, "iat": NOW_UNIX_S,
        "sub": "urn:s", "client_id": "c", "jti": "j",
        "authorization_details": [{
            "type": "https://mercure.rocks/authorization-detail",
            "actions": ["publish"],
            "topics": [{ "match": "https://example.com/:id", "match_type": "urlpattern" }],
        }],
    });
    let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let message = format!("{}.{}", encode(header), encode(&claims.to_string()));
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET);
    let signature = hmac::sign(&key, message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}
