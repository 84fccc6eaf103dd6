//! The crowd against hubs that refuse, break off or send garbage: each ends in a reason, none in a hang.

mod support;

use assay_load::clock::{Clock, Micros};
use assay_load::crowd::{Crowd, Failure, Part};
use assay_load::ledger::{Ending, settle};
use assay_load::plan::{Phase, PhaseKind};
use assay_load::stop::Stop;
use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;
use support::{
    CHUNKED_HEAD, STREAM_HEAD, ScriptedHub, accepted, event, plan, unhurried, wait_until,
};

/// Publications are planned from here on: by then everyone who will be is connected.
const FIRST: Micros = Micros(1_500_000);

/// One subscriber gets `answer` for as long as it reads; returns why it gave up.
fn failure_after(answer: impl Fn(&mut TcpStream) -> io::Result<()> + Send + 'static) -> Failure {
    let plan = Arc::new(plan(1, &[&[0]], &[(0, Micros::ZERO)]));
    let hub = ScriptedHub::listen();
    let target = hub.target();
    let clock = Clock::starting_in(Duration::ZERO);
    let stop = Stop::new();
    let crowd = Crowd::start(
        &plan,
        &target,
        hub.address,
        &clock,
        &stop,
        Part::Whole { reader_threads: 1 },
    )
    .unwrap();
    let answering = std::thread::spawn(move || {
        let (_, mut stream) = hub.next();
        // The subscriber may hang up in the middle.
        let _ = answer(&mut stream);
        hub
    });
    let live = crowd.live().clone();
    wait_until(&clock, "the subscriber gives up", || {
        live.progress().gave_up == 1
    });
    assert_eq!(live.progress().connected, 0);
    stop.request();
    let record = crowd.join();
    answering.join().unwrap();
    let failure = record.subscribers[0].failure.clone().unwrap();
    assert_eq!(live.progress().last_failure.as_ref(), Some(&failure));
    failure
}

fn check(answer: &'static str, expected: &Failure) {
    let failure = failure_after(move |stream| stream.write_all(answer.as_bytes()));
    assert_eq!(&failure, expected, "{answer}");
}

#[test]
fn an_answer_that_is_no_stream_is_final() {
    check(
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\nContent-Length: 0\r\n\r\n",
        &Failure::Status {
            code: 401,
            explanation: Some("Bearer".to_owned()),
            retry_after_s: None,
        },
    );
    check(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>",
        &Failure::NotEventStream("text/html".to_owned()),
    );
    let garbage = failure_after(|stream| stream.write_all(b"\x15\x03\x03\x00\x02\x02\x50"));
    assert!(matches!(garbage, Failure::NotHttp(_)), "{garbage}");
    let endless = failure_after(|stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
        loop {
            stream.write_all(b"X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")?;
        }
    });
    assert_eq!(endless, Failure::HeadTooLong);
}

#[test]
fn a_stream_beyond_the_bounds_is_given_up() {
    let unframed = failure_after(|stream| {
        stream.write_all(CHUNKED_HEAD.as_bytes())?;
        stream.write_all(b"data: not chunked\n\n")
    });
    assert!(matches!(unframed, Failure::BadChunk(_)), "{unframed}");
    let endless_line = failure_after(|stream| {
        stream.write_all(STREAM_HEAD.as_bytes())?;
        loop {
            stream.write_all(&[b'x'; 16_000])?;
        }
    });
    assert_eq!(endless_line, Failure::EventTooLong);
    let garbage = failure_after(|stream| {
        stream.write_all(STREAM_HEAD.as_bytes())?;
        let comments = ": garbage\n".repeat(10_000);
        loop {
            stream.write_all(comments.as_bytes())?;
        }
    });
    assert_eq!(garbage, Failure::Garbage);
    let flood = failure_after(|stream| {
        let plan = plan(1, &[&[0]], &[(0, Micros::ZERO)]);
        stream.write_all(STREAM_HEAD.as_bytes())?;
        let events = event(&plan, 0).repeat(100);
        loop {
            stream.write_all(events.as_bytes())?;
        }
    });
    assert_eq!(flood, Failure::Flood);
}

#[test]
fn a_hub_that_dies_leaves_losses_and_an_orderly_end() {
    let publications = [(0, FIRST), (0, Micros(FIRST.0 + 1))];
    let mut dying = unhurried(plan(1, &[&[0], &[0]], &publications));
    dying.drain_deadline = Micros(FIRST.0 + 2_000_000);
    let plan = Arc::new(dying);
    let hub = ScriptedHub::listen();
    let target = hub.target();
    let clock = Clock::starting_in(Duration::ZERO);
    let crowd = Crowd::start(
        &plan,
        &target,
        hub.address,
        &clock,
        &Stop::new(),
        Part::Whole { reader_threads: 1 },
    )
    .unwrap();
    let mut streams = hub.open(2, STREAM_HEAD);
    clock.sleep_until(FIRST);
    let half = event(&plan, 0);
    streams[0].write_all(half.as_bytes()).unwrap();
    streams[1]
        .write_all(&half.as_bytes()[..half.len() - 1])
        .unwrap();
    drop(streams);
    drop(hub);
    let record = crowd.join();
    assert!(record.ended_at >= plan.drain_deadline);
    let ledger = settle(&plan, &accepted(&plan), &record, Ending::Whole);
    assert_eq!(
        (
            ledger.counts.expected,
            ledger.counts.on_time,
            ledger.counts.lost
        ),
        (4, 1, 3)
    );
    for subscriber in &record.subscribers {
        assert!(
            subscriber.failure.is_some() && subscriber.streams.len() == 1,
            "{subscriber:?}"
        );
    }
}

#[test]
fn who_never_connects_is_unconnected_and_expected_nowhere() {
    let mut ramped = unhurried(plan(1, &[&[0], &[0]], &[(0, FIRST)]));
    ramped.phases.insert(
        0,
        Phase {
            name: "ramp".to_owned(),
            kind: PhaseKind::Ramp,
            start: Micros::ZERO,
            end: Micros(300_000),
        },
    );
    let plan = Arc::new(ramped);
    let hub = ScriptedHub::listen();
    let target = hub.target();
    let clock = Clock::starting_in(Duration::ZERO);
    let stop = Stop::new();
    let crowd = Crowd::start(
        &plan,
        &target,
        hub.address,
        &clock,
        &stop,
        Part::Whole { reader_threads: 1 },
    )
    .unwrap();
    let (_, mut lucky) = hub.next();
    lucky.write_all(STREAM_HEAD.as_bytes()).unwrap();
    // A busy hub may be asked again, but not for longer than the ramp lasts.
    let (_, mut unlucky) = hub.next();
    unlucky
        .write_all(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")
        .unwrap();
    clock.sleep_until(FIRST);
    lucky.write_all(event(&plan, 0).as_bytes()).unwrap();
    let live = crowd.live().clone();
    wait_until(&clock, "the event and the refusal", || {
        let progress = live.progress();
        (progress.receipts, progress.gave_up) == (1, 1)
    });
    stop.request();
    let record = crowd.join();
    let ledger = settle(&plan, &accepted(&plan), &record, Ending::Whole);
    assert_eq!((ledger.counts.expected, ledger.counts.on_time), (1, 1));
    let failures: Vec<_> = ledger.unconnected.iter().map(|one| &one.failure).collect();
    assert!(
        matches!(failures[..], [Failure::Status { code: 503, .. }]),
        "{failures:?}"
    );
}

#[test]
fn a_hub_that_asks_for_time_is_given_it() {
    let plan = Arc::new(unhurried(plan(1, &[&[0]], &[(0, FIRST)])));
    let hub = ScriptedHub::listen();
    let target = hub.target();
    let clock = Clock::starting_in(Duration::ZERO);
    let stop = Stop::new();
    let crowd = Crowd::start(
        &plan,
        &target,
        hub.address,
        &clock,
        &stop,
        Part::Whole { reader_threads: 1 },
    )
    .unwrap();
    let (_, mut busy) = hub.next();
    let refused_at = clock.now();
    busy.write_all(b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 2\r\n\r\n")
        .unwrap();
    let (_, mut open) = hub.next();
    assert!(
        clock.now().micros_since(refused_at) >= 2_000_000,
        "{}",
        clock.now()
    );
    open.write_all(STREAM_HEAD.as_bytes()).unwrap();
    let live = crowd.live().clone();
    wait_until(&clock, "the stream", || live.progress().connected == 1);
    stop.request();
    crowd.join();
}
