//! What it costs that a subscriber comes and goes, among so many others: with active subscriptions off, with nobody who follows
//! them, and with one who does.
//!
//! Timed are `Hub::subscribe` and the drop of the subscriber. What the watcher reads after each round is not.

use std::hint::black_box;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use assay_benches::now;
use assay_hub_core::access_token::{
    Algorithm, KeySet, Role, RoleKeys, TrustedIssuer, TrustedKeys, verify,
};
use assay_hub_core::{
    AccessToken, Dialects, Hub, HubSettings, HubUrl, Limits, RandomEventIds, Subscribe, Subscriber,
    SubscriptionSettings, TokenContext, TopicMatcher,
};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use jsonwebtoken::{EncodingKey, Header};
use serde_json::json;

const SECRET: &str = "a secret of the benches, longer than thirty-two bytes";
const OTHERS: [usize; 2] = [0, 10_000];

/// Who follows.
#[derive(Clone, Copy, PartialEq)]
enum Presence {
    Off,
    Unwatched,
    Watched,
}

fn hub(presence: Presence) -> Hub {
    let subscriptions = SubscriptionSettings {
        hub_path: "/.well-known/mercure".to_owned(),
        dialects: Dialects::Both,
        // The steady state: nobody has followed for long.
        unwatched_events: 0,
    };
    let settings = HubSettings {
        subscriptions: (presence != Presence::Off).then_some(subscriptions),
        ..HubSettings::default()
    };
    Hub::new(settings, Box::new(RandomEventIds::from_seed([1; 32])))
}

/// A token of 0.x that may read everything.
fn token() -> AccessToken {
    let claims = json!({"mercure": {"subscribe": ["*"]}});
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let token = jsonwebtoken::encode(&Header::default(), &claims, &key).expect("can be signed");
    let (keys, _) = KeySet::parse(SECRET, &[Algorithm::HS256]).expect("a good key");
    let issuer = TrustedIssuer {
        identifier: "https://issuer.example".to_owned(),
        publisher: RoleKeys::None,
        subscriber: RoleKeys::Known(keys),
    };
    let context = TokenContext {
        keys: &TrustedKeys::new(issuer, Vec::new(), 0),
        audiences: &[],
        dialects: Dialects::Both,
        hub_url: &HubUrl::parse("https://hub.example/.well-known/mercure").expect("a hub URL"),
        limits: &Limits::DEFAULT,
        now_unix_s: 1_800_000_000,
    };
    verify(&token, Role::Subscriber, &context).expect("a good token")
}

fn open(hub: &Hub, selector: &str, token: Option<AccessToken>) -> Subscriber {
    let request = Subscribe {
        matchers: vec![TopicMatcher::selector(selector, &Limits::DEFAULT).expect("good")],
        token,
        last_event_id: None,
    };
    now(hub.subscribe(request)).expect("room for it").0
}

fn read(watcher: &mut Subscriber) {
    let mut cx = Context::from_waker(Waker::noop());
    while let Poll::Ready(next) = watcher.poll_next(&mut cx) {
        black_box(next);
    }
}

fn churn(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("come and go");
    for (name, presence) in [
        ("subscriptions off", Presence::Off),
        ("nobody watches", Presence::Unwatched),
        ("one watches", Presence::Watched),
    ] {
        for others in OTHERS {
            let hub = hub(presence);
            let _others: Vec<_> = (0..others)
                .map(|number| open(&hub, &format!("https://example.com/other/{number}"), None))
                .collect();
            let template = "/.well-known/mercure/subscriptions/{topic}/{subscriber}";
            let mut watcher =
                (presence == Presence::Watched).then(|| open(&hub, template, Some(token())));
            group.bench_function(BenchmarkId::new(name, others), |bencher| {
                bencher.iter_custom(|rounds| {
                    let mut total = Duration::ZERO;
                    for _ in 0..rounds {
                        let start = Instant::now();
                        drop(open(&hub, "https://example.com/a", None));
                        total += start.elapsed();
                        watcher.iter_mut().for_each(read);
                    }
                    total
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, churn);
criterion_main!(benches);
