//! Signs: they go the way of an update through the history, the feed, the queue and every lane, stop where that way is blocked,
//! and leave no trace.

use std::fs;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use assay_hub_core::history::{HistoryError, RedbHistory};
use assay_hub_core::{
    CloseReason, Hub, HubSettings, Next, Probing, PublishError, Subscriber, TopicMatcher,
};

use crate::lane_host::LaneHost;
use crate::late_history::LateDisk;
use crate::support::{
    bounds, clock, data, exact, hub, hub_with, now, publication, subscribe, token_v1, url_pattern,
};

fn poll(probing: &mut Probing) -> Poll<Result<(), PublishError>> {
    pin!(probing).poll(&mut Context::from_waker(Waker::noop()))
}

fn probe(hub: &Hub) -> Probing {
    hub.probe().expect("an open hub")
}

/// A lane with one subscriber to everything, which is live.
fn lane(hub: &Hub) -> (LaneHost, usize) {
    let mut host = LaneHost::new(hub, Waker::noop().clone());
    let everything = [TopicMatcher::Any, url_pattern("/*"), exact("sign")];
    let key = host.join(subscribe(&everything, Some(token_v1(&["*"])), None));
    host.take_all();
    (host, key)
}

fn next(subscriber: &mut Subscriber) -> Option<String> {
    match subscriber.poll_next(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Next::Event(event)) => Some(data(&event)),
        Poll::Ready(Next::Closed(reason)) => panic!("closed: {reason}"),
        Poll::Pending => None,
    }
}

#[test]
fn a_sign_comes_back_when_every_lane_has_received_it_behind_what_was_published() {
    let hub = hub(HubSettings::default());
    let ((mut first, key), (mut second, _)) = (lane(&hub), lane(&hub));
    hub.publish(publication("topic=T&data=1")).wait().unwrap();
    let mut sign = probe(&hub);
    assert!(poll(&mut sign).is_pending());
    first.take_one();
    assert!(matches!(first.next(key), Some(Next::Event(_))));
    assert!(
        poll(&mut sign).is_pending(),
        "no lane has taken more than the update"
    );
    first.take_all();
    assert!(poll(&mut sign).is_pending(), "one lane has not received it");
    second.take_all();
    assert_eq!(poll(&mut sign), Poll::Ready(Ok(())));
}

#[test]
fn nobody_sees_a_sign() {
    let hub = hub(HubSettings::default());
    let (mut host, key) = lane(&hub);
    let everything = [TopicMatcher::Any, exact("sign")];
    let all = || subscribe(&everything, Some(token_v1(&["*"])), Some("earliest"));
    let (mut live, _) = now(hub.subscribe(all())).expect("room");
    assert_eq!(next(&mut live), None);
    hub.publish(publication("topic=T&data=1")).wait().unwrap();
    for _ in 0..3 {
        let mut sign = probe(&hub);
        host.take_all();
        assert_eq!(poll(&mut sign), Poll::Ready(Ok(())));
    }
    let (mut late, _) = now(hub.subscribe(all())).expect("room");
    for subscriber in [&mut live, &mut late] {
        assert_eq!(next(subscriber).as_deref(), Some("1"));
        assert_eq!(next(subscriber), None);
    }
    assert!(matches!(host.next(key), Some(Next::Event(_))));
    assert_eq!(host.next(key), None);
    let counts = hub.counts();
    assert_eq!((counts.published, counts.queued), (1, 1));
    assert_eq!(counts.subscribers, 3);
    assert_eq!(counts.history.map(|it| it.updates), Some(1));
}

#[test]
fn a_history_that_stands_still_holds_a_sign() {
    for refusal in [
        None,
        Some(HistoryError::NoSpace("the disk is full".to_owned())),
    ] {
        let (history, disk) = LateDisk::new(10);
        let hub = hub_with(HubSettings::default(), history);
        let (mut host, _) = lane(&hub);
        let publishing = hub.publish(publication("topic=T&data=1"));
        let mut sign = probe(&hub);
        host.take_all();
        assert!(poll(&mut sign).is_pending(), "it waits behind the update");
        disk.settle(refusal.clone(), true);
        host.take_all();
        assert!(poll(&mut sign).is_pending());
        // Out of the disk, and the feed does not hear of it.
        disk.settle(None, false);
        host.take_all();
        assert!(poll(&mut sign).is_pending());
        disk.tell();
        host.take_all();
        assert_eq!(
            poll(&mut sign),
            Poll::Ready(Ok(())),
            "also after {refusal:?}"
        );
        assert_eq!(publishing.wait().is_err(), refusal.is_some());
    }
}

#[test]
fn a_lane_whose_thread_is_gone_never_receives_a_sign() {
    let hub = hub(HubSettings::default());
    let (host, _) = lane(&hub);
    drop(host);
    assert!(poll(&mut probe(&hub)).is_pending());
}

#[test]
fn a_hub_that_is_closed_says_so() {
    let (history, disk) = LateDisk::new(10);
    let hub = hub_with(HubSettings::default(), history);
    let mut sign = probe(&hub);
    hub.close_all(CloseReason::ShuttingDown);
    disk.settle(None, true);
    assert_eq!(poll(&mut sign), Poll::Ready(Err(PublishError::Closed)));
    assert_eq!(hub.probe().map(|_| ()), Err(PublishError::Closed));
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn wait(mut probing: Probing) {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    while pin!(&mut probing)
        .poll(&mut Context::from_waker(&waker))
        .is_pending()
    {
        thread::park();
    }
}

#[test]
fn signs_go_through_the_thread_of_a_durable_history_and_leave_its_file_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("history.redb");
    let history = RedbHistory::open(&path, bounds(100), clock()).expect("a new file");
    let hub = hub_with(HubSettings::default(), history);
    hub.publish(publication("topic=T&data=1")).wait().unwrap();
    wait(probe(&hub));
    let before = (
        fs::read(&path).expect("the file"),
        fs::metadata(&path).unwrap().modified().unwrap(),
    );
    for _ in 0..20 {
        wait(probe(&hub));
    }
    let after = (
        fs::read(&path).expect("the file"),
        fs::metadata(&path).unwrap().modified().unwrap(),
    );
    assert!(before == after, "a sign was written");
    assert_eq!(hub.counts().history.map(|it| it.updates), Some(1));
    hub.publish(publication("topic=T&data=2")).wait().unwrap();
}
