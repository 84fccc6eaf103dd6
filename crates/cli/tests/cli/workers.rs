//! A crowd that is spread over worker processes: the same books, and no silence about one that is gone.

use std::path::Path;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::tempdir;

use crate::program::{assay, command, drain, finish, read_until};
use crate::run::{assert_nothing_wrong, document_in};

/// More than there are probes, and public: everyone hears.
const SCENARIO: &str = r#"
name = "spread"
[topics.matches]
template = "https://spread.example/{run}/matches/{n}"
count = 2
[subscribers.fans]
count = 120
follow = "matches"
topics_each = 1
[publishers.stadiums]
publish = "matches"
rate = "20/s"
[phases]
ramp = "500ms"
settle = "2s"
warm_up = "200ms"
measure = "MEASURE"
drain = "2s"
"#;

fn scenario(folder: &Path, measure: &str) -> String {
    let path = folder.join("spread.toml");
    std::fs::write(&path, SCENARIO.replace("MEASURE", measure)).unwrap();
    path.display().to_string()
}

fn run(folder: &Path, workers: &[&str]) -> Value {
    let (scenario, out) = (scenario(folder, "1s"), folder.join("out"));
    let mut args = vec![
        "run",
        &scenario,
        "--seed",
        "7",
        "--out",
        out.to_str().unwrap(),
    ];
    args.extend(workers);
    let ended = assay(&args);
    assert!(out.join("run.json").exists(), "{ended:?}");
    let document = document_in(&out);
    assert_nothing_wrong(&ended, &document["summary"]);
    document
}

#[test]
fn the_books_of_a_spread_crowd_are_those_of_one_that_is_not() {
    let (one, three) = (tempdir().unwrap(), tempdir().unwrap());
    let whole = run(one.path(), &[]);
    let spread = run(three.path(), &["--workers", "3"]);
    for figure in ["unconnected", "subscribers"] {
        assert_eq!(
            whole["summary"][figure], spread["summary"][figure],
            "{figure}"
        );
    }
    let expected = |document: &Value| -> Vec<Value> {
        let rows = document["publications"].as_array().unwrap().iter();
        let rows = rows.filter(|row| row["phase"] == "measure");
        rows.map(|row| row["ledger"]["expected"].clone()).collect()
    };
    assert_eq!(expected(&whole), expected(&spread), "update by update");
    assert_eq!(spread["metrics"]["connect"]["count"], 120);
    let shared = spread["notes"].to_string();
    assert!(
        shared.contains("3 worker processes for the crowd"),
        "{shared}"
    );
}

/// The processes that `parent` has started with this argument.
fn children(parent: u32, argument: &str) -> Vec<Pid> {
    let tasks = std::fs::read_dir(format!("/proc/{parent}/task")).unwrap();
    let children = tasks.flat_map(|task| {
        let children = task.unwrap().path().join("children");
        let text = std::fs::read_to_string(children).unwrap_or_default();
        text.split_whitespace()
            .map(|pid| pid.parse::<i32>().unwrap())
            .collect::<Vec<_>>()
    });
    let is_worker = |pid: &i32| {
        let line = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.split('\0').any(|word| word == argument)
    };
    children
        .filter(is_worker)
        .filter_map(Pid::from_raw)
        .collect()
}

#[test]
fn a_worker_that_is_gone_makes_the_run_invalid_and_its_subscribers_are_named() {
    let folder = tempdir().unwrap();
    let (scenario, out) = (scenario(folder.path(), "60s"), folder.path().join("out"));
    let args = [
        "run",
        &scenario,
        "--workers",
        "2",
        "--out",
        out.to_str().unwrap(),
    ];
    let mut run = command(&args).spawn().unwrap();
    let (_, stderr) = read_until(run.stderr.take().unwrap(), "measure");
    let workers = children(run.id(), "load-worker");
    assert_eq!(workers.len(), 2, "{workers:?}");
    kill_process(workers[1], Signal::KILL).unwrap();
    drain(stderr);
    let ended = finish(run);
    assert_eq!(ended.code, Some(3), "{ended:?}");
    let document = document_in(&out);
    assert_eq!(document["partial"]["cause"], "workbench_exhausted");
    let reason = document["partial"]["reason"].as_str().unwrap();
    for part in ["of 2 ended in mid-run", "SIGKILL", "its 35 subscribers"] {
        assert!(reason.contains(part), "{part}: {reason}");
    }
    assert_eq!(document["summary"]["unconnected"], 35);
    assert_eq!(
        document["summary"]["lost"], 0,
        "nobody is accused of theirs"
    );
    assert!(out.join("index.html").exists());
    for worker in workers {
        assert!(
            rustix::process::test_kill_process(worker).is_err(),
            "a worker went on"
        );
    }
}

#[test]
fn a_worker_whose_run_is_gone_ends() {
    // Its standard input is empty: there is no order.
    let ended = assay(&["load-worker"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.is_empty());
}
