//! `run` and `report`: what they leave and show.

use std::path::Path;

use serde_json::Value;
use tempfile::tempdir;

use crate::program::{Ended, Hub, KEY, assay, assay_in, limited, texts_in};
use crate::scenario::short;

const SCHEMA: &str = include_str!("../../../results/schema/load-run.schema.json");

/// A run document is what its schema says.
pub(crate) fn assert_valid(schema: &str, document: &Value) {
    let schema: Value = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> = validator
        .iter_errors(document)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// The document that a run left.
pub(crate) fn document_in(out: &Path) -> Value {
    let text = std::fs::read_to_string(out.join("run.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Nothing was lost, whatever a busy machine does to the times: they may make a run invalid (3) or too thin (6).
pub(crate) fn assert_nothing_wrong(ended: &Ended, summary: &Value) {
    assert!(matches!(ended.code, Some(0 | 3 | 6)), "{ended:?}");
    for wrong in ["lost", "duplicate", "reordered", "leaked", "corrupt"] {
        assert_eq!(summary[wrong], 0, "{wrong}");
    }
}

#[test]
fn a_run_on_the_reference_hub_leaves_a_document_and_pages_that_can_be_rebuilt() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let scenario = short(folder.path()).display().to_string();
    let args = [
        "run",
        &scenario,
        "--seed",
        "7",
        "--out",
        out.to_str().unwrap(),
        "--json",
    ];
    let ended = assay(&args);
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(document_in(&out), document);
    assert_valid(SCHEMA, &document);

    let summary = &document["summary"];
    let keys: Vec<_> = summary
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        keys,
        [
            "by_subscriber_p99_us",
            "corrupt",
            "delivery_us",
            "duplicate",
            "event_last_us",
            "exit_code",
            "expected",
            "late",
            "leaked",
            "lost",
            "on_time",
            "publishes",
            "reordered",
            "replayed",
            "subscribers",
            "unconnected",
            "validity",
        ]
    );
    assert_eq!(summary["subscribers"], 10);
    assert_eq!(summary["exit_code"], ended.code.unwrap());
    assert_nothing_wrong(&ended, summary);
    let expected = summary["expected"].as_u64().unwrap();
    let arrived: u64 = ["on_time", "late", "replayed"]
        .iter()
        .map(|key| summary[key].as_u64().unwrap())
        .sum();
    assert_eq!((arrived, expected > 0), (expected, true));

    let before = texts_in(&out);
    std::fs::remove_file(out.join("index.html")).unwrap();
    let report = assay(&["report", out.to_str().unwrap()]);
    assert_eq!(report.code, Some(0), "{report:?}");
    assert_eq!(texts_in(&out).len(), before.len());
    for file in &before {
        assert!(texts_in(&out).contains(file), "{} is another", file.0);
    }
}

/// A limit on the size of files stands for a full disk: the write that is too much fails.
#[test]
fn what_cannot_be_written_is_named_after_the_figures() {
    let folder = tempdir().unwrap();
    let scenario = short(folder.path()).display().to_string();
    let limits = "trap '' XFSZ && ulimit -f 8";
    let ended = limited(folder.path(), limits, &["run", &scenario, "--out", "out"]);
    assert!(ended.stdout.contains(" expected = "), "{ended:?}");
    let last = ended.stderr.lines().last().unwrap();
    for fragment in ["assay: cannot write out/", "bytes are kept", "--out"] {
        assert!(last.contains(fragment), "{last}");
    }
    assert_eq!(ended.code, Some(2), "{ended:?}");
}

#[test]
fn a_key_is_seen_nowhere() {
    let folder = tempdir().unwrap();
    let out = folder.path();
    let scenario = short(folder.path()).display().to_string();
    let hub = Hub::start();
    let joined = format!("--jwt-key={KEY}");
    for (name, flags) in [("two", ["--jwt-key", KEY].as_slice()), ("one", &[&joined])] {
        let out = out.join(name);
        let args = [
            &[
                "run",
                &scenario,
                "--hub",
                &hub.url,
                "--out",
                out.to_str().unwrap(),
            ],
            flags,
        ]
        .concat();
        let ended = assay(&args);
        assert_nothing_wrong(&ended, &document_in(&out)["summary"]);
        assert!(!ended.stdout.contains(KEY) && !ended.stderr.contains(KEY));
        for (path, text) in texts_in(&out) {
            assert!(!text.contains(KEY), "the key stands in {path}");
        }
    }
}

#[test]
fn what_a_machine_can_hear_is_kept_and_shown_in_its_reports() {
    let folder = tempdir().unwrap();
    let ended = assay_in(
        folder.path(),
        &[
            "calibrate",
            "--subscribers",
            "50",
            "--up-to",
            "5000",
            "--json",
        ],
    );
    // A busy machine says so, and keeps nothing.
    if ended.code == Some(3) {
        assert!(ended.stderr.contains("this machine is busy"), "{ended:?}");
        assert!(!folder.path().join("reports/calibration.json").exists());
        return;
    }
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let calibration: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert!(
        calibration["ceiling_deliveries_per_second"].as_f64() > Some(1_000.0),
        "{calibration}"
    );
    let scenario = short(folder.path()).display().to_string();
    let args = ["run", &scenario, "--out", "out"];
    let ended = assay_in(folder.path(), &args);
    let document = document_in(&folder.path().join("out"));
    assert_eq!(document["calibration"], calibration, "{ended:?}");
}

#[test]
fn what_a_hub_of_others_uses_is_seen_by_the_id_of_its_process() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let scenario = short(folder.path()).display().to_string();
    let hub = Hub::start();
    let pid = hub.pid().to_string();
    let given = [
        "--hub",
        &hub.url,
        "--jwt-key",
        KEY,
        "--out",
        out.to_str().unwrap(),
    ];
    let ended = assay(&[&["run", &scenario, "--hub-pid", &pid], &given[..]].concat());
    let document = document_in(&out);
    assert_nothing_wrong(&ended, &document["summary"]);
    let seconds = document["seconds"].as_array().unwrap();
    let seen = seconds
        .iter()
        .filter(|second| second["hub_open_files"].as_u64() > Some(10));
    assert!(seen.count() > 0, "{seconds:?}");
    let gone = [
        "run",
        &scenario,
        "--hub-cgroup",
        "/nowhere",
        "--hub",
        &hub.url,
    ];
    let ended = assay(&gone);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended.stderr.contains("nothing can be seen of the hub"),
        "{ended:?}"
    );
}
