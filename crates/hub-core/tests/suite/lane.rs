//! Lanes, where the simulation does not reach: waking, bounds, and the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};

use assay_hub_core::{
    Arrival, CloseReason, Hub, HubSettings, Next, PublishError, SubscribeError, limits,
};

use crate::lane_host::LaneHost;
use crate::support::{data, exact, hub, hub_keeping, now, publication, subscribe};

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn publish(hub: &Hub, form: &str) {
    hub.publish(publication(form)).wait().expect("an open hub");
}

#[test]
fn a_lane_is_woken_once_for_all_that_waits_and_not_for_nobody() {
    let hub = hub(HubSettings::default());
    let wakes = Arc::<Wakes>::default();
    let mut host = LaneHost::new(&hub, Waker::from(Arc::clone(&wakes)));
    let woken = || wakes.0.load(Ordering::Relaxed);
    publish(&hub, "topic=T&data=before");
    assert_eq!(woken(), 0, "nobody is there");
    let key = host.join(subscribe(&[exact("T")], None, None));
    publish(&hub, "topic=T&data=1");
    publish(&hub, "topic=T&data=2");
    assert_eq!(woken(), 1);
    assert_eq!(received(&mut host, key), ["1", "2"]);
    publish(&hub, "topic=T&data=3");
    assert_eq!(woken(), 2);
    host.leave(key);
    publish(&hub, "topic=T&data=4");
    assert_eq!(woken(), 2);
}

/// The data of all that it gets by now.
fn received(host: &mut LaneHost, key: usize) -> Vec<String> {
    std::iter::from_fn(|| match host.next(key)? {
        Next::Event(event) => Some(data(&event)),
        Next::Closed(reason) => panic!("closed: {reason}"),
    })
    .collect()
}

#[test]
fn a_hub_without_history_loses_nothing_between_the_door_and_the_lane() {
    let hub = hub_keeping(0, HubSettings::default());
    let mut host = LaneHost::new(&hub, Waker::noop().clone());
    let key = host.join(subscribe(&[exact("T")], None, None));
    publish(&hub, "topic=T&data=1");
    assert_eq!(received(&mut host, key), ["1"]);
}

/// A full history forgets one update with each publication: who is to get all that is kept gets what is kept when it is read.
#[test]
fn what_is_forgotten_before_the_first_read_is_no_gap_for_who_wants_all() {
    let hub = hub_keeping(2, HubSettings::default());
    publish(&hub, "topic=T&data=1&id=urn:1");
    publish(&hub, "topic=T&data=2&id=urn:2");
    let mut host = LaneHost::new(&hub, Waker::noop().clone());
    let mut join = |cursor| host.join(subscribe(&[exact("T")], None, Some(cursor)));
    let (earliest, unknown, known) = (join("earliest"), join("urn:0"), join("urn:1"));
    publish(&hub, "topic=T&data=3");
    publish(&hub, "topic=T&data=4");
    assert_eq!(received(&mut host, earliest), ["3", "4"]);
    assert_eq!(received(&mut host, unknown), ["3", "4"]);
    let gap = host.next(known);
    assert_eq!(gap, Some(Next::Closed(CloseReason::ReplayOverrun)));
}

#[test]
fn closing_comes_after_what_was_published_before() {
    let hub = hub(HubSettings::default());
    let mut host = LaneHost::new(&hub, Waker::noop().clone());
    let key = host.join(subscribe(&[exact("T")], None, None));
    publish(&hub, "topic=T&data=1");
    hub.close_all(CloseReason::ShuttingDown);
    hub.close_all(CloseReason::ShuttingDown);
    assert!(matches!(host.next(key), Some(Next::Event(_))));
    let closed = Some(Next::Closed(CloseReason::ShuttingDown));
    assert_eq!(host.next(key), closed);
    // A lane that is added later learns it too, and lets nobody in.
    let (door, mut lane) = hub.add_lane::<u8>(Waker::noop().clone());
    let refused = now(door.join(subscribe(&[exact("T")], None, None), 7));
    assert_eq!(refused, Err((SubscribeError::Closed, 7)));
    assert!(matches!(
        lane.next_arrival(),
        Some(Arrival::Close(CloseReason::ShuttingDown))
    ));
}

#[test]
fn a_lane_that_lags_stops_publishers_and_not_the_others() {
    let hub = hub_keeping(10, HubSettings::default());
    let mut host = LaneHost::new(&hub, Waker::noop().clone());
    let key = host.join(subscribe(&[exact("T")], None, None));
    for _ in 0..limits::FEED_UPDATES {
        publish(&hub, "topic=T");
    }
    let refused = hub.publish(publication("topic=T")).wait().map(|_| ());
    assert_eq!(refused, Err(PublishError::Overloaded));
    assert_eq!(received(&mut host, key).len(), limits::FEED_UPDATES);
    publish(&hub, "topic=T");
}

#[test]
fn who_comes_to_an_abandoned_lane_is_refused_and_nothing_piles_up() {
    let hub = hub(HubSettings::default());
    let (door, lane) = hub.add_lane::<&str>(Waker::noop().clone());
    now(door.join(subscribe(&[exact("T")], None, None), "in")).expect("a lane");
    drop(lane);
    assert_eq!(hub.subscriber_count(), 0, "who waited at the door is gone");
    let refused = now(door.join(subscribe(&[exact("T")], None, None), "late"));
    assert_eq!(refused, Err((SubscribeError::Closed, "late")));
    for _ in 0..=limits::FEED_UPDATES {
        publish(&hub, "topic=T");
    }
}
