//! What subscribers of a run show the hub: tokens that a command makes, and what happens when they would show none.

use std::fs::File;
use std::io::Read as _;
use std::process::Command;

use rustix::process::Signal;
use tempfile::tempdir;

use crate::program::{Hub, KEY, assay, command, finish, signal};
use crate::run::{assert_nothing_wrong, document_in};
use crate::scenario::short;

/// `short`, its topics private.
fn private(folder: &std::path::Path) -> String {
    let path = short(folder);
    let text = std::fs::read_to_string(&path).unwrap();
    let text = text.replace("count = 2\n", "count = 2\nprivate = true\n");
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[test]
fn private_topics_and_anonymous_subscribers_are_refused_before_anything_runs() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let scenario = private(folder.path());
    let hub = Hub::start();
    let flags = ["--hub", &hub.url, "--publisher-jwt-key", KEY, "--out"];
    let args = [&["run", &scenario], &flags[..], &[out.to_str().unwrap()]].concat();
    let ended = assay(&args);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    for fragment in [
        "10 of 10 subscribers would show no token, but follow private topics such as https://short.example/",
        "--subscriber-jwt-key",
    ] {
        assert!(ended.stderr.contains(fragment), "{ended:?}");
    }
    assert!(!out.exists());
}

#[test]
fn a_command_makes_a_token_for_each_subscriber_of_private_topics() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let calls = folder.path().join("calls");
    let scenario = private(folder.path());
    let hub = Hub::start();
    let mint = format!(
        "echo >> '{}'; '{}' token --jwt-key {KEY} --dialect 0.x --subscribe '*'",
        calls.display(),
        env!("CARGO_BIN_EXE_assay")
    );
    let flags = [
        "--hub",
        &hub.url,
        "--publisher-jwt-key",
        KEY,
        "--dialect",
        "0.x",
    ];
    let own = ["--token-command", &mint, "--out", out.to_str().unwrap()];
    let ended = assay(&[&["run", &scenario], &flags[..], &own].concat());
    let summary = &document_in(&out)["summary"];
    assert_nothing_wrong(&ended, summary);
    assert_eq!(summary["unconnected"], 0, "{ended:?}");
    assert_eq!(std::fs::read_to_string(calls).unwrap().len(), 10);
}

/// Commands that never end: the interruption ends them and everything that they started, since nobody holds the pipe any more.
#[test]
fn ctrl_c_while_tokens_are_minted_leaves_nothing_running() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let fifo = folder.path().join("alive");
    assert!(
        Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .unwrap()
            .success()
    );
    let scenario = short(folder.path()).display().to_string();
    let hub = Hub::start();
    let mint = format!(
        "exec 3> '{}'; sleep 600 & printf x >&3; wait",
        fifo.display()
    );
    let flags = ["--hub", &hub.url, "--jwt-key", KEY, "--dialect", "0.x"];
    let own = ["--token-command", &mint, "--out", out.to_str().unwrap()];
    let run = command(&[&["run", &scenario], &flags[..], &own].concat())
        .spawn()
        .unwrap();
    let mut alive = File::open(&fifo).unwrap();
    alive.read_exact(&mut [0]).unwrap();
    signal(&run, Signal::INT);
    let ended = finish(run);
    assert_eq!(ended.code, Some(130), "{ended:?}");
    assert!(
        ended
            .stderr
            .contains("interrupted while tokens were minted"),
        "{ended:?}"
    );
    assert!(!out.exists());
    alive.read_to_end(&mut Vec::new()).unwrap();
}
