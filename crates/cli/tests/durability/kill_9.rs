//! SIGKILL under publish load: every acknowledged update is there after the restart, none twice, in the order in which they
//! were acknowledged and seen.

use std::path::Path;
use std::thread;

use crate::book::Book;
use crate::peer::{Publisher, Subscriber};
use crate::program::{Hub, proof_rounds, token};

/// More with `cargo xtask proof kill-9`.
const ROUNDS: usize = 5;
const PUBLISHERS: usize = 8;
/// Acknowledged updates before the signal: more in each round than in the one before, so that it strikes at another moment.
const AT_LEAST: usize = 60;

#[test]
#[allow(clippy::print_stdout, reason = "the line of the proof")]
fn killed_under_load_it_loses_nothing_that_it_acknowledged() {
    let rounds = proof_rounds().unwrap_or(ROUNDS);
    let folder = tempfile::tempdir().expect("a folder");
    let history = folder.path().join("history.redb");
    let book = Book::default();
    let mut log = Vec::new();
    for round in 0..rounds {
        let seen = load_and_kill(&history, &book, round);
        log = check(&history, &book, round, &log, &seen);
    }
    println!(
        "kill -9: {rounds} rounds, {PUBLISHERS} publishers: {} updates sent, {} acknowledged, {} in the log; 0 lost, 0 twice, 0 out of order",
        book.sent() - rounds,
        book.acknowledged() - rounds,
        log.len() - rounds,
    );
}

/// What a live subscriber saw until the hub was killed.
fn load_and_kill(history: &Path, book: &Book, round: usize) -> Vec<String> {
    let hub = Hub::start(history);
    let token = token();
    let target = book.acknowledged() + AT_LEAST + 7 * round % 100;
    let address = hub.address.clone();
    let mut live = Subscriber::connect(&address, None);
    thread::scope(|scope| {
        for publisher in 0..PUBLISHERS {
            let (address, token) = (&address, &token);
            scope.spawn(move || {
                publish_until_it_is_gone(book, address, token, &format!("{round}-{publisher}"));
            });
        }
        let mut seen = Vec::new();
        while book.acknowledged() < target {
            seen.extend(live.next());
        }
        hub.kill();
        seen.extend(std::iter::from_fn(|| live.next()));
        seen
    })
}

fn publish_until_it_is_gone(book: &Book, address: &str, token: &str, name: &str) {
    let mut publisher = Publisher::connect(address, token).expect("the hub accepts");
    for number in 0.. {
        match book.publish(&mut publisher, format!("{name}-{number}"), "x") {
            Ok(answer) => assert_eq!(answer.status, 200, "{answer:?}"),
            Err(_) => return,
        }
    }
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
    let published = book.publish(&mut publisher, fence.clone(), "x");
    assert_eq!(published.expect("an answer").status, 200);
    let mut log = Subscriber::connect(&hub.address, Some("earliest")).until(&fence);
    log.push(fence.clone());
    assert_eq!(log[..before.len()], *before, "what was there is there");
    let new = &log[before.len()..];
    assert!(new.starts_with(seen), "nobody saw what is not in the log");
    book.check(&log);
    // A cursor from before is found.
    let middle = &log[log.len() / 2];
    let rest = Subscriber::connect(&hub.address, Some(middle)).until(&fence);
    assert_eq!(rest, log[log.len() / 2 + 1..log.len() - 1]);
    log
}
