//! `publish`, `subscribe`, `token`: a hub asked by hand, in both dialects.

use std::io::{BufRead, BufReader, Write as _};
use std::process::Stdio;

use tempfile::tempdir;

use crate::program::{Hub, KEY, assay, command, finish, read_until};

const TOPIC: &str = "https://example.com/books/1";

fn publish(hub: &Hub, flags: &[&str]) -> String {
    let args = [&["publish", hub.url.as_str(), TOPIC], flags].concat();
    let ended = assay(&args);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.stdout.trim().to_owned()
}

/// What is published privately comes to a subscriber that was there before.
fn round_trip(dialect: &str) {
    let hub = Hub::start();
    let mut subscriber = command(&["subscribe", &hub.url, TOPIC, "--count", "1", "--json"])
        .args(["--dialect", dialect])
        .env("ASSAY_JWT_KEY", KEY)
        .spawn()
        .unwrap();
    let (_, _stderr) = read_until(subscriber.stderr.take().unwrap(), "connected");
    let id = publish(
        &hub,
        &[
            "{\"stock\":3}",
            "--private",
            "--jwt-key",
            KEY,
            "--dialect",
            dialect,
        ],
    );
    let ended = finish(subscriber);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let event: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(event["id"], id);
    assert_eq!(event["data"], "{\"stock\":3}");
}

#[test]
fn a_private_update_makes_the_round_in_1_0() {
    round_trip("1.0");
}

#[test]
fn a_private_update_makes_the_round_in_0_x() {
    round_trip("0.x");
}

#[test]
fn what_was_published_before_is_there_from_earliest_on() {
    let hub = Hub::start();
    let mut publisher = command(&["publish", &hub.url, TOPIC, "-", "--jwt-key", KEY])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    publisher
        .stdin
        .take()
        .unwrap()
        .write_all(b"two\nlines")
        .unwrap();
    assert_eq!(finish(publisher).code, Some(0));
    let pattern = ["--pattern", "https://example.com/books/:id"];
    let ended = finish(
        command(&[
            "subscribe",
            &hub.url,
            "--last-event-id",
            "earliest",
            "--count",
            "1",
        ])
        .args(pattern)
        .spawn()
        .unwrap(),
    );
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(
        ended.stdout.ends_with("\tmessage\ttwo\\nlines\n"),
        "{ended:?}"
    );
}

#[test]
fn a_reader_that_goes_away_ends_the_subscriber() {
    let hub = Hub::start();
    let mut subscriber = command(&["subscribe", &hub.url, TOPIC]).spawn().unwrap();
    let mut lines = BufReader::new(subscriber.stdout.take().unwrap());
    let (_, _stderr) = read_until(subscriber.stderr.take().unwrap(), "connected");
    publish(&hub, &["first", "--jwt-key", KEY]);
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    assert!(line.ends_with("first\n"), "{line}");
    drop(lines);
    publish(&hub, &["second", "--jwt-key", KEY]);
    assert_eq!(finish(subscriber).code, Some(0));
}

#[test]
fn a_minted_token_opens_the_hub_by_flag_file_and_command() {
    let folder = tempdir().unwrap();
    let key_file = folder.path().join("key");
    std::fs::write(&key_file, format!("{KEY}\n")).unwrap();
    let key_file = format!("@{}", key_file.display());
    let hub = Hub::start();
    for dialect in ["1.0", "0.x"] {
        let token = assay(&[
            "token",
            "--jwt-key",
            &key_file,
            "--dialect",
            dialect,
            "--audience",
            &hub.url,
            "--publish",
            "*",
            "--subscribe",
            "*",
        ]);
        assert_eq!(token.code, Some(0), "{token:?}");
        let token = token.stdout.trim();
        let flags = ["--publisher-token", token, "--dialect", dialect];
        publish(
            &hub,
            &[["for a token", "--private"].as_slice(), &flags].concat(),
        );
        let token_command = format!("printf %s {token}");
        let ended = assay(&[
            "subscribe",
            &hub.url,
            TOPIC,
            "--token-command",
            &token_command,
            "--dialect",
            dialect,
            "--last-event-id",
            "earliest",
            "--count",
            "1",
        ]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.stdout.contains("for a token"), "{ended:?}");
    }
}

/// The hub's refusal is told, with what to look at; the key is not.
#[test]
fn a_wrong_key_is_refused() {
    let hub = Hub::start();
    for dialect in ["1.0", "0.x"] {
        let wrong = "another-key-of-more-than-32-bytes-0123456789";
        let ended = assay(&[
            "publish",
            &hub.url,
            TOPIC,
            "x",
            "--jwt-key",
            wrong,
            "--dialect",
            dialect,
        ]);
        assert_eq!(ended.code, Some(3), "{ended:?}");
        assert!(ended.stderr.contains("401"), "{ended:?}");
        assert!(ended.stderr.contains("token"), "{ended:?}");
        assert!(!ended.stderr.contains(wrong), "{ended:?}");
    }
}
