//! A seeded simulation of those who come and go and those who watch them, on both kinds of connection and in both dialects,
//! while the history forgets: a list and what follows its cursor is exactly what happened, in order, or the hub says that
//! something may be missing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};

use assay_hub_core::{
    AccessToken, Dialect, Hub, HubSettings, Next, ResponseCursor, Subscriber, TopicMatcher,
};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::Value;

use crate::lane_host::LaneHost;
use crate::late_history::LateDisk;
use crate::seeds::{self, Seeds};
use crate::simulation::Flag;
use crate::support::{
    LIST, document, exact, hub_keeping, hub_with, list, now, publication, selector, subscribe,
    token_v0, token_v1, tracking_settings, url_pattern,
};

const SEEDS: Seeds = Seeds {
    few: 150,
    one_in: 1,
};
const STEPS: usize = 300;

#[test]
fn lists_and_what_follows_them_add_up() {
    let tokens = [token_v0(&["*"]), token_v1(&["*"])];
    let mut resumed = 0;
    let run = seeds::each(&SEEDS, "who is told of whom", |seed| {
        resumed += Simulation::new(seed, &tokens).run();
    });
    assert!(
        run == 1 || resumed as u64 > 3 * run,
        "only {resumed} watchers resumed without loss"
    );
}

/// How a client is served: by its own queue, or by the lane.
enum Connection {
    Queued(Subscriber),
    InLane(usize),
}

/// Somebody who is watched. Its topics are its own: `3.0`, `3.1`.
struct Client {
    connection: Connection,
    topics: Vec<String>,
}

struct Watcher {
    dialect: Dialect,
    matcher: TopicMatcher,
    /// None while it is away.
    connection: Option<Connection>,
    /// What it came with, or read last.
    cursor: String,
    /// How many changes it knows of.
    known: usize,
    /// Those of which it knows that they are there.
    view: BTreeSet<String>,
}

struct Simulation<'a> {
    seed: u64,
    random: StdRng,
    tokens: &'a [AccessToken; 2],
    unwatched_events: usize,
    history_updates: usize,
    /// Where the log is, if it commits late.
    disk: Option<LateDisk>,
    hub: Hub,
    lane: LaneHost,
    /// All that happened to topics of clients.
    changes: Vec<(String, bool)>,
    clients: BTreeMap<usize, Client>,
    watchers: Vec<Watcher>,
    numbered: usize,
    resumed: usize,
}

impl<'a> Simulation<'a> {
    fn new(seed: u64, tokens: &'a [AccessToken; 2]) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let unwatched_events = *[0, 1, 5, 1000].choose(&mut random).expect("not empty");
        let history_updates = *[5, 20, 10_000].choose(&mut random).expect("not empty");
        let settings = HubSettings {
            queued_updates: random.random_range(3..20),
            ..tracking_settings(unwatched_events)
        };
        let (hub, disk) = if random.random_bool(0.5) {
            (hub_keeping(history_updates, settings), None)
        } else {
            let (history, disk) = LateDisk::new(history_updates);
            (hub_with(settings, history), Some(disk))
        };
        // Else the cursor of a list is `earliest`, and says nothing.
        drop(hub.publish(publication("topic=T&id=start")));
        Self {
            seed,
            random,
            tokens,
            unwatched_events,
            history_updates,
            disk,
            lane: LaneHost::new(&hub, Waker::noop().clone()),
            hub,
            changes: Vec::new(),
            clients: BTreeMap::new(),
            watchers: Vec::new(),
            numbered: 0,
            resumed: 0,
        }
    }

    fn run(mut self) -> usize {
        for _ in 0..STEPS {
            if let Some(disk) = &self.disk
                && self.random.random_bool(0.3)
            {
                disk.settle(None, self.random.random_bool(0.7));
            }
            match self.random.random_range(0..12) {
                0..3 => self.client_comes(),
                3..5 => self.client_goes(),
                5 => {
                    let form = format!("topic=T&data={}", self.changes.len());
                    drop(self.hub.publish(publication(&form)));
                }
                6 if self.watchers.len() < 4 => self.watcher_begins(),
                7 if !self.watchers.is_empty() => {
                    let index = self.random.random_range(0..self.watchers.len());
                    self.watcher_turns(index);
                }
                8..11 if !self.watchers.is_empty() => {
                    let index = self.random.random_range(0..self.watchers.len());
                    let events = self.random.random_range(1..8);
                    self.receive(index, events);
                }
                _ => {
                    for _ in 0..self.random.random_range(1..4) {
                        self.lane.take_one();
                    }
                }
            }
        }
        for index in 0..self.watchers.len() {
            if self.watchers[index].connection.is_none() {
                self.watcher_turns(index);
            }
            self.receive(index, usize::MAX);
        }
        self.resumed
    }

    fn connect(
        &mut self,
        matchers: &[TopicMatcher],
        token: Option<AccessToken>,
        cursor: Option<&str>,
    ) -> (Connection, Option<ResponseCursor>) {
        let request = subscribe(matchers, token, cursor);
        if self.random.random_bool(0.5) {
            let key = self.lane.join(request);
            let answered = cursor.and_then(|_| self.lane.cursor(key));
            (Connection::InLane(key), answered)
        } else {
            let (subscriber, answered) = now(self.hub.subscribe(request)).expect("room for it");
            (Connection::Queued(subscriber), answered)
        }
    }

    fn disconnect(&mut self, connection: Connection) {
        match connection {
            Connection::InLane(key) => self.lane.leave(key),
            Connection::Queued(subscriber) => drop(subscriber),
        }
    }

    fn client_comes(&mut self) {
        self.numbered += 1;
        let number = self.numbered;
        let topics: Vec<_> = (0..self.random.random_range(1..4))
            .map(|topic| format!("{number}.{topic}"))
            .collect();
        let matchers: Vec<_> = topics.iter().map(|topic| exact(topic)).collect();
        let (connection, _) = self.connect(&matchers, None, None);
        self.changes
            .extend(topics.iter().map(|topic| (topic.clone(), true)));
        self.clients.insert(number, Client { connection, topics });
    }

    fn client_goes(&mut self) {
        let numbers: Vec<_> = self.clients.keys().copied().collect();
        let Some(number) = numbers.choose(&mut self.random) else {
            return;
        };
        let client = self.clients.remove(number).expect("there");
        self.disconnect(client.connection);
        self.changes
            .extend(client.topics.into_iter().map(|topic| (topic, false)));
    }

    /// Everyone who is there.
    fn truth(&self) -> BTreeSet<String> {
        let topics = self.clients.values().flat_map(|client| &client.topics);
        topics.cloned().collect()
    }

    fn watcher_begins(&mut self) {
        let dialect = *[Dialect::V0, Dialect::V1]
            .choose(&mut self.random)
            .expect("not empty");
        let matcher = match (dialect, self.random.random_bool(0.5)) {
            (_, true) => exact("*"),
            (Dialect::V0, false) => selector(&format!("{LIST}/{{topic}}/{{subscriber}}")),
            (Dialect::V1, false) => url_pattern(&format!("{LIST}/exact/:match/:subscriber")),
        };
        let mut watcher = Watcher {
            dialect,
            matcher,
            connection: None,
            cursor: String::new(),
            known: 0,
            view: BTreeSet::new(),
        };
        self.fetch(&mut watcher);
        self.watchers.push(watcher);
    }

    /// Everything is in the log by now, and handed out.
    fn settle(&self) {
        if let Some(disk) = &self.disk {
            while disk.waits() {
                disk.settle(None, true);
            }
            disk.tell();
        }
    }

    /// Fetches the list.
    fn fetch(&self, watcher: &mut Watcher) {
        self.settle();
        let (list, cursor) = list(&self.hub, watcher.dialect);
        self.settle();
        let members = list["subscriptions"].as_array().expect("a list");
        watcher.view = members
            .iter()
            .filter_map(|member| topic(member, watcher.dialect))
            .collect();
        assert_eq!(watcher.view, self.truth(), "seed {}: list", self.seed);
        watcher.cursor = cursor;
        watcher.known = self.changes.len();
    }

    /// Who is away comes back, and who is there leaves.
    fn watcher_turns(&mut self, index: usize) {
        if let Some(connection) = self.watchers[index].connection.take() {
            self.disconnect(connection);
            return;
        }
        let watcher = &self.watchers[index];
        let (matcher, cursor) = (watcher.matcher.clone(), watcher.cursor.clone());
        let token = match watcher.dialect {
            Dialect::V0 => &self.tokens[0],
            Dialect::V1 => &self.tokens[1],
        };
        let (connection, answered) = self.connect(&[matcher], Some(token.clone()), Some(&cursor));
        if answered.as_ref().map(ResponseCursor::as_str) == Some(&*cursor) {
            self.resumed += 1;
            self.watchers[index].connection = Some(connection);
            return;
        }
        // Something may be missing, be it that another watcher went: forgotten, or left out while nobody watched.
        let may_be_forgotten = self.history_updates < 10_000;
        assert!(
            may_be_forgotten || self.unwatched_events < 1000,
            "seed {}: nothing can be missing",
            self.seed
        );
        self.disconnect(connection);
        let mut watcher = self.watchers.swap_remove(index);
        self.fetch(&mut watcher);
        self.watchers.push(watcher);
    }

    /// Polls for up to so many events.
    fn receive(&mut self, index: usize, events: usize) {
        let seed = self.seed;
        let is_settled = events == usize::MAX || self.random.random_bool(0.5);
        if is_settled {
            self.settle();
        }
        let watcher = &mut self.watchers[index];
        for _ in 0..events {
            let polled = match &mut watcher.connection {
                None => return,
                Some(Connection::Queued(subscriber)) => poll(subscriber),
                Some(Connection::InLane(key)) => {
                    self.lane.next(*key).map_or(Poll::Pending, Poll::Ready)
                }
            };
            match polled {
                Poll::Ready(Next::Event(event)) => {
                    watcher.cursor = id(&event);
                    let change = document(&event);
                    let Some(topic) = topic(&change, watcher.dialect) else {
                        continue;
                    };
                    let active = change["active"].as_bool().expect("a boolean");
                    let expected = self.changes.get(watcher.known);
                    assert_eq!(
                        Some(&(topic.clone(), active)),
                        expected,
                        "seed {seed}: {} of {}",
                        watcher.known,
                        self.changes.len()
                    );
                    watcher.known += 1;
                    if active {
                        assert!(watcher.view.insert(topic), "seed {seed}: twice");
                    } else {
                        assert!(watcher.view.remove(&topic), "seed {seed}: unknown");
                    }
                }
                Poll::Pending if !is_settled && self.disk.is_some() => return,
                Poll::Pending => {
                    assert_eq!(watcher.known, self.changes.len(), "seed {seed}: silence");
                    let view = watcher.view.clone();
                    assert_eq!(view, self.truth(), "seed {seed}: view");
                    return;
                }
                Poll::Ready(Next::Closed(_)) => {
                    self.watcher_turns(index);
                    return;
                }
            }
        }
    }
}

/// Polls as a runtime does: again, if it asks for that because it has read much that is not of interest.
fn poll(subscriber: &mut Subscriber) -> Poll<Next> {
    loop {
        let woken = Arc::<Flag>::default();
        let waker = Waker::from(Arc::clone(&woken));
        let polled = subscriber.poll_next(&mut Context::from_waker(&waker));
        if polled.is_ready() || !woken.0.load(Ordering::Relaxed) {
            return polled;
        }
    }
}

/// The topic that a document tells of, if it is a client's: those of watchers are left out.
fn topic(document: &Value, dialect: Dialect) -> Option<String> {
    let (member, other) = match dialect {
        Dialect::V0 => ("topic", "match"),
        Dialect::V1 => ("match", "topic"),
    };
    let topic = document.get(member)?.as_str().expect("text");
    assert!(document.get(other).is_none(), "not its dialect: {document}");
    let is_client = topic.starts_with(|first: char| first.is_ascii_digit());
    is_client.then(|| topic.to_owned())
}

fn id(event: &[u8]) -> String {
    let event = std::str::from_utf8(event).expect("UTF-8");
    let mut lines = event.lines();
    let id = lines.find_map(|line| line.strip_prefix("id: "));
    id.expect("an id").to_owned()
}
