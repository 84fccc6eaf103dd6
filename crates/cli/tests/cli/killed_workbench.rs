//! A workbench that is killed, or kept from running, in mid-run: what is left says so, and nothing is said against the hub.

use std::time::Duration;

use rustix::process::Signal;
use tempfile::tempdir;

use crate::program::{assay, command, drain, finish, read_until, signal};
use crate::run::{assert_valid, document_in};
use crate::scenario::{endless, measuring};

const SCHEMA: &str = include_str!("../../../results/schema/load-run.schema.json");

#[test]
fn a_killed_run_leaves_a_report_that_says_what_is_missing() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let out_text = out.to_str().unwrap();
    let scenario = endless(folder.path()).display().to_string();
    let mut run = command(&["run", &scenario, "--out", out_text])
        .spawn()
        .unwrap();
    let (_, stderr) = read_until(run.stderr.take().unwrap(), "measure");
    signal(&run, Signal::KILL);
    drain(stderr);
    assert_eq!(finish(run).code, None);

    let document = document_in(&out);
    assert_valid(SCHEMA, &document);
    assert_eq!(document["partial"]["cause"], "unfinished");
    assert_eq!(document["summary"]["exit_code"], 3);
    assert_eq!(document["subscribers"], 10);
    let report = assay(&["report", out_text]);
    assert_eq!(report.code, Some(0), "{report:?}");
    let page = std::fs::read_to_string(out.join("index.html")).unwrap();
    for words in [
        "This run has no end: it is still on, or the workbench was killed",
        "ledger.csv is missing",
    ] {
        assert!(page.contains(words), "{words:?} is not on the page");
    }
    // Nobody takes its place by mistake.
    let again = assay(&["run", &scenario, "--out", out_text]);
    assert!(
        again.code == Some(2) && again.stderr.contains("holds a run already"),
        "{again:?}"
    );
}

/// Stopped again and again, as a machine without CPU time does: the times of such a run are the workbench's own.
#[test]
fn a_workbench_that_is_kept_from_running_blames_itself() {
    const STOPS: u32 = 5;
    const STOPPED: Duration = Duration::from_millis(500);
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let scenario = measuring(folder.path(), "7s").display().to_string();
    let mut run = command(&["run", &scenario, "--out", out.to_str().unwrap()])
        .spawn()
        .unwrap();
    let (_, stderr) = read_until(run.stderr.take().unwrap(), "measure");
    drain(stderr);
    for _ in 0..STOPS {
        // What is measured, not what is waited for.
        signal(&run, Signal::STOP);
        std::thread::sleep(STOPPED);
        signal(&run, Signal::CONT);
        std::thread::sleep(STOPPED);
    }
    let ended = finish(run);
    assert_eq!(ended.code, Some(3), "{ended:?}");
    let summary = &document_in(&out)["summary"];
    assert_eq!(summary["validity"], "invalid", "{ended:?}");
    for wrong in ["lost", "duplicate", "reordered", "leaked", "corrupt"] {
        assert_eq!(summary[wrong], 0, "{wrong}: {ended:?}");
    }
}
