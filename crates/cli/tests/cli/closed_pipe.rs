//! Readers of stdout and stderr that go away, such as `head`, and a stdout that is full.

use std::fs::File;

use tempfile::tempdir;

use crate::program::{assay, command, finish};
use crate::run::{assert_nothing_wrong, document_in};
use crate::scenario::short;

/// Nobody reads what is said, from the beginning.
fn check_unread(args: &[&str]) {
    let mut child = command(args).spawn().unwrap();
    drop(child.stdout.take());
    drop(child.stderr.take());
    assert_eq!(finish(child).code, Some(0), "{args:?}");
}

#[test]
fn what_nobody_reads_is_no_failure() {
    check_unread(&["explain", "--list"]);
    check_unread(&["explain", "live-score"]);
    check_unread(&["completions", "bash"]);
    check_unread(&["token", "--jwt-key", "secret"]);
    check_unread(&["--help"]);
}

#[test]
fn a_run_that_nobody_watches_is_written_down() {
    let folder = tempdir().unwrap();
    let scenario = short(folder.path()).display().to_string();
    for (name, json) in [("summary", None), ("json", Some("--json"))] {
        let out = folder.path().join(name);
        let mut run = command(&["run", &scenario, "--out", out.to_str().unwrap()])
            .args(json)
            .spawn()
            .unwrap();
        drop(run.stdout.take());
        drop(run.stderr.take());
        let ended = finish(run);
        let summary = &document_in(&out)["summary"];
        assert_nothing_wrong(&ended, summary);
        assert_eq!(summary["exit_code"], ended.code.unwrap());
        let report = assay(&["report", out.to_str().unwrap()]);
        assert_eq!(report.code, Some(0), "{report:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_stdout_is_told() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let token = command(&["token", "--jwt-key", "secret"])
        .stdout(full)
        .spawn()
        .unwrap();
    let ended = finish(token);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("cannot write to stdout"), "{ended:?}");
}
