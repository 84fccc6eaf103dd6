//! A seeded simulation: publishers, and subscribers that come, stall, resume and leave while the history forgets, commits late,
//! fails or starts again, against a model that knows nothing but the log and the rules.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use assay_hub_core::history::{HistoryError, RedbHistory};
use assay_hub_core::{
    AccessToken, CloseReason, Hub, HubSettings, Limits, Next, PublishError, Publishing,
    ResponseCursor, Subscriber, TopicMatcher,
};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};

use crate::lane_host::LaneHost;
use crate::late_history::LateDisk;
use crate::seeds::{self, Seeds};
use crate::support::{
    bounds, clock, data, exact, hub_keeping, hub_with, publication, subscribe, token_v0, token_v1,
    url_pattern,
};

const STEPS: usize = 400;

const IN_MEMORY: Seeds = Seeds {
    few: 300,
    one_in: 1,
};
/// A file is opened, closed and synchronised all the time.
const ON_DISK: Seeds = Seeds {
    few: 12,
    one_in: 25,
};

#[test]
fn subscribers_get_what_the_model_says() {
    check(&IN_MEMORY, "who gets what", || Storage::Memory);
}

#[test]
fn they_do_while_the_history_commits_late_and_fails() {
    let question = "who gets what of a history that commits late and fails";
    check(&IN_MEMORY, question, || Storage::Late(Late::default()));
}

#[test]
fn they_do_while_a_durable_history_is_closed_and_opened_again() {
    let question = "who gets what of a durable history that is closed and opened again";
    check(&ON_DISK, question, || Storage::Redb(folder()));
}

/// In memory where there is such a place: nothing here loses power, and an fsync of a disk takes more time than all the rest.
fn folder() -> tempfile::TempDir {
    let in_memory = tempfile::tempdir_in("/dev/shm");
    in_memory
        .or_else(|_| tempfile::tempdir())
        .expect("a folder")
}

fn check(seeds: &Seeds, question: &str, storage: impl Fn() -> Storage) {
    let tokens = Tokens::mint();
    seeds::each(seeds, question, |seed| {
        Simulation::new(seed, &tokens, storage()).run();
    });
}

/// Where the history is.
enum Storage {
    Memory,
    Late(Late),
    Redb(tempfile::TempDir),
}

/// What was published and is not in the log as subscribers see it.
#[derive(Default)]
struct Late {
    disk: LateDisk,
    waiting: VecDeque<(Published, Publishing)>,
    /// Committed, and the hub has not been told.
    untold: VecDeque<(Published, Publishing)>,
}

fn poll(publishing: &mut Publishing) -> Poll<Result<String, PublishError>> {
    let polled = Pin::new(publishing).poll(&mut Context::from_waker(Waker::noop()));
    polled.map(|answer| answer.map(|id| id.to_string()))
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
        // Lists that share a pattern.
        let books = &["/b/1", "/b/2"];
        all.push((Some(token_v0(&["/b/{id}"])), Covered::Topics(books)));
        let more = &["/b/1", "/b/2", "/a/1"];
        let token = token_v0(&["/b/{id}", "/a/1"]);
        all.push((Some(token), Covered::Topics(more)));
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
    /// Its data.
    number: usize,
    id: String,
    topics: Vec<&'static str>,
    private: bool,
}

/// A subscriber, and what the model knows about it.
struct Client {
    /// It wants all that is kept, and has got nothing yet: what is forgotten before it is read is no gap.
    skips: bool,
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

/// Whether somebody was woken.
#[derive(Default)]
pub(crate) struct Flag(pub(crate) AtomicBool);

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
    /// Updates that the history keeps.
    kept: usize,
    storage: Storage,
    hub: Hub,
    lane: LaneHost,
    lane_woken: Arc<Flag>,
    published: usize,
    log: Vec<Published>,
    clients: Vec<Client>,
}

impl Storage {
    /// A hub on it.
    fn hub(&mut self, kept: usize, settings: HubSettings) -> Hub {
        match self {
            Self::Memory => hub_keeping(kept, settings),
            Self::Late(late) => {
                let (history, disk) = LateDisk::new(kept);
                late.disk = disk;
                hub_with(settings, history)
            }
            Self::Redb(folder) => {
                let path = folder.path().join("history.redb");
                let history = RedbHistory::open(&path, bounds(kept), clock());
                hub_with(settings, history.expect("a folder of its own"))
            }
        }
    }
}

impl<'a> Simulation<'a> {
    fn new(seed: u64, tokens: &'a Tokens, mut storage: Storage) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let settings = HubSettings {
            queued_updates: random.random_range(1..12),
            ..HubSettings::default()
        };
        let kept = *[0, 1, 3, 10, 1000].choose(&mut random).expect("not empty");
        let hub = storage.hub(kept, settings.clone());
        let lane_woken = Arc::<Flag>::default();
        Self {
            seed,
            random,
            tokens,
            lane: LaneHost::new(&hub, Waker::from(Arc::clone(&lane_woken))),
            lane_woken,
            storage,
            published: 0,
            hub,
            settings,
            kept,
            log: Vec::new(),
            clients: Vec::new(),
        }
    }

    fn run(mut self) {
        for _ in 0..STEPS {
            match self.random.random_range(0..14) {
                0..4 => self.publish(),
                11 | 12 => self.settle(),
                13 => self.restart(),
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
        self.tell();
        for client in (0..self.clients.len()).rev() {
            self.receive(client, usize::MAX);
        }
    }

    fn publish(&mut self) {
        let topics: Vec<_> = (0..self.random.random_range(1..4))
            .map(|_| *TOPICS.choose(&mut self.random).expect("not empty"))
            .collect();
        let number = self.published;
        self.published += 1;
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
        let publishing = self.hub.publish(publication(&form));
        let published = Published {
            number,
            id,
            topics,
            private,
        };
        match &mut self.storage {
            Storage::Memory | Storage::Redb(_) => {
                publishing.wait().expect("an open hub");
                self.append(published);
            }
            Storage::Late(late) => {
                late.waiting.push_back((published, publishing));
                // Who publishes takes along what was committed.
                self.told();
            }
        }
    }

    fn append(&mut self, published: Published) {
        self.log.push(published);
        self.assert_woken(self.log.len() - 1);
    }

    /// A history that commits late commits, or refuses, what waits longest.
    fn settle(&mut self) {
        let Storage::Late(late) = &mut self.storage else {
            return;
        };
        let Some((published, mut publishing)) = late.waiting.pop_front() else {
            return self.tell();
        };
        if self.random.random_bool(0.2) {
            let error = HistoryError::NoSpace("full".to_owned());
            late.disk.settle(Some(error.clone()), true);
            let refused = Poll::Ready(Err(PublishError::History(error)));
            // The hub was told, so that this is not known before what came before it.
            self.told();
            assert_eq!(poll(&mut publishing), refused, "seed {}", self.seed);
            return;
        }
        let tells = self.random.random_bool(0.7);
        late.disk.settle(None, tells);
        late.untold.push_back((published, publishing));
        if tells {
            self.told();
        }
    }

    fn tell(&mut self) {
        if let Storage::Late(late) = &mut self.storage {
            late.disk.tell();
            self.told();
        }
    }

    /// The feed has handed out all that was committed.
    fn told(&mut self) {
        let Storage::Late(late) = &mut self.storage else {
            return;
        };
        for (_, publishing) in &mut late.waiting {
            assert_eq!(poll(publishing), Poll::Pending, "seed {}", self.seed);
        }
        for (published, mut publishing) in std::mem::take(&mut late.untold) {
            let answer = Poll::Ready(Ok(published.id.clone()));
            assert_eq!(poll(&mut publishing), answer, "seed {}", self.seed);
            self.append(published);
        }
    }

    /// A durable history is closed, and opened by another hub.
    fn restart(&mut self) {
        if !matches!(self.storage, Storage::Redb(_)) || self.random.random_bool(0.8) {
            return;
        }
        self.clients.clear();
        // The hub goes with the last that belongs to it.
        self.hub = Storage::Memory.hub(0, self.settings.clone());
        self.lane = LaneHost::new(&self.hub, Waker::noop().clone());
        self.hub = self.storage.hub(self.kept, self.settings.clone());
        self.lane = LaneHost::new(&self.hub, Waker::from(Arc::clone(&self.lane_woken)));
    }

    /// Whoever waits for an update has been woken.
    fn assert_woken(&self, place: usize) {
        for client in &self.clients {
            if client.waits && client.wants(&self.log[place]) {
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
        let untold = match &self.storage {
            Storage::Late(late) => late.untold.len(),
            Storage::Memory | Storage::Redb(_) => 0,
        };
        let committed = self.log.len() + untold;
        committed.saturating_sub(self.kept).min(self.log.len())
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
            skips: expected == Some("earliest"),
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
            let mut expected = client.next_wanted(&self.log);
            let skips = std::mem::take(&mut client.skips);
            match polled {
                Poll::Ready(Next::Event(event)) => {
                    let received: usize = data(&event).parse().expect("a number");
                    if skips && expected.is_some_and(|place| self.log[place].number != received) {
                        client.next = client.next.max(oldest);
                        expected = client.next_wanted(&self.log);
                    }
                    let due = expected.map(|place| self.log[place].number);
                    assert_eq!(Some(received), due, "seed {seed}: gap, repeat or leak");
                    client.next = expected.expect("equal") + 1;
                }
                // It only let others run.
                Poll::Pending
                    if matches!(client.connection, Connection::Queued(_))
                        && client.woken.0.load(Ordering::Relaxed) =>
                {
                    client.skips = skips;
                }
                Poll::Pending => {
                    if skips {
                        client.next = client.next.max(oldest);
                        expected = client.next_wanted(&self.log);
                    }
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
                        CloseReason::HistoryUnavailable | CloseReason::ShuttingDown => {
                            panic!("seed {seed}: {reason}")
                        }
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
