//! The three families of percentiles over runs small enough to be worked out by hand.

mod support;

use assay_load::clock::Micros;
use assay_load::crowd::{CrowdRecord, ReadLag, Receipt, StreamRecord, SubscriberRecord};
use assay_load::ledger::{Ending, settle};
use assay_load::percentiles::{SubscriberTimes, traffic};
use assay_load::plan::{PhaseKind, Plan};
use assay_results::{Histogram, Quantile};
use support::{accepted, plan};

/// A subscriber connected from the start, who got these publications after so many microseconds.
fn subscriber(receipts: &[(u32, u64)]) -> SubscriberRecord {
    SubscriberRecord {
        connect_us: Some(100),
        head_us: Some(300),
        first_event_us: Some(900),
        streams: vec![StreamRecord {
            opened_at: Micros::ZERO,
            broke_at: None,
            was_dropped: false,
            first_receipt: 0,
        }],
        receipts: receipts
            .iter()
            .map(|&(publication, us)| Receipt::whole(publication, us))
            .collect(),
        ..SubscriberRecord::default()
    }
}

fn crowd(subscribers: Vec<SubscriberRecord>) -> CrowdRecord {
    CrowdRecord {
        subscribers,
        ended_at: Micros(60_000_000),
        ..CrowdRecord::default()
    }
}

fn times(plan: &Plan, crowd: &CrowdRecord) -> SubscriberTimes {
    let publications = accepted(plan);
    SubscriberTimes::of(
        plan,
        &publications,
        crowd,
        &settle(plan, &publications, crowd, Ending::Whole),
    )
}

fn ranks(histogram: &Histogram) -> Vec<Quantile> {
    histogram.ranks(&[0.0, 0.5, 1.0])
}

fn values(us: [u64; 3]) -> Vec<Quantile> {
    us.map(Quantile::Value).to_vec()
}

/// Two subscribers, three publications a second apart, the first of them warm-up.
fn two_by_three() -> Plan {
    let at = |second: u64| (0, Micros(second * 1_000_000));
    let mut plan = plan(1, &[&[0], &[0]], &[at(1), at(2), at(3)]);
    plan.publications[0].phase = PhaseKind::WarmUp;
    plan
}

#[test]
fn each_family_looks_at_the_same_deliveries_from_another_side() {
    let plan = two_by_three();
    let record = crowd(vec![
        subscriber(&[(0, 900_000), (1, 10), (2, 40)]),
        subscriber(&[(0, 900_000), (1, 20), (2, 30)]),
    ]);
    let times = times(&plan, &record);
    assert_eq!(ranks(&times.delivery), values([10, 20, 40]));
    assert_eq!(ranks(&times.event_first), values([10, 10, 30]));
    assert_eq!(ranks(&times.event_median), values([10, 10, 30]));
    assert_eq!(ranks(&times.event_last), values([20, 20, 40]));
    assert_eq!(ranks(&times.event_spread), values([10, 10, 10]));
    // Two deliveries are too few for a p99 of one's own: the maximum stands in.
    assert_eq!(ranks(&times.by_subscriber_p99), values([30, 30, 40]));
    assert_eq!((times.events, times.by_subscriber_maximum), (2, 2));
    assert_eq!(times.publications[0].last, Quantile::Value(900_000));
    for (histogram, us) in [
        (&times.connect, 100),
        (&times.headers, 300),
        (&times.first_event, 900),
    ] {
        assert_eq!((histogram.samples(), histogram.max_us()), (2, Some(us)));
    }
}

#[test]
fn a_lost_delivery_is_the_slowest_in_every_family() {
    let plan = two_by_three();
    let record = crowd(vec![
        subscriber(&[(0, 5), (1, 10), (2, 40)]),
        subscriber(&[(0, 5), (2, 30)]),
    ]);
    let times = times(&plan, &record);
    let lost_last = |first, median| vec![Quantile::Value(first), median, Quantile::Lost];
    assert_eq!(ranks(&times.delivery), lost_last(10, Quantile::Value(30)));
    assert_eq!(ranks(&times.event_last), lost_last(40, Quantile::Value(40)));
    assert_eq!(
        ranks(&times.event_spread),
        lost_last(10, Quantile::Value(10))
    );
    assert_eq!(
        ranks(&times.by_subscriber_p99),
        lost_last(40, Quantile::Value(40))
    );
    assert_eq!(times.publications[1].p99, Quantile::Lost);
    assert_eq!(times.publications[1].first, Quantile::Value(10));
}

#[test]
fn a_lost_delivery_is_the_slowest_at_the_probes_as_well() {
    let mut plan = two_by_three();
    plan.subscribers[0].probe = true;
    let mut probe = subscriber(&[(0, 5), (2, 30)]);
    probe.read_lags = vec![ReadLag::of_us(1); 2];
    let record = crowd(vec![probe, subscriber(&[(0, 5), (1, 10)])]);
    let probes = times(&plan, &record).probes;
    for (name, histogram) in [
        ("delivery", &probes.delivery),
        ("wire", &probes.wire_delivery),
        ("crowd", &probes.crowd_delivery),
    ] {
        assert_eq!(
            (histogram.samples(), histogram.lost(), histogram.max()),
            (2, 1, Quantile::Lost),
            "{name}"
        );
    }
    assert_eq!((probes.read_lag.samples(), probes.read_lag.lost()), (1, 0));
}

#[test]
fn a_subscriber_that_never_came_is_the_slowest_to_connect() {
    let plan = two_by_three();
    let mut headless = SubscriberRecord {
        connect_us: Some(7),
        ..SubscriberRecord::default()
    };
    let record = crowd(vec![subscriber(&[(1, 10)]), headless.clone()]);
    let came = times(&plan, &record);
    for (name, histogram, lost) in [
        ("connect", &came.connect, 0),
        ("headers", &came.headers, 1),
        ("first event", &came.first_event, 1),
    ] {
        assert_eq!((histogram.samples(), histogram.lost()), (2, lost), "{name}");
    }
    headless.connect_us = None;
    let never = times(&plan, &crowd(vec![subscriber(&[(1, 10)]), headless]));
    assert_eq!(never.connect.max(), Quantile::Lost);
}

#[test]
fn who_had_no_time_to_connect_or_nothing_to_hear_is_in_no_percentile() {
    let mut plan = plan(2, &[&[0], &[1], &[0]], &[(0, Micros(1_000_000))]);
    plan.subscribers[2].connect_at = Micros(59_500_000);
    let unheard = SubscriberRecord {
        first_event_us: None,
        ..subscriber(&[])
    };
    let record = crowd(vec![
        subscriber(&[(0, 10)]),
        unheard,
        SubscriberRecord::default(),
    ]);
    let publications = accepted(&plan);
    let cut_short = settle(&plan, &publications, &record, Ending::CutShort);
    let times = SubscriberTimes::of(&plan, &publications, &record, &cut_short);
    let counts = |histogram: &Histogram| (histogram.samples(), histogram.lost());
    assert_eq!(
        (
            counts(&times.connect),
            counts(&times.headers),
            counts(&times.first_event)
        ),
        ((2, 0), (2, 0), (1, 0))
    );
}

#[test]
fn with_299_deliveries_a_subscriber_has_a_p99_of_its_own() {
    let publications: Vec<_> = (0..299).map(|n| (0, Micros(1_000_000 + n))).collect();
    let plan = plan(1, &[&[0]], &publications);
    let receipts: Vec<_> = (0..299).map(|n| (n, u64::from(n) + 1)).collect();
    let times = times(&plan, &crowd(vec![subscriber(&receipts)]));
    // Rank 297 of 299: 0.99 × 299 = 296.01, rounded up.
    assert_eq!(times.by_subscriber_p99.max_us(), Some(297));
    assert_eq!(
        (times.by_subscriber_maximum, times.delivery.max_us()),
        (0, Some(299))
    );
}

#[test]
fn nobody_expected_anything_is_no_event() {
    let plan = two_by_three();
    let record = crowd(vec![
        SubscriberRecord::default(),
        SubscriberRecord::default(),
    ]);
    let times = times(&plan, &record);
    assert_eq!((times.events, times.delivery.samples()), (0, 0));
    assert_eq!((times.connect.samples(), times.connect.lost()), (2, 2));
    assert_eq!(times.publications[1].last, Quantile::TooFew);
}

#[test]
fn a_second_has_what_was_planned_in_it_and_what_was_received_in_it() {
    let plan = two_by_three();
    let mut broken = subscriber(&[(1, 10)]);
    broken.streams[0].broke_at = Some(Micros(2_500_000));
    let mut record = crowd(vec![subscriber(&[(0, 5), (1, 1_500_000), (2, 40)]), broken]);
    record.ended_at = Micros(4_200_000);
    let times = times(&plan, &record);
    let planned: Vec<_> = times
        .seconds
        .iter()
        .map(|second| {
            let came: u64 = second.heat.iter().map(|cell| cell.count).sum();
            (second.events, came, second.lost, second.max_us)
        })
        .collect();
    assert_eq!(
        planned,
        [
            (0, 0, 0, None),
            (1, 1, 1, Some(5)),
            (1, 2, 0, Some(1_500_000)),
            (1, 1, 1, Some(40)),
        ]
    );
    let traffic: Vec<_> = traffic(&plan, &record)
        .iter()
        .map(|second| (second.received, second.connections))
        .collect();
    assert_eq!(traffic, [(0, 2), (1, 2), (1, 1), (2, 1), (0, 1)]);
}

/// In one second 299 updates to two subscribers, in the next 298; of each one delivery is lost.
#[test]
fn a_second_states_a_p99_when_299_of_its_updates_stand_behind_it() {
    let publications: Vec<_> = (0..299)
        .map(|n| (0, Micros(1_000_000 + n)))
        .chain((0..298).map(|n| (0, Micros(2_000_000 + n))))
        .collect();
    let plan = plan(1, &[&[0], &[0]], &publications);
    let all: Vec<_> = (0..597).map(|n| (n, 100)).collect();
    let record = crowd(vec![subscriber(&all), subscriber(&all[..0])]);
    let times = times(&plan, &record);
    let quantiles = |second: usize| (times.seconds[second].p50, times.seconds[second].p99);
    assert_eq!(quantiles(0), (Quantile::TooFew, Quantile::TooFew));
    // Half of the deliveries never came: losing cannot improve a second either.
    assert_eq!(quantiles(1), (Quantile::Value(100), Quantile::Lost));
    assert_eq!(quantiles(2), (Quantile::Value(100), Quantile::TooFew));
    assert_eq!(
        (times.seconds[1].events, times.seconds[2].events),
        (299, 298)
    );
}

/// An event's p99 over audiences of a hundred and of two hundred.
#[test]
fn an_event_has_a_p99_until_more_than_one_in_a_hundred_lost_it() {
    for (audience, lost, expected) in [
        (100, 0, Quantile::Value(99)),
        (100, 1, Quantile::Value(99)),
        (100, 2, Quantile::Lost),
        (200, 2, Quantile::Value(198)),
        (200, 3, Quantile::Lost),
        (1, 0, Quantile::Value(1)),
        (1, 1, Quantile::Lost),
    ] {
        let followers = vec![&[0_u32][..]; audience];
        let plan = plan(1, &followers, &[(0, Micros(1_000_000))]);
        let came = audience - lost;
        let record = crowd(
            (0..audience)
                .map(|place| {
                    let receipt = (0, place as u64 + 1);
                    subscriber(&[receipt][..usize::from(place < came)])
                })
                .collect(),
        );
        let times = times(&plan, &record);
        assert_eq!(times.publications[0].p99, expected, "{lost} of {audience}");
        assert_eq!(times.event_p99.rank(0.5), Some(expected));
        let [interval] = &times.logs.event_p99[..] else {
            panic!("{:?}", times.logs)
        };
        assert_eq!(
            interval.histogram().lost(),
            u64::from(expected == Quantile::Lost)
        );
    }
}
