//! A full disk: publications are refused with 507, nobody gets what is not stored, subscribers are served, also those that come
//! back with a cursor, and it goes on when there is room again. Whatever was acknowledged is there after a restart, and whatever
//! was refused is not.

use std::thread;
use std::time::{Duration, Instant};

use crate::book::Book;
use crate::disk::{Disk, LongestFile, SmallDisk};
use crate::peer::{Publisher, Subscriber};
use crate::program::{Hub, proof_rounds, token};

/// The longest that the hub may take to find out that there is no room, or that there is some again.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often the disk gets full and has room again, under one hub.
const TIMES_FULL: usize = 3;
const PUBLISHERS: usize = 4;
/// How often each of them is refused before there is room again.
const REFUSALS: usize = 3;

/// On a real disk too with `cargo xtask proof disk-full`: not every machine lets a test mount one.
#[test]
#[allow(clippy::print_stdout, reason = "the lines of the proof")]
fn a_full_disk_refuses_publishers_and_nobody_else() {
    println!("{}", rounds(1, LongestFile::new));
    if let Some(proof_rounds) = proof_rounds() {
        let mount =
            || SmallDisk::mount().expect("a machine that allows a mount in a user namespace");
        println!("{}", rounds(proof_rounds, mount));
    }
}

/// What the rounds on such disks came to; each on a new one.
fn rounds<D: Disk>(rounds: usize, disk: impl Fn() -> D) -> String {
    let (mut refused, mut acknowledged) = (0, 0);
    for round in 0..rounds {
        let book = Book::default();
        on_a_disk(&disk(), &book, round);
        acknowledged += book.acknowledged();
        refused += book.sent() - book.acknowledged();
    }
    format!(
        "disk full: {}: {rounds} rounds, {TIMES_FULL} times full in each, {PUBLISHERS} publishers: {acknowledged} updates acknowledged, \
         {refused} refused; 0 lost, 0 twice, 0 out of order, none stored that was refused",
        D::NAME
    )
}

fn on_a_disk(disk: &impl Disk, book: &Book, round: usize) {
    let token = token();
    let hub = Hub::start(&disk.history());
    let mut live = Subscriber::connect(&hub.address, None);
    // Another length in each round, so that another page is the one that has no room.
    let data = "x".repeat(4_000 + 1_733 * (round % 16));
    let mut log = Vec::new();
    for time in 0..TIMES_FULL {
        let scene = Scene {
            hub: &hub,
            book,
            token: &token,
            data: &data,
            name: format!("{time}"),
        };
        scene.publish_some();
        // Not at once each time, so that it gets full in the middle of a write.
        let left_bytes = (round * 37_000 + time * 100_000) as u64;
        disk.fill(&hub, left_bytes);
        scene.publish_until_refused();
        // Who was here has what is stored and nothing else.
        while log.len() < book.acknowledged() {
            log.push(live.next().expect("an update that is stored"));
        }
        book.check(&log);
        let mut others = scene.come_back(&log);
        disk.make_room(&hub);
        let next = scene.publish_until_stored();
        assert_eq!(live.next().as_ref(), Some(&next));
        for other in &mut others {
            assert_eq!(other.next().as_ref(), Some(&next));
        }
        log.push(next);
    }
    // It is killed while there is no room, and has none at the start.
    disk.fill(&hub, 0);
    hub.kill();
    let hub = Hub::start(&disk.history());
    let (last, before) = log.split_last().expect("some");
    let mut kept = Subscriber::connect(&hub.address, Some("earliest"));
    assert_eq!(kept.until(last), before, "what was seen, and no more");
    disk.make_room(&hub);
    let scene = Scene {
        hub: &hub,
        book,
        token: &token,
        data: &data,
        name: "restarted".to_owned(),
    };
    let next = scene.publish_until_stored();
    assert_eq!(kept.next(), Some(next.clone()));
    log.push(next);
    book.check(&log);
}

/// One time that the disk gets full.
struct Scene<'a> {
    hub: &'a Hub,
    book: &'a Book,
    token: &'a str,
    data: &'a str,
    name: String,
}

impl Scene<'_> {
    fn publisher(&self) -> Publisher<'_> {
        Publisher::connect(&self.hub.address, self.token).expect("the hub accepts")
    }

    /// While there is room.
    fn publish_some(&self) {
        let mut publisher = self.publisher();
        for number in 0..10 {
            let id = format!("{}-before-{number}", self.name);
            let answer = self.book.publish(&mut publisher, id, self.data);
            let answer = answer.expect("an answer");
            assert_eq!(answer.status, 200, "{answer:?}");
        }
    }

    /// All at once, until each was refused a few times, with a reason.
    fn publish_until_refused(&self) {
        let deadline = Instant::now() + PATIENCE;
        thread::scope(|scope| {
            for number in 0..PUBLISHERS {
                scope.spawn(move || {
                    let mut publisher = self.publisher();
                    let mut refused = 0;
                    for attempt in 0.. {
                        let id = format!("{}-full-{number}-{attempt}", self.name);
                        if !self.publish(&mut publisher, id) {
                            refused += 1;
                        }
                        if refused == REFUSALS {
                            break;
                        }
                        assert!(Instant::now() < deadline, "it takes what it cannot store");
                    }
                });
            }
        });
    }

    /// Whether it is stored; else it was refused for the room that there is not.
    fn publish(&self, publisher: &mut Publisher<'_>, id: String) -> bool {
        let answer = self.book.publish(publisher, id, self.data);
        let answer = answer.expect("an answer");
        if answer.status == 200 {
            return true;
        }
        assert_eq!(answer.status, 507, "{answer:?}");
        assert!(answer.body.contains("no space left"), "{answer:?}");
        false
    }

    /// Subscribers that come while the disk is full: one has nothing yet, and one has the first half.
    fn come_back(&self, log: &[String]) -> [Subscriber; 2] {
        let (last, before) = log.split_last().expect("some");
        let middle = log.len() / 2;
        let mut all = Subscriber::connect(&self.hub.address, Some("earliest"));
        assert_eq!(all.until(last), before);
        let mut rest = Subscriber::connect(&self.hub.address, Some(&log[middle]));
        assert_eq!(rest.until(last), before[middle + 1..]);
        [all, rest]
    }

    /// The first that is stored again.
    fn publish_until_stored(&self) -> String {
        let mut publisher = self.publisher();
        let deadline = Instant::now() + PATIENCE;
        for attempt in 0.. {
            let id = format!("{}-after-{attempt}", self.name);
            if self.publish(&mut publisher, id.clone()) {
                return id;
            }
            assert!(Instant::now() < deadline, "it does not go on");
        }
        unreachable!("the deadline comes first")
    }
}
