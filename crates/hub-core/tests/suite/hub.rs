//! The hub through its façade: delivery, privacy, cursors, bounds, closing, and threads.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use crate::support::{
    data, exact, hub, hub_keeping, now, publication, subscribe, token_v0, token_v1, url_pattern,
};
use assay_hub_core::{
    AccessToken, CloseReason, Hub, HubSettings, LastEventId, Next, PublishError, ResponseCursor,
    Subscribe, SubscribeError, Subscriber, TopicMatcher, limits,
};

/// All events that are there now.
fn drain(subscriber: &mut Subscriber) -> Vec<String> {
    let mut events = Vec::new();
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        match subscriber.poll_next(&mut cx) {
            Poll::Ready(Next::Event(event)) => events.push(data(&event)),
            Poll::Ready(Next::Closed(reason)) => {
                events.push(format!("closed {}", reason.code()));
                return events;
            }
            Poll::Pending => return events,
        }
    }
}

fn live(hub: &Hub, matchers: &[TopicMatcher]) -> Subscriber {
    now(hub.subscribe(subscribe(matchers, None, None)))
        .expect("room for it")
        .0
}

fn publish(hub: &Hub, form: &str) {
    hub.publish(publication(form)).wait().expect("an open hub");
}

#[test]
fn an_update_reaches_each_listener_once_in_order() {
    let hub = hub(HubSettings::default());
    let mut canonical = live(&hub, &[exact("T1")]);
    let mut alternate = live(&hub, &[exact("T2")]);
    let mut pattern = live(&hub, &[url_pattern("/t/:id")]);
    let mut twice = live(
        &hub,
        &[
            exact("T1"),
            exact("T2"),
            exact("T1"),
            url_pattern("/t/:id"),
            exact("*"),
        ],
    );
    let mut other = live(&hub, &[exact("U")]);
    publish(&hub, "topic=T1&topic=T2&topic=/t/1&data=1");
    publish(&hub, "topic=U&data=2");
    publish(&hub, "topic=T1&topic=T1&data=3");
    assert_eq!(drain(&mut canonical), ["1", "3"]);
    assert_eq!(drain(&mut alternate), ["1"]);
    assert_eq!(drain(&mut pattern), ["1"]);
    assert_eq!(drain(&mut twice), ["1", "2", "3"]);
    assert_eq!(drain(&mut other), ["2"]);
}

#[test]
fn the_id_is_that_of_the_publisher_or_a_new_one() {
    let hub = hub(HubSettings::default());
    let given = hub
        .publish(publication("topic=T&id=urn:x:1"))
        .wait()
        .expect("an open hub");
    assert_eq!(given.as_str(), "urn:x:1");
    let first = hub
        .publish(publication("topic=T"))
        .wait()
        .expect("an open hub");
    let second = hub
        .publish(publication("topic=T&id="))
        .wait()
        .expect("an open hub");
    assert!(
        first.as_str().starts_with("urn:uuid:") && first.as_str().len() == 45,
        "{first}"
    );
    assert_eq!(&first.as_str()[23..24], "4", "a version 4 UUID: {first}");
    assert_ne!(first, second);
}

#[test]
fn private_updates_reach_those_whose_token_covers_a_topic() {
    fn check(token: Option<&AccessToken>, matchers: &[TopicMatcher], form: &str, expected: bool) {
        for replayed in [false, true] {
            let hub = hub(HubSettings::default());
            let request = |cursor| subscribe(matchers, token.cloned(), cursor);
            let mut subscriber = now(hub.subscribe(request(None))).expect("room for it").0;
            publish(&hub, &format!("{form}&data=secret&private=on"));
            if replayed {
                subscriber = now(hub.subscribe(request(Some("earliest"))))
                    .expect("room for it")
                    .0;
            }
            let expected: &[&str] = if expected { &["secret"] } else { &[] };
            assert_eq!(
                drain(&mut subscriber),
                expected,
                "{form} {token:?} {matchers:?} replayed {replayed}"
            );
        }
    }
    let t = [exact("T")];
    let form = "topic=T";
    check(None, &t, form, false);
    check(Some(&token_v1(&[])), &t, form, false);
    check(Some(&token_v1(&["U"])), &t, form, false);
    check(Some(&token_v1(&["T"])), &t, form, true);
    check(Some(&token_v1(&["*"])), &t, form, true);
    check(Some(&token_v1(&["*"])), &[exact("Z")], form, false);
    check(Some(&token_v0(&["T"])), &t, form, true);
    check(Some(&token_v0(&["{any}"])), &t, form, true);
    check(Some(&token_v0(&[])), &t, form, false);
    check(Some(&token_v0(&["U", "V"])), &t, form, false);
    // Routed through one topic and granted on another. private.canonical-grant-alternate-route
    check(
        Some(&token_v1(&["CANON"])),
        &[exact("ALT")],
        "topic=CANON&topic=ALT",
        true,
    );
    check(
        Some(&token_v1(&["ALT"])),
        &[exact("CANON")],
        "topic=CANON&topic=ALT",
        true,
    );
    check(
        Some(&token_v1(&["B"])),
        &[exact("C")],
        "topic=A&topic=B&topic=C",
        true,
    );
}

#[test]
fn a_cursor_is_replayed_and_answered() {
    fn check(
        history_updates: usize,
        cursor: Option<&str>,
        replayed: &[&str],
        answered: Option<&str>,
    ) {
        let hub = hub_keeping(history_updates, HubSettings::default());
        for (id, topic) in [("a", "T"), ("b", "U"), ("c", "T"), ("d", "T")] {
            publish(&hub, &format!("topic={topic}&id={id}&data={id}"));
        }
        let request = subscribe(&[exact("T")], None, cursor);
        let (mut subscriber, cursor_found) = now(hub.subscribe(request)).expect("room for it");
        publish(&hub, "topic=T&data=live");
        let mut expected = replayed.to_vec();
        expected.push("live");
        assert_eq!(
            drain(&mut subscriber),
            expected,
            "cursor {cursor:?}, history of {history_updates}"
        );
        assert_eq!(
            cursor_found.as_ref().map(ResponseCursor::as_str),
            answered,
            "cursor {cursor:?}"
        );
    }
    check(9, None, &[], None);
    check(9, Some("a"), &["c", "d"], Some("a"));
    check(9, Some("b"), &["c", "d"], Some("b"));
    check(9, Some("d"), &[], Some("d"));
    check(9, Some("earliest"), &["a", "c", "d"], Some("earliest"));
    check(9, Some("unknown"), &["a", "c", "d"], Some("earliest"));
    check(2, Some("a"), &["c", "d"], Some("earliest"));
    check(0, Some("d"), &[], Some("earliest"));
}

#[test]
fn a_full_queue_closes_with_its_reason() {
    fn check(queued_updates: usize, queued_bytes: usize, published: usize, expected: &[&str]) {
        let hub = hub(HubSettings {
            queued_updates,
            queued_bytes,
            ..HubSettings::default()
        });
        let mut subscriber = live(&hub, &[exact("T")]);
        for number in 0..published {
            publish(&hub, &format!("topic=T&id=i{number}&data={number}"));
        }
        assert_eq!(drain(&mut subscriber), expected);
        assert_eq!(hub.subscriber_count(), 1);
        drop(subscriber);
        assert_eq!(hub.subscriber_count(), 0);
    }
    let event_bytes = "id: i0\ndata: 0\n\n".len();
    check(2, 1000, 2, &["0", "1"]);
    check(2, 1000, 3, &["closed queue-full"]);
    check(9, 2 * event_bytes, 2, &["0", "1"]);
    check(9, 2 * event_bytes, 3, &["closed queue-full"]);
}

#[test]
fn a_replay_that_the_history_overtakes_is_closed() {
    let hub = hub_keeping(300, HubSettings::default());
    for number in 0..300 {
        publish(&hub, &format!("topic=T&data={number}"));
    }
    let request = subscribe(&[exact("T")], None, Some("earliest"));
    let (mut subscriber, _) = now(hub.subscribe(request)).expect("room for it");
    for _ in 0..300 {
        publish(&hub, "topic=T");
    }
    let events = drain(&mut subscriber);
    let last = events.last().expect("a reason");
    assert_eq!(last, "closed replay-overrun");
    // What was read before is delivered, without a gap.
    let numbers: Vec<_> = (0..events.len() - 1)
        .map(|number| number.to_string())
        .collect();
    assert_eq!(events[..events.len() - 1], numbers);
    assert!(numbers.len() > 200, "{}", numbers.len());
}

#[test]
fn a_long_replay_without_matches_lets_others_run() {
    let hub = hub_keeping(100_000, HubSettings::default());
    for _ in 0..3000 {
        publish(&hub, "topic=U");
    }
    publish(&hub, "topic=T&data=found");
    let request = subscribe(&[exact("T")], None, Some("earliest"));
    let (mut subscriber, _) = now(hub.subscribe(request)).expect("room for it");
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    let mut polls = 0;
    let found = loop {
        match subscriber.poll_next(&mut Context::from_waker(&waker)) {
            Poll::Ready(next) => break next,
            Poll::Pending => polls += 1,
        }
        assert_eq!(
            wakes.0.load(Ordering::Relaxed),
            polls,
            "pending, and nobody would wake it"
        );
    };
    assert!(matches!(found, Next::Event(event) if data(&event) == "found"));
    assert!(polls > 0);
}

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn closing_ends_all_and_refuses_more() {
    let hub = hub(HubSettings::default());
    let mut waiting = live(&hub, &[exact("T")]);
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    assert!(
        waiting
            .poll_next(&mut Context::from_waker(&waker))
            .is_pending()
    );
    let mut behind = live(&hub, &[exact("T")]);
    publish(&hub, "topic=T&data=1");
    hub.close_all(CloseReason::ShuttingDown);
    assert!(wakes.0.load(Ordering::Relaxed) > 0);
    assert_eq!(drain(&mut behind), ["1", "closed shutting-down"]);
    assert_eq!(drain(&mut waiting), ["1", "closed shutting-down"]);
    assert_eq!(
        hub.publish(publication("topic=T")).wait(),
        Err(PublishError::Closed)
    );
    let refused = now(hub.subscribe(subscribe(&[exact("T")], None, None))).map(|_| ());
    assert_eq!(refused, Err(SubscribeError::Closed));
    drop((waiting, behind));
    assert_eq!(hub.subscriber_count(), 0);
}

#[test]
fn the_number_of_subscribers_is_bounded() {
    let hub = hub(HubSettings {
        subscribers: 1,
        ..HubSettings::default()
    });
    let first = live(&hub, &[exact("T")]);
    let refused = now(hub.subscribe(subscribe(&[exact("T")], None, None))).map(|_| ());
    assert_eq!(
        refused,
        Err(SubscribeError::TooManySubscribers { limit: 1 })
    );
    drop(first);
    live(&hub, &[exact("T")]);
}

#[test]
fn the_number_of_distinct_patterns_is_bounded() {
    let hub = hub(HubSettings {
        patterns: 2,
        ..HubSettings::default()
    });
    let try_matchers = |matchers: &[TopicMatcher]| {
        let outcome = now(hub.subscribe(subscribe(matchers, None, None)));
        outcome.map(|(subscriber, _)| subscriber)
    };
    let first = try_matchers(&[url_pattern("/a"), url_pattern("/b")]).expect("room for two");
    let refused = try_matchers(&[url_pattern("/c")]).map(|_| ());
    assert_eq!(refused, Err(SubscribeError::TooManyPatterns { limit: 2 }));
    try_matchers(&[url_pattern("/a"), exact("/c"), exact("*")]).expect("nothing new");

    // A place counts from the first moment, also while its subscriber still reads the history.
    drop(first);
    let request = subscribe(&[url_pattern("/c")], None, Some("earliest"));
    let (replaying, _) = now(hub.subscribe(request)).expect("room for it");
    let refused = try_matchers(&[url_pattern("/a"), url_pattern("/b")]).map(|_| ());
    assert_eq!(refused, Err(SubscribeError::TooManyPatterns { limit: 2 }));
    drop(replaying);
    try_matchers(&[url_pattern("/a"), url_pattern("/b")]).expect("room again");
}

/// Wakes a thread.
struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Follows all updates until `end`, as `publisher number` lines.
fn follow(hub: &Hub) -> Vec<String> {
    let (mut subscriber, _) = now(hub.subscribe(Subscribe {
        matchers: vec![exact("*")],
        token: None,
        last_event_id: Some(LastEventId::Earliest),
    }))
    .expect("room for it");
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut lines = Vec::new();
    loop {
        match subscriber.poll_next(&mut Context::from_waker(&waker)) {
            Poll::Ready(Next::Event(event)) => match data(&event) {
                end if end == "end" => return lines,
                line => lines.push(line),
            },
            Poll::Ready(Next::Closed(reason)) => panic!("{reason}"),
            Poll::Pending => thread::park(),
        }
    }
}

#[test]
fn threads_see_one_order_without_gap_or_repeat() {
    const PUBLISHERS: usize = 3;
    const UPDATES: usize = 400;
    let hub = hub(HubSettings {
        queued_updates: usize::MAX,
        ..HubSettings::default()
    });
    let seen: Vec<_> = thread::scope(|scope| {
        let publishers: Vec<_> = (0..PUBLISHERS)
            .map(|publisher| {
                let hub = &hub;
                scope.spawn(move || {
                    for number in 0..UPDATES {
                        publish(hub, &format!("topic=T&data={publisher}+{number}"));
                    }
                })
            })
            .collect();
        let followers: Vec<_> = (0..4).map(|_| scope.spawn(|| follow(&hub))).collect();
        for publisher in publishers {
            publisher.join().expect("publishers do not panic");
        }
        publish(&hub, "topic=T&data=end");
        followers
            .into_iter()
            .map(|follower| follower.join().expect("followers do not panic"))
            .collect()
    });
    assert!(
        seen.windows(2).all(|pair| pair[0] == pair[1]),
        "one order for all"
    );
    let mut next: BTreeMap<&str, usize> = BTreeMap::new();
    for line in &seen[0] {
        let (publisher, number) = line.split_once(' ').expect("two words");
        let expected = next.entry(publisher).or_default();
        assert_eq!(number.parse(), Ok(*expected), "publisher {publisher}");
        *expected += 1;
    }
    assert_eq!(
        next.into_values().collect::<Vec<_>>(),
        [UPDATES; PUBLISHERS]
    );
}

/// A full history forgets one update with each publication: also behind a first batch that has nothing for it, who is to get all
/// that is kept gets what is kept when it is read.
#[test]
fn what_is_forgotten_behind_an_unmatched_batch_is_no_gap_for_who_wants_all() {
    let kept = limits::REPLAY_BATCH_UPDATES + 10;
    let hub = hub_keeping(kept, HubSettings::default());
    for number in 0..kept {
        publish(&hub, &format!("topic=U&data=u&id=urn:{number}"));
    }
    let open = |cursor| {
        let request = subscribe(&[exact("T")], None, Some(cursor));
        now(hub.subscribe(request)).expect("room for it").0
    };
    let (mut earliest, mut unknown, mut known) = (open("earliest"), open("urn:x"), open("urn:0"));
    for _ in 0..kept {
        publish(&hub, "topic=T&data=t");
    }
    assert_eq!(drain(&mut earliest), vec!["t"; kept]);
    assert_eq!(drain(&mut unknown), vec!["t"; kept]);
    assert_eq!(drain(&mut known), ["closed replay-overrun"]);
    assert_eq!(hub.counts().replayed, 2 * kept as u64);
}
