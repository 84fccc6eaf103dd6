//! What it costs to write an update as a server-sent event, which happens once for all who get it, and to share it.
//!
//! Timed is `Update::new`: taking the publication over and encoding it, with its chunk framing.

use std::hint::black_box;
use std::time::Duration;

use assay_hub_core::{Dialect, EventId, HubUrl, Limits, Publication, Update};
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

fn publication(data: &str) -> Publication {
    let hub_url = HubUrl::parse("https://hub.example/.well-known/mercure").expect("a hub URL");
    let form = format!("topic=https://example.com/a&type=score&data={data}");
    Publication::from_form(form.as_bytes(), Dialect::V1, &hub_url, &Limits::DEFAULT)
        .expect("a good form")
}

fn event_id() -> EventId {
    let id = "urn:uuid:5e94c686-2c0b-4f9b-958c-92ccc3bbb4eb";
    EventId::supplied(id, Dialect::V1, &Limits::DEFAULT).expect("a good id")
}

fn encoding(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("event");
    for (name, data) in [
        ("100 B", "x".repeat(100)),
        ("10 kB in one line", "x".repeat(10_000)),
        (
            "10 kB in 100 lines",
            format!("{}%0A", "x".repeat(99)).repeat(100),
        ),
        ("10 kB of line breaks", "%0A".repeat(10_000)),
        ("1 MB in one line", "x".repeat(1_000_000)),
    ] {
        let publication = publication(&data);
        group.throughput(Throughput::Bytes(publication.data().len() as u64));
        group.bench_function(BenchmarkId::new("encode", name), |bencher| {
            bencher.iter_batched(
                || (publication.clone(), event_id()),
                |(publication, id)| Update::new(black_box(publication), id),
                BatchSize::SmallInput,
            );
        });
        let update = Update::new(publication.clone(), event_id());
        group.bench_function(BenchmarkId::new("share", name), |bencher| {
            bencher.iter(|| black_box(&update).chunk().clone());
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1));
    targets = encoding
}
criterion_main!(benches);
