//! Fan-out of the hub core: what a publish costs by the number of subscribers that it reaches, and that one which reaches
//! nobody costs the same however many listen to something else.
//!
//! Timed is `Hub::publish` alone, steady state: the history is full and forgets as it stores, every subscriber waits with a
//! waker. Reading the form before, and polling the subscribers after each publish, are not timed.

use std::hint::black_box;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use assay_benches::now;
use assay_hub_core::history::{Clock, HistoryBounds, MemoryHistory};
use assay_hub_core::{
    Dialect, Hub, HubSettings, HubUrl, Limits, Publication, RandomEventIds, Subscribe, Subscriber,
    TopicMatcher,
};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const HEARD: &str = "https://example.com/heard";
const UNHEARD: &str = "https://example.com/unheard";

/// A hub whose history is full.
fn hub() -> Hub {
    let bounds = HistoryBounds {
        updates: 1000,
        ..HistoryBounds::MEMORY
    };
    let history = MemoryHistory::new(bounds, Clock::new(|| Duration::ZERO));
    let event_ids = RandomEventIds::from_seed([1; 32]);
    let hub = Hub::with_history(
        HubSettings::default(),
        Box::new(history),
        Box::new(event_ids),
    );
    for _ in 0..1000 {
        hub.publish(publication(UNHEARD))
            .wait()
            .expect("an open hub");
    }
    hub
}

fn publication(topic: &str) -> Publication {
    let hub_url = HubUrl::parse("https://hub.example/.well-known/mercure").expect("a hub URL");
    let form = format!("topic={topic}&data={}", "x".repeat(100));
    Publication::from_form(form.as_bytes(), Dialect::V1, &hub_url, &Limits::DEFAULT)
        .expect("a good form")
}

fn subscriber(hub: &Hub, topic: &str) -> Subscriber {
    let request = Subscribe {
        matchers: vec![TopicMatcher::exact(topic, &Limits::DEFAULT).expect("a good matcher")],
        token: None,
        last_event_id: None,
    };
    let mut subscriber = now(hub.subscribe(request)).expect("room for it").0;
    wait(&mut subscriber);
    subscriber
}

/// Takes what is there, until the subscriber waits.
fn wait(subscriber: &mut Subscriber) {
    let mut cx = Context::from_waker(Waker::noop());
    while let Poll::Ready(next) = subscriber.poll_next(&mut cx) {
        black_box(next);
    }
}

/// Subscribers of which so many listen to [`HEARD`], and each other one to a topic of its own.
fn crowd(hub: &Hub, listening: usize, all: usize) -> (Vec<Subscriber>, Vec<Subscriber>) {
    let listening_ones = (0..listening).map(|_| subscriber(hub, HEARD)).collect();
    let others = (listening..all)
        .map(|number| subscriber(hub, &format!("https://example.com/other/{number}")))
        .collect();
    (listening_ones, others)
}

/// The time of so many publishes on `topic`.
fn time_publishes(
    hub: &Hub,
    topic: &str,
    iterations: u64,
    listening: &mut [Subscriber],
) -> Duration {
    let mut total = Duration::ZERO;
    for _ in 0..iterations {
        let publication = publication(topic);
        let start = Instant::now();
        let published = hub.publish(black_box(publication)).wait();
        total += start.elapsed();
        published.expect("an open hub");
        listening.iter_mut().for_each(wait);
    }
    total
}

fn publish_to_matching(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("publish_to_matching_of_10000");
    for matching in [1, 1000, 10_000] {
        let hub = hub();
        let (mut listening, _others) = crowd(&hub, matching, 10_000);
        group.throughput(Throughput::Elements(matching as u64));
        group.bench_function(BenchmarkId::from_parameter(matching), |bencher| {
            bencher
                .iter_custom(|iterations| time_publishes(&hub, HEARD, iterations, &mut listening));
        });
    }
    group.finish();
}

fn publish_unheard(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("publish_on_a_topic_nobody_listens_to");
    for subscribers in [10, 100_000] {
        let hub = hub();
        let (_listening, _others) = crowd(&hub, 0, subscribers);
        group.bench_function(BenchmarkId::new("subscribers", subscribers), |bencher| {
            bencher.iter_custom(|iterations| time_publishes(&hub, UNHEARD, iterations, &mut []));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = publish_to_matching, publish_unheard
}
criterion_main!(benches);
