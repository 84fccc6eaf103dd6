//! The ledger against a model that follows measuring.md word by word, on random runs with injected faults: each is found and
//! named, and none is made up.

mod support;

use assay_load::clock::Micros;
use assay_load::crowd::{CrowdRecord, Receipt, StreamRecord, SubscriberRecord};
use assay_load::ledger::{Ending, Ledger, settle};
use assay_load::plan::{PhaseKind, Plan};
use assay_load::record::{PublicationOutcome, PublicationRecord};
use assay_results::{LedgerCounts, WrongKind};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use support::{accepted, plan};

const LATE_AFTER_US: u64 = 1_000_000;

/// A fault of the hub at one subscriber.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Lose,
    Duplicate,
    Damage,
    Delay,
    /// Comes after the next update of its topic, whose publish began after this one's had ended.
    Overtaken,
    /// An update of a topic that the subscriber has not subscribed to.
    Leak,
    /// The stream breaks before it; it comes on the next one.
    Replay,
}

fn any_fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        Just(Fault::Lose),
        Just(Fault::Duplicate),
        Just(Fault::Damage),
        Just(Fault::Delay),
        Just(Fault::Overtaken),
        Just(Fault::Leak),
        Just(Fault::Replay),
    ]
}

/// A run in which each publish ends before the next begins: topics of the publications, topics of the subscribers, faults by
/// subscriber and publication.
#[derive(Clone, Debug)]
struct Run {
    topics: usize,
    publications: Vec<u32>,
    subscribers: Vec<BTreeSet<u32>>,
    faults: BTreeMap<(usize, usize), Fault>,
}

fn any_run() -> impl Strategy<Value = Run> {
    (1_usize..4, 1_usize..12, 1_usize..6).prop_flat_map(|(topics, publications, subscribers)| {
        let topic = 0..topics as u32;
        (
            prop::collection::vec(topic.clone(), publications),
            prop::collection::vec(prop::collection::btree_set(topic, 1..=topics), subscribers),
            prop::collection::btree_map((0..subscribers, 0..publications), any_fault(), 0..6),
        )
            .prop_map(move |(publications, subscribers, faults)| Run {
                topics,
                publications,
                subscribers,
                faults,
            })
    })
}

/// When publication `index` is planned, sent and answered.
fn planned_at(index: usize) -> Micros {
    Micros(1_000_000 + index as u64 * 10_000)
}

fn plan_of(run: &Run) -> Plan {
    let publications: Vec<_> = run
        .publications
        .iter()
        .enumerate()
        .map(|(index, &topic)| (topic, planned_at(index)))
        .collect();
    let topics: Vec<Vec<u32>> = run
        .subscribers
        .iter()
        .map(|set| set.iter().copied().collect())
        .collect();
    let subscribers: Vec<&[u32]> = topics.iter().map(Vec::as_slice).collect();
    plan(run.topics, &subscribers, &publications)
}

/// Plays the run and says what a correct ledger holds, by kind and delivery.
fn play(
    run: &Run,
) -> (
    CrowdRecord,
    BTreeMap<(WrongKind, u32, u32), u64>,
    LedgerCounts,
) {
    let mut wrong = BTreeMap::new();
    let mut counts = LedgerCounts::default();
    let mut subscribers = Vec::new();
    for (subscriber, topics) in run.subscribers.iter().enumerate() {
        let mut record = SubscriberRecord::default();
        open(&mut record, Micros(500_000));
        let mut held: Option<u32> = None;
        for (publication, topic) in run.publications.iter().enumerate() {
            let index = publication as u32;
            let is_ours = topics.contains(topic);
            let fault = run.faults.get(&(subscriber, publication)).copied();
            let mut blame = |kind| *wrong.entry((kind, subscriber as u32, index)).or_insert(0) += 1;
            match (is_ours, fault) {
                (false, Some(Fault::Leak)) => {
                    record.receipts.push(Receipt::whole(index, 100));
                    blame(WrongKind::Leaked);
                    counts.leaked += 1;
                    continue;
                }
                (false, _) => continue,
                (true, _) => counts.expected += 1,
            }
            match fault {
                Some(Fault::Lose) => {
                    counts.lost += 1;
                    blame(WrongKind::Lost);
                }
                Some(Fault::Overtaken)
                    if held.is_none() && is_overtaken(run, subscriber, publication) =>
                {
                    counts.on_time += 1;
                    counts.reordered += 1;
                    blame(WrongKind::Reordered);
                    held = Some(index);
                    continue;
                }
                Some(Fault::Delay) => {
                    counts.late += 1;
                    record
                        .receipts
                        .push(Receipt::whole(index, LATE_AFTER_US + 1));
                }
                Some(Fault::Damage) => {
                    counts.on_time += 1;
                    counts.corrupt += 1;
                    blame(WrongKind::Corrupt);
                    record.receipts.push(Receipt::corrupt(index, 100));
                }
                Some(Fault::Replay) => {
                    counts.replayed += 1;
                    open(&mut record, Micros(planned_at(publication).0 + 50));
                    record.receipts.push(Receipt::whole(index, 100));
                }
                Some(Fault::Duplicate) => {
                    counts.on_time += 1;
                    counts.duplicate += 1;
                    blame(WrongKind::Duplicate);
                    record
                        .receipts
                        .extend([Receipt::whole(index, 100), Receipt::whole(index, 110)]);
                }
                Some(Fault::Overtaken | Fault::Leak) | None => {
                    counts.on_time += 1;
                    record.receipts.push(Receipt::whole(index, 100));
                }
            }
            if let Some(overtaken) = held
                && run.publications[overtaken as usize] == *topic
            {
                record.receipts.push(Receipt::whole(overtaken, 20_000));
                held = None;
            }
        }
        subscribers.push(record);
    }
    let record = CrowdRecord {
        subscribers,
        ended_at: Micros(60_000_000),
        ..CrowdRecord::default()
    };
    (record, wrong, counts)
}

/// Whether the next update of the topic comes, whole and on the same stream, so that it can overtake.
fn is_overtaken(run: &Run, subscriber: usize, publication: usize) -> bool {
    let topic = run.publications[publication];
    let next =
        (publication + 1..run.publications.len()).find(|&next| run.publications[next] == topic);
    next.is_some_and(|next| {
        let broken = (publication..=next).any(|between| {
            let fault = run.faults.get(&(subscriber, between));
            matches!(fault, Some(Fault::Replay))
        });
        let fault = run.faults.get(&(subscriber, next));
        !broken && matches!(fault, None | Some(Fault::Duplicate | Fault::Delay))
    })
}

fn open(record: &mut SubscriberRecord, at: Micros) {
    if let Some(last) = record.streams.last_mut() {
        last.broke_at = Some(at);
    }
    record.streams.push(StreamRecord {
        opened_at: at,
        broke_at: None,
        was_dropped: false,
        first_receipt: record.receipts.len() as u32,
    });
}

fn named(ledger: &Ledger, plan: &Plan) -> BTreeMap<(WrongKind, u32, u32), u64> {
    let mut named = BTreeMap::new();
    for wrong in &ledger.wrong.named {
        let index = plan.publication_index(wrong.publisher.unwrap(), wrong.sequence.unwrap());
        *named
            .entry((wrong.kind, wrong.subscriber, index.unwrap()))
            .or_insert(0) += 1;
    }
    named
}

proptest! {
    // A failing case is printed whole: no file of seeds is kept beside the tests.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_injected_fault_is_named_and_none_is_made_up(run in any_run()) {
        let plan = plan_of(&run);
        let (record, wrong, counts) = play(&run);
        let ledger = settle(&plan, &accepted(&plan), &record, Ending::Whole);
        prop_assert_eq!(named(&ledger, &plan), wrong, "{:?}", ledger.wrong);
        prop_assert_eq!(ledger.counts, counts);
        prop_assert!(ledger.counts.balances());
    }

    /// Concurrent publishes have no order of their own, but all streams have to agree on one: streams are random orders of random
    /// parts of the updates. Every finding is a pair that another stream shows the other way round, and of every such pair
    /// one side is found.
    #[test]
    fn streams_that_disagree_are_found_and_only_those(
        streams in prop::collection::vec(
            Just((0..6_u32).collect::<Vec<_>>()).prop_shuffle().prop_flat_map(|order| (0..=order.len(), Just(order)))
                .prop_map(|(shown, mut order)| { order.truncate(shown); order }),
            1..6,
        ),
    ) {
        let subscribers = vec![&[0_u32][..]; streams.len()];
        let publications: Vec<_> = (0..6).map(|index| (0, planned_at(index))).collect();
        let plan = plan(1, &subscribers, &publications);
        let concurrent: Vec<PublicationRecord> = (0..6).map(|publication| PublicationRecord {
            publication,
            sent_at: Some(planned_at(0)),
            answered_at: Some(planned_at(9)),
            outcome: PublicationOutcome::Accepted,
        }).collect();
        let record = CrowdRecord {
            subscribers: streams.iter().map(|order| {
                let mut record = SubscriberRecord::default();
                open(&mut record, Micros::ZERO);
                record.receipts = order.iter().map(|&publication| Receipt::whole(publication, 1)).collect();
                record
            }).collect(),
            ended_at: Micros(60_000_000),
            ..CrowdRecord::default()
        };
        let ledger = settle(&plan, &concurrent, &record, Ending::Whole);
        let found: BTreeSet<(usize, u32)> = named(&ledger, &plan).into_keys()
            .filter(|(kind, _, _)| *kind == WrongKind::Reordered)
            .map(|(_, subscriber, publication)| (subscriber as usize, publication)).collect();
        let before = |stream: &[u32], first, second| {
            let place = |wanted| stream.iter().position(|&shown| shown == wanted);
            matches!((place(first), place(second)), (Some(first), Some(second)) if first < second)
        };
        for &(subscriber, publication) in &found {
            let contradicted = (0..6).any(|other| {
                before(&streams[subscriber], other, publication)
                    && streams.iter().any(|stream| before(stream, publication, other))
            });
            prop_assert!(contradicted, "{subscriber} {publication} made up: {streams:?}");
        }
        for (one, other) in (0..streams.len()).flat_map(|one| (0..one).map(move |other| (one, other))) {
            for (a, b) in (0..6).flat_map(|a| (0..6).map(move |b| (a, b))) {
                if before(&streams[one], a, b) && before(&streams[other], b, a) {
                    let named = found.contains(&(one, b)) || found.contains(&(other, a));
                    prop_assert!(named, "{a} {b} on {one} and {other} overlooked: {streams:?}");
                }
            }
        }
    }
}

/// Three subscribers of one topic and its two publishes, of which the second had `outcome` and reached `receivers` of them.
fn check_outcome(
    outcome: &PublicationOutcome,
    receivers: usize,
    expected: LedgerCounts,
    though_refused: u64,
) {
    let plan = plan(
        1,
        &[&[0], &[0], &[0]],
        &[(0, planned_at(0)), (0, planned_at(1))],
    );
    let mut publications = accepted(&plan);
    publications[1].outcome = outcome.clone();
    let subscribers = (0..3).map(|subscriber| {
        let mut record = SubscriberRecord::default();
        open(&mut record, Micros::ZERO);
        record.receipts.push(Receipt::whole(0, 10));
        if subscriber < receivers {
            record.receipts.push(Receipt::whole(1, 10));
        }
        record
    });
    let record = CrowdRecord {
        subscribers: subscribers.collect(),
        ended_at: plan.drain_deadline,
        ..CrowdRecord::default()
    };
    let ledger = settle(&plan, &publications, &record, Ending::Whole);
    assert_eq!(ledger.counts, expected, "{outcome:?} {receivers}");
    assert_eq!(
        ledger.delivered_though_refused, though_refused,
        "{outcome:?}"
    );
}

#[test]
fn what_the_hub_did_not_take_is_not_expected() {
    let counts = |expected, on_time, lost| LedgerCounts {
        expected,
        on_time,
        lost,
        ..LedgerCounts::default()
    };
    let unanswered = PublicationOutcome::Unanswered("timed out".to_owned());
    check_outcome(&PublicationOutcome::Accepted, 3, counts(6, 6, 0), 0);
    check_outcome(&PublicationOutcome::Accepted, 0, counts(6, 3, 3), 0);
    check_outcome(&unanswered, 0, counts(3, 3, 0), 0);
    // One had it: the hub took it, and owes it to the others.
    check_outcome(&unanswered, 1, counts(6, 4, 2), 0);
    check_outcome(
        &PublicationOutcome::Refused { status: 429 },
        0,
        counts(3, 3, 0),
        0,
    );
    check_outcome(
        &PublicationOutcome::Refused { status: 429 },
        2,
        counts(3, 3, 0),
        2,
    );
    check_outcome(
        &PublicationOutcome::NotSent("stopped".to_owned()),
        0,
        counts(3, 3, 0),
        0,
    );
}

#[test]
fn a_canary_confirms_and_what_came_too_early_is_not_missed() {
    let mut settling = plan(
        1,
        &[&[0], &[0], &[0]],
        &[(0, planned_at(0)), (0, planned_at(1)), (0, planned_at(2))],
    );
    settling.publications[0].phase = PhaseKind::Settle;
    settling.publications[1].phase = PhaseKind::Settle;
    let heard: [&[u32]; 3] = [&[0, 1, 2], &[1, 2], &[2]];
    let subscribers = heard.map(|heard| {
        let mut record = SubscriberRecord::default();
        open(&mut record, Micros::ZERO);
        record.receipts = heard
            .iter()
            .map(|&publication| Receipt::whole(publication, 10))
            .collect();
        record
    });
    let record = CrowdRecord {
        subscribers: subscribers.into(),
        ended_at: settling.drain_deadline,
        ..CrowdRecord::default()
    };
    let ledger = settle(&settling, &accepted(&settling), &record, Ending::Whole);
    // The second was confirmed by the second canary; the third by none, so that it is unconnected.
    assert_eq!((ledger.counts.expected, ledger.counts.on_time), (5, 5));
    assert_eq!((ledger.confirmed(), ledger.unconnected.len()), (2, 1));
    assert_eq!(ledger.unconnected[0].subscriber, 2);
}

#[test]
fn an_early_end_leaves_undecided_what_was_not_late_yet() {
    let plan = plan(
        1,
        &[&[0]],
        &[(0, Micros(1_000_000)), (0, Micros(3_000_000))],
    );
    let mut record = SubscriberRecord::default();
    open(&mut record, Micros::ZERO);
    let record = CrowdRecord {
        subscribers: vec![record],
        ended_at: Micros(3_500_000),
        ..CrowdRecord::default()
    };
    let ledger = settle(&plan, &accepted(&plan), &record, Ending::CutShort);
    assert_eq!(
        (ledger.counts.expected, ledger.counts.lost, ledger.undecided),
        (1, 1, 1)
    );
    // The same silence from a hub that is gone is a loss.
    let whole = settle(&plan, &accepted(&plan), &record, Ending::Whole);
    assert_eq!((whole.counts.lost, whole.undecided), (2, 0));
}
