//! Every preset, small and short, on the reference hub: what makes each of them different is seen to happen, and nothing is lost by it.

use serde_json::Value;
use tempfile::tempdir;

use crate::program::assay;
use crate::run::{assert_nothing_wrong, assert_valid, document_in};

const SCHEMA: &str = include_str!("../../../results/schema/load-run.schema.json");

/// What makes every preset short.
const SHORT: [&str; 4] = [
    "phases.ramp=200ms",
    "phases.settle=1s",
    "phases.warm_up=200ms",
    "phases.measure=2s",
];

/// Runs a preset as changed by these settings; its document.
fn run(preset: &str, settings: &[&str]) -> Value {
    run_with(preset, settings, &[])
}

/// The same, with further flags.
pub(crate) fn run_with(preset: &str, settings: &[&str], flags: &[&str]) -> Value {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let mut args = vec!["run", preset, "--seed", "7", "--out", out.to_str().unwrap()];
    for setting in SHORT.iter().chain(settings) {
        args.extend(["--set", setting]);
    }
    args.extend(flags);
    let ended = assay(&args);
    assert!(out.join("run.json").exists(), "{ended:?}");
    let document = document_in(&out);
    assert_valid(SCHEMA, &document);
    assert_nothing_wrong(&ended, &document["summary"]);
    assert_eq!(document["summary"]["unconnected"], 0, "{ended:?}");
    assert!(
        document["summary"]["expected"].as_u64() > Some(0),
        "{ended:?}"
    );
    assert!(!out.join("hub-history.redb").exists(), "lent for the run");
    document
}

#[test]
fn patterns_and_steps_of_the_stock() {
    let document = run(
        "stock-availability",
        &[
            "subscribers.shoppers.count=40",
            "subscribers.dashboards.count=2",
            "topics.products.count=50",
            "publishers.warehouse.rate=[\"10/s\", \"60/s\"]",
        ],
    );
    let delivered: Vec<u64> = document["publications"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["phase"] == "measure")
        .map(|row| row["ledger"]["expected"].as_u64().unwrap())
        .collect();
    assert!(delivered.len() > 40, "{}", delivered.len());
    // Both dashboards get each of them, whoever else does.
    assert!(
        delivered.iter().all(|expected| *expected >= 2),
        "{delivered:?}"
    );
}

#[test]
fn editors_hear_themselves() {
    let document = run(
        "collaborative-editing",
        &[
            "subscribers.editors.count=20",
            "publishers.keystrokes.rate=40/s",
        ],
    );
    let echo = &document["metrics"]["own_echo"];
    let measured = document["publications"].as_array().unwrap().iter();
    let measured = measured.filter(|row| row["phase"] == "measure").count();
    assert_eq!(echo["count"], measured, "one for each that was written");
}

#[test]
fn jobs_that_are_faster_than_those_who_wait_lose_nothing() {
    let document = run(
        "async-jobs",
        &[
            "subscribers.users.count=12",
            "publishers.workers.every=30ms",
            "subscribers.users.stays=600ms",
        ],
    );
    let summary = &document["summary"];
    assert_eq!(summary["expected"], 120, "ten events each");
    // The first two of each were told before anybody listened.
    let replayed = summary["replayed"].as_u64().unwrap();
    assert!(replayed >= 24, "{replayed}");
    assert_eq!(document["metrics"]["first_event"]["count"], 12);
}

#[test]
fn a_chat_reaches_one_a_room_and_all() {
    let document = run(
        "chat",
        &[
            "subscribers.users.count=60",
            "topics.rooms.shared_by=20",
            "publishers.operators.rate=3/s",
        ],
    );
    let publications = document["publications"].as_array().unwrap();
    let reach = |publisher: u64| {
        let rows = publications.iter().filter(|row| row["phase"] == "measure");
        let mut rows = rows.filter(|row| row["publisher"] == publisher);
        rows.next()
            .map(|row| row["ledger"]["expected"].as_u64().unwrap())
    };
    assert_eq!(
        [0, 1, 2, 3].map(reach),
        [Some(1), Some(20), Some(20), Some(60)]
    );
}

#[test]
fn an_inbox_is_everybodys_own() {
    let settings = [
        "subscribers.recipients.count=50",
        "publishers.senders.rate=100/s",
    ];
    let document = run("inbox", &settings);
    let publications = document["publications"].as_array().unwrap();
    assert!(
        publications
            .iter()
            .all(|row| row["ledger"]["expected"] == 1)
    );
}

#[test]
fn who_is_idle_is_heard_of() {
    run(
        "idle",
        &[
            "subscribers.listeners.count=50",
            "publishers.clock.rate=4/s",
        ],
    );
}

#[test]
fn after_a_storm_everyone_is_back_and_has_everything() {
    let document = run(
        "reconnect-storm",
        &[
            "subscribers.readers.count=40",
            "faults.network.at=500ms",
            "faults.deployment.at=5s",
            "phases.measure=9s",
        ],
    );
    let faults = document["faults"].as_array().unwrap();
    assert_eq!(faults.len(), 2);
    for fault in faults {
        assert_eq!(fault["problem"], Value::Null, "{fault}");
        assert_eq!(
            (&fault["broken"], &fault["not_back"]),
            (&40.into(), &0.into()),
            "{fault}"
        );
        assert_eq!(fault["gap"]["count"], 40, "{fault}");
        assert!(fault["replayed"].as_u64() > Some(0), "{fault}");
    }
}

#[test]
fn who_does_not_read_is_in_no_book() {
    let document = run(
        "stalled-readers",
        &[
            "subscribers.healthy.count=40",
            "subscribers.asleep.count=5",
            "subscribers.slow.count=3",
        ],
    );
    let publications = document["publications"].as_array().unwrap();
    let expected = publications.iter().filter(|row| row["phase"] == "measure");
    let expected: u64 = expected
        .map(|row| row["ledger"]["expected"].as_u64().unwrap())
        .sum();
    // 80 updates to ten of forty each.
    assert!((700..900).contains(&expected), "{expected}");
}

#[test]
fn those_who_come_and_go_are_expected_to_hear_as_long_as_they_are_there() {
    let document = run(
        "churn",
        &[
            "subscribers.visitors.count=40",
            "subscribers.visitors.stays=exponential 1s",
        ],
    );
    // A generation a second leaves.
    let subscribers = document["summary"]["subscribers"].as_u64().unwrap();
    assert!(subscribers > 80, "{subscribers}");
    assert!(document["summary"]["replayed"].as_u64() > Some(0));
}

#[test]
fn a_soak_can_be_short() {
    run(
        "soak",
        &[
            "subscribers.readers.count=30",
            "subscribers.readers.stays=exponential 2s",
        ],
    );
}

#[test]
fn a_hub_of_others_is_not_restarted() {
    let ended = assay(&[
        "run",
        "reconnect-storm",
        "--hub",
        "http://127.0.0.1:1/.well-known/mercure",
    ]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended.stderr.contains("take [faults.deployment] out"),
        "{ended:?}"
    );
}

#[test]
fn a_value_that_cannot_be_set_is_told_with_its_place() {
    let ended = assay(&["run", "chat", "--set", "subscribers.user.count=5"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    let says = "--set subscribers.user.count=5: there is no `user`: known here are `users`";
    assert!(ended.stderr.contains(says), "{ended:?}");
}
