//! What it costs to read the form of a publication, by what is in it: no more than linear in its bytes.

use std::hint::black_box;
use std::time::Duration;

use assay_hub_core::{Dialect, HubUrl, Limits, Publication};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// Names and bodies: what a site sends, and the largest of their kind.
fn forms() -> [(&'static str, String); 6] {
    let topic = "topic=https%3A%2F%2Fexample.com%2Fbooks%2F1";
    let alternates = format!("{topic}&").repeat(50);
    [
        ("short", format!("{topic}&data=hello")),
        (
            "every field",
            format!("{topic}&data=hello&private=on&id=urn%3Ax%3A1&type=score&retry=1000"),
        ),
        ("50 topics", format!("{alternates}data=hello")),
        (
            "10 kB plain",
            format!("{topic}&data={}", "x".repeat(10_000)),
        ),
        (
            "10 kB escaped",
            format!("{topic}&data={}", "%7B".repeat(10_000)),
        ),
        (
            "1 MB plain",
            format!("{topic}&data={}", "x".repeat(1_000_000)),
        ),
    ]
}

fn reading(criterion: &mut Criterion) {
    let hub_url = HubUrl::parse("https://hub.example/.well-known/mercure").expect("a hub URL");
    let mut group = criterion.benchmark_group("publication");
    for (name, form) in forms() {
        group.throughput(Throughput::Bytes(form.len() as u64));
        for dialect in [Dialect::V1, Dialect::V0] {
            let read =
                |form: &[u8]| Publication::from_form(form, dialect, &hub_url, &Limits::DEFAULT);
            assert!(read(form.as_bytes()).is_ok(), "{name} is a good form");
            group.bench_function(BenchmarkId::new(name, dialect), |bencher| {
                bencher.iter(|| read(black_box(form.as_bytes())));
            });
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1));
    targets = reading
}
criterion_main!(benches);
