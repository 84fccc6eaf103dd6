//! Who gets an update: what that costs by how many listen, to how many patterns, and by what those who may read hold.
//!
//! An exact topic is found by its hash, and each distinct pattern is tried once a publish, of a private update as of a public
//! one: never each subscriber. So "inbox", "past patterns" and "mixed" do not grow with N, "patterns" grows with P, and "hot" with
//! those who get it. Timed is `Lane::listeners` alone: publishing and writing are measured in `fan_out` and `sockets`.

use std::hint::black_box;
use std::task::Waker;
use std::time::Duration;

use assay_benches::now;
use assay_hub_core::access_token::{
    Algorithm, KeySet, Role, RoleKeys, TrustedIssuer, TrustedKeys, verify,
};
use assay_hub_core::history::Committed;
use assay_hub_core::{
    AccessToken, Arrival, Dialect, Dialects, Hub, HubSettings, HubUrl, Lane, LaneDoor,
    LaneSubscriber, Limits, Publication, RandomEventIds, Subscribe, TokenContext, TopicMatcher,
};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use jsonwebtoken::{EncodingKey, Header};
use serde_json::json;

const SECRET: &str = "a secret of the benches, longer than thirty-two bytes";
const NEWS: &str = "https://example.com/news/1";
const UNHEARD: &str = "https://example.com/unheard";
const FIRST_INBOX: Heard = Heard {
    topic: "https://example.com/users/0",
    by: 1,
};
const SUBSCRIBERS: [usize; 4] = [10, 1_000, 10_000, 100_000];
const PATTERNS: [usize; 4] = [10, 100, 1_000, 10_000];

fn hub_url() -> HubUrl {
    HubUrl::parse("https://hub.example/.well-known/mercure").expect("a hub URL")
}

fn exact(topic: &str) -> TopicMatcher {
    TopicMatcher::exact(topic, &Limits::DEFAULT).expect("a good matcher")
}

/// The matcher of all books of one shop; there is one a number.
fn pattern(number: usize) -> TopicMatcher {
    let text = format!("https://example.com/shops/{number}/books/:id");
    TopicMatcher::url_pattern(&text, &hub_url(), &Limits::DEFAULT).expect("a good matcher")
}

fn inbox(number: usize) -> String {
    format!("https://example.com/users/{number}")
}

/// Mints tokens of 0.x, which say in one line what they let read.
struct Issuer {
    key: EncodingKey,
    keys: TrustedKeys,
}

impl Issuer {
    fn new() -> Self {
        let (keys, _) = KeySet::parse(SECRET, &[Algorithm::HS256]).expect("a good key");
        let issuer = TrustedIssuer {
            identifier: "https://issuer.example".to_owned(),
            publisher: RoleKeys::None,
            subscriber: RoleKeys::Known(keys),
        };
        Self {
            key: EncodingKey::from_secret(SECRET.as_bytes()),
            keys: TrustedKeys::new(issuer, Vec::new(), 0),
        }
    }

    fn token(&self, selectors: &[String]) -> AccessToken {
        let claims = json!({"mercure": {"subscribe": selectors}});
        let token = jsonwebtoken::encode(&Header::default(), &claims, &self.key);
        let context = TokenContext {
            keys: &self.keys,
            audiences: &[],
            dialects: Dialects::Both,
            hub_url: &hub_url(),
            limits: &Limits::DEFAULT,
            now_unix_s: 1_800_000_000,
        };
        let token = token.expect("can be signed");
        verify(&token, Role::Subscriber, &context).expect("a good token")
    }
}

/// A hub with one lane, and those who listen there.
struct Scene {
    hub: Hub,
    door: LaneDoor<()>,
    lane: Lane<()>,
    members: Vec<LaneSubscriber>,
}

impl Scene {
    fn new() -> Self {
        let settings = HubSettings::default();
        let hub = Hub::new(settings, Box::new(RandomEventIds::from_seed([1; 32])));
        let (door, lane) = hub.add_lane(Waker::noop().clone());
        Self {
            hub,
            door,
            lane,
            members: Vec::new(),
        }
    }

    fn of(
        count: usize,
        member: impl Fn(usize) -> (Vec<TopicMatcher>, Option<AccessToken>),
    ) -> Self {
        let mut scene = Self::new();
        for number in 0..count {
            let (matchers, token) = member(number);
            scene.join(matchers, token);
        }
        scene
    }

    fn join(&mut self, matchers: Vec<TopicMatcher>, token: Option<AccessToken>) {
        let subscribe = Subscribe {
            matchers,
            token,
            last_event_id: None,
        };
        now(self.door.join(subscribe, ())).expect("room for it");
        let Some(Arrival::Join(join)) = self.lane.next_arrival() else {
            panic!("who joins arrives");
        };
        let mut subscriber = join.subscriber;
        while !subscriber.is_live() {
            let key = self.members.len();
            self.lane.advance(&mut subscriber, key).expect("kept");
        }
        self.members.push(subscriber);
    }

    /// An update as it comes to the lane.
    fn update(&mut self, topic: &str, is_private: bool) -> Committed {
        let private = if is_private { "&private=on" } else { "" };
        let form = format!("topic={topic}&data=x{private}");
        let publication =
            Publication::from_form(form.as_bytes(), Dialect::V1, &hub_url(), &Limits::DEFAULT);
        let published = self.hub.publish(publication.expect("a good form"));
        published.wait().expect("an open hub");
        let Some(Arrival::Update(committed)) = self.lane.next_arrival() else {
            panic!("what is published arrives");
        };
        committed
    }
}

/// Times who gets a public and a private update on `topic`; it is so many.
fn time(criterion: &mut Criterion, name: &str, parameter: usize, mut scene: Scene, heard: Heard) {
    let mut group = criterion.benchmark_group(format!("matching, {name}"));
    if heard.by > 1 {
        group.throughput(Throughput::Elements(heard.by as u64));
    }
    let mut position = scene.update(UNHEARD, false).position;
    for (visibility, is_private) in [("public", false), ("private", true)] {
        let mut committed = scene.update(heard.topic, is_private);
        group.bench_function(BenchmarkId::new(visibility, parameter), |bencher| {
            bencher.iter(|| {
                // Who has got an update does not get it again: each is another.
                position = position.next();
                committed.position = position;
                let mut listeners = 0;
                scene
                    .lane
                    .listeners(black_box(&committed), |_| listeners += 1);
                assert_eq!(listeners, heard.by, "{name}, {visibility}");
            });
        });
    }
    group.finish();
}

/// What is published, and how many get it.
#[derive(Clone, Copy)]
struct Heard {
    topic: &'static str,
    by: usize,
}

/// All listen to one topic. Their grants are the same.
fn hot(criterion: &mut Criterion) {
    let token = Issuer::new().token(&[NEWS.to_owned()]);
    for subscribers in SUBSCRIBERS {
        let scene = Scene::of(subscribers, |_| (vec![exact(NEWS)], Some(token.clone())));
        let by = subscribers;
        time(
            criterion,
            "hot",
            subscribers,
            scene,
            Heard { topic: NEWS, by },
        );
    }
}

/// All listen to one topic. Each has grants of its own, of which a pattern that all of them have covers it.
fn own_grants(criterion: &mut Criterion) {
    let issuer = Issuer::new();
    for subscribers in SUBSCRIBERS {
        let scene = Scene::of(subscribers, |number| {
            let grants = [inbox(number), "https://example.com/news/{id}".to_owned()];
            (vec![exact(NEWS)], Some(issuer.token(&grants)))
        });
        let by = subscribers;
        time(
            criterion,
            "own grants",
            subscribers,
            scene,
            Heard { topic: NEWS, by },
        );
    }
}

/// Each listens to a topic of its own.
fn inboxes(criterion: &mut Criterion) {
    let issuer = Issuer::new();
    for subscribers in SUBSCRIBERS {
        let scene = Scene::of(subscribers, |number| {
            let token = issuer.token(&[inbox(number)]);
            (vec![exact(&inbox(number))], Some(token))
        });
        time(criterion, "inbox", subscribers, scene, FIRST_INBOX);
    }
}

/// Each distinct pattern has one subscriber.
fn patterns(criterion: &mut Criterion) {
    let token = Issuer::new().token(&["*".to_owned()]);
    for patterns in PATTERNS {
        let scene = Scene::of(patterns, |number| {
            (vec![pattern(number)], Some(token.clone()))
        });
        let heard = Heard {
            topic: "https://example.com/shops/0/books/1",
            by: 1,
        };
        time(criterion, "patterns", patterns, scene, heard);
    }
}

/// So many listen to a hundred patterns, none of which is meant.
fn past_patterns(criterion: &mut Criterion) {
    let token = Issuer::new().token(&["*".to_owned()]);
    for subscribers in SUBSCRIBERS {
        let scene = Scene::of(subscribers, |number| {
            (vec![pattern(number % 100)], Some(token.clone()))
        });
        let heard = Heard {
            topic: UNHEARD,
            by: 0,
        };
        time(criterion, "past 100 patterns", subscribers, scene, heard);
    }
}

/// A site: each listens to its inbox, to the news and to one of a hundred patterns, and one of them is told something.
fn mixed(criterion: &mut Criterion) {
    let issuer = Issuer::new();
    for subscribers in SUBSCRIBERS {
        let scene = Scene::of(subscribers, |number| {
            let token = issuer.token(&[inbox(number), NEWS.to_owned()]);
            let matchers = vec![exact(&inbox(number)), exact(NEWS), pattern(number % 100)];
            (matchers, Some(token))
        });
        time(criterion, "mixed", subscribers, scene, FIRST_INBOX);
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(500));
    targets = hot, own_grants, inboxes, patterns, past_patterns, mixed
}
criterion_main!(benches);
