//! What subscribers see of a restart of a hub whose history is in a file, with active subscriptions on: nobody misses an update,
//! and presence begins anew, which those who follow it are told.

use std::fs;
use std::path::Path;

use assay_hub::HubOptions;
use serde_json::{Value, json};

use crate::support::{EventReader, RunningHub, StreamPart, open_hub, start, written};

const LIST: &str = "/.well-known/mercure/subscriptions";
/// All events of subscriptions.
const EVENTS: &str = "match_urlpattern=/.well-known/mercure/subscriptions/*";

/// How the hub before the restart ended.
#[derive(Clone, Copy, Debug)]
enum End {
    InOrder,
    /// What a killed hub leaves is its file as it is on the disk.
    Killed,
}

fn start_on(history: &Path) -> RunningHub {
    start(&HubOptions {
        history: Some(written("history", &format!("redb:{}", history.display()))),
        subscriptions: true,
        ..open_hub()
    })
}

async fn restart(mut hub: RunningHub, history: &Path, end: End) -> RunningHub {
    match end {
        End::InOrder => {
            hub.stop();
            hub.stopped().await.expect("drained");
            start_on(history)
        }
        End::Killed => {
            let left = history.with_extension("left");
            fs::copy(history, &left).expect("room for a copy");
            start_on(&left)
        }
    }
}

fn with_cursor(hub: &RunningHub, cursor: Option<&str>) -> String {
    let cursor = cursor.map_or(String::new(), |id| format!("Last-Event-ID: {id}\n"));
    format!("Authorization: Bearer {}\n{cursor}", hub.token())
}

async fn publish(hub: &RunningHub, number: u32) {
    let form = format!("topic=a&id=urn:x:{number}&data={number}");
    assert_eq!(hub.publish(&hub.token(), &form).await.status, 200);
}

/// The id of the next event and its document.
async fn next(watcher: &mut EventReader) -> (String, Value) {
    let StreamPart::Event(event) = watcher.next().await else {
        panic!("the stream ended")
    };
    let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
    let document = serde_json::from_str(field("data: ").expect("data")).expect("JSON");
    (field("id: ").expect("an id").to_owned(), document)
}

/// The active subscriptions, and the cursor behind them.
async fn list(hub: &RunningHub) -> (Value, String) {
    let fields = with_cursor(hub, None);
    let request = format!("GET {LIST} HTTP/1.1\nHost: HUB\n{fields}");
    let answer = hub.exchange(&request).await;
    let mut document: Value = serde_json::from_str(&answer.body).expect("JSON");
    let cursor = answer.field("etag").expect("a tag").trim_matches('"');
    (document["subscriptions"].take(), cursor.to_owned())
}

async fn check(end: End) {
    let folder = tempfile::tempdir().expect("a folder");
    let history = folder.path().join("history.redb");
    let hub = start_on(&history);
    let mut watcher = hub.subscribe(EVENTS, &with_cursor(&hub, None)).await;
    let (_, watching) = next(&mut watcher).await;
    let _b = hub.subscribe("match=b", "").await;
    let (b_came, b) = next(&mut watcher).await;
    publish(&hub, 1).await;
    publish(&hub, 2).await;
    // The id of the newest update is the publisher's, and may be an older one's too: the list has a cursor of its own.
    let cursor = list(&hub).await.1;
    assert!(cursor.starts_with("urn:uuid:"), "{cursor}");

    let hub = restart(hub, &history, end).await;
    // Nobody is there.
    let (active, at_first) = list(&hub).await;
    assert_eq!(active, json!([]), "{end:?}");
    // An id is still known, and what follows it is there; updates are no part of presence.
    let mut reader = hub.subscribe("match=a", "Last-Event-ID: urn:x:1\n").await;
    assert_eq!(reader.field("mercure-last-event-id"), Some("urn:x:1"));
    assert_eq!(reader.next_data().await, "2");
    publish(&hub, 3).await;
    assert_eq!(reader.next_data().await, "3");

    // Who followed presence is told that something may be missing: what is active is in the list, and not in what it saw.
    let fields = with_cursor(&hub, Some(&b_came));
    let mut back = hub.subscribe(EVENTS, &fields).await;
    assert_eq!(back.field("mercure-last-event-id"), Some("earliest"));
    let mut told = Vec::new();
    for _ in 0..4 {
        told.push(next(&mut back).await.1);
    }
    // No word of the end of those before: the hub ended with them. Their names are not used again.
    assert_eq!(told[..2], [watching, b], "{end:?}");
    assert_eq!(
        [&told[2]["match"], &told[3]["match"]],
        [&json!("a"), &told[0]["match"]],
        "{end:?}"
    );
    assert_ne!(told[3]["subscriber"], told[0]["subscriber"]);
    let (active, behind) = list(&hub).await;
    assert_eq!(active.as_array().map(Vec::len), Some(2), "{active}");
    // From the list on nothing is missing and nothing twice, as from the one before anybody was back.
    let _c = hub.subscribe("match=c", "").await;
    for (cursor, expected) in [(&at_first, &["a", EVENTS, "c"][..]), (&behind, &["c"])] {
        let fields = with_cursor(&hub, Some(cursor));
        let mut late = hub.subscribe(EVENTS, &fields).await;
        assert_eq!(late.field("mercure-last-event-id"), Some(&**cursor));
        for expected in expected {
            let came = next(&mut late).await.1;
            let expected = expected.trim_start_matches("match_urlpattern=");
            assert_eq!(came["match"], *expected, "{end:?}");
        }
    }
}

#[tokio::test]
async fn presence_begins_anew_and_nothing_else_does() {
    for end in [End::InOrder, End::Killed] {
        check(end).await;
    }
}
