//! What is left when a command is ended from outside.

use std::net::TcpListener;
use std::process::Child;

use rustix::process::{Pid, Signal, test_kill_process};
use tempfile::tempdir;

use crate::program::{Hub, KEY, command, drain, finish, read_until, signal};
use crate::run::document_in;
use crate::scenario::endless;

/// Waits until stderr says `fragment`, sends the signal, and reads on so that the child is not blocked.
fn interrupt_at(child: &mut Child, fragment: &str, with: Signal) {
    let (_, stderr) = read_until(child.stderr.take().unwrap(), fragment);
    signal(child, with);
    drain(stderr);
}

/// A run that is interrupted in a phase leaves what it has, says so, and takes its hub with it.
fn interrupted_run(phase: &str, with: Signal) {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let scenario = endless(folder.path()).display().to_string();
    let mut run = command(&["run", &scenario, "--out", out.to_str().unwrap()])
        .spawn()
        .unwrap();
    interrupt_at(&mut run, phase, with);
    let ended = finish(run);
    assert_eq!(ended.code, Some(130), "{phase}: {ended:?}");
    let document = document_in(&out);
    assert_eq!(document["partial"]["cause"], "interrupted", "{phase}");
    assert_eq!(document["summary"]["exit_code"], 130, "{phase}");
    assert!(out.join("index.html").exists());
    let log = std::fs::read_to_string(out.join("hub.log")).unwrap();
    assert!(log.contains("stopped"), "the hub went on: {log}");
}

#[test]
fn ctrl_c_while_measuring() {
    interrupted_run("measure", Signal::INT);
}

#[test]
fn ctrl_c_while_connecting() {
    interrupted_run("ramp", Signal::INT);
}

#[test]
fn sigterm_is_as_good() {
    interrupted_run("measure", Signal::TERM);
}

#[test]
fn an_interrupted_check_keeps_its_verdicts() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    // The first interrupt may come before the first verdict; that no document is lost, and that it is a partial one, holds at any time.
    let hub = Hub::start();
    let mut check = command(&[
        "check",
        &hub.url,
        "--jwt-key",
        KEY,
        "--out",
        out.to_str().unwrap(),
    ])
    .spawn()
    .unwrap();
    interrupt_at(&mut check, " checks", Signal::INT);
    let ended = finish(check);
    assert_eq!(ended.code, Some(130), "{ended:?}");
    let document = document_in(&out);
    assert_eq!(document["partial"]["cause"], "interrupted");
    assert!(!document["preflight"].as_array().unwrap().is_empty());
}

/// A hub that takes connections and says nothing: Ctrl-C need not wait for it, and there is nothing to keep.
#[test]
fn ctrl_c_while_the_hub_is_asked() {
    let folder = tempdir().unwrap();
    for words in [["run", "live-score", "--hub"].as_slice(), &["check"]] {
        // One each: what comes to it is this command, which listens to signals when it connects.
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!(
            "http://{}/.well-known/mercure",
            silent.local_addr().unwrap()
        );
        let child = command(words)
            .args([&url, "--jwt-key", KEY, "--out", "out"])
            .current_dir(folder.path())
            .spawn()
            .unwrap();
        let _connection = silent.accept().unwrap();
        signal(&child, Signal::INT);
        let ended = finish(child);
        assert_eq!(ended.code, Some(130), "{words:?}: {ended:?}");
        assert!(
            ended.stderr.contains("before anything was measured"),
            "{ended:?}"
        );
        assert!(!folder.path().join("out").exists(), "{words:?}");
    }
}

/// Even a parent that is killed leaves no hub behind: the child ends when its standard input closes.
#[test]
fn a_killed_run_takes_its_hub_with_it() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let scenario = endless(folder.path()).display().to_string();
    let mut run = command(&["run", &scenario, "--out", out.to_str().unwrap()])
        .spawn()
        .unwrap();
    let (_, _stderr) = read_until(run.stderr.take().unwrap(), "measure");
    let hub = child_of(&run);
    signal(&run, Signal::KILL);
    assert_eq!(finish(run).code, None);
    // Bounded by the harness; each look is a system call.
    while test_kill_process(hub).is_ok() && !is_zombie(hub) {
        std::thread::yield_now();
    }
}

fn child_of(parent: &Child) -> Pid {
    let id = parent.id();
    let children = std::fs::read_dir(format!("/proc/{id}/task"))
        .unwrap()
        .map(|task| std::fs::read_to_string(task.unwrap().path().join("children")).unwrap())
        .collect::<String>();
    Pid::from_raw(children.split_whitespace().next().unwrap().parse().unwrap()).unwrap()
}

/// Ended, but not yet waited for by whoever inherited it.
fn is_zombie(pid: Pid) -> bool {
    std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()))
        .map_or(true, |stat| stat.contains(") Z "))
}

#[test]
fn a_hub_that_is_killed_in_mid_run_is_told_with_what_was_measured() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let scenario = endless(folder.path()).display().to_string();
    let hub = Hub::start();
    let mut run = command(&["run", &scenario, "--hub", &hub.url, "--jwt-key", KEY])
        .args(["--out", out.to_str().unwrap()])
        .spawn()
        .unwrap();
    let (_, stderr) = read_until(run.stderr.take().unwrap(), "measure");
    assert_eq!(hub.end_by(Signal::KILL), None);
    drain(stderr);
    let ended = finish(run);
    let document = document_in(&out);
    assert_eq!(document["partial"]["cause"], "hub_unusable", "{ended:?}");
    assert!(document["summary"]["on_time"].as_u64().unwrap() > 0);
    assert!(matches!(ended.code, Some(3 | 5)), "{ended:?}");
}
