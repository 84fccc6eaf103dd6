//! Run directories: whole, cut short, on a full disk, and no run at all.

mod sample;

use std::fs;
use std::path::Path;

use assay_results::*;
use tempfile::TempDir;

fn load_results() -> LoadResults {
    sample::load_results(sample::load_record())
}

fn conformance_results() -> ConformanceResults {
    let rows = vec![
        sample::row("token/aud", Verdict::Fail),
        sample::row("token/exp", Verdict::Pass),
    ];
    ConformanceResults {
        run: ConformanceRun::new(sample::conformance_record(rows)),
        transcripts: vec![Transcript {
            check: "token/aud".to_owned(),
            text: "> GET /\n".to_owned(),
        }],
    }
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_load_run_comes_back_as_it_was() {
    let temporary = TempDir::new().unwrap();
    let directory = RunDirectory::create(temporary.path().join("a/b")).unwrap();
    let results = load_results();
    directory.save_load(&results).unwrap();
    assert_eq!(
        names(directory.path()),
        [
            "delivery.hlog",
            "event_last.hlog",
            "ledger.csv",
            "run.json",
            "scenario.toml"
        ]
    );
    let saved = RunDirectory::open(directory.path())
        .unwrap()
        .read()
        .unwrap();
    assert_eq!(
        saved,
        SavedRun {
            run: Run::Load(Box::new(results.run)),
            missing: vec![]
        }
    );
    assert_eq!(
        saved.run.to_json().unwrap(),
        fs::read_to_string(directory.path().join("run.json")).unwrap()
    );
}

#[test]
fn a_conformance_run_comes_back_as_it_was() {
    let temporary = TempDir::new().unwrap();
    let directory = RunDirectory::create(temporary.path()).unwrap();
    let results = conformance_results();
    directory.save_conformance(&results).unwrap();
    let script = fs::read_to_string(directory.path().join("repro/token.aud.sh")).unwrap();
    assert!(script.contains("curl"), "{script}");
    assert_eq!(
        fs::read_to_string(directory.path().join("transcripts/token.aud.txt")).unwrap(),
        "> GET /\n"
    );
    let saved = directory.read().unwrap();
    assert_eq!(
        saved,
        SavedRun {
            run: Run::Conformance(Box::new(results.run)),
            missing: vec![]
        }
    );
}

#[test]
fn no_check_id_leaves_the_directory() {
    let temporary = TempDir::new().unwrap();
    let directory = RunDirectory::create(temporary.path().join("run")).unwrap();
    let rows = vec![sample::row("../../x y/\0", Verdict::Fail)];
    let run = ConformanceRun::new(sample::conformance_record(rows));
    directory
        .save_conformance(&ConformanceResults {
            run,
            transcripts: vec![],
        })
        .unwrap();
    assert_eq!(names(temporary.path()), ["run"]);
    assert_eq!(names(&directory.path().join("repro")).len(), 1);
}

#[test]
fn a_directory_that_was_cut_short_says_what_is_missing() {
    let temporary = TempDir::new().unwrap();
    let directory = RunDirectory::create(temporary.path()).unwrap();
    directory.save_load(&load_results()).unwrap();
    let cut = |name: &str, bytes: usize| {
        let path = directory.path().join(name);
        let text = fs::read(&path).unwrap();
        fs::write(path, &text[..text.len() - bytes]).unwrap();
    };
    cut("ledger.csv", 3);
    cut("event_last.hlog", 3);
    fs::remove_file(directory.path().join("delivery.hlog")).unwrap();
    fs::remove_file(directory.path().join("scenario.toml")).unwrap();
    assert_eq!(
        directory.read().unwrap().missing,
        [
            "scenario.toml is missing",
            "ledger.csv has 3 of 4 rows",
            "delivery.hlog is missing",
            "event_last.hlog is cut off"
        ]
    );
}

#[test]
fn what_is_no_run_is_told_so() {
    let temporary = TempDir::new().unwrap();
    let check = |run_json: Option<&str>, words: &[&str]| {
        let path = temporary.path().join("run.json");
        let _ = fs::remove_file(&path);
        if let Some(text) = run_json {
            fs::write(&path, text).unwrap();
        }
        let error = RunDirectory::open(temporary.path())
            .unwrap()
            .read()
            .unwrap_err()
            .to_string();
        for word in words {
            assert!(error.contains(word), "{error:?} lacks {word:?}");
        }
    };
    fs::write(temporary.path().join("notes.txt"), "x").unwrap();
    check(None, &["has no run.json", "notes.txt"]);
    check(Some(""), &["run.json", "line 1"]);
    check(
        Some("{\"schema\":1,\"kind\":\"load\""),
        &["not a run document", "line 1"],
    );
    check(Some("{\"schema\":1,\"kind\":\"load\"}"), &["missing field"]);
    check(
        Some("{\"schema\":2,\"kind\":\"load\"}"),
        &["schema 2", "reads", "schema 1"],
    );
    check(Some("{\"schema\":1,\"kind\":\"survey\"}"), &["\"survey\""]);
    check(Some("[]"), &["not a run document"]);
    assert!(
        RunDirectory::open(temporary.path().join("none"))
            .unwrap_err()
            .to_string()
            .contains("none")
    );
}

#[test]
fn a_run_is_never_overwritten() {
    let temporary = TempDir::new().unwrap();
    RunDirectory::create(temporary.path())
        .unwrap()
        .save_load(&load_results())
        .unwrap();
    let error = RunDirectory::create(temporary.path())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("holds a run already") && error.contains("--out"),
        "{error}"
    );
}

#[test]
fn runs_of_one_moment_get_directories_of_their_own() {
    let temporary = TempDir::new().unwrap();
    let parent = temporary.path().join("reports");
    let names: Vec<_> = (0..3)
        .map(|_| RunDirectory::create_new(&parent, "run").unwrap())
        .map(|made| made.path().file_name().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["run", "run-2", "run-3"]);
}

/// `/dev/full` takes a file's open and refuses its first byte, as a full disk does.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_what_there_is_room_for_and_says_how_much() {
    let temporary = TempDir::new().unwrap();
    let check = |full: &str, words: &[&str], left: &[&str]| {
        let directory = RunDirectory::create(temporary.path().join(full)).unwrap();
        std::os::unix::fs::symlink("/dev/full", directory.path().join(full)).unwrap();
        let error = directory
            .save_load(&load_results())
            .unwrap_err()
            .to_string();
        for word in words {
            assert!(error.contains(word), "{error:?} lacks {word:?}");
        }
        for name in left {
            assert!(directory.path().join(name).exists(), "{name}");
        }
    };
    check(
        "ledger.csv",
        &[
            "ledger.csv",
            "No space left",
            "0 of its",
            "run.json, scenario.toml",
        ],
        &["run.json"],
    );
    check(
        "run.json.partial",
        &[
            "run.json",
            "No space left",
            "scenario.toml, ledger.csv",
            "--out",
        ],
        &["scenario.toml", "ledger.csv"],
    );
}
