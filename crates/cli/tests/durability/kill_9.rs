//! SIGKILL under publish load: every acknowledged update is there after the restart, none twice, in the order in which they
//! were acknowledged and seen.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::peer::{Publisher, Subscriber};
use crate::program::{Hub, token};

/// More with `cargo xtask proof kill-9`.
const ROUNDS: usize = 5;
const PUBLISHERS: usize = 8;
/// Acknowledged updates before the signal: more in each round than in the one before, so that it strikes at another moment.
const AT_LEAST: usize = 60;

/// An update that was sent.
#[derive(Clone, Copy)]
struct Sent {
    /// When, among all that was sent and answered.
    sent_at: usize,
    /// When it was acknowledged, if it was.
    acknowledged_at: Option<usize>,
}

/// All that publishers did and were told.
#[derive(Default)]
struct Book {
    moment: AtomicUsize,
    acknowledged: AtomicUsize,
    sent: Mutex<HashMap<String, Sent>>,
}

impl Book {
    fn now(&self) -> usize {
        self.moment.fetch_add(1, Ordering::SeqCst)
    }

    /// Publishes until the hub is gone.
    fn publish(&self, address: &str, token: &str, name: &str) {
        let mut publisher = Publisher::connect(address, token).expect("the hub accepts");
        for number in 0.. {
            let id = format!("{name}-{number}");
            let mut sent = Sent {
                sent_at: self.now(),
                acknowledged_at: None,
            };
            let answer = publisher.publish(&id, "x");
            if let Ok(status) = answer {
                assert_eq!(status, 200);
                sent.acknowledged_at = Some(self.now());
                self.acknowledged.fetch_add(1, Ordering::SeqCst);
            }
            self.sent.lock().unwrap().insert(id, sent);
            if answer.is_err() {
                return;
            }
        }
    }
}

#[test]
#[allow(clippy::print_stdout, reason = "the line of the proof")]
fn killed_under_load_it_loses_nothing_that_it_acknowledged() {
    let rounds = std::env::var("ASSAY_PROOF_ROUNDS").ok();
    let rounds = rounds.map_or(ROUNDS, |rounds| rounds.parse().expect("a number of rounds"));
    let folder = tempfile::tempdir().expect("a folder");
    let history = folder.path().join("history.redb");
    let book = Book::default();
    let mut log = Vec::new();
    for round in 0..rounds {
        let seen = load_and_kill(&history, &book, round);
        log = check(&history, &book, round, &log, &seen);
    }
    let sent = book.sent.lock().unwrap().len();
    println!(
        "kill -9: {rounds} rounds, {PUBLISHERS} publishers: {sent} updates sent, {} acknowledged, {} in the log; 0 lost, 0 twice, 0 out of order",
        book.acknowledged.load(Ordering::SeqCst),
        log.iter().filter(|id| !id.starts_with("fence")).count(),
    );
}

/// What a live subscriber saw until the hub was killed.
fn load_and_kill(history: &Path, book: &Book, round: usize) -> Vec<String> {
    let hub = Hub::start(history);
    let token = token();
    let before = book.acknowledged.load(Ordering::SeqCst);
    let target = before + AT_LEAST + 7 * round % 100;
    let address = hub.address.clone();
    let mut live = Subscriber::connect(&address, None);
    thread::scope(|scope| {
        for publisher in 0..PUBLISHERS {
            let (address, token) = (&address, &token);
            scope.spawn(move || book.publish(address, token, &format!("{round}-{publisher}")));
        }
        let mut seen = Vec::new();
        while book.acknowledged.load(Ordering::SeqCst) < target {
            seen.extend(live.next());
        }
        hub.kill();
        seen.extend(std::iter::from_fn(|| live.next()));
        seen
    })
}

/// Starts the hub again, and holds its log against the book, the log of the last round and what was seen. The log.
fn check(
    history: &Path,
    book: &Book,
    round: usize,
    before: &[String],
    seen: &[String],
) -> Vec<String> {
    let hub = Hub::start(history);
    let fence = format!("fence-{round}");
    let token = token();
    let mut publisher = Publisher::connect(&hub.address, &token).expect("the hub accepts");
    assert_eq!(publisher.publish(&fence, "x").ok(), Some(200));
    let mut log = Subscriber::connect(&hub.address, Some("earliest")).until(&fence);
    log.push(fence.clone());
    assert_eq!(log[..before.len()], *before, "what was there is there");
    let new = &log[before.len()..];
    assert!(new.starts_with(seen), "nobody saw what is not in the log");
    let places: HashMap<_, _> = log.iter().zip(0..).collect::<HashMap<&String, usize>>();
    assert_eq!(places.len(), log.len(), "none twice");
    let sent = book.sent.lock().unwrap();
    for (id, one) in sent.iter() {
        let is_there = places.contains_key(id);
        assert!(is_there || one.acknowledged_at.is_none(), "{id} is lost");
    }
    check_order(new, &sent);
    // A cursor from before is found.
    let middle = &log[log.len() / 2];
    let rest = Subscriber::connect(&hub.address, Some(middle)).until(&fence);
    assert_eq!(rest, log[log.len() / 2 + 1..log.len() - 1]);
    log
}

/// Whatever was acknowledged before another was sent stands before it.
fn check_order(log: &[String], sent: &HashMap<String, Sent>) {
    let mut earliest = usize::MAX;
    for id in log.iter().rev().filter(|id| !id.starts_with("fence")) {
        let one = sent[id];
        assert!(
            earliest >= one.sent_at,
            "{id} stands before what was acknowledged before it"
        );
        earliest = earliest.min(one.acknowledged_at.unwrap_or(usize::MAX));
    }
}
