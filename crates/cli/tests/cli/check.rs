//! `check`: its document and its exit code.

use assay_crooked::{Crooked, Straight, mutants};
use serde_json::Value;
use tempfile::tempdir;

use crate::program::{Hub, KEY, assay, texts_in};
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

/// A gate from its first day: what is broken is blessed and known from then on, what heals is news.
#[test]
fn a_baseline_lets_pass_what_it_lists() {
    const ORIGIN: &str = "https://app.example";
    let hub = Hub::start_with(&["--dialects", "1.0", "--cors-origin", ORIGIN]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let straight = Straight {
        url: hub.url.clone(),
        secret: KEY.to_owned(),
        issuer: "https://localhost".to_owned(),
        publish_origin: ORIGIN.to_owned(),
        issuers: Vec::new(),
    };
    let mut mutants = mutants::all();
    let broken = mutants.find(|mutant| mutant.name == "credentials-not-allowed");
    let crooked = runtime
        .block_on(Crooked::start(&straight, broken.unwrap()))
        .unwrap();
    crooked.turn();
    let folder = tempdir().unwrap();
    let file = folder.path().join("known.toml").display().to_string();
    let check = |name: &str, url: &str, more: &[&str]| {
        let out = folder.path().join(name).display().to_string();
        let base = [
            "check",
            url,
            "--jwt-key",
            KEY,
            "--allowed-origin",
            ORIGIN,
            "--out",
            &out,
        ];
        assay(&[base.as_slice(), more].concat())
    };
    let narrow = ["--baseline", &file, "--area", "cors"];
    let unlisted = check("unlisted", crooked.url(), &["--area", "cors"]);
    assert_eq!(unlisted.code, Some(1), "{unlisted:?}");
    let missing = check("missing", crooked.url(), &narrow);
    assert_eq!(missing.code, Some(2), "{missing:?}");
    let blessed = check("blessed", crooked.url(), &["--baseline", &file, "--bless"]);
    assert_eq!(blessed.code, Some(0), "{blessed:?}");
    let known = check("known", crooked.url(), &narrow);
    assert_eq!(known.code, Some(0), "{known:?}");
    assert!(
        known.stdout.contains("cors/credentials): known"),
        "{known:?}"
    );
    let healed = check("healed", &hub.url, &narrow);
    assert_eq!(healed.code, Some(1), "{healed:?}");
    assert!(healed.stdout.contains("take it out"), "{healed:?}");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("\"cors/", "\"cros/")).unwrap();
    let unknown = check("unknown", crooked.url(), &narrow);
    assert_eq!(unknown.code, Some(2), "{unknown:?}");
    assert!(
        unknown.stderr.contains("no check judges that"),
        "{unknown:?}"
    );
}

#[test]
fn a_choice_is_listed_instead_of_run() {
    let listed = assay(&[
        "check",
        "--list",
        "--area",
        "cors",
        "--level",
        "must",
        "--dialect",
        "1.0",
    ]);
    assert_eq!(listed.code, Some(0), "{listed:?}");
    let lines: Vec<_> = listed.stdout.lines().collect();
    assert!(lines.len() > 5, "{listed:?}");
    for line in lines {
        assert!(
            line.starts_with("1.0  MUST") && line.contains("  cors"),
            "{line}"
        );
    }
    for (args, named) in [
        (["--list", "--area", "corse"], "cors, "),
        (["--bless", "--shuffle", "1"], "--baseline"),
        (["--jobs", "0", "--list"], "--jobs"),
    ] {
        let ended = assay(&[&["check"], args.as_slice()].concat());
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains(named), "{ended:?}");
    }
}

#[test]
fn runs_are_put_side_by_side() {
    let hub = Hub::start();
    let folder = tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    for (name, dialect, only) in [("a", "1.0", "event-id/"), ("b", "0.x", "0.x/sse/")] {
        let choice = ["--dialect", dialect, "--only", only, "--out", &path(name)];
        let base = ["check", &hub.url, "--jwt-key", KEY];
        let ended = assay(&[base.as_slice(), &choice].concat());
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
    let out = path("both");
    let (first, second) = (format!("first={}", path("a")), path("b"));
    let ended = assay(&["report", &first, &second, "--out", &out]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.contains("From first to b: "), "{ended:?}");
    for file in [
        "index.html",
        "summary.md",
        "first/index.html",
        "b/index.html",
    ] {
        assert!(folder.path().join("both").join(file).exists(), "{file}");
    }
}
