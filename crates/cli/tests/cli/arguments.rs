//! What can be typed wrongly: one sentence, exit code 2, nothing begun.

use std::process::Command;

use tempfile::tempdir;

use crate::program::{assay, assay_in, limited, texts_in};
use crate::scenario::short;

/// In an empty folder, which stays as it is.
fn check(args: &[&str], code: i32, fragment: &str) {
    let folder = tempdir().unwrap();
    let ended = assay_in(folder.path(), args);
    assert_eq!(ended.code, Some(code), "{args:?}: {ended:?}");
    assert!(ended.stderr.contains(fragment), "{args:?}: {ended:?}");
    assert_eq!(ended.stdout, "", "{args:?}");
    assert_eq!(texts_in(folder.path()), [], "{args:?}");
    assert_one_sentence(&ended.stderr);
}

/// What clap refuses is shown with the usage; what we refuse is a line.
fn assert_one_sentence(stderr: &str) {
    if stderr.starts_with("assay: ") {
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    } else {
        assert!(stderr.starts_with("error: "), "{stderr}");
    }
}

#[test]
fn flags_that_do_not_exist_or_do_not_parse() {
    check(&["run"], 2, "<SCENARIO>");
    check(&["run", "live-score", "--bogus"], 2, "--bogus");
    check(
        &["run", "live-score", "--dialect", "2"],
        2,
        "auto, 1.0, 0.x",
    );
    check(&["run", "live-score", "--rate", "5"], 2, "and /s or /min");
    check(&["run", "live-score", "--for", "5"], 2, "ms, s, m or h");
    check(&["token"], 2, "--jwt-key <KEY>");
    check(&["completions", "tcsh"], 2, "bash");
    check(&["explain", "nothing"], 2, "assay explain --list");
    check(&["report", "nowhere"], 2, "nowhere");
}

#[test]
fn scenarios_that_cannot_be_run() {
    check(&["run", "live-scor"], 2, "live-score");
    check(
        &["run", "live-score", "--subscribers", "0"],
        2,
        "0 subscribers: this scenario needs 1",
    );
}

#[test]
fn searches_that_cannot_be_made() {
    let refused = |flags: &[&str], fragment| check(&[&["find"], flags].concat(), 2, fragment);
    refused(&["nothing"], "it is no preset");
    refused(
        &["--slo", "event_lost.p99 < 1s"],
        "there is no metric `event_lost`",
    );
    refused(
        &["--from", "many"],
        "--from many: write a number of subscribers",
    );
    refused(
        &["--from", "10/s"],
        "--from 10/s: write a number of subscribers",
    );
    refused(&["--by", "rate", "--from", "10"], "--from");
    refused(&["--by", "speed"], "subscribers, rate, both");
    refused(&["--from", "20", "--to", "10"], "--to is less than --from");
    refused(
        &["--subscribers", "10"],
        "--subscribers is what --by raises",
    );
    refused(
        &["--by", "rate", "--rate", "10/s"],
        "--rate is what --by raises",
    );
    refused(&["--within", "0.5%"], "--within: nearer than 1%");
    refused(&["--within", "10"], "--within");
    refused(
        &["--step-for", "10ms"],
        "--step-for: a step is measured for 1s at least",
    );
    refused(&["--hub", "localhost"], "write http://HOST:PORT");
    refused(&["--set", "x=1"], "--set x=1");
}

#[test]
fn more_subscribers_than_descriptors_are_refused_with_the_arithmetic() {
    let folder = tempdir().unwrap();
    let ended = limited(folder.path(), "ulimit -n 256", &["run", "live-score"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    // The crowd would be spread, but neither probes and publishers nor the hub.
    let what = "may open 256 file descriptors: too few for 1000 connections";
    for fragment in [what, "or --subscribers 144"] {
        assert!(ended.stderr.contains(fragment), "{ended:?}");
    }
    assert_one_sentence(&ended.stderr);
    assert_eq!(texts_in(folder.path()), [], "before anything was opened");
}

#[test]
fn urls_and_files_that_cannot_be_used() {
    let hub = ["--hub", "http://127.0.0.1:1/.well-known/mercure"];
    let on_hub = |flags: &[&'static str]| [["run", "live-score"].as_slice(), &hub, flags].concat();
    check(
        &["run", "live-score", "--hub", "localhost"],
        2,
        "write http://HOST:PORT/.well-known/mercure",
    );
    check(
        &["run", "live-score", "--hub", "ftp://localhost/"],
        2,
        "http or https",
    );
    check(
        &on_hub(&["--jwt-key", "@nowhere"]),
        2,
        "nowhere for --jwt-key",
    );
    check(&on_hub(&["--jwt-key", ""]), 2, "--jwt-key is empty");
    check(&on_hub(&["--cacert", "nowhere"]), 2, "--cacert");
    check(&on_hub(&["--header", "x"]), 2, "NAME: VALUE");
    check(&on_hub(&["--connect-to", "x"]), 2, "HOST:PORT");
    check(&["hub"], 2, "pass --jwt-key");
    check(&["hub", "--jwt-key", "short"], 2, "32 bytes");
    check(
        &["check", "http://127.0.0.1:1/", "--jwt-key", "@nowhere"],
        2,
        "nowhere for --jwt-key",
    );
}

fn refused_scenario(text: &str, fragment: &str) {
    let folder = tempdir().unwrap();
    std::fs::write(folder.path().join("wrong.toml"), text).unwrap();
    let ended = assay_in(folder.path(), &["run", "wrong.toml"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains(fragment), "{ended:?}");
    assert_one_sentence(&ended.stderr);
}

#[test]
fn a_wrong_scenario_is_told_with_line_column_and_what_was_meant() {
    let folder = tempdir().unwrap();
    let right = std::fs::read_to_string(short(folder.path())).unwrap();
    refused_scenario(
        &right.replace("count = 10", "cuont = 10"),
        "wrong.toml:7:1: unknown key `cuont` in [subscribers.fans], did you mean `count`?",
    );
    refused_scenario("name = \"x\n", "wrong.toml:1:");
}

#[test]
fn a_folder_that_cannot_take_a_run() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let occupied = folder.path().join("occupied");
    std::fs::create_dir(&occupied).unwrap();
    std::fs::write(occupied.join("run.json"), "{}").unwrap();
    for (out, fragment) in [(&file, "cannot make"), (&occupied, "holds a run already")] {
        let ended = assay(&["run", "live-score", "--out", &out.display().to_string()]);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains(fragment), "{ended:?}");
        assert!(ended.stderr.contains("--out"), "{ended:?}");
    }
}

#[test]
fn help_fits_a_screen_and_shows_examples() {
    for (command, lines) in [
        (None, 32),
        // A line or two for each setting.
        (Some("hub"), 112),
        (Some("run"), 66),
        (Some("find"), 76),
        (Some("compare"), 72),
        (Some("check"), 96),
        (Some("doctor"), 60),
        (Some("watch"), 60),
        (Some("publish"), 60),
        (Some("subscribe"), 60),
        (Some("token"), 60),
        (Some("report"), 24),
        (Some("explain"), 24),
    ] {
        let args: Vec<_> = command.into_iter().chain(["--help"]).collect();
        let help = assay(&args);
        assert_eq!(help.code, Some(0), "{command:?}");
        assert!(help.stdout.contains("Examples:"), "{command:?}");
        let count = help.stdout.lines().count();
        assert!(count <= lines, "{command:?}: {count} lines");
    }
}

#[test]
fn completions_and_version() {
    for shell in ["bash", "zsh", "fish"] {
        let ended = assay(&["completions", shell]);
        assert_eq!(ended.code, Some(0), "{shell}");
        assert!(ended.stdout.contains("live-score") || ended.stdout.contains("token-command"));
    }
    let version = assay(&["--version"]).stdout;
    assert!(
        version.starts_with(concat!("assay ", env!("CARGO_PKG_VERSION"))),
        "{version}"
    );
    // Outside of a repository, or before its first commit, there is no commit to tell.
    let head = Command::new("git")
        .args(["rev-parse", "--verify", "--quiet", "HEAD"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output();
    let committed = head.is_ok_and(|head| head.status.success());
    assert_eq!(version.contains('('), committed, "{version}");
}
