//! Active subscriptions through the façade: who is told what, when it costs nothing, and what a cursor is worth.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use assay_hub_core::access_token::Algorithm;
use assay_hub_core::history::{History as _, HistoryError, MemoryHistory};
use assay_hub_core::{
    AccessToken, Dialect, Hub, HubSettings, Next, ResponseCursor, Subscriber, TopicMatcher, Update,
    limits,
};
use serde_json::{Value, json};

use crate::late_history::LateDisk;
use crate::mint::{claims_v1, detail, header_v1};
use crate::support::{
    LIST, bounds, clock, document, exact, hub_with, list, now, publication, selector, subscribe,
    token_v0, token_v1, tracking, tracking_settings, url_pattern, verified,
};

fn open(hub: &Hub, matchers: &[TopicMatcher], token: Option<AccessToken>) -> Subscriber {
    now(hub.subscribe(subscribe(matchers, token, None)))
        .expect("room for it")
        .0
}

fn watcher(hub: &Hub, dialect: Dialect) -> Subscriber {
    match dialect {
        Dialect::V0 => open(
            hub,
            &[selector(&format!("{LIST}/{{topic}}/{{subscriber}}"))],
            Some(token_v0(&["*"])),
        ),
        Dialect::V1 => open(
            hub,
            &[url_pattern(&format!("{LIST}/:type/:match/:subscriber"))],
            Some(token_v1(&["*"])),
        ),
    }
}

fn events(subscriber: &mut Subscriber) -> Vec<String> {
    let mut cx = Context::from_waker(Waker::noop());
    std::iter::from_fn(|| match subscriber.poll_next(&mut cx) {
        Poll::Ready(Next::Event(event)) => Some(String::from_utf8(event.to_vec()).expect("UTF-8")),
        Poll::Ready(Next::Closed(reason)) => panic!("closed: {reason}"),
        Poll::Pending => None,
    })
    .collect()
}

fn documents(subscriber: &mut Subscriber) -> Vec<Value> {
    let events = events(subscriber);
    events
        .iter()
        .map(|event| document(event.as_bytes()))
        .collect()
}

/// What is at one of the members, in order.
fn members(documents: &[Value], name: &str) -> Vec<Value> {
    documents
        .iter()
        .map(|document| document[name].clone())
        .collect()
}

#[test]
fn each_watcher_is_told_of_each_subscription_once_in_its_own_dialect() {
    let hub = tracking(0);
    let mut old = watcher(&hub, Dialect::V0);
    let mut new = watcher(&hub, Dialect::V1);
    events(&mut old);
    events(&mut new);
    let both = [
        exact("https://example.com/a b"),
        url_pattern("/b/:id"),
        exact("*"),
    ];
    drop(open(&hub, &both, None));

    let told = documents(&mut new);
    assert_eq!(told.len(), 6, "{told:?}");
    let subscriber = told[0]["subscriber"].as_str().expect("a name").to_owned();
    assert!(subscriber.starts_with("urn:uuid:"), "{subscriber}");
    let encoded = subscriber.replace(':', "%3A");
    for (half, active) in told.chunks(3).zip([true, false]) {
        let expected = json!([
            {
                "id": format!("{LIST}/exact/https%3A%2F%2Fexample.com%2Fa%20b/{encoded}"), "type": "subscription",
                "subscriber": subscriber, "match": "https://example.com/a b", "match_type": "exact", "active": active,
            },
            {
                "id": format!("{LIST}/urlpattern/%2Fb%2F%3Aid/{encoded}"), "type": "subscription",
                "subscriber": subscriber, "match": "/b/:id", "match_type": "urlpattern", "active": active,
            },
            {
                "id": format!("{LIST}/exact/%2A/{encoded}"), "type": "subscription",
                "subscriber": subscriber, "match": "*", "match_type": "exact", "active": active,
            },
        ]);
        assert_eq!(json!(half), expected);
    }

    let told = documents(&mut old);
    assert_eq!(told.len(), 6, "{told:?}");
    let expected = json!({
        "@context": "https://mercure.rocks/", "id": format!("{LIST}/%2Fb%2F%3Aid/{encoded}"), "type": "Subscription",
        "subscriber": subscriber, "topic": "/b/:id", "active": true,
    });
    assert_eq!(told[1], expected);

    // subscriptions.dedup
    drop(open(&hub, &[exact("T"), exact("T"), exact("U")], None));
    assert_eq!(members(&documents(&mut new), "match"), ["T", "U", "T", "U"]);
}

#[test]
fn updates_about_subscriptions_are_private_and_have_their_type() {
    let hub = tracking(0);
    let everything = [exact("*"), url_pattern(&format!("{LIST}/*"))];
    let mut strangers = [
        open(&hub, &everything, None),
        open(&hub, &everything, Some(token_v1(&["/a"]))),
        open(&hub, &everything, Some(token_v1(&[LIST]))),
        open(
            &hub,
            &everything,
            Some(token_v0(&[&format!("{LIST}/{{topic}}")])),
        ),
        open(&hub, &[exact("/a")], Some(token_v1(&["*"]))),
    ];
    let mut watchers = [watcher(&hub, Dialect::V0), watcher(&hub, Dialect::V1)];
    for subscriber in strangers.iter_mut().chain(&mut watchers) {
        events(subscriber);
    }
    drop(open(&hub, &[exact("T")], None));
    for stranger in &mut strangers {
        assert!(events(stranger).is_empty());
    }
    let [old, new] = watchers.each_mut().map(events);
    assert!(old.iter().all(|event| !event.contains("event:")), "{old:?}");
    let lines: Vec<_> = new[0].lines().take(2).collect();
    assert!(lines[0].starts_with("id: urn:uuid:"), "{lines:?}");
    assert_eq!(lines[1], "event: mercure");
}

#[test]
fn who_may_read_one_subscription_is_told_of_that_one() {
    let hub = tracking(limits::UNWATCHED_EVENTS);
    let first = open(&hub, &[exact("T")], None);
    let second = open(&hub, &[exact("T")], None);
    let (all, cursor) = list(&hub, Dialect::V1);
    let ids = members(all["subscriptions"].as_array().expect("a list"), "id");
    let name = ids[0].as_str().expect("a name").to_owned();
    let request = |matcher| subscribe(&[exact(matcher)], Some(token_v1(&[&name])), Some(&cursor));
    let (mut watcher, _) = now(hub.subscribe(request(&name))).expect("room");
    let (mut elsewhere, _) =
        now(hub.subscribe(request(&format!("https://hub.example{name}")))).expect("room");
    drop((first, second));
    let told = documents(&mut watcher);
    assert_eq!(members(&told, "id"), [name], "{told:?}");
    assert_eq!(told[0]["active"], false);
    assert!(events(&mut elsewhere).is_empty());
}

#[test]
fn payloads_are_those_of_the_token() {
    fn check(token: Option<AccessToken>, matcher: &TopicMatcher, expected: Option<&Value>) {
        let hub = tracking(0);
        let mut watcher = watcher(&hub, Dialect::V1);
        events(&mut watcher);
        let subscriber = open(&hub, std::slice::from_ref(matcher), token);
        let (list, _) = list(&hub, Dialect::V1);
        drop(subscriber);
        let mut told = documents(&mut watcher);
        let listed = list["subscriptions"].as_array().expect("a list");
        told.extend(
            listed
                .iter()
                .filter(|it| it["match"] == matcher.as_str())
                .cloned(),
        );
        assert_eq!(told.len(), 3);
        for document in told {
            assert_eq!(document.get("payload"), expected, "{matcher:?}");
        }
    }
    let grant = |text: &str, payload: Value| {
        let mut grant = detail(&json!(["subscribe"]), &json!([{"match": text}]));
        grant["payload"] = payload;
        grant
    };
    let publisher = json!({
        "type": "https://mercure.rocks/authorization-detail", "actions": ["publish"], "topics": [{"match": "*"}],
        "payload": {"publisher": true},
    });
    let pattern = json!({
        "type": "https://mercure.rocks/authorization-detail", "actions": ["subscribe"],
        "topics": [{"match": "https://example.com/:id", "match_type": "urlpattern"}], "payload": {"pattern": true},
    });
    let bare = detail(&json!(["subscribe"]), &json!([{"match": "bare"}]));
    let details = [
        publisher,
        grant("/a/:id", json!({"a": {"b": [1]}})),
        pattern,
        bare,
        grant("*", json!({"any": true})),
    ];
    let v1 = |count: usize| {
        let claims = claims_v1(&json!(details[..count]));
        verified(&header_v1(Algorithm::HS256), &claims)
    };
    let v0 = |payload: Value| {
        let claims = json!({"mercure": {"subscribe": [], "payload": payload}});
        verified(&json!({"alg": "HS256"}), &claims)
    };
    let any = json!({"any": true});
    check(
        Some(v1(5)),
        &url_pattern("/a/:id"),
        Some(&json!({"a": {"b": [1]}})),
    );
    check(
        Some(v1(5)),
        &exact("/a/:id"),
        Some(&json!({"a": {"b": [1]}})),
    );
    check(Some(v1(5)), &exact("/a/1"), Some(&any));
    check(
        Some(v1(5)),
        &url_pattern("https://example.com/:id"),
        Some(&json!({"pattern": true})),
    );
    check(
        Some(v1(5)),
        &exact("https://example.com/7"),
        Some(&json!({"pattern": true})),
    );
    check(Some(v1(5)), &exact("bare"), None);
    check(Some(v1(5)), &exact("https://["), Some(&any));
    check(Some(v1(5)), &exact("*"), Some(&any));
    check(Some(v1(4)), &exact("other"), None);
    check(Some(v1(1)), &exact("other"), None);
    check(
        Some(v0(json!("text"))),
        &selector("{x}"),
        Some(&json!("text")),
    );
    check(Some(v0(json!(false))), &exact("other"), Some(&json!(false)));
    check(Some(v0(Value::Null)), &exact("other"), None);
    check(None, &exact("other"), None);
}

#[test]
fn lists_are_those_of_their_path() {
    let hub = tracking(0);
    let _a = open(&hub, &[exact("/x/:id"), url_pattern("/x/:id")], None);
    let _b = open(&hub, &[selector("{id}"), exact("b c")], None);
    let check = |dialect, path: &str, expected: Option<&[&str]>| {
        let found = hub.active_subscriptions(&format!("{LIST}{path}"), dialect);
        let texts = found.map(|found| {
            let list: Value = serde_json::from_str(&found.document()).expect("JSON");
            assert_eq!(list["id"], format!("{LIST}{path}"));
            let members = list["subscriptions"].as_array().expect("a list");
            let text = |it: &Value| {
                it.get("match")
                    .unwrap_or(&it["topic"])
                    .as_str()
                    .map(str::to_owned)
            };
            let mut texts: Vec<_> = members.iter().filter_map(text).collect();
            texts.sort();
            texts
        });
        let expected = expected.map(|expected| expected.iter().map(|&it| it.to_owned()).collect());
        assert_eq!(texts, expected, "{dialect} {path}");
    };
    let all: &[&str] = &["/x/:id", "/x/:id", "b c", "{id}"];
    check(Dialect::V1, "", Some(all));
    check(Dialect::V1, "/exact/%2Fx%2F%3Aid", Some(&["/x/:id"]));
    check(Dialect::V1, "/urlpattern/%2Fx%2F%3Aid", Some(&["/x/:id"]));
    check(Dialect::V1, "/exact/b%20c", Some(&["b c"]));
    check(Dialect::V1, "/uritemplate/%7Bid%7D", Some(&["{id}"]));
    check(Dialect::V1, "/exact/nobody", Some(&[]));
    check(Dialect::V1, "/exact", None);
    check(Dialect::V0, "", Some(all));
    check(Dialect::V0, "/%2Fx%2F%3Aid", Some(&["/x/:id", "/x/:id"]));
    check(Dialect::V0, "/b+c", Some(&["b c"]));
    check(Dialect::V0, "/nobody", Some(&[]));
    check(Dialect::V0, "/nobody/urn%3Ax", None);
}

#[test]
fn one_subscription_is_the_document_of_its_update() {
    let hub = tracking(0);
    for dialect in [Dialect::V0, Dialect::V1] {
        let mut watcher = watcher(&hub, dialect);
        events(&mut watcher);
        let subscriber = open(&hub, &[exact("/a%20b/é")], None);
        let told = documents(&mut watcher);
        let name = told[0]["id"].as_str().expect("a name");
        let one = hub.active_subscriptions(name, dialect).expect("there");
        let mut expected = told[0].clone();
        if dialect == Dialect::V0 {
            expected["lastEventID"] = json!(one.cursor().as_str());
        }
        let document: Value = serde_json::from_str(&one.document()).expect("JSON");
        assert_eq!(document, expected);
        let other = name.replace("%2520", "");
        assert!(hub.active_subscriptions(&other, dialect).is_none());
        drop(subscriber);
        assert!(
            hub.active_subscriptions(name, dialect).is_none(),
            "it is gone"
        );
    }
}

#[test]
fn nothing_is_logged_while_nobody_asks() {
    fn check(unwatched_events: usize, come_and_go: usize, logged: usize) {
        let hub = tracking(unwatched_events);
        hub.publish(publication("topic=T&id=first"))
            .wait()
            .expect("open");
        for _ in 0..come_and_go {
            drop(open(&hub, &[exact("T")], Some(token_v1(&["*"]))));
        }
        // In the log, behind the first update, if nothing is missing in it.
        let pattern = [url_pattern(&format!("{LIST}/*"))];
        let request = subscribe(&pattern, Some(token_v1(&["*"])), Some("first"));
        let (mut watcher, cursor) = now(hub.subscribe(request)).expect("room");
        let found = documents(&mut watcher);
        let own = 1;
        assert_eq!(found.len(), logged + own, "{found:?}");
        let complete = logged == 2 * come_and_go;
        assert_eq!(
            cursor.as_ref().map(ResponseCursor::as_str),
            Some(if complete { "first" } else { "earliest" })
        );
    }
    check(0, 1, 0);
    check(10, 5, 10);
    check(10, 6, 10);
    check(10, 0, 0);
}

#[test]
fn a_list_from_inside_a_gap_has_a_cursor_behind_it() {
    let hub = tracking(0);
    let (_, cursor) = list(&hub, Dialect::V1);
    assert_eq!(cursor, "earliest", "subscriptions.api.cursor-earliest");
    hub.publish(publication("topic=T&id=first"))
        .wait()
        .expect("open");
    let (_, cursor) = list(&hub, Dialect::V1);
    assert_eq!(cursor, "first", "subscriptions.api.cursor-value");
    let _a = open(&hub, &[exact("A")], None);
    let (known, cursor) = list(&hub, Dialect::V1);
    assert_eq!(known["subscriptions"].as_array().map(Vec::len), Some(1));
    assert_ne!(cursor, "first", "that one is from before the gap");
    let (_, again) = list(&hub, Dialect::V1);
    assert_eq!(cursor, again, "nothing has changed");
    // The place in the log that the list points to is nobody's update.
    let request = subscribe(&[exact("*")], Some(token_v1(&["*"])), Some(&cursor));
    let (mut watcher, answered) = now(hub.subscribe(request)).expect("room");
    assert_eq!(
        answered.as_ref().map(ResponseCursor::as_str),
        Some(&*cursor)
    );
    let _b = open(&hub, &[exact("B")], None);
    assert_eq!(members(&documents(&mut watcher), "match"), ["*", "B"]);
    let request = subscribe(&[exact("*")], Some(token_v1(&["*"])), Some("earliest"));
    let (mut late, _) = now(hub.subscribe(request)).expect("room");
    let all = events(&mut late);
    assert_eq!(all.len(), 4, "first, watcher, B, itself: {all:?}");
}

/// Of the end of those who were there the log does not tell.
#[test]
fn who_followed_a_former_process_begins_anew() {
    let mut history = MemoryHistory::new(bounds(9), clock());
    let publication = publication("topic=T&id=first");
    let id = publication.id().expect("it is given").clone();
    let update = Arc::new(Update::new(publication, id));
    history.submit(vec![update]).expect("memory takes all");
    while history.next_outcome().is_some() {}
    let hub = hub_with(tracking_settings(10), history);
    for (matcher, token, expected) in [
        (
            url_pattern(&format!("{LIST}/*")),
            Some(token_v1(&["*"])),
            "earliest",
        ),
        // Who follows no subscriptions misses nothing.
        (exact("T"), None, "first"),
    ] {
        let request = subscribe(&[matcher], token, Some("first"));
        let (_, answered) = now(hub.subscribe(request)).expect("room");
        assert_eq!(answered.expect("a cursor").as_str(), expected);
    }
}

#[test]
fn a_list_whose_newest_update_has_an_id_twice_leads_behind_both() {
    let hub = tracking(0);
    let publish = |form| hub.publish(publication(form)).wait().expect("open");
    publish("topic=T&id=twice");
    publish("topic=T&id=once");
    assert_eq!(
        list(&hub, Dialect::V1).1,
        "once",
        "subscriptions.api.cursor-value"
    );
    publish("topic=T&id=twice");
    let (_, cursor) = list(&hub, Dialect::V1);
    publish("topic=T&id=after");
    let request = subscribe(&[exact("T")], None, Some(&cursor));
    let (mut resumed, _) = now(hub.subscribe(request)).expect("room");
    assert_eq!(
        events(&mut resumed).len(),
        1,
        "what came after the list alone"
    );
}

#[test]
fn a_watcher_sees_itself_come_in_1_0_alone() {
    let hub = tracking(0);
    for (dialect, seen) in [(Dialect::V0, 0), (Dialect::V1, 1)] {
        let mut watcher = watcher(&hub, dialect);
        assert_eq!(documents(&mut watcher).len(), seen, "{dialect}");
    }
}

#[test]
fn a_hub_that_does_not_keep_track_has_no_lists() {
    let hub = crate::support::hub(HubSettings::default());
    let mut watcher = watcher(&hub, Dialect::V1);
    let _other = open(&hub, &[exact("T")], None);
    assert!(hub.active_subscriptions(LIST, Dialect::V1).is_none());
    assert!(events(&mut watcher).is_empty());
}

#[test]
fn what_a_full_log_refuses_is_announced_when_it_takes_something_again() {
    let (history, disk) = LateDisk::new(100);
    let hub = hub_with(tracking_settings(0), history);
    let full = || Some(HistoryError::NoSpace("full".to_owned()));
    let mut watcher = watcher(&hub, Dialect::V1);
    disk.settle(None, true);
    events(&mut watcher);
    let seen = |watcher: &mut Subscriber| {
        let told = documents(watcher);
        let of = |it: &Value| (it["match"].to_string(), it["active"] == true);
        told.iter().map(of).collect::<Vec<_>>()
    };
    let listed = || {
        let (list, _) = list(&hub, Dialect::V1);
        let members = list["subscriptions"].as_array().expect("a list").clone();
        members
            .iter()
            .filter(|it| it["match_type"] == "exact")
            .count()
    };
    let stays = open(&hub, &[exact("stays")], None);
    let goes = open(&hub, &[exact("goes")], None);
    assert_eq!(listed(), 0, "a list is no further than the log");
    disk.settle(full(), true);
    disk.settle(full(), true);
    assert!(seen(&mut watcher).is_empty());
    drop(goes);
    let late = open(&hub, &[exact("late")], None);
    assert_eq!(listed(), 0);
    while disk.waits() {
        disk.settle(None, true);
    }
    let told = [r#""stays""#, r#""late""#].map(|topic| (topic.to_owned(), true));
    assert_eq!(
        seen(&mut watcher),
        told,
        "in order, and nobody who was never there"
    );
    assert_eq!(listed(), 2);
    // Refused once more, and taken with the next update of anybody.
    drop(stays);
    disk.settle(full(), true);
    assert_eq!(listed(), 2);
    drop(hub.publish(publication("topic=T&data=x")));
    while disk.waits() {
        disk.settle(None, true);
    }
    assert_eq!(seen(&mut watcher), [(r#""stays""#.to_owned(), false)]);
    assert_eq!(listed(), 1);
    drop(late);
}
