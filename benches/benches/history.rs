//! The history of the hub core, in memory and in a file: what an append costs, what concurrent publishers gain by sharing a
//! sync, and what it takes to resume at the end of a long log.
//!
//! The file lies in the folder for temporary files (`TMPDIR`): its disk is what is measured where something is stored.

use std::hint::black_box;
use std::path::Path;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use assay_benches::now;
use assay_hub_core::history::{Clock, History, HistoryBounds, MemoryHistory, RedbHistory};
use assay_hub_core::{
    Dialect, Hub, HubSettings, HubUrl, LastEventId, Limits, Next, Publication, RandomEventIds,
    Subscribe, TopicMatcher,
};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tempfile::tempdir;

const TOPIC: &str = "https://example.com/t";
/// Updates in the log in which somebody resumes.
const LONG: usize = 1_000_000;
/// Updates that are submitted before the first is waited for, to fill a log.
const TOGETHER: usize = 1000;

fn clock() -> Clock {
    Clock::new(|| Duration::ZERO)
}

fn memory(bounds: HistoryBounds) -> Hub {
    hub(MemoryHistory::new(bounds, clock()))
}

fn file(folder: &Path) -> Hub {
    let path = folder.join("history.redb");
    let history = RedbHistory::open(&path, HistoryBounds::DURABLE, clock());
    hub(history.expect("a folder of its own"))
}

fn hub(history: impl History + 'static) -> Hub {
    let event_ids = Box::new(RandomEventIds::from_seed([1; 32]));
    Hub::with_history(HubSettings::default(), Box::new(history), event_ids)
}

fn publication(id: &str) -> Publication {
    let hub_url = HubUrl::parse("https://hub.example/.well-known/mercure").expect("a hub URL");
    let form = format!("topic={TOPIC}&id={id}&data={}", "x".repeat(100));
    Publication::from_form(form.as_bytes(), Dialect::V1, &hub_url, &Limits::DEFAULT)
        .expect("a good form")
}

fn fill(hub: &Hub, updates: usize) {
    for first in (0..updates).step_by(TOGETHER) {
        let under_way: Vec<_> = (first..updates.min(first + TOGETHER))
            .map(|number| hub.publish(publication(&number.to_string())))
            .collect();
        for one in under_way {
            one.wait().expect("room");
        }
    }
}

fn append(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("history_append");
    group.throughput(Throughput::Elements(1));
    let hub = memory(HistoryBounds::MEMORY);
    fill(&hub, 10_000);
    group.bench_function("memory", |bencher| {
        bencher.iter_custom(|iterations| publish(&hub, 1, iterations));
    });
    for publishers in [1, 64] {
        let folder = tempdir().expect("a folder");
        let hub = file(folder.path());
        group.bench_function(BenchmarkId::new("redb_publishers", publishers), |bencher| {
            bencher.iter_custom(|iterations| publish(&hub, publishers, iterations));
        });
    }
    group.finish();
}

/// The time in which so many updates are published, by publishers each of which waits for its answer before it goes on.
fn publish(hub: &Hub, publishers: u64, updates: u64) -> Duration {
    let start = Instant::now();
    thread::scope(|scope| {
        for publisher in 0..publishers {
            let share = updates / publishers + u64::from(publisher < updates % publishers);
            scope.spawn(move || {
                for number in 0..share {
                    let id = format!("{publisher}-{number}");
                    let published = hub.publish(black_box(publication(&id))).wait();
                    published.expect("room");
                }
            });
        }
    });
    start.elapsed()
}

/// Subscribes with the cursor `id`, and takes the first event.
fn resume(hub: &Hub, id: &str) {
    let request = Subscribe {
        matchers: vec![TopicMatcher::exact(TOPIC, &Limits::DEFAULT).expect("a good matcher")],
        token: None,
        last_event_id: Some(LastEventId::parse(id)),
    };
    let (mut subscriber, _) = now(hub.subscribe(black_box(request))).expect("room for it");
    let mut cx = Context::from_waker(Waker::noop());
    let first = subscriber.poll_next(&mut cx);
    assert!(matches!(first, Poll::Ready(Next::Event(_))), "{first:?}");
}

fn resume_in_a_long_log(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("history_resume");
    let folder = tempdir().expect("a folder");
    let all = HistoryBounds {
        updates: LONG as u64,
        bytes: u64::MAX,
        age: None,
    };
    let filled = file(folder.path());
    fill(&filled, LONG);
    drop(filled);
    let in_memory = memory(all);
    fill(&in_memory, LONG);
    // Opened again, so that nothing of it is in memory but what is read.
    let in_file = file(folder.path());
    for (place, id) in [("end", LONG - 2), ("middle", LONG / 2)] {
        for (name, hub) in [("memory", &in_memory), ("redb", &in_file)] {
            group.bench_function(BenchmarkId::new(name, place), |bencher| {
                bencher.iter(|| resume(hub, &id.to_string()));
            });
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3));
    targets = append, resume_in_a_long_log
}
criterion_main!(benches);
