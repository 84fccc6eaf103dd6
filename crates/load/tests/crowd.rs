//! The crowd against hubs that behave, over real sockets.

mod support;

use assay_load::clock::{Clock, Micros};
use assay_load::crowd::{Crowd, CrowdRecord, Part};
use assay_load::ledger::{Ending, settle};
use assay_load::percentiles::SubscriberTimes;
use assay_load::plan::{Plan, Reads};
use assay_load::stop::Stop;
use assay_results::LedgerCounts;
use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;
use support::{
    CHUNKED_HEAD, STREAM_HEAD, ScriptedHub, accepted, event, plan, unhurried, wait_until,
};

/// Publications are planned from here on: by then everyone is connected.
const FIRST: Micros = Micros(1_000_000);

struct Running {
    clock: Clock,
    stop: Stop,
    crowd: Crowd,
}

impl Running {
    fn start(plan: &Arc<Plan>, hub: &ScriptedHub) -> Self {
        let clock = Clock::starting_in(Duration::ZERO);
        let stop = Stop::new();
        let crowd = Crowd::start(
            plan,
            &hub.target(),
            hub.address,
            &clock,
            &stop,
            Part::Whole { reader_threads: 2 },
        )
        .unwrap();
        Self { clock, stop, crowd }
    }

    /// Waits until the crowd has had so many events.
    fn await_receipts(&self, receipts: u64) {
        let live = self.crowd.live().clone();
        wait_until(&self.clock, "receipts", || {
            live.progress().receipts >= receipts
        });
    }

    /// Ends the crowd as soon as it has had so many events.
    fn end_after(self, receipts: u64) -> CrowdRecord {
        self.await_receipts(receipts);
        self.stop.request();
        self.crowd.join()
    }
}

fn write_all(streams: &mut [TcpStream], bytes: &[u8]) {
    for stream in streams {
        stream.write_all(bytes).unwrap();
    }
}

/// Twenty subscribers, some of two topics, get ten updates through a stream that `send` frames.
fn check_framing(name: &str, head: &str, send: fn(&mut TcpStream, &str)) {
    let both: Vec<&[u32]> = (0..20)
        .map(|subscriber| {
            if subscriber % 4 == 0 {
                &[0, 1][..]
            } else {
                &[0]
            }
        })
        .collect();
    let publications: Vec<_> = (0..10).map(|n| (0, Micros(FIRST.0 + n * 1_000))).collect();
    let plan = Arc::new(unhurried(plan(2, &both, &publications)));
    let hub = ScriptedHub::listen();
    let running = Running::start(&plan, &hub);
    let mut streams = hub.open(20, head);
    running.clock.sleep_until(Micros(FIRST.0 + 10_000));
    for publication in 0..10 {
        for stream in &mut streams {
            send(stream, &event(&plan, publication));
        }
    }
    let record = running.end_after(200);
    let ledger = settle(&plan, &accepted(&plan), &record, Ending::Whole);
    let counts = LedgerCounts {
        expected: 200,
        on_time: 200,
        ..LedgerCounts::default()
    };
    assert_eq!(ledger.counts, counts, "{name}: {:?}", ledger.wrong);
    assert_eq!((ledger.unconnected.len(), ledger.foreign), (0, 0), "{name}");
    let subscriber = &record.subscribers[7];
    assert!(
        subscriber.connect_us <= subscriber.head_us,
        "{name}: {subscriber:?}"
    );
    assert!(
        subscriber.first_event_us >= Some(FIRST.0),
        "{name}: {subscriber:?}"
    );
    let times = SubscriberTimes::of(&plan, &accepted(&plan), &record, &ledger);
    assert_eq!(
        (times.events, times.delivery.samples()),
        (10, 200),
        "{name}"
    );
    assert_eq!(times.by_subscriber_maximum, 20, "{name}");
}

#[test]
fn every_framing_delivers_every_event_once() {
    check_framing("until close", STREAM_HEAD, |stream, event| {
        stream.write_all(event.as_bytes()).unwrap();
    });
    check_framing("chunk an event", CHUNKED_HEAD, |stream, event| {
        write!(stream, "{:x}\r\n{event}\r\n", event.len()).unwrap();
    });
    check_framing("chunks of seven bytes", CHUNKED_HEAD, |stream, event| {
        for piece in event.as_bytes().chunks(7) {
            let piece = std::str::from_utf8(piece).unwrap();
            write!(stream, "{:x}\r\n{piece}\r\n", piece.len()).unwrap();
        }
    });
    check_framing("heartbeats between", STREAM_HEAD, |stream, event| {
        write!(stream, ":\n\nretry: 100\n\n{event}:\n\n").unwrap();
    });
}

#[test]
fn a_head_in_two_pieces_opens_the_stream() {
    let plan = Arc::new(plan(1, &[&[0]], &[(0, FIRST)]));
    let hub = ScriptedHub::listen();
    let running = Running::start(&plan, &hub);
    let (request, mut stream) = hub.next();
    assert!(
        request.starts_with("GET /.well-known/mercure?match=https%3A%2F%2Fexample.com%2Fmatches%2F0%3Fa+b HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(
        request.contains("\r\nAccept: text/event-stream\r\n"),
        "{request}"
    );
    assert!(!request.contains("Last-Event-ID"), "{request}");
    let (first, second) = STREAM_HEAD.split_at(20);
    stream.write_all(first.as_bytes()).unwrap();
    running.clock.sleep_until(FIRST);
    stream.write_all(second.as_bytes()).unwrap();
    stream.write_all(event(&plan, 0).as_bytes()).unwrap();
    let record = running.end_after(1);
    assert!(record.subscribers[0].head_us >= Some(FIRST.0));
}

#[test]
fn a_dropped_stream_comes_back_with_its_cursor_and_what_it_missed_is_replayed() {
    let at = |milliseconds: u64| Micros(FIRST.0 + milliseconds * 1_000);
    let publications = [(0, at(0)), (0, at(10)), (0, at(20)), (0, at(30))];
    let plan = Arc::new(unhurried(plan(1, &[&[0]], &publications)));
    let hub = ScriptedHub::listen();
    let running = Running::start(&plan, &hub);
    let mut first = hub.open(1, STREAM_HEAD);
    running.clock.sleep_until(at(0));
    write_all(
        &mut first,
        format!("retry: 60\n\n{}", event(&plan, 0)).as_bytes(),
    );
    running.clock.sleep_until(at(30));
    drop(first);
    let (request, mut second) = hub.next();
    assert!(request.contains("\r\nLast-Event-ID: 0\r\n"), "{request}");
    second.write_all(STREAM_HEAD.as_bytes()).unwrap();
    // The last one is missed; the one before comes twice.
    for publication in [1, 2, 2] {
        second
            .write_all(event(&plan, publication).as_bytes())
            .unwrap();
    }
    let record = running.end_after(4);
    let ledger = settle(&plan, &accepted(&plan), &record, Ending::Whole);
    let counts = LedgerCounts {
        expected: 4,
        on_time: 1,
        replayed: 2,
        lost: 1,
        duplicate: 1,
        ..LedgerCounts::default()
    };
    assert_eq!(ledger.counts, counts, "{:?}", ledger.wrong);
    let gaps: Vec<u64> = record.subscribers[0].reconnect_gaps_us().collect();
    assert!(gaps.len() == 1 && gaps[0] >= 60_000, "{gaps:?}");
}

#[test]
fn a_pause_of_the_hub_shows_in_each_delivery_planned_during_it() {
    const PAUSE_US: u64 = 500_000;
    let publications: Vec<_> = (0..50).map(|n| (0, Micros(FIRST.0 + n * 10_000))).collect();
    let subscribers = vec![&[0_u32][..]; 20];
    let plan = Arc::new(plan(1, &subscribers, &publications));
    let hub = ScriptedHub::listen();
    let running = Running::start(&plan, &hub);
    let mut streams = hub.open(20, STREAM_HEAD);
    // A hub that stops at the first planned instant takes all of them at the pause's end.
    running.clock.sleep_until(Micros(FIRST.0 + PAUSE_US));
    let pause_end = running.clock.now();
    for publication in 0..50 {
        write_all(&mut streams, event(&plan, publication).as_bytes());
    }
    running.await_receipts(1_000);
    let received_by = running.clock.now();
    let record = running.end_after(1_000);
    for receipt in record
        .subscribers
        .iter()
        .flat_map(|subscriber| &subscriber.receipts)
    {
        let planned_at = plan.publications[receipt.publication as usize].at;
        let least_us = pause_end.micros_since(planned_at);
        let most_us = received_by.micros_since(planned_at);
        assert!(
            (least_us..=most_us).contains(&receipt.latency_us()),
            "{receipt:?}: {least_us}..={most_us}"
        );
    }
}

#[test]
#[cfg(target_os = "linux")]
fn probes_know_when_the_kernel_had_the_last_event_of_each_read() {
    let publications: Vec<_> = (0..20).map(|n| (0, Micros(FIRST.0 + n * 2_000))).collect();
    let mut parts = plan(1, &[&[0], &[0]], &publications);
    parts.subscribers[1].probe = true;
    let plan = Arc::new(parts);
    let hub = ScriptedHub::listen();
    let running = Running::start(&plan, &hub);
    let mut streams = hub.open(2, STREAM_HEAD);
    for publication in 0..20 {
        running
            .clock
            .sleep_until(plan.publications[publication as usize].at);
        write_all(&mut streams, event(&plan, publication).as_bytes());
    }
    let record = running.end_after(40);
    let (crowd, probe) = (&record.subscribers[0], &record.subscribers[1]);
    assert_eq!((crowd.read_lags.len(), probe.read_lags.len()), (0, 20));
    let ledger = settle(&plan, &accepted(&plan), &record, Ending::Whole);
    let times = SubscriberTimes::of(&plan, &accepted(&plan), &record, &ledger).probes;
    assert_eq!(
        (
            times.probes,
            times.delivery.samples(),
            times.crowd_delivery.samples()
        ),
        (1, 20, 20)
    );
    // Reads may bring two events, and the kernel switches stamping on in the background.
    let stamped = times.read_lag.samples();
    assert!(stamped > 0 && stamped <= 20, "{stamped}");
    assert_eq!(times.wire_delivery.samples(), stamped);
    assert!(times.read_lag.max_us() <= times.delivery.max_us());
}

#[test]
fn who_reads_slowly_leaves_in_time_all_the_same() {
    let mut plan = plan(1, &[&[0]], &[(0, Micros::ZERO)]);
    plan.subscribers[0].reads = Reads::Slowly(50);
    plan.subscribers[0].leave_at = Some(Micros(300_000));
    let plan = Arc::new(plan);
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
    let _stream = hub.open(1, STREAM_HEAD);
    let live = crowd.live().clone();
    wait_until(&clock, "the stream", || live.progress().connected == 1);
    wait_until(&clock, "its end", || live.progress().connected == 0);
    stop.request();
    let record = crowd.join();
    // It listens for `late_after` longer.
    let left_at = record.subscribers[0].left_at;
    assert!(left_at >= Some(Micros(1_300_000)), "{left_at:?}");
    assert_eq!(record.subscribers[0].failure, None);
}
