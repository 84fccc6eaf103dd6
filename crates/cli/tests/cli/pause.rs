//! A hub that stands still in mid-run: what should have come meanwhile shows how long it was kept waiting, since latency
//! runs from the planned instant. A workbench that waits for answers before it sends on would show one late update.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;
use tempfile::tempdir;

use crate::program::{Hub, KEY, command, drain, finish, read_until};
use crate::run::document_in;
use crate::scenario::measuring;

/// How long the hub stands still: what is measured here, nothing is waited for.
const PAUSE: Duration = Duration::from_millis(500);
/// Updates that waited longer were planned in the pause, and not by chance late.
const HELD_UP_US: u64 = 150_000;
/// From SIGCONT until a busy machine has let hub, publishers and readers catch up. On an idle one it is 5 ms.
const CATCH_UP_US: u64 = 100_000;

#[test]
fn updates_planned_in_a_pause_show_the_rest_of_it() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let scenario = measuring(folder.path(), "3s").display().to_string();
    let hub = Hub::start();
    let mut run = command(&["run", &scenario, "--hub", &hub.url, "--jwt-key", KEY])
        .args(["--out", out.to_str().unwrap()])
        .spawn()
        .unwrap();
    let (_, stderr) = read_until(run.stderr.take().unwrap(), "measure");
    drain(stderr);
    hub.signal(Signal::STOP);
    std::thread::sleep(PAUSE);
    hub.signal(Signal::CONT);
    let ended = finish(run);
    let document = document_in(&out);
    assert_eq!(document["summary"]["lost"], 0, "{ended:?}");

    let held_up: Vec<_> = document["publications"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| us(row, "first") > HELD_UP_US)
        .collect();
    // 100 updates a second, so 35 of them in the part of the pause that is longer than the threshold.
    assert!(held_up.len() >= 20, "{} updates waited", held_up.len());
    let pause_end = held_up
        .iter()
        .map(|row| us(row, "planned_us") + us(row, "first"))
        .min()
        .unwrap();
    // One that a busy machine held up after the pause is another matter.
    for row in held_up
        .into_iter()
        .filter(|row| us(row, "planned_us") < pause_end)
    {
        let (planned, first, last) = (us(row, "planned_us"), us(row, "first"), us(row, "last"));
        let rest_of_pause = pause_end - planned;
        assert!(first >= rest_of_pause, "{row}");
        assert!(
            last <= rest_of_pause + rest_of_pause / 20 + CATCH_UP_US,
            "{row}"
        );
    }
    let longest = document["metrics"]["event_last"]["max"].as_u64().unwrap();
    assert!(
        u128::from(longest + CATCH_UP_US) >= PAUSE.as_micros(),
        "{longest}"
    );
}

fn us(row: &Value, field: &str) -> u64 {
    row[field].as_u64().unwrap_or(0)
}
