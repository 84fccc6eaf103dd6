//! Subscribers that come and leave, again and again: memory returns to where it was, over both lanes, with and without somebody
//! who is told of each of them.

use std::fmt;
use std::fs;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use crate::http2::Connection;
use crate::peer::Subscriber;
use crate::program::{Hub, proof_rounds, token_for};

/// In each scene; for a million subscribers in each of them with `cargo xtask proof churn`.
const CROWDS: usize = 10;
/// Who is there at once: connections, or so many streams of each connection.
const PEERS: usize = 8;
const STREAMS: usize = 100;
const CROWD: usize = PEERS * STREAMS;
/// Of ten parts, those at the beginning that do not count: pools, caches and the history have to fill first.
const WARM_UP_TENTHS: usize = 2;
/// The most that the hub may have grown by since then: more than an allocator keeps, and over HTTP/1.1 less than 160 bytes a
/// subscriber, over HTTP/2, which fills its pools for longer, less than half a kilobyte, also in the test.
const GROWTH_BYTES: [f64; 2] = [1e6, 3e6];
/// The longest that anything may take: reached only by a defect.
const PATIENCE: Duration = Duration::from_mins(1);
/// What who follows presence asks for.
const EVENTS: &str =
    "topic=%2F.well-known%2Fmercure%2Fsubscriptions%2F%7Btopic%7D%2F%7Bsubscriber%7D";

#[derive(Clone, Copy, Debug)]
enum Lane {
    Http1,
    Http2,
}

#[test]
#[allow(clippy::print_stdout, reason = "the lines of the proof")]
fn memory_returns_to_where_it_was() {
    let crowds = proof_rounds().map_or(CROWDS, |subscribers| subscribers / CROWD);
    for (lane, presence) in [
        (Lane::Http1, false),
        (Lane::Http1, true),
        (Lane::Http2, false),
        (Lane::Http2, true),
    ] {
        let scene = Scene::play(lane, presence, crowds);
        println!("{scene}");
        assert!(
            scene.growth_bytes() < GROWTH_BYTES[lane as usize],
            "{:?}",
            scene.samples
        );
    }
}

/// Crowds that came and left, one after another.
struct Scene {
    lane: Lane,
    presence: bool,
    took: Duration,
    /// The memory of the hub after each of them.
    samples: Vec<f64>,
}

impl Scene {
    fn play(lane: Lane, presence: bool, crowds: usize) -> Self {
        // A short history is soon full.
        let mut flags = vec!["--history-size", "200"];
        if presence {
            flags.push("--subscriptions");
        }
        let hub = Hub::start_with(&flags);
        let events = presence.then(|| watch(&hub));
        let mut samples = Vec::new();
        let begun = Instant::now();
        for number in 0..crowds {
            thread::scope(|scope| {
                for _ in 0..PEERS {
                    scope.spawn(|| match lane {
                        Lane::Http1 => over_http1(&hub.address, number),
                        Lane::Http2 => over_http2(&hub.address, number),
                    });
                }
            });
            if let Some(events) = &events {
                // Each is told of once when it comes, and once when it is gone.
                for _ in 0..2 * CROWD {
                    events.recv_timeout(PATIENCE).expect("a word of each");
                }
            }
            samples.push(memory_bytes(&hub));
        }
        Self {
            lane,
            presence,
            took: begun.elapsed(),
            samples,
        }
    }

    /// Those that count.
    fn warm(&self) -> &[f64] {
        &self.samples[self.samples.len() * WARM_UP_TENTHS / 10..]
    }

    fn growth_bytes(&self) -> f64 {
        let mean = |samples: &[f64]| samples.iter().sum::<f64>() / samples.len() as f64;
        let warm = self.warm();
        // Half against half: a single sample may catch some of the crowd on its way out.
        let (first, second) = warm.split_at(warm.len() / 2);
        2.0 * (mean(second) - mean(first))
    }
}

impl fmt::Display for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            lane,
            presence,
            took,
            samples,
        } = self;
        let megabytes = |bytes: f64| bytes / 1e6;
        let warm = self.warm();
        let subscribers = warm.len() * CROWD;
        write!(
            f,
            "churn: {}, presence {}: {} subscribers came and left in {:.0} s; {:.1} MB at first, {:.1} MB after {} of them, {:.1} MB at the end: \
             {:.2} bytes a subscriber",
            match lane {
                Lane::Http1 => "HTTP/1.1",
                Lane::Http2 => "HTTP/2",
            },
            if *presence { "on" } else { "off" },
            samples.len() * CROWD,
            took.as_secs_f64(),
            megabytes(samples[0]),
            megabytes(warm[0]),
            (samples.len() - warm.len()) * CROWD,
            megabytes(warm[warm.len() - 1]),
            self.growth_bytes() / subscribers as f64,
        )
    }
}

/// Follows presence; something comes of each event.
fn watch(hub: &Hub) -> Receiver<()> {
    let fields = format!("Authorization: Bearer {}\r\n", token_for("--subscribe"));
    let mut watcher = Subscriber::with(&hub.address, EVENTS, &fields);
    let (told, events) = mpsc::channel();
    thread::spawn(
        move || {
            while watcher.next().is_some() && told.send(()).is_ok() {}
        },
    );
    events
}

/// One connection after another. Some end it in order, the others are gone.
fn over_http1(address: &str, number: usize) {
    for round in 0..STREAMS {
        let subscriber = Subscriber::connect(address, None);
        if !(number + round).is_multiple_of(4) {
            subscriber.reset();
        }
    }
}

/// Many streams of one connection, given up one by one or with their connection.
fn over_http2(address: &str, number: usize) {
    let mut connection = Connection::open(address).expect("the hub accepts");
    let (at_once, times) = if number.is_multiple_of(2) {
        (STREAMS, 1)
    } else {
        (STREAMS / 4, 4)
    };
    for _ in 0..times {
        let subscribed = connection.subscribe(at_once, "/.well-known/mercure?match=t");
        subscribed.expect("the hub answers");
        if !number.is_multiple_of(4) {
            connection.cancel(at_once).expect("the hub reads");
        }
    }
}

/// What the hub has in memory that is not a file.
fn memory_bytes(hub: &Hub) -> f64 {
    let path = format!("/proc/{}/status", hub.pid().as_raw_nonzero());
    let status = fs::read_to_string(path).expect("it runs");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kilobytes
        .and_then(|it| it.parse::<f64>().ok())
        .expect("a number")
        * 1024.0
}
