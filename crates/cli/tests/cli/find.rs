//! `find`: from the first step to the answer. Not for which load comes next, or what a step says: those are tables of `assay-load` and
//! `assay-results`.

use std::path::Path;

use rustix::process::Signal;
use serde_json::Value;
use tempfile::tempdir;

use crate::program::{
    Ended, Hub, KEY, assay, command, drain, finish, limited, read_until, signal, texts_in,
};
use crate::run::{assert_valid, document_in};
use crate::scenario::short;

const SCHEMA: &str = include_str!("../../../results/schema/capacity-run.schema.json");
/// A bound that no busy machine misses: what is tested is the search, not the hub.
const EASY: &str = "event_last.p50 < 30s";
/// One that nothing can keep.
const HOPELESS: &str = "event_last.p50 < 1us";

/// A search in small steps, and its document, if it left one.
fn find(folder: &Path, flags: &[&str]) -> (Ended, Value) {
    let scenario = short(folder).display().to_string();
    let out = folder.join("out");
    let usual = ["--step-for", "1s", "--confirm", "1", "--seed", "7", "--out"];
    let args = [
        &["find", &scenario],
        flags,
        &usual,
        &[out.to_str().unwrap()],
    ]
    .concat();
    let ended = assay(&args);
    assert!(out.join("run.json").exists(), "{ended:?}");
    let document = document_in(&out);
    assert_valid(SCHEMA, &document);
    assert_eq!(document["summary"]["exit_code"], ended.code.unwrap());
    (ended, document)
}

fn steps(document: &Value) -> Vec<&Value> {
    let searches = document["searches"].as_array().unwrap().iter();
    searches
        .flat_map(|search| search["steps"].as_array().unwrap())
        .collect()
}

fn levels(document: &Value) -> Vec<u64> {
    let subscribers = |step: &&Value| step["load"]["subscribers"].as_u64().unwrap();
    steps(document).iter().map(subscribers).collect()
}

/// A machine that is busy makes a step say nothing about the hub, or keeps subscribers from being confirmed in the half second that they
/// have: then anything may be the answer but a defect. Else it is this one.
fn assert_ended(ended: &Ended, document: &Value, code: i32) {
    let was_busy =
        |step: &&Value| step["verdict"] == "not_measurable" || step["cause"] == "connections";
    let is_excused =
        steps(document).iter().any(was_busy) && matches!(ended.code, Some(0 | 1 | 3 | 6));
    assert!(ended.code == Some(code) || is_excused, "{ended:?}");
}

#[test]
fn a_search_leaves_its_steps_and_a_report_that_can_be_rebuilt() {
    let folder = tempdir().unwrap();
    let flags = ["--from", "20", "--to", "40", "--slo", EASY];
    let (ended, document) = find(folder.path(), &flags);
    assert_ended(&ended, &document, 0);
    let levels = levels(&document);
    assert_eq!(levels[0], 20, "{levels:?}");
    assert!(
        levels.iter().all(|level| (20..=40).contains(level)),
        "{levels:?}"
    );
    if ended.code == Some(0) {
        assert!(
            ended.stdout.starts_with("This hub holds at least "),
            "{ended:?}"
        );
    }
    let out = folder.path().join("out");
    let first = &steps(&document)[0]["figures"];
    assert!(
        first["expected"].as_u64() > Some(0) && first["wrong"] == 0,
        "{first}"
    );
    assert!(
        first["hub_memory_bytes"].as_u64() > Some(1_000_000),
        "{first}"
    );
    // The run of a step is a run as any other.
    let step = document_in(&out.join("steps/001"));
    assert_eq!(step["subscribers"], 20);
    assert!(out.join("steps/001/index.html").exists());
    assert!(out.join("steps/001/hub.log").exists(), "a hub of its own");

    let before = texts_in(&out);
    for name in [
        "index.html",
        "summary.md",
        "charts/ladder.svg",
        "charts/ladder.csv",
    ] {
        std::fs::remove_file(out.join(name)).unwrap();
    }
    let report = assay(&["report", out.to_str().unwrap()]);
    assert_eq!(report.code, Some(0), "{report:?}");
    for file in &before {
        assert!(texts_in(&out).contains(file), "{} is another", file.0);
    }
}

#[test]
fn what_not_even_the_least_load_keeps_is_a_failure() {
    let folder = tempdir().unwrap();
    let flags = ["--from", "20", "--slo", HOPELESS, "--no-steps", "--json"];
    let (ended, document) = find(folder.path(), &flags);
    assert_ended(&ended, &document, 1);
    let printed: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(printed, document);
    if ended.code == Some(1) {
        assert!(
            ended
                .stderr
                .contains("Not even 20 subscribers at 100 updates/s"),
            "{ended:?}"
        );
        assert_eq!(document["summary"]["answers"][0]["kind"], "none");
    }
    assert!(!folder.path().join("out/steps").exists());
}

#[test]
fn a_rate_is_raised_on_a_hub_that_runs_already() {
    let folder = tempdir().unwrap();
    let hub = Hub::start();
    let pid = hub.pid().to_string();
    let flags = [
        "--by",
        "rate",
        "--from",
        "20/s",
        "--to",
        "40/s",
        "--slo",
        EASY,
        "--hub",
        &hub.url,
        "--hub-pid",
        &pid,
        "--jwt-key",
        KEY,
    ];
    let (ended, document) = find(folder.path(), &flags);
    assert_ended(&ended, &document, 0);
    let steps = steps(&document);
    let rates: Vec<_> = steps
        .iter()
        .map(|step| step["load"]["updates_per_second"].as_f64().unwrap())
        .collect();
    assert!((20.0..=40.0).contains(&rates[0]), "{rates:?}");
    assert!(
        levels(&document)
            .iter()
            .all(|subscribers| *subscribers == 10)
    );
    assert!(steps[0]["figures"]["hub_cpu"].as_f64().is_some());
    assert_eq!(document["question"]["fresh_hub"], false);
    for (path, text) in texts_in(&folder.path().join("out")) {
        assert!(!text.contains(KEY), "the key stands in {path}");
    }
}

#[test]
fn a_frontier_has_a_rate_for_each_number_of_subscribers() {
    let folder = tempdir().unwrap();
    let flags = [
        "--by", "both", "--from", "10", "--to", "20", "--rate", "20/s", "--slo", HOPELESS,
    ];
    let (ended, document) = find(folder.path(), &flags);
    assert_ended(&ended, &document, 1);
    let searches = document["searches"].as_array().unwrap();
    assert_eq!(searches.len(), 2);
    let mut numbers: Vec<u64> = levels(&document);
    numbers.dedup();
    assert_eq!(numbers, [10, 20]);
    assert!(folder.path().join("out/charts/frontier.svg").exists());
}

/// The hub has no part in it: what ended is the workbench.
#[test]
fn a_load_that_cannot_begin_here_ends_the_search_and_not_the_hub() {
    let folder = tempdir().unwrap();
    let scenario = short(folder.path()).display().to_string();
    let hub = Hub::start();
    let args = [
        "find",
        &scenario,
        "--from",
        "40",
        "--step-for",
        "1s",
        "--confirm",
        "0",
        "--slo",
        EASY,
        "--no-steps",
        "--hub",
        &hub.url,
        "--jwt-key",
        KEY,
        "--out",
        "out",
    ];
    let ended = limited(folder.path(), "ulimit -n 256", &args);
    let document = document_in(&folder.path().join("out"));
    assert_ended(&ended, &document, 0);
    // A busy machine may end it before: by subscribers that are not confirmed in their half second.
    if steps(&document)
        .iter()
        .any(|step| step["verdict"] == "missed")
    {
        return;
    }
    assert_eq!(
        document["summary"]["answers"][0]["kind"], "at_least",
        "{ended:?}"
    );
    assert!(
        ended
            .stdout
            .contains("beyond that this workbench is at its end"),
        "{ended:?}"
    );
    let mut refused = steps(&document)
        .into_iter()
        .filter(|step| step["refused"] == true);
    let why = refused.next().unwrap()["why"].as_str().unwrap();
    assert!(why.contains("may open 256"), "{why}");
}

#[test]
fn an_interrupted_search_keeps_its_steps() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let scenario = short(folder.path()).display().to_string();
    let flags = [
        "--from",
        "10",
        "--step-for",
        "1s",
        "--slo",
        EASY,
        "--out",
        out.to_str().unwrap(),
    ];
    let mut find = command(&[&["find", &scenario], &flags[..]].concat())
        .spawn()
        .unwrap();
    let (_, stderr) = read_until(find.stderr.take().unwrap(), "step 1:");
    signal(&find, Signal::INT);
    drain(stderr);
    let ended = finish(find);
    assert_eq!(ended.code, Some(130), "{ended:?}");
    let document = document_in(&out);
    assert_valid(SCHEMA, &document);
    assert_eq!(document["partial"]["cause"], "interrupted");
    assert!(!steps(&document).is_empty());
    assert!(ended.stdout.starts_with("Interrupted after "), "{ended:?}");
    assert!(out.join("index.html").exists());
}
