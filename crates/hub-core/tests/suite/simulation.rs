//! A seeded simulation: publishers, and subscribers that come, stall, resume and leave while the history forgets, commits late,
//! fails or starts again, and while its archive is read late, against a model that knows nothing but the log and the rules.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use assay_hub_core::history::{ArchiveError, History, HistoryError, RedbHistory};
use assay_hub_core::{
    CloseReason, Hub, HubSettings, Next, PublishError, Publishing, ResponseCursor, SubscribeError,
    Subscriber,
};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};

use crate::arriving::{Arriving, AtTheDoor};
use crate::lane_host::LaneHost;
use crate::late_history::LateDisk;
use crate::late_readers::LateReaders;
use crate::model::{Covered, Published, TOPICS, Tokens, some_matcher};
use crate::seeds::{self, Seeds};
use crate::support::{
    bounds, clock, data, hub_keeping, hub_read_by, hub_with, publication, subscribe,
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

/// Orders to read come back late, out of order, or not at all: to subscribers that are still there or have left, from a history
/// that has forgotten meanwhile, to a hub that was closed.
#[test]
fn they_do_while_the_archive_is_read_late() {
    let question = "who gets what of an archive that is read late";
    check_read_late(&IN_MEMORY, question, || Storage::Late(Late::default()));
    let question = "who gets what of a durable history that is read late";
    check_read_late(&ON_DISK, question, || Storage::Redb(folder()));
}

fn check(seeds: &Seeds, question: &str, storage: impl Fn() -> Storage) {
    check_read_by(seeds, question, || (storage(), None));
}

fn check_read_late(seeds: &Seeds, question: &str, storage: impl Fn() -> Storage) {
    check_read_by(seeds, question, || {
        (storage(), Some(LateReaders::default()))
    });
}

fn check_read_by(
    seeds: &Seeds,
    question: &str,
    place: impl Fn() -> (Storage, Option<LateReaders>),
) {
    let tokens = Tokens::mint();
    seeds::each(seeds, question, |seed| {
        let (storage, readers) = place();
        Simulation::new(seed, &tokens, storage, readers).run();
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

/// A subscriber, and what the model knows about it.
struct Client {
    /// It wants all that is kept, and has got nothing yet: what is forgotten before it is read is no gap.
    skips: bool,
    connection: Connection,
    listens: Vec<Covered>,
    reads: Covered,
    /// The places in the log from one of which on it has not received anything: an id that was used again, and forgotten while
    /// it was looked up, leaves it open which.
    next: Vec<usize>,
    woken: Arc<Flag>,
    waits: Waits,
}

/// What a client that got nothing waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waits {
    /// It has not asked.
    No,
    ForUpdates,
    /// For an order, since something is due to it.
    ForReaders,
}

/// How a client is served: by its own queue, or by the lane.
pub(crate) enum Connection {
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
    arriving: Vec<Arriving>,
    clients: Vec<Client>,
    /// None if orders are executed at once.
    readers: Option<LateReaders>,
    /// Whether an order was given up.
    gave_up: bool,
    is_closed: bool,
}

impl Storage {
    /// A hub on it.
    fn hub(&mut self, kept: usize, settings: HubSettings, readers: Option<&LateReaders>) -> Hub {
        match self {
            Self::Memory => hub_keeping(kept, settings),
            Self::Late(late) => {
                let (history, disk) = LateDisk::new(kept);
                late.disk = disk;
                read_by(readers, settings, history)
            }
            Self::Redb(folder) => {
                let path = folder.path().join("history.redb");
                let history = RedbHistory::open(&path, bounds(kept), clock());
                read_by(readers, settings, history.expect("a folder of its own"))
            }
        }
    }
}

fn read_by(
    readers: Option<&LateReaders>,
    settings: HubSettings,
    history: impl History + 'static,
) -> Hub {
    match readers {
        None => hub_with(settings, history),
        Some(readers) => hub_read_by(readers.clone(), settings, history),
    }
}

impl<'a> Simulation<'a> {
    fn new(
        seed: u64,
        tokens: &'a Tokens,
        mut storage: Storage,
        readers: Option<LateReaders>,
    ) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let settings = HubSettings {
            queued_updates: random.random_range(1..12),
            ..HubSettings::default()
        };
        let kept = *[0, 1, 3, 10, 1000].choose(&mut random).expect("not empty");
        let hub = storage.hub(kept, settings.clone(), readers.as_ref());
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
            arriving: Vec::new(),
            clients: Vec::new(),
            readers,
            gave_up: false,
            is_closed: false,
        }
    }

    fn run(mut self) {
        for _ in 0..STEPS {
            self.turn_to_readers();
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
            // Who has a queue is in before it is looked up where it resumes.
            let arriving = self.arriving.iter().filter(|it| it.is_in()).count();
            assert_eq!(
                self.hub.subscriber_count(),
                self.clients.len() + arriving,
                "seed {}",
                self.seed
            );
        }
        self.tell();
        if self.readers.is_some() && self.random.random_bool(0.3) {
            return self.close();
        }
        self.read_all();
        assert!(self.arriving.is_empty(), "seed {}", self.seed);
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
        self.arriving.clear();
        self.readers.iter().for_each(LateReaders::forget);
        // The hub goes with the last that belongs to it.
        self.hub = Storage::Memory.hub(0, self.settings.clone(), None);
        self.lane = LaneHost::new(&self.hub, Waker::noop().clone());
        let readers = self.readers.as_ref();
        self.hub = self.storage.hub(self.kept, self.settings.clone(), readers);
        self.lane = LaneHost::new(&self.hub, Waker::from(Arc::clone(&self.lane_woken)));
    }

    /// Whoever waits for an update has been woken.
    fn assert_woken(&self, place: usize) {
        for client in &self.clients {
            if client.waits == Waits::ForUpdates && client.wants(&self.log[place]) {
                assert!(self.is_woken(client), "seed {}: not woken", self.seed);
            }
        }
    }

    fn is_woken(&self, client: &Client) -> bool {
        let woken = match client.connection {
            Connection::Queued(_) => &client.woken,
            Connection::InLane(_) => &self.lane_woken,
        };
        woken.0.load(Ordering::Relaxed)
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
        let request = subscribe(&matchers, token, cursor.as_deref());
        let at_the_door = if self.random.random_bool(0.5) {
            let (key, joining) = self.lane.begin_to_join(request);
            AtTheDoor::OfTheLane(key, joining)
        } else {
            let hub = self.hub.clone();
            AtTheDoor::OfTheHub(Box::pin(async move { hub.subscribe(request).await }))
        };
        self.arrive(Arriving {
            at_the_door,
            cursor,
            listens,
            reads,
            since: self.oldest()..self.log.len(),
            woken: Arc::default(),
        });
    }

    /// Goes on with somebody who arrives.
    fn arrive(&mut self, mut arriving: Arriving) {
        let seed = self.seed;
        let entered = match arriving.poll() {
            Poll::Ready(entered) => entered,
            Poll::Pending => {
                assert!(self.readers.is_some(), "seed {seed}: it has to wait");
                return self.arriving.push(arriving);
            }
        };
        let (connection, answered) = match entered {
            Ok(entered) => entered,
            Err(SubscribeError::History(ArchiveError::Unavailable(_))) if self.gave_up => return,
            Err(SubscribeError::Closed) if self.is_closed => return,
            Err(error) => panic!("seed {seed}: {error}"),
        };
        // The lane may lag behind, but not when it is asked for what it answers.
        let answered = match connection {
            Connection::InLane(key) if self.random.random_bool(0.5) => Some(self.lane.cursor(key)),
            Connection::InLane(_) => None,
            Connection::Queued(_) => Some(answered),
        };
        let now = self.oldest()..self.log.len();
        let (mut next, mut skips) = arriving.may_begin(&self.log, &now);
        if let Some(answered) = answered {
            let answered = answered.as_ref().map(ResponseCursor::as_str);
            let is_earliest = answered == Some("earliest");
            let known = answered.filter(|_| !is_earliest);
            let expected = arriving.cursor.as_deref().filter(|_| !is_earliest);
            assert_eq!(known, expected, "seed {seed}");
            if is_earliest {
                assert!(skips, "seed {seed}: it is known");
                next = vec![arriving.since.start];
            } else {
                assert!(!next.is_empty(), "seed {seed}: it is not known");
                skips = false;
            }
        }
        if skips {
            next.push(arriving.since.start);
        }
        self.clients.push(Client {
            skips,
            connection,
            listens: arriving.listens,
            reads: arriving.reads,
            next,
            woken: Arc::default(),
            waits: Waits::No,
        });
    }

    /// Reads something that is ordered, or does not; goes on with who arrives, or lets it go.
    fn turn_to_readers(&mut self) {
        let Some(readers) = self.readers.clone() else {
            return;
        };
        if readers.waiting() > 0 && self.random.random_bool(0.5) {
            let order = readers.pick(self.random.random_range(0..readers.waiting()));
            if self.random.random_bool(0.02) {
                self.gave_up = true;
                drop(order);
            } else {
                order.execute();
            }
        }
        if !self.arriving.is_empty() && self.random.random_bool(0.4) {
            let index = self.random.random_range(0..self.arriving.len());
            let arriving = self.arriving.swap_remove(index);
            if self.random.random_bool(0.9) {
                self.arrive(arriving);
            }
        }
        if self.random.random_bool(0.05) {
            self.read_all();
        }
    }

    /// Reads all that is ordered: whoever waited for that is woken, and nobody is left at the door.
    fn read_all(&mut self) {
        let Some(readers) = self.readers.clone() else {
            return;
        };
        readers.execute_all();
        for client in &self.clients {
            if client.waits == Waits::ForReaders {
                let goes_on = match client.connection {
                    Connection::Queued(_) => self.is_woken(client),
                    // The lane was, or has taken that already, for the sake of another.
                    Connection::InLane(key) => self.is_woken(client) || !self.lane.reads(key),
                };
                assert!(goes_on, "seed {}: not woken", self.seed);
            }
        }
        for arriving in std::mem::take(&mut self.arriving) {
            let is_woken = arriving.woken.0.load(Ordering::Relaxed);
            assert!(is_woken, "seed {}: not woken at the door", self.seed);
            self.arrive(arriving);
        }
        // What was looked up is still to be read.
        if !self.arriving.is_empty() {
            self.read_all();
        }
    }

    /// The hub is closed, whatever is ordered: nobody waits for that any more, and nothing of it is read.
    fn close(mut self) {
        let seed = self.seed;
        self.hub.close_all(CloseReason::ShuttingDown);
        self.is_closed = true;
        for arriving in std::mem::take(&mut self.arriving) {
            let is_woken = arriving.woken.0.load(Ordering::Relaxed);
            assert!(is_woken, "seed {seed}: not woken at the door");
            self.arrive(arriving);
        }
        assert!(self.arriving.is_empty(), "seed {seed}: it is not told");
        for client in (0..self.clients.len()).rev() {
            let waits = self.clients[client].waits;
            let is_woken = waits == Waits::No || self.is_woken(&self.clients[client]);
            assert!(is_woken, "seed {seed}: not woken at the end");
            self.receive_until_closed(client);
        }
        assert_eq!(self.hub.subscriber_count(), 0, "seed {seed}");
        assert_eq!(self.hub.counts().read_orders, 0, "seed {seed}");
        let reads = self.archive_reads();
        self.readers.iter().for_each(LateReaders::execute_all);
        assert_eq!(self.archive_reads(), reads, "seed {seed}: read for nobody");
    }

    fn archive_reads(&self) -> usize {
        match &self.storage {
            Storage::Late(late) => late.disk.reads(),
            Storage::Memory | Storage::Redb(_) => 0,
        }
    }

    fn receive_until_closed(&mut self, index: usize) {
        let clients = self.clients.len();
        // A queue lets others run in between.
        for _ in 0..STEPS {
            if self.clients.len() < clients {
                return;
            }
            self.receive(index, usize::MAX);
        }
        panic!("seed {}: it does not end", self.seed);
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
        client.waits = Waits::No;
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
            match polled {
                Poll::Ready(Next::Event(event)) => {
                    let received: usize = data(&event).parse().expect("a number");
                    let is_late = self.readers.is_some();
                    let place = client.due(&self.log, received, oldest, is_late);
                    client.next = vec![
                        place.unwrap_or_else(|| {
                            panic!("seed {seed}: gap, repeat or leak: {received}")
                        }) + 1,
                    ];
                    client.skips = false;
                }
                // It only let others run.
                Poll::Pending
                    if matches!(client.connection, Connection::Queued(_))
                        && client.woken.0.load(Ordering::Relaxed) => {}
                Poll::Pending => {
                    let is_due = client.is_due(&self.log, oldest);
                    let readers = self.readers.as_ref().map_or(0, LateReaders::waiting);
                    assert!(
                        !is_due || readers > 0,
                        "seed {seed}: silence, although something is due"
                    );
                    client.waits = match is_due {
                        true => Waits::ForReaders,
                        // It may still be on its way through the history.
                        false if readers > 0 => Waits::No,
                        false => Waits::ForUpdates,
                    };
                    if client.waits == Waits::ForUpdates && client.skips {
                        client.next = vec![client.earliest().max(oldest)];
                        client.skips = false;
                    }
                    return;
                }
                Poll::Ready(Next::Closed(reason)) => {
                    let backlog = self.log[client.earliest()..]
                        .iter()
                        .filter(|update| client.wants(update))
                        .count();
                    match reason {
                        CloseReason::QueueFull => {
                            assert!(backlog > self.settings.queued_updates, "seed {seed}");
                        }
                        CloseReason::ReplayOverrun => {
                            assert!(client.earliest() < oldest, "seed {seed}");
                            // Unless it may be behind an id, it goes on with what is kept.
                            let wants_all = client.skips && client.next.len() == 1;
                            assert!(!wants_all, "seed {seed}: what it lacks is no gap");
                        }
                        CloseReason::HistoryUnavailable => assert!(self.gave_up, "seed {seed}"),
                        CloseReason::ShuttingDown => assert!(self.is_closed, "seed {seed}"),
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

    fn next_wanted(&self, log: &[Published], from: usize) -> Option<usize> {
        (from..log.len()).find(|&place| self.wants(&log[place]))
    }

    fn earliest(&self) -> usize {
        *self.next.iter().min().expect("at least one")
    }

    /// Whether something is due to it, wherever it is.
    fn is_due(&self, log: &[Published], oldest: usize) -> bool {
        let forgotten = if self.skips { oldest } else { 0 };
        let mut next = self.next.iter();
        next.all(|&from| self.next_wanted(log, from.max(forgotten)).is_some())
    }

    /// The place of an update that it received, if that was due. `oldest` is kept now, and more may have been kept when it was
    /// read, if that was before.
    fn due(
        &self,
        log: &[Published],
        received: usize,
        oldest: usize,
        may_be_read_before: bool,
    ) -> Option<usize> {
        let place = log.iter().position(|update| update.number == received)?;
        let is_next = |from| self.next_wanted(log, from) == Some(place);
        let skipped = self.skips
            && self.earliest() <= place
            && (is_next(self.earliest().max(oldest))
                || may_be_read_before && place < oldest && self.wants(&log[place]));
        (self.next.iter().any(|&from| is_next(from)) || skipped).then_some(place)
    }
}
