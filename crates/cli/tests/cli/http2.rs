//! Subscribers over HTTP/2: streams that share connections, in the same books.

use rcgen::{CertificateParams, KeyPair};
use serde_json::Value;
use tempfile::tempdir;

use crate::presets::run_with;
use crate::program::{Hub, KEY, assay};
use crate::run::{assert_nothing_wrong, document_in};

const HTTP2: [&str; 2] = ["--http", "2"];

#[test]
fn streams_share_connections_and_miss_nothing() {
    let settings = [
        "subscribers.recipients.count=120",
        "subscribers.recipients.http=2",
        "subscribers.recipients.streams_per_connection=30",
        "publishers.senders.rate=100/s",
        "phases.settle=4s",
        "bounds.in_flight=8",
    ];
    let document = run_with("inbox", &settings, &[]);
    let seconds = document["seconds"].as_array().unwrap();
    let open = seconds
        .iter()
        .filter_map(|second| second["hub_open_files"].as_u64());
    // 50 probes have a connection each, 70 others share 3 of them; over HTTP/1.1 they would be 120.
    let most = open.max().expect("the hub is ours");
    assert!((53..115).contains(&most), "{most}");
    assert_eq!(document["metrics"]["connect"]["count"], 120);
    let read_lag = &document["metrics"]["read_lag"]["count"];
    assert!(
        read_lag.as_u64() > Some(0),
        "probes have the stamps of the kernel"
    );
}

#[test]
fn after_a_storm_everyone_is_back_and_has_everything() {
    let settings = [
        "subscribers.readers.count=70",
        "faults.network.at=500ms",
        "faults.deployment.at=5s",
        "phases.measure=9s",
    ];
    let document = run_with("reconnect-storm", &settings, &HTTP2);
    for fault in document["faults"].as_array().unwrap() {
        assert_eq!(
            (&fault["broken"], &fault["not_back"], &fault["problem"]),
            (&70.into(), &0.into(), &Value::Null),
            "{fault}"
        );
        assert!(fault["replayed"].as_u64() > Some(0), "{fault}");
    }
}

#[test]
fn who_comes_and_goes_or_does_not_read_does_so_over_http_2_too() {
    let settings = [
        "subscribers.visitors.count=40",
        "subscribers.visitors.stays=exponential 1s",
    ];
    let document = run_with("churn", &settings, &HTTP2);
    assert!(document["summary"]["subscribers"].as_u64() > Some(80));
    let settings = [
        "subscribers.healthy.count=60",
        "subscribers.asleep.count=5",
        "subscribers.slow.count=3",
    ];
    run_with("stalled-readers", &settings, &HTTP2);
}

#[test]
fn over_tls_it_is_negotiated() {
    let folder = tempdir().unwrap();
    let made_key = KeyPair::generate().unwrap();
    let made = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let made = made.self_signed(&made_key).unwrap();
    let (certificate, key) = (
        folder.path().join("cert.pem"),
        folder.path().join("key.pem"),
    );
    std::fs::write(&certificate, made.pem()).unwrap();
    std::fs::write(&key, made_key.serialize_pem()).unwrap();
    let mut hub = Hub::command(&["--dialects", "1.0"]);
    hub.arg("--tls-cert")
        .arg(&certificate)
        .arg("--tls-key")
        .arg(&key);
    let hub = Hub::of(&mut hub);
    let url = hub.url.replace("127.0.0.1", "localhost");
    let out = folder.path().join("out");
    let ended = assay(&[
        "run",
        "live-score",
        "--hub",
        &url,
        "--jwt-key",
        KEY,
        "--cacert",
        certificate.to_str().unwrap(),
        "--subscribers",
        "80",
        "--for",
        "2s",
        "--http",
        "2",
        "--out",
        out.to_str().unwrap(),
    ]);
    let document = document_in(&out);
    assert_nothing_wrong(&ended, &document["summary"]);
    assert_eq!(document["summary"]["unconnected"], 0, "{ended:?}");
}
