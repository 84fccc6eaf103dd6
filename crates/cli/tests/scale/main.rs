//! How large a crowd can be: HTTP/2 streams on one hub, and HTTP/1.1 connections to a hub of several processes, held by several
//! worker processes. A few hundred at every commit, a hundred thousand with `cargo xtask proof scale`.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use tempfile::tempdir;

/// Two crowds of a hundred thousand at a time would be about something else.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// In the test.
const SUBSCRIBERS: u64 = 600;
/// What a process may open is shared by so many, of which none then has too many.
const HUB_PROCESSES: &str = "6";

/// Everyone hears of everything, a few times: the hub that does nothing knows no topics.
const SCENARIO: &str = r#"
# How many can be there at once?
name = "scale"
[topics.all]
template = "https://scale.example/{run}"
[subscribers.crowd]
count = COUNT
follow = "all"
HTTP
[publishers.one]
publish = "all"
rate = "RATE"
[phases]
ramp = "RAMP"
settle = "SETTLE"
warm_up = "0s"
measure = "MEASURE"
drain = "10s"
[bounds]
late_after = "5s"
unconnected = "0%"
"#;

/// How many subscribers: those of the proof, or of the test.
fn subscribers() -> u64 {
    let rounds = std::env::var("ASSAY_PROOF_ROUNDS").ok();
    rounds
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(SUBSCRIBERS)
}

fn scenario(folder: &Path, subscribers: u64, http: &str) -> String {
    // Two thousand a second connect, and five seconds are for each update to reach everyone.
    let ramp_s = (subscribers / 2_000).max(1);
    let is_small = subscribers <= SUBSCRIBERS;
    let (settle_s, measure_s, rate) = if is_small {
        (2, 3, "2/s")
    } else {
        (12, 40, "0.2/s")
    };
    let path = folder.join("scale.toml");
    let text = SCENARIO
        .replace("COUNT", &subscribers.to_string())
        .replace("HTTP", http)
        .replace("RATE", rate)
        .replace("RAMP", &format!("{ramp_s}s"))
        .replace("SETTLE", &format!("{settle_s}s"))
        .replace("MEASURE", &format!("{measure_s}s"));
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn assay(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    command.args(args);
    command
}

/// Runs the scenario; its document, in which everyone got everything.
fn run(args: &[&str]) -> Value {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let ended = assay(args)
        .args(["--seed", "7", "--out", out.to_str().unwrap()])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    let document = std::fs::read_to_string(out.join("run.json")).expect(&said);
    let document: Value = serde_json::from_str(&document).unwrap();
    let summary = &document["summary"];
    for wrong in ["unconnected", "lost", "duplicate", "reordered", "corrupt"] {
        assert_eq!(
            summary[wrong], 0,
            "{wrong}: {summary}\n{}",
            document["failures"]
        );
    }
    document
}

/// The line of the proof.
fn say(what: &str, document: &Value) -> String {
    let summary = &document["summary"];
    let last = &summary["event_last_us"];
    let most = |figure: &str| -> Option<f64> {
        let seconds = document["seconds"].as_array()?.iter();
        seconds
            .filter_map(|second| second[figure].as_f64())
            .reduce(f64::max)
    };
    let hub = most("hub_memory_bytes").map_or_else(String::new, |bytes| {
        format!(", the hub took {:.0} MB at most", bytes / 1e6)
    });
    format!(
        "scale: {what}: {} held, {} of {} deliveries came, the slowest of an update after {} ms (median){hub}",
        summary["subscribers"],
        summary["expected"].as_u64().unwrap() - summary["lost"].as_u64().unwrap(),
        summary["expected"],
        last["p50"].as_u64().unwrap_or_default() / 1_000,
    )
}

#[test]
#[allow(clippy::print_stdout, reason = "the lines of the proof")]
fn http_2_streams_on_one_hub() {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempdir().unwrap();
    let http = "http = \"2\"\nstreams_per_connection = 1000";
    let scenario = scenario(folder.path(), subscribers(), http);
    let document = run(&["run", &scenario]);
    println!(
        "{}",
        say(
            "HTTP/2 streams on the reference hub, one process",
            &document
        )
    );
}

/// The hub that does nothing, as several processes; ended when this is dropped.
struct NullHubs(Child);

impl NullHubs {
    /// With the URL of all, and that of one of them.
    fn start() -> (Self, [String; 2]) {
        let mut hub = assay(&["null-hub", "--processes", HUB_PROCESSES]);
        let mut child = hub
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let urls = std::array::from_fn(|_| {
            let mut url = String::new();
            stdout.read_line(&mut url).unwrap();
            url.trim().to_owned()
        });
        (Self(child), urls)
    }
}

impl Drop for NullHubs {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

#[test]
#[allow(clippy::print_stdout, reason = "the lines of the proof")]
fn http_1_connections_to_a_hub_of_several_processes() {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempdir().unwrap();
    let (_hub, [url, one]) = NullHubs::start();
    let scenario = scenario(folder.path(), subscribers(), "http = \"1.1\"");
    let mut args = vec![
        "run",
        &scenario,
        "--hub",
        &url,
        "--publish-url",
        &one,
        "--dialect",
        "1.0",
    ];
    if subscribers() == SUBSCRIBERS {
        args.extend(["--workers", "3"]);
    }
    let document = run(&args);
    let notes = document["notes"].to_string();
    println!(
        "{}",
        say("HTTP/1.1 connections to six processes", &document)
    );
    assert!(notes.contains("worker processes"), "{notes}");
}
