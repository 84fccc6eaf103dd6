//! Orders to read an archive, where the simulation does not reach: how many may wait, and who is told when nobody reads.

use std::task::{Context, Poll, Waker};

use assay_hub_core::history::ArchiveError;
use assay_hub_core::{Hub, HubSettings, SubscribeError};

use crate::lane_host::LaneHost;
use crate::late_history::LateDisk;
use crate::late_readers::LateReaders;
use crate::support::{exact, hub_read_by, now, subscribe};

/// A hub with an archive, in whose orders there is room for so many.
fn hub(read_orders: usize) -> (Hub, LateReaders) {
    let readers = LateReaders::default();
    let (history, _disk) = LateDisk::new(10);
    let settings = HubSettings {
        read_orders,
        ..HubSettings::default()
    };
    (hub_read_by(readers.clone(), settings, history), readers)
}

#[test]
fn who_would_wait_for_long_is_refused() {
    let (hub, readers) = hub(1);
    let mut host = LaneHost::new(&hub, Waker::noop().clone());
    let resume = || subscribe(&[exact("T")], None, Some("earliest"));
    let (_, mut first) = host.begin_to_join(resume());
    let mut cx = Context::from_waker(Waker::noop());
    assert!(first.as_mut().poll(&mut cx).is_pending());
    assert_eq!(hub.counts().read_orders, 1);
    let busy = SubscribeError::HistoryBusy { limit: 1 };
    let refused = now(hub.subscribe(resume())).map(|_| ());
    assert_eq!(refused, Err(busy.clone()));
    assert_eq!(now(host.begin_to_join(resume()).1), Err(busy));
    assert_eq!(hub.subscriber_count(), 0);
    // Who does not resume has nothing to wait for.
    host.join(subscribe(&[exact("T")], None, None));
    // The place is free again when whoever had it has left, be it that the order still waits.
    drop(first);
    assert_eq!(hub.counts().read_orders, 0);
    assert_eq!(readers.waiting(), 1);
    let (_, mut second) = host.begin_to_join(resume());
    assert!(second.as_mut().poll(&mut cx).is_pending());
    readers.execute_all();
    assert_eq!(second.as_mut().poll(&mut cx), Poll::Ready(Ok(())));
}

/// The bound that `docs/hub.md` states, of a hub as it is set up.
#[test]
fn a_hub_has_ten_thousand_orders_out_and_no_more() {
    let readers = LateReaders::default();
    let (history, _disk) = LateDisk::new(10);
    let hub = hub_read_by(readers.clone(), HubSettings::default(), history);
    let resume = || hub.subscribe(subscribe(&[exact("T")], None, Some("earliest")));
    let mut waiting: Vec<_> = (0..10_000).map(|_| Box::pin(resume())).collect();
    let mut cx = Context::from_waker(Waker::noop());
    let pending = waiting.iter_mut().map(|one| one.as_mut().poll(&mut cx));
    assert_eq!(pending.filter(Poll::is_pending).count(), 10_000);
    assert_eq!(
        (hub.counts().read_orders, readers.waiting()),
        (10_000, 10_000)
    );
    let busy = SubscribeError::HistoryBusy { limit: 10_000 };
    assert_eq!(now(resume()).map(|_| ()), Err(busy));
    // One is answered, and one more has room.
    readers.pick(0).execute();
    assert!(waiting[0].as_mut().poll(&mut cx).is_ready());
    assert!(Box::pin(resume()).as_mut().poll(&mut cx).is_pending());
}

#[test]
fn who_waits_for_readers_that_are_gone_is_told() {
    let (hub, readers) = hub(10);
    let mut host = LaneHost::new(&hub, Waker::noop().clone());
    let resume = || subscribe(&[exact("T")], None, Some("earliest"));
    let (_, mut joining) = host.begin_to_join(resume());
    let mut cx = Context::from_waker(Waker::noop());
    assert!(joining.as_mut().poll(&mut cx).is_pending());
    readers.forget();
    let told = joining.as_mut().poll(&mut cx);
    let unavailable = ArchiveError::Unavailable("nobody is left to read it".to_owned());
    assert_eq!(told, Poll::Ready(Err(SubscribeError::History(unavailable))));
}
