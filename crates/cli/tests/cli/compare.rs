//! `compare`: two saved runs, and two hubs in pairs. Not for what follows from the figures: those are tables of `assay-results`.

use std::path::Path;

use rustix::process::Signal;
use serde_json::Value;
use tempfile::tempdir;

use crate::program::{
    Ended, Hub, KEY, assay, command, drain, finish, read_until, signal, texts_in,
};
use crate::run::{assert_valid, document_in};
use crate::scenario::{measuring, short};

const SCHEMA: &str = include_str!("../../../results/schema/comparison-run.schema.json");

/// A saved run of a scenario.
fn saved(folder: &Path, scenario: &Path, name: &str, seed: &str) -> String {
    let out = folder.join(name).display().to_string();
    let ended = assay(&[
        "run",
        scenario.to_str().unwrap(),
        "--seed",
        seed,
        "--out",
        &out,
    ]);
    assert!(folder.join(name).join("run.json").exists(), "{ended:?}");
    out
}

fn compared(folder: &Path, args: &[&str]) -> (Ended, Value) {
    let out = folder.join("out");
    let ended = assay(&[&["compare"], args, &["--out", out.to_str().unwrap()]].concat());
    assert!(out.join("run.json").exists(), "{ended:?}");
    let document = document_in(&out);
    assert_valid(SCHEMA, &document);
    assert_eq!(document["summary"]["exit_code"], ended.code.unwrap());
    let before = texts_in(&out);
    std::fs::remove_file(out.join("index.html")).unwrap();
    let report = assay(&["report", out.to_str().unwrap()]);
    assert_eq!(report.code, Some(0), "{report:?}");
    for file in &before {
        assert!(texts_in(&out).contains(file), "{} is another", file.0);
    }
    (ended, document)
}

#[test]
fn two_saved_runs_say_which_differences_mean_nothing() {
    let folder = tempdir().unwrap();
    let scenario = measuring(folder.path(), "6s");
    let a = saved(folder.path(), &scenario, "a", "7");
    let b = saved(folder.path(), &scenario, "b", "8");
    let (ended, document) = compared(folder.path(), &[&a, &b]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.starts_with("One run each: "), "{ended:?}");
    assert!(ended.stdout.contains("means nothing below"), "{ended:?}");
    assert!(
        ended.stdout.contains("They differ in the seed: 7 and 8."),
        "{ended:?}"
    );
    let rows = document["summary"]["rows"].as_array().unwrap();
    let row = rows
        .iter()
        .find(|row| row["figure"] == "event_last_p50")
        .unwrap();
    assert!(row["detectable"].as_f64() > Some(1.0), "{row}");
    assert_eq!(row["finding"], "unknown");
}

#[test]
fn runs_of_other_work_are_not_compared() {
    let folder = tempdir().unwrap();
    let a = saved(folder.path(), &short(folder.path()), "a", "7");
    let longer = measuring(folder.path(), "2s");
    let b = saved(folder.path(), &longer, "b", "7");
    let out = folder.path().join("out");
    let check = |args: &[&str], fragment: &str| {
        let ended = assay(&[&["compare"], args, &["--out", out.to_str().unwrap()]].concat());
        assert_eq!(ended.code, Some(2), "{args:?}: {ended:?}");
        assert!(ended.stderr.contains(fragment), "{args:?}: {ended:?}");
        assert!(!out.exists(), "{args:?}");
    };
    check(
        &[&a, &b],
        "not of the same work, so that their figures cannot be compared: milliseconds measured 1000 and 2000",
    );
    check(&[&a, "nowhere"], "nowhere");
    check(&[&a], "what is compared?");
    check(&[], "what is compared?");
    check(
        &[&a, &a, "--hub-a", "reference"],
        "leave --hub-a and --hub-b out",
    );
    check(
        &[&a, &a, "--fail-if", "worse"],
        "one run each decides nothing",
    );
    check(&["nothing", "--hub-a", "reference"], "it is no preset");
    check(&["--hub-a", "localhost"], "write http://HOST:PORT");
}

#[test]
fn two_hubs_in_pairs() {
    let folder = tempdir().unwrap();
    let scenario = short(folder.path()).display().to_string();
    let hub = Hub::start();
    let pid = hub.pid().to_string();
    let args = [
        &scenario,
        "--hub-a",
        &hub.url,
        "--pid-a",
        &pid,
        "--jwt-key",
        KEY,
        "--hub-b",
        "reference",
        "--pairs",
        "3",
        "--seed",
        "7",
    ];
    let (ended, document) = compared(folder.path(), &args);
    // A busy machine may leave too few pairs, or none.
    assert!(matches!(ended.code, Some(0 | 3 | 6)), "{ended:?}");
    let pairs = document["evidence"]["pairs"]["pairs"].as_array().unwrap();
    assert_eq!(pairs.len(), 3);
    let figures = &pairs[0]["a"]["figures"];
    assert!(figures["event_last_p50"].as_f64().is_some(), "{figures}");
    assert!(figures["hub_memory"].as_f64() > Some(1e6), "{figures}");
    let out = folder.path().join("out");
    // Both runs of a pair have the same plan, and each pair another one.
    let seed = |run: &str| document_in(&out.join("pairs").join(run))["scenario"]["seed"].as_u64();
    assert_eq!(
        [seed("01/a"), seed("01/b"), seed("03/a")],
        [Some(7), Some(7), Some(9)]
    );
    assert!(
        out.join("pairs/02/b/hub.log").exists(),
        "started for each run"
    );
    for (path, text) in texts_in(&out) {
        assert!(!text.contains(KEY), "the key stands in {path}");
    }
}

/// Our own program as a hub of others: it is told its port and its key, and seen by its process.
#[test]
fn hubs_that_commands_start() {
    let folder = tempdir().unwrap();
    let scenario = short(folder.path()).display().to_string();
    let hub = format!(
        "env ASSAY_HUB_JWT_KEY=\"$KEY\" {} hub --listen 127.0.0.1:$PORT --dialects 1.0,0.x --anonymous",
        env!("CARGO_BIN_EXE_assay")
    );
    let args = [&scenario, "--command-a", &hub, "--pairs", "3", "--no-runs"];
    let (ended, document) = compared(folder.path(), &args);
    assert!(matches!(ended.code, Some(0 | 3 | 6)), "{ended:?}");
    let pairs = document["evidence"]["pairs"]["pairs"].as_array().unwrap();
    let figures = &pairs[2]["a"]["figures"];
    assert!(figures["hub_memory"].as_f64() > Some(1e6), "{figures}");
    assert_eq!(document["a"]["name"], Value::String(hub));
    assert_eq!(document["b"]["name"], "reference");
    let ended = assay(&[
        "run",
        &scenario,
        "--hub-command",
        "exit 3",
        "--out",
        folder.path().join("none").to_str().unwrap(),
    ]);
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(
        ended.stderr.contains("--hub-command started no hub"),
        "{ended:?}"
    );
}

#[test]
fn an_interrupted_comparison_keeps_its_pairs() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let scenario = short(folder.path()).display().to_string();
    let args = [
        "compare",
        &scenario,
        "--hub-a",
        "reference",
        "--no-runs",
        "--out",
        out.to_str().unwrap(),
    ];
    let mut compare = command(&args).spawn().unwrap();
    let (_, stderr) = read_until(compare.stderr.take().unwrap(), "pair 2, reference");
    signal(&compare, Signal::INT);
    drain(stderr);
    let ended = finish(compare);
    assert_eq!(ended.code, Some(130), "{ended:?}");
    let document = document_in(&out);
    assert_valid(SCHEMA, &document);
    assert_eq!(document["partial"]["cause"], "interrupted");
    let pairs = document["evidence"]["pairs"]["pairs"].as_array().unwrap();
    assert!(!pairs.is_empty(), "{ended:?}");
    assert_eq!(document["a"]["name"], "reference (a)");
    assert!(!out.join("pairs").exists(), "no run is kept");
}
