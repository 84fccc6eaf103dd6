//! `watch`: a real publisher and a real subscriber with the watch between them and the reference hub.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Child;

use rustix::process::Signal;
use tempfile::tempdir;

use crate::program::{Ended, Hub, KEY, assay, command, finish, read_until, signal};

/// A watch in front of a hub, and the URL of it.
fn watched(upstream: &str, out: &str) -> (Child, String) {
    let args = [
        "watch",
        "--listen",
        "127.0.0.1:0",
        "--upstream",
        upstream,
        "--out",
        out,
        "--json",
    ];
    let mut watch = command(&args).spawn().unwrap();
    let (said, rest) = read_until(watch.stderr.take().unwrap(), "as its hub");
    crate::program::drain(rest);
    let url = said
        .split_whitespace()
        .find(|word| word.starts_with("http://127"));
    (watch, url.expect("the URL to use").to_owned())
}

fn ended(watch: Child) -> (Ended, serde_json::Value) {
    signal(&watch, Signal::INT);
    let ended = finish(watch);
    let run = serde_json::from_str(&ended.stdout).unwrap();
    (ended, run)
}

fn broken(run: &serde_json::Value) -> Vec<&str> {
    let rows = run["verdicts"].as_array().unwrap();
    let broken = rows.iter().filter(|row| row["verdict"] == "fail");
    broken
        .map(|row| row["requirement"].as_str().unwrap())
        .collect()
}

/// The answer to a request as it stands, up to its end.
fn asked(url: &str, request: &str) -> String {
    let authority = url.trim_start_matches("http://").split('/').next().unwrap();
    let mut stream = TcpStream::connect(authority).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn an_event_passes_while_the_stream_is_open_and_only_what_is_wrong_is_found() {
    let (hub, folder) = (Hub::start(), tempdir().unwrap());
    let out = folder.path().join("run").display().to_string();
    let (watch, url) = watched(&hub.url, &out);
    let mut subscriber = command(&["subscribe", &url, "https://example.com/1", "--count", "1"])
        .env("ASSAY_JWT_KEY", KEY)
        .spawn()
        .unwrap();
    let (_, _stderr) = read_until(subscriber.stderr.take().unwrap(), "connected");
    let published = assay(&[
        "publish",
        &url,
        "https://example.com/1",
        "hello",
        "--jwt-key",
        KEY,
    ]);
    assert_eq!(published.code, Some(0), "{published:?}");
    // The subscriber ends with the first event; the hub would have kept the stream open.
    let received = finish(subscriber);
    assert!(received.stdout.contains("hello"), "{received:?}");
    let crooked = "POST /.well-known/mercure HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
    assert!(asked(&url, crooked).starts_with("HTTP/1.1 4"));
    let (ended, run) = ended(watch);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert_eq!(run["subject"], "clients");
    assert_eq!(
        broken(&run),
        [
            "publish.client.form-encoding",
            "auth.publisher.token-required"
        ]
    );
    let page = std::fs::read_to_string(folder.path().join("run/index.html")).unwrap();
    assert!(page.contains("The clients break 2 of"), "{page}");
    assert!(!page.contains("eyJ") && !page.contains("hello"));
}

#[test]
fn a_hub_that_dies_is_told_and_nothing_observed_is_not_a_pass() {
    let (hub, folder) = (Hub::start(), tempdir().unwrap());
    let out = folder.path().join("run").display().to_string();
    let (watch, url) = watched(&hub.url, &out);
    drop(hub);
    let head = "GET /other HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    assert!(asked(&url, &format!("{head}\r\n")).starts_with("HTTP/1.1 502 "));
    // An EventSource takes an answer for the end, and a connection that fails for a reason to come back.
    assert_eq!(
        asked(&url, &format!("{head}Accept: text/event-stream\r\n\r\n")),
        ""
    );
    let (ended, run) = ended(watch);
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(
        run["notes"].to_string().contains("does not answer"),
        "{run}"
    );
}

#[test]
fn an_address_in_use_is_one_sentence() {
    let hub = Hub::start();
    let taken = hub
        .url
        .trim_start_matches("http://")
        .split('/')
        .next()
        .unwrap();
    let ended = assay(&["watch", "--listen", taken, "--upstream", &hub.url]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("pass another --listen"), "{ended:?}");
}
