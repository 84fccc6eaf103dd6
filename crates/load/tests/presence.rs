//! The books of those who are not there all the time, or do not read: what they are entitled to, and what of it is nobody's fault.

mod support;

use assay_load::clock::Micros;
use assay_load::crowd::{CrowdRecord, Receipt, StreamRecord, SubscriberRecord};
use assay_load::ledger::{Ending, Ledger, settle};
use assay_load::percentiles::SubscriberTimes;
use assay_load::plan::{Arithmetic, Plan, PlannedSubscriber, Reads};
use assay_results::LedgerCounts;
use support::{accepted, plan};

/// An update each second from 1 s to 9 s, to one topic.
fn updates() -> Vec<(u32, Micros)> {
    (1..10)
        .map(|second| (0, Micros(second * 1_000_000)))
        .collect()
}

/// A plan with one subscriber, who came at 3.5 s.
fn plan_for(change: impl FnOnce(&mut PlannedSubscriber)) -> Plan {
    let mut plan = plan(1, &[&[0]], &updates());
    let subscriber = &mut plan.subscribers[0];
    subscriber.connect_at = Micros(3_500_000);
    change(subscriber);
    plan
}

/// It has the stream at 3.6 s, and these updates after so many milliseconds each.
fn settled(plan: &Plan, came: &[(u32, u64)]) -> (Ledger, SubscriberTimes) {
    let subscriber = SubscriberRecord {
        streams: vec![StreamRecord {
            opened_at: Micros(3_600_000),
            broke_at: None,
            was_dropped: false,
            first_receipt: 0,
        }],
        receipts: came
            .iter()
            .map(|(update, ms)| Receipt::whole(*update, ms * 1_000))
            .collect(),
        ..SubscriberRecord::default()
    };
    let crowd = CrowdRecord {
        subscribers: vec![subscriber],
        ended_at: plan.drain_deadline,
        ..CrowdRecord::default()
    };
    let accepted = accepted(plan);
    let ledger = settle(plan, &accepted, &crowd, Ending::Whole);
    let times = SubscriberTimes::of(plan, &accepted, &crowd, &ledger);
    (ledger, times)
}

#[track_caller]
fn check(plan: &Plan, came: &[(u32, u64)], expected: LedgerCounts) -> SubscriberTimes {
    let (ledger, times) = settled(plan, came);
    assert_eq!(ledger.counts, expected, "{came:?}: {:?}", ledger.wrong);
    times
}

#[test]
fn who_leaves_is_owed_what_was_planned_until_then() {
    let plan = plan_for(|one| one.leave_at = Some(Micros(6_500_000)));
    // Updates 3, 4 and 5 are of 4, 5 and 6 s.
    let all = LedgerCounts {
        expected: 3,
        on_time: 3,
        ..LedgerCounts::default()
    };
    check(&plan, &[(3, 1), (4, 1), (5, 1)], all);
    // What comes while it listens on is neither owed nor wrong.
    check(&plan, &[(3, 1), (4, 1), (5, 1), (6, 1)], all);
    let lost = LedgerCounts {
        on_time: 2,
        lost: 1,
        ..all
    };
    check(&plan, &[(3, 1), (4, 1)], lost);
    assert_eq!(Arithmetic::of(&plan, None).deliveries, 3);
}

#[test]
fn who_asks_for_all_is_owed_what_was_before() {
    let plan = plan_for(|one| one.from_start = true);
    let came: Vec<(u32, u64)> = (0..9)
        .map(|update| {
            (
                update,
                if update < 3 {
                    2_600 - u64::from(update) * 1_000
                } else {
                    2
                },
            )
        })
        .collect();
    let all = LedgerCounts {
        expected: 9,
        on_time: 6,
        replayed: 3,
        ..LedgerCounts::default()
    };
    let times = check(&plan, &came, all);
    // What was published before it came did not wait for the hub.
    assert_eq!(
        (times.delivery.samples(), times.delivery.max_us()),
        (6, Some(2_000))
    );
    let lost = LedgerCounts {
        replayed: 2,
        lost: 1,
        ..all
    };
    check(&plan, &came[1..], lost);
    assert_eq!(Arithmetic::of(&plan, None).deliveries, 9);
}

#[test]
fn who_does_not_read_is_owed_nothing_and_is_not_missing() {
    for reads in [Reads::Never, Reads::Slowly(100)] {
        let plan = plan_for(|one| one.reads = reads);
        let times = check(&plan, &[], LedgerCounts::default());
        assert_eq!(times.delivery.samples(), 0);
        let (ledger, _) = settled(&plan, &[]);
        assert_eq!((ledger.unconnected.len(), ledger.confirmed()), (0, 0));
        assert_eq!(Arithmetic::of(&plan, None).deliveries, 0);
    }
}

#[test]
fn an_echo_is_that_of_whoever_wrote_it() {
    let mut plan = plan(1, &[&[0], &[0]], &updates());
    for (index, update) in (0_u32..).zip(&mut plan.publications) {
        update.author = Some(index % 2);
    }
    let reader = |ms: u64| SubscriberRecord {
        streams: vec![StreamRecord {
            opened_at: Micros::ZERO,
            broke_at: None,
            was_dropped: false,
            first_receipt: 0,
        }],
        receipts: (0..9)
            .map(|update| Receipt::whole(update, ms * 1_000))
            .collect(),
        ..SubscriberRecord::default()
    };
    let crowd = CrowdRecord {
        subscribers: vec![reader(1), reader(7)],
        ended_at: plan.drain_deadline,
        ..CrowdRecord::default()
    };
    let accepted = accepted(&plan);
    let ledger = settle(&plan, &accepted, &crowd, Ending::Whole);
    let times = SubscriberTimes::of(&plan, &accepted, &crowd, &ledger);
    let echo = &times.own_echo;
    assert_eq!(
        (echo.samples(), echo.min_us(), echo.max_us()),
        (9, Some(1_000), Some(7_000))
    );
    assert_eq!(times.delivery.samples(), 18);
}

#[test]
fn at_once_are_those_who_hold_a_connection() {
    // Two who take turns, the second a moment before the first one has closed; and one who comes much later.
    let mut plan = plan(1, &[&[0], &[0], &[0]], &updates());
    for (subscriber, connect_s) in plan.subscribers.iter_mut().zip([0, 2, 8]) {
        subscriber.connect_at = Micros(connect_s * 1_000_000);
        subscriber.leave_at = Some(Micros((connect_s + 2) * 1_000_000));
    }
    let sums = Arithmetic::of(&plan, None);
    assert_eq!((sums.subscribers, sums.subscribers_at_once), (3, 2));
}
