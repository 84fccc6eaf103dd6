//! Hubs that are not there, are no hubs, or fail: a sentence, the right exit code, an end.

use std::path::Path;

use assay_crooked::{Fault, FaultyHub, Side};
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::program::{Ended, Hub, KEY, assay, assay_in, closed_port, texts_in};
use crate::run::assert_valid;
use crate::scenario::short;

const SCHEMA: &str = include_str!("../../../results/schema/conformance-run.schema.json");

const NOT_MEASURABLE: i32 = 3;

/// Each command that talks to a hub says the same of it.
fn check(url: &str, flags: &[&str], fragment: &str) {
    for command in [
        ["run", "live-score", "--hub", url].as_slice(),
        &["check", url],
        &["publish", url, "topic"],
        &["subscribe", url, "topic"],
    ] {
        let folder = tempdir().unwrap();
        let args = [command, flags].concat();
        let ended = assay_in(folder.path(), &args);
        assert_eq!(ended.code, Some(NOT_MEASURABLE), "{args:?}: {ended:?}");
        let said = ended.stdout.contains(fragment) || ended.stderr.contains(fragment);
        assert!(said, "{args:?}: no {fragment:?} in {ended:?}");
        if command[0] == "check" {
            passes_nowhere(&folder.path().join("reports"), fragment);
        }
    }
}

/// A hub that cannot be judged has a report like any other: it names what failed, and nothing in it is green.
pub(crate) fn passes_nowhere(folder: &Path, fragment: &str) {
    let written = texts_in(folder);
    let file = |name: &str| {
        let found = written.iter().find(|(path, _)| path.ends_with(name));
        &found.unwrap_or_else(|| panic!("no {name}")).1
    };
    let document: Value = serde_json::from_str(file("run.json")).unwrap();
    assert_valid(SCHEMA, &document);
    assert_eq!(document["summary"]["exit_code"], NOT_MEASURABLE);
    assert_eq!(document["verdicts"], json!([]));
    let step = document["preflight"].as_array().unwrap().last().unwrap();
    assert_eq!(step["outcome"], "failed");
    assert!(
        step["detail"].as_str().unwrap().contains(fragment),
        "{step}"
    );
    for (name, says) in [
        ("index.html", "Nothing was measured"),
        ("summary.md", "Nothing was measured"),
        ("junit.xml", "errors=\"1\""),
        ("badge.json", "not measurable"),
    ] {
        assert!(file(name).contains(says), "{name}: {}", file(name));
        assert!(!file(name).contains("?."), "{name}: {}", file(name));
    }
}

#[test]
fn nothing_listens() {
    let (_closed, address) = closed_port();
    let url = format!("http://{address}/.well-known/mercure");
    check(&url, &["--jwt-key", KEY], "nothing listens there");
}

#[test]
fn no_such_host() {
    let url = "http://no-such-host.invalid/.well-known/mercure";
    check(url, &["--jwt-key", KEY], "is the host name right?");
}

#[test]
fn tls_to_a_plain_port() {
    let hub = Hub::start();
    let url = hub.url.replace("http://", "https://");
    check(&url, &["--jwt-key", KEY], "does not speak TLS");
}

#[test]
fn another_path() {
    let hub = Hub::start();
    let url = hub.url.replace("/.well-known/mercure", "/nowhere");
    check(&url, &["--jwt-key", KEY], "/.well-known/mercure");
}

/// `--dialect` spares the question which it speaks, `--http` asks otherwise, and neither spares the report.
#[test]
fn nothing_listens_whatever_is_spoken() {
    let (_closed, address) = closed_port();
    let url = format!("http://{address}/.well-known/mercure");
    for (flags, told) in [
        (["--dialect", "1.0"], "nothing listens there"),
        (["--dialect", "0.x"], "Connection refused"),
        (["--http", "2"], "nothing listens there"),
        (["--area", "cors"], "nothing listens there"),
    ] {
        let folder = tempdir().unwrap();
        let args = [["check", &url, "--jwt-key", KEY].as_slice(), &flags].concat();
        let ended = assay_in(folder.path(), &args);
        assert_eq!(ended.code, Some(NOT_MEASURABLE), "{args:?}: {ended:?}");
        passes_nowhere(&folder.path().join("reports"), told);
    }
}

/// Neither is a list of known failures news of such a hub, nor is it written anew.
#[test]
fn nothing_is_blessed_where_nothing_listens() {
    const KNOWN: &str = "schema = 1\n";
    let (_closed, address) = closed_port();
    let url = format!("http://{address}/.well-known/mercure");
    for more in [[].as_slice(), &["--bless"]] {
        let folder = tempdir().unwrap();
        std::fs::write(folder.path().join("known.toml"), KNOWN).unwrap();
        let args = ["check", &url, "--jwt-key", KEY, "--baseline", "known.toml"];
        let ended = assay_in(folder.path(), &[args.as_slice(), more].concat());
        assert_eq!(ended.code, Some(NOT_MEASURABLE), "{ended:?}");
        passes_nowhere(&folder.path().join("reports"), "nothing listens there");
        let text = std::fs::read_to_string(folder.path().join("known.toml")).unwrap();
        assert_eq!(text, KNOWN, "{ended:?}");
    }
}

/// A TLS port hangs up on plain HTTP, as this one does on anything.
#[tokio::test(flavor = "multi_thread")]
async fn the_connection_is_closed_instead_of_an_answer() {
    let hub = FaultyHub::start(Fault::ResetBeforeHead, Side::Both)
        .await
        .unwrap();
    let url = hub.url();
    tokio::task::spawn_blocking(move || check(&url, &["--jwt-key", KEY], "https:// instead?"))
        .await
        .unwrap();
}

async fn run_on_faulty(fault: Fault, side: Side) -> (Ended, String) {
    let hub = FaultyHub::start(fault, side).await.unwrap();
    let url = hub.url();
    let ended = tokio::task::spawn_blocking(move || {
        let folder = tempdir().unwrap();
        let out = folder.path().join("out").display().to_string();
        let scenario = short(folder.path()).display().to_string();
        assay(&[
            "run",
            &scenario,
            "--hub",
            &url,
            "--jwt-key",
            KEY,
            "--dialect",
            "1.0",
            "--out",
            &out,
        ])
    })
    .await
    .unwrap();
    (ended, format!("{fault:?} on {side:?}"))
}

/// Whatever a hub sends, the run ends by itself, not as a success, and with a word about it.
#[tokio::test(flavor = "multi_thread")]
async fn garbage_floods_and_half_answers() {
    let mut runs = tokio::task::JoinSet::new();
    for fault in [
        Fault::NotHttp,
        Fault::FloodHead,
        Fault::FloodLine,
        Fault::FloodEvent,
        Fault::HalfEvent,
        Fault::HalfChunk,
        Fault::ResetBeforeHead,
        Fault::ResetInStream,
        Fault::StallInStream,
    ] {
        runs.spawn(run_on_faulty(fault, Side::Streams));
    }
    runs.spawn(run_on_faulty(Fault::NotHttp, Side::Publications));
    for (ended, what) in runs.join_all().await {
        assert!(matches!(ended.code, Some(3 | 5)), "{what}: {ended:?}");
        assert!(!ended.stderr.is_empty(), "{what}");
    }
}
