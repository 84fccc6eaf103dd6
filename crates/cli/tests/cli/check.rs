//! `check`: its document and its exit code.

use serde_json::Value;
use tempfile::tempdir;

use crate::program::{Hub, assay, texts_in};
use crate::run::assert_valid;

const SCHEMA: &str = include_str!("../../../results/schema/conformance-run.schema.json");

#[test]
fn the_reference_hub_keeps_the_protocol_in_both_dialects() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out").display().to_string();
    let ended = assay(&["check", "--out", &out, "--json"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_valid(SCHEMA, &document);
    let verdicts = document["verdicts"].as_array().unwrap();
    for dialect in ["1.0", "0.x"] {
        let rows = verdicts.iter().filter(|row| row["dialect"] == dialect);
        assert!(rows.count() >= 40, "dialect {dialect}");
    }
    for key in [
        "check",
        "requirement",
        "level",
        "verdict",
        "expected",
        "observed",
    ] {
        assert!(verdicts.iter().all(|row| row.get(key).is_some()), "{key}");
    }
    let saved = texts_in(folder.path());
    let (_, run_json) = saved
        .iter()
        .find(|(path, _)| path.ends_with("run.json"))
        .unwrap();
    assert_eq!(*run_json, ended.stdout);
}

#[test]
fn a_filter_that_matches_nothing_is_no_success() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out").display().to_string();
    let ended = assay(&["check", "--out", &out, "--only", "nothing/"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("assay explain --list"), "{ended:?}");
}

/// With a wrong key even what is right is refused: whoever goes on by force is told what may come of it.
#[test]
fn who_goes_on_by_force_is_told_what_the_preflight_found() {
    let hub = Hub::start();
    let folder = tempdir().unwrap();
    let out = folder.path().join("out").display().to_string();
    let wrong = "another key, also of more than thirty-two bytes";
    let ended = assay(&[
        "check",
        &hub.url,
        "--jwt-key",
        wrong,
        "--force",
        "--out",
        &out,
        "--json",
    ]);
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    let verdicts = document["verdicts"].as_array().unwrap();
    assert!(verdicts.iter().any(|row| row["verdict"] == "inconclusive"));
    assert!(document["notes"].to_string().contains("by force"));
}
