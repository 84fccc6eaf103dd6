//! Loss, duplicate, reorder, leak and corruption, one of each in so many deliveries: all are found and named, and nothing else is.

use std::collections::BTreeSet;
use std::sync::Arc;

use assay_load::crowd::CrowdRecord;
use assay_load::ledger::{Ending, settle};
use assay_load::plan::{Arithmetic, Plan};
use assay_load::record::{PublicationOutcome, PublicationRecord};
use assay_load::scenario::Scenario;
use assay_results::{
    LedgerCounts, LoadRecord, Metric, Outcome, Quantile, WrongDeliveries, WrongKind,
};

use crate::fan_out_hub::FanOutHub;
use crate::faults::{Faults, FaultyHub, Name};
use crate::{is_whole, machine, whole_run};

/// A run in rooms: `rate` updates a second, each for one of four rooms.
#[derive(Clone, Copy)]
struct Size {
    subscribers: u32,
    rate: u32,
    seconds: u32,
    /// What is lost is waited for as long.
    drain_seconds: u32,
}

/// A hundred thousand deliveries.
const SMALL: Size = Size {
    subscribers: 400,
    rate: 200,
    seconds: 5,
    drain_seconds: 6,
};
/// Ten million.
const WHOLE: Size = Size {
    subscribers: 1_000,
    rate: 400,
    seconds: 100,
    drain_seconds: 10,
};

fn scenario(size: Size) -> Scenario {
    let Size {
        subscribers,
        rate,
        seconds,
        drain_seconds,
    } = size;
    let a_room = subscribers / 4;
    let text = format!(
        "# Is what goes wrong found?
name = \"rooms\"
[topics.own]
template = \"https://example.com/{{run}}/own/{{n}}\"
one_for_each = \"s\"
[topics.rooms]
template = \"https://example.com/{{run}}/rooms/{{n}}\"
one_for_each = \"s\"
shared_by = {a_room}
[subscribers.s]
count = {subscribers}
follow = [\"own\", \"rooms\"]
[publishers.p]
publish = \"rooms\"
rate = \"{rate}/s\"
payload = \"150 B\"
[phases]
ramp = \"1s\"
settle = \"5s\"
warm_up = \"0s\"
measure = \"{seconds}s\"
drain = \"{drain_seconds}s\"
[bounds]
late_after = \"{drain_seconds}s\"
"
    );
    Scenario::parse("rooms.toml", &text).unwrap()
}

/// The books hold exactly these.
fn check_books(counts: &LedgerCounts, wrong: &WrongDeliveries, faults: &Faults, plan: &Plan) {
    let expected = faults.names(plan);
    let found: BTreeSet<Name> = wrong
        .named
        .iter()
        .map(|one| {
            let (publisher, sequence) = (one.publisher.unwrap(), one.sequence.unwrap());
            (one.kind, one.subscriber, publisher, sequence)
        })
        .collect();
    let made_up: Vec<_> = found.difference(&expected).collect();
    let overlooked: Vec<_> = expected.difference(&found).collect();
    assert!(
        made_up.is_empty() && overlooked.is_empty() && wrong.omitted == 0,
        "made up {made_up:?}, overlooked {overlooked:?}, not named {}",
        wrong.omitted
    );
    let of = |kind| expected.iter().filter(|name| name.0 == kind).count() as u64;
    let injected = WrongKind::ALL.map(of);
    let LedgerCounts {
        lost,
        duplicate,
        reordered,
        leaked,
        corrupt,
        ..
    } = *counts;
    assert_eq!([lost, duplicate, reordered, leaked, corrupt], injected);
}

/// Carries a run out against a hub that does so.
fn run_with(
    size: Size,
    faults: impl FnOnce(&Plan) -> Faults,
) -> (Arc<Plan>, Arc<Faults>, LoadRecord) {
    let scenario = scenario(size);
    let plan = whole_run::plan(&scenario);
    let faults = Arc::new(faults(&plan));
    let hub = FanOutHub::delivering(FaultyHub::new(&plan, &faults));
    let (_, _, results) = whole_run::carry_out(&scenario, hub.target(), |_, _| {});
    let document = results.run.record().clone();
    assert_eq!(
        (document.unconnected, &document.partial),
        (0, &None),
        "{:?}",
        document.failures
    );
    check_books(&document.ledger, &document.wrong_deliveries, &faults, &plan);
    (plan, faults, document)
}

/// Through sockets: so many of each kind.
fn check_sockets(size: Size, each: usize) {
    let (plan, _, document) = run_with(size, |plan| Faults::drawn(plan, each, 17));
    let deliveries = Arithmetic::of(&plan, None).deliveries_measured;
    // A workbench without a CPU is blamed for that, and for nothing else.
    let outcomes = if each > 0 {
        &[Outcome::DeliveryWrong][..]
    } else {
        &[Outcome::Passed, Outcome::NotMeasurable]
    };
    let outcome = document.outcome();
    assert!(
        outcomes.contains(&outcome),
        "{outcome:?}: {:?}",
        document.health.gates
    );
    println!(
        "injection: wrong deliveries, through sockets: of {deliveries} measured deliveries {each} lost, {each} duplicate, {each} reordered, {each} leaked, {each} corrupt; each named, no other"
    );
}

#[test]
fn through_sockets_each_wrong_delivery_is_named_and_no_other() {
    let _machine = machine();
    if is_whole() {
        check_sockets(WHOLE, 100);
        check_sockets(WHOLE, 0);
    } else {
        check_sockets(SMALL, 20);
    }
}

#[test]
fn in_ten_million_records_one_in_a_hundred_thousand_is_named_and_no_other() {
    let _machine = machine();
    let plan = whole_run::plan(&scenario(WHOLE));
    let deliveries = Arithmetic::of(&plan, None).deliveries_measured;
    assert_eq!(deliveries, 10_000_000);
    for each in [100, 0] {
        let faults = Faults::drawn(&plan, each, 18);
        let subscribers = 0..plan.subscribers.len() as u32;
        let crowd = CrowdRecord {
            subscribers: subscribers
                .map(|subscriber| faults.record(&plan, subscriber))
                .collect(),
            ended_at: plan.drain_deadline,
            ..CrowdRecord::default()
        };
        let publications: Vec<_> = (0_u32..)
            .zip(&plan.publications)
            .map(|(publication, planned)| PublicationRecord {
                publication,
                sent_at: Some(planned.at),
                answered_at: Some(planned.at),
                outcome: PublicationOutcome::Accepted,
            })
            .collect();
        let ledger = settle(&plan, &publications, &crowd, Ending::Whole);
        check_books(&ledger.counts, &ledger.wrong, &faults, &plan);
        println!(
            "injection: wrong deliveries, in records: of {deliveries} measured deliveries {each} lost, {each} duplicate, {each} reordered, {each} leaked, {each} corrupt; each named, no other"
        );
    }
}

#[test]
fn who_dies_silently_is_lost_and_not_forgotten() {
    const SILENCED: [(u32, f64); 2] = [(3, 0.5), (11, 1.0)];
    let _machine = machine();
    let size = Size {
        subscribers: 20,
        rate: 40,
        seconds: 2,
        drain_seconds: 4,
    };
    let (plan, faults, document) = run_with(size, |plan| Faults::silence(plan, &SILENCED));
    let names = faults.names(&plan);
    let of = |subscriber: u32| names.iter().filter(|name| name.1 == subscriber).count();
    let lost = SILENCED.map(|(subscriber, _)| of(subscriber));
    assert!(lost[0] > 1 && lost[1] == 1, "{lost:?}");
    assert_eq!(document.outcome(), Outcome::DeliveryWrong);
    // They have never left; what they missed is infinitely late in each family.
    assert_eq!((document.unconnected, document.failures.len()), (0, 0));
    let updates: BTreeSet<_> = names.iter().map(|name| (name.2, name.3)).collect();
    let metrics = &document.metrics;
    assert_eq!(metrics[&Metric::BySubscriberP99].lost, 2);
    assert_eq!(metrics[&Metric::EventLast].lost, updates.len() as u64);
    assert_eq!(metrics[&Metric::Delivery].max, Quantile::Lost);
    println!(
        "injection: connections that die silently: of one {} deliveries are lost, of the other its last one; each named with its subscriber",
        lost[0]
    );
}
