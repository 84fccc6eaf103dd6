//! `hub`: its URL first, and an orderly end.

use std::fs;
use std::path::Path;

use rustix::process::Signal;

use crate::program::{Ended, Hub, KEY, assay, command, finish, limited, until};

#[test]
fn signals_end_it_with_0() {
    for signal in [Signal::TERM, Signal::INT] {
        assert_eq!(Hub::start().end_by(signal), Some(0), "{signal:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_log_that_cannot_be_written_does_not_end_it() {
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let hub = Hub::start_with_log(full.into(), "info");
    assert_eq!(
        assay(&["publish", &hub.url, "t", "x", "--jwt-key", KEY]).code,
        Some(0)
    );
    assert_eq!(hub.end_by(Signal::TERM), Some(0));
}

#[test]
fn an_address_that_is_taken_is_named() {
    let hub = Hub::start();
    let address = hub
        .url
        .trim_start_matches("http://")
        .split('/')
        .next()
        .unwrap();
    let ended = finish(
        command(&["hub", "--listen", address])
            .env("ASSAY_HUB_JWT_KEY", KEY)
            .spawn()
            .unwrap(),
    );
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains(address), "{ended:?}");
    assert!(ended.stderr.contains("--listen"), "{ended:?}");
}

/// In blocks of 512 bytes: more than the head of a file of a history, and less than the file.
const NO_ROOM: &str = "ulimit -c 0 && ulimit -f 100";

/// A first start in this folder, where there is no room for the history.
fn start_without_room(folder: &Path, limits: &str) -> Ended {
    let address = ["hub", "--listen", "127.0.0.1:0", "--jwt-key", KEY];
    let history = ["--history", "redb:h"];
    limited(folder, limits, &[&address[..], &history].concat())
}

/// A file that is begun and not finished would be taken for somebody else's at the next start.
#[test]
fn a_first_start_without_room_for_the_history_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    // It is told by an error.
    let ended = start_without_room(folder.path(), &format!("trap '' XFSZ && {NO_ROOM}"));
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("File too large"), "{ended:?}");
    assert!(ended.stderr.contains("--history"), "{ended:?}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_first_start_that_is_killed_does_not_hinder_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let names = || {
        let entries = fs::read_dir(folder.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name());
        names.collect::<Vec<_>>()
    };
    // It is killed as it makes the file.
    let ended = start_without_room(folder.path(), NO_ROOM);
    assert_eq!(ended.code, None, "{ended:?}");
    assert_eq!(names(), ["h.unfinished"]);
    let history = format!("redb:{}", folder.path().join("h").display());
    let hub = Hub::start_with(&["--history", &history]);
    assert_eq!(names(), ["h"]);
    let published = assay(&["publish", &hub.url, "t", "x", "--jwt-key", KEY]);
    assert_eq!(published.code, Some(0), "{published:?}");
}

#[test]
fn a_dialect_that_it_does_not_speak_is_told() {
    let hub = Hub::start_with(&["--dialects", "0.x"]);
    let publish = |dialect: &str| {
        assay(&[
            "publish",
            &hub.url,
            "t",
            "x",
            "--jwt-key",
            KEY,
            "--dialect",
            dialect,
        ])
    };
    assert_eq!(publish("0.x").code, Some(0));
    assert_eq!(publish("auto").code, Some(0));
    let refused = publish("1.0");
    assert_eq!(refused.code, Some(3), "{refused:?}");
    assert!(refused.stderr.contains("dialect"), "{refused:?}");
}

/// A new key counts for who comes; a file that holds nothing usable changes nothing.
#[test]
fn sighup_reads_the_key_again() {
    const NEW_KEY: &str = "another-key-that-must-never-be-seen-by-anyone-0123456789";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    fs::write(&file, KEY).unwrap();
    let key = format!("@{}", file.display());
    let log = folder.path().join("log");
    let flags = ["--jwt-key", &key, "--log", "info"];
    let hub = Hub::spawn(&flags, fs::File::create(&log).unwrap().into());
    let publish = |key| assay(&["publish", &hub.url, "t", "x", "--jwt-key", key]).code;
    let logged = |times, text| {
        let count = || fs::read_to_string(&log).unwrap().matches(text).count();
        until(text, || count() >= times);
    };
    assert_eq!(publish(KEY), Some(0));
    fs::write(&file, NEW_KEY).unwrap();
    assert_ne!(publish(NEW_KEY), Some(0));
    hub.signal(Signal::HUP);
    logged(1, "settings reloaded");
    assert_eq!(publish(NEW_KEY), Some(0));
    assert_ne!(publish(KEY), Some(0));
    fs::write(&file, "").unwrap();
    hub.signal(Signal::HUP);
    logged(1, "reload.refused");
    assert_eq!(publish(NEW_KEY), Some(0));
    assert_eq!(hub.end_by(Signal::TERM), Some(0));
    let said = fs::read_to_string(&log).unwrap();
    assert!(!said.contains(NEW_KEY) && !said.contains(KEY), "{said}");
}
