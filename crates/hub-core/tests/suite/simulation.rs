//! A seeded simulation: publishers, and subscribers that come, stall, resume and leave while the history forgets, against a
//! model that knows nothing but the log and the rules.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use assay_hub_core::{
    AccessToken, CloseReason, Hub, HubSettings, Limits, Next, ResponseCursor, Subscriber,
    TopicMatcher,
};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};

use crate::lane_host::LaneHost;
use crate::support::{data, exact, hub, publication, subscribe, token_v0, token_v1, url_pattern};

const SEEDS: u64 = 300;
const STEPS: usize = 400;

#[test]
fn subscribers_get_what_the_model_says() {
    let tokens = Tokens::mint();
    for seed in 0..SEEDS {
        Simulation::new(seed, &tokens).run();
    }
}

/// Grants as a model understands them: a list of topics, or all.
struct Tokens(Vec<(Option<AccessToken>, Covered)>);

#[derive(Clone, Debug)]
enum Covered {
    Topics(&'static [&'static str]),
    All,
}

impl Tokens {
    fn mint() -> Self {
        const LISTS: [&[&str]; 3] = [&[], &["/a/1"], &["/b/2", "loose"]];
        let mut all = vec![
            (None, Covered::Topics(&[])),
            (Some(token_v1(&["*"])), Covered::All),
        ];
        for list in LISTS {
            all.push((Some(token_v1(list)), Covered::Topics(list)));
            all.push((Some(token_v0(list)), Covered::Topics(list)));
        }
        Self(all)
    }
}

const TOPICS: [&str; 7] = [
    "/a/1",
    "/a/2",
    "/b/1",
    "/b/2",
    "loose",
    "urn:x",
    "https://[",
];

impl Covered {
    fn covers(&self, topic: &str) -> bool {
        match self {
            Self::Topics(topics) => topics.contains(&topic),
            Self::All => true,
        }
    }
}

/// A matcher and what the model makes of it.
fn some_matcher(random: &mut StdRng) -> (TopicMatcher, Covered) {
    let selector = |text| TopicMatcher::selector(text, &Limits::DEFAULT).expect("a good selector");
    match random.random_range(0..8) {
        0 => (exact("*"), Covered::All),
        1 => (url_pattern("/a/:id"), Covered::Topics(&["/a/1", "/a/2"])),
        2 => (
            url_pattern("https://hub.example/b/*"),
            Covered::Topics(&["/b/1", "/b/2"]),
        ),
        3 => (selector("/b/{id}"), Covered::Topics(&["/b/1", "/b/2"])),
        4 => (exact("/a/1"), Covered::Topics(&["/a/1"])),
        5 => (exact("https://["), Covered::Topics(&["https://["])),
        6 => (selector("urn:x"), Covered::Topics(&["urn:x"])),
        _ => (exact("loose"), Covered::Topics(&["loose"])),
    }
}

struct Published {
    id: String,
    topics: Vec<&'static str>,
    private: bool,
}

/// A subscriber, and what the model knows about it.
struct Client {
    connection: Connection,
    listens: Vec<Covered>,
    reads: Covered,
    /// The place in the log from which on it has not received anything.
    next: usize,
    woken: Arc<Flag>,
    waits: bool,
}

/// How a client is served: by its own queue, or by the lane.
enum Connection {
    Queued(Subscriber),
    InLane(usize),
}

#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

struct Simulation<'a> {
    seed: u64,
    random: StdRng,
    tokens: &'a Tokens,
    settings: HubSettings,
    hub: Hub,
    lane: LaneHost,
    lane_woken: Arc<Flag>,
    log: Vec<Published>,
    clients: Vec<Client>,
}

impl<'a> Simulation<'a> {
    fn new(seed: u64, tokens: &'a Tokens) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let settings = HubSettings {
            history_updates: *[0, 1, 3, 10, 1000].choose(&mut random).expect("not empty"),
            queued_updates: random.random_range(1..12),
            ..HubSettings::default()
        };
        let hub = hub(settings.clone());
        let lane_woken = Arc::<Flag>::default();
        Self {
            seed,
            random,
            tokens,
            lane: LaneHost::new(&hub, Waker::from(Arc::clone(&lane_woken))),
            lane_woken,
            hub,
            settings,
            log: Vec::new(),
            clients: Vec::new(),
        }
    }

    fn run(mut self) {
        for _ in 0..STEPS {
            match self.random.random_range(0..11) {
                0..4 => self.publish(),
                4 => self.come(),
                5..9 if !self.clients.is_empty() => {
                    let client = self.random.random_range(0..self.clients.len());
                    let events = self.random.random_range(1..6);
                    self.receive(client, events);
                }
                9 if !self.clients.is_empty() => {
                    let client = self.random.random_range(0..self.clients.len());
                    self.remove(client);
                }
                10 => {
                    for _ in 0..self.random.random_range(1..4) {
                        self.lane.take_one();
                    }
                }
                _ => {}
            }
            assert_eq!(
                self.hub.subscriber_count(),
                self.clients.len(),
                "seed {}",
                self.seed
            );
        }
        for client in (0..self.clients.len()).rev() {
            self.receive(client, usize::MAX);
        }
    }

    fn publish(&mut self) {
        let topics: Vec<_> = (0..self.random.random_range(1..4))
            .map(|_| *TOPICS.choose(&mut self.random).expect("not empty"))
            .collect();
        let number = self.log.len();
        // Some ids are used again.
        let id = if self.random.random_bool(0.2) {
            format!("again{}", number % 3)
        } else {
            format!("id{number}")
        };
        let private = self.random.random_bool(0.4);
        let mut form = format!("data={number}&id={id}");
        for topic in &topics {
            form += "&topic=";
            form += topic;
        }
        if private {
            form += "&private";
        }
        self.hub.publish(publication(&form)).expect("an open hub");
        self.log.push(Published {
            id,
            topics,
            private,
        });
        self.assert_woken(number);
    }

    /// Whoever waits for an update has been woken.
    fn assert_woken(&self, number: usize) {
        for client in &self.clients {
            if client.waits && client.wants(&self.log[number]) {
                let woken = match client.connection {
                    Connection::Queued(_) => &client.woken,
                    Connection::InLane(_) => &self.lane_woken,
                };
                assert!(
                    woken.0.load(Ordering::Relaxed),
                    "seed {}: not woken",
                    self.seed
                );
            }
        }
    }

    /// The oldest update that the history still has.
    fn oldest(&self) -> usize {
        self.log.len().saturating_sub(self.settings.history_updates)
    }

    fn come(&mut self) {
        let (matchers, listens): (Vec<_>, Vec<_>) = (0..self.random.random_range(1..4))
            .map(|_| some_matcher(&mut self.random))
            .unzip();
        let (token, reads) = self
            .tokens
            .0
            .choose(&mut self.random)
            .expect("not empty")
            .clone();
        let cursor = match self.random.random_range(0..4) {
            0 => None,
            1 => Some("earliest".to_owned()),
            2 => Some(format!("again{}", self.random.random_range(0..3))),
            _ => self
                .log
                .choose(&mut self.random)
                .map(|published| published.id.clone()),
        };
        let kept = self.oldest()..self.log.len();
        let found = kept
            .clone()
            .find(|&place| Some(&self.log[place].id) == cursor.as_ref());
        let request = subscribe(&matchers, token, cursor.as_deref());
        let (connection, answered) = if self.random.random_bool(0.5) {
            let key = self.lane.join(request);
            (Connection::InLane(key), None)
        } else {
            let (subscriber, answered) = self.hub.subscribe(request).expect("room for it");
            (Connection::Queued(subscriber), answered)
        };
        let (next, expected) = match (&cursor, found) {
            (None, _) => (kept.end, None),
            (Some(_), None) => (kept.start, Some("earliest")),
            (Some(id), Some(place)) => (place + 1, Some(id.as_str())),
        };
        // The lane may lag behind, but not when it is asked for what it answers.
        let answered = match connection {
            Connection::InLane(key) if self.random.random_bool(0.5) => self.lane.cursor(key),
            Connection::InLane(_) => None,
            Connection::Queued(_) => answered,
        };
        if answered.is_some() || matches!(connection, Connection::Queued(_)) {
            assert_eq!(
                answered.as_ref().map(ResponseCursor::as_str),
                expected,
                "seed {}",
                self.seed
            );
        }
        self.clients.push(Client {
            connection,
            listens,
            reads,
            next,
            woken: Arc::default(),
            waits: false,
        });
    }

    fn remove(&mut self, index: usize) {
        if let Connection::InLane(key) = self.clients.swap_remove(index).connection {
            self.lane.leave(key);
        }
    }

    /// Polls for up to so many events; a client that is closed is taken out.
    fn receive(&mut self, index: usize, events: usize) {
        let seed = self.seed;
        let oldest = self.oldest();
        let client = &mut self.clients[index];
        client.waits = false;
        let waker = Waker::from(Arc::clone(&client.woken));
        for _ in 0..events {
            let polled = match &mut client.connection {
                Connection::Queued(subscriber) => {
                    client.woken.0.store(false, Ordering::Relaxed);
                    subscriber.poll_next(&mut Context::from_waker(&waker))
                }
                Connection::InLane(key) => {
                    let next = self.lane.next(*key);
                    if next.is_none() {
                        // It has taken all that there was.
                        self.lane_woken.0.store(false, Ordering::Relaxed);
                    }
                    next.map_or(Poll::Pending, Poll::Ready)
                }
            };
            let expected = client.next_wanted(&self.log);
            match polled {
                Poll::Ready(Next::Event(event)) => {
                    let received: usize = data(&event).parse().expect("a number");
                    assert_eq!(Some(received), expected, "seed {seed}: gap, repeat or leak");
                    client.next = received + 1;
                }
                Poll::Pending => {
                    assert_eq!(
                        expected, None,
                        "seed {seed}: silence, although something is due"
                    );
                    client.waits = true;
                    return;
                }
                Poll::Ready(Next::Closed(reason)) => {
                    let backlog = self.log[client.next..]
                        .iter()
                        .filter(|update| client.wants(update))
                        .count();
                    match reason {
                        CloseReason::QueueFull => {
                            assert!(backlog > self.settings.queued_updates, "seed {seed}");
                        }
                        CloseReason::ReplayOverrun => assert!(client.next < oldest, "seed {seed}"),
                        CloseReason::ShuttingDown => panic!("seed {seed}: {reason}"),
                    }
                    self.remove(index);
                    return;
                }
            }
        }
    }
}

impl Client {
    fn wants(&self, update: &Published) -> bool {
        let listens = |topic: &&str| self.listens.iter().any(|covered| covered.covers(topic));
        let routed = update.topics.iter().any(listens);
        routed && (!update.private || update.topics.iter().any(|topic| self.reads.covers(topic)))
    }

    fn next_wanted(&self, log: &[Published]) -> Option<usize> {
        (self.next..log.len()).find(|&place| self.wants(&log[place]))
    }
}
