//! Why a subscriber was never confirmed: what the hub left undone, and not what else went wrong with it.

mod support;

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use assay_load::clock::{Clock, Micros};
use assay_load::crowd::{
    Crowd, CrowdRecord, Failure, Part, Receipt, Step, StreamRecord, SubscriberRecord,
};
use assay_load::ledger::{Ending, settle};
use assay_load::plan::{PhaseKind, Plan};
use assay_load::record::PublicationOutcome;
use assay_load::stop::Stop;
use support::{ScriptedHub, accepted, plan, wait_until};

/// How many openings a thread has at a time.
const AT_A_TIME: usize = 100;

/// The failures of those that were never confirmed, by subscriber.
fn failures(plan: &Plan, crowd: &CrowdRecord) -> Vec<Failure> {
    let ledger = settle(plan, &accepted(plan), crowd, Ending::Whole);
    ledger
        .unconnected
        .iter()
        .map(|one| one.failure.clone())
        .collect()
}

/// The hub reads every request and answers none; five more subscribers wait for their turn.
#[test]
fn a_hub_that_sends_no_head_is_blamed_for_those_that_wait_behind_as_well() {
    let followers = vec![&[0_u32][..]; AT_A_TIME + 5];
    let plan = Arc::new(plan(1, &followers, &[(0, Micros(1_000_000))]));
    let hub = ScriptedHub::listen();
    let (clock, stop) = (Clock::starting_in(Duration::ZERO), Stop::new());
    let crowd = Crowd::start(
        &plan,
        &hub.target(),
        hub.address,
        &clock,
        &stop,
        Part::Whole { reader_threads: 1 },
    )
    .unwrap();
    let silent: Vec<_> = (0..AT_A_TIME).map(|_| hub.next()).collect();
    stop.request();
    let failures = failures(&plan, &crowd.join());
    drop(silent);
    let count = |wanted: &Failure| failures.iter().filter(|one| *one == wanted).count();
    let head = Step::Head;
    assert_eq!(
        (
            count(&Failure::Opening(head)),
            count(&Failure::Queued(head))
        ),
        (AT_A_TIME, 5),
        "{failures:?}"
    );
    let sentences = [Failure::Opening(head), Failure::Queued(head)].map(|one| one.to_string());
    for sentence in sentences {
        assert!(
            sentence.contains("the hub had not sent a response head when the run ended"),
            "{sentence}"
        );
    }
}

/// An attempt that failed says more than that the next one was under way.
#[test]
fn a_failed_attempt_is_told_rather_than_the_one_after_it() {
    let plan = Arc::new(plan(1, &[&[0]], &[(0, Micros(1_000_000))]));
    let hub = ScriptedHub::listen();
    let (clock, stop) = (Clock::starting_in(Duration::ZERO), Stop::new());
    let crowd = Crowd::start(
        &plan,
        &hub.target(),
        hub.address,
        &clock,
        &stop,
        Part::Whole { reader_threads: 1 },
    )
    .unwrap();
    let (_, mut busy) = hub.next();
    busy.write_all(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")
        .unwrap();
    let second = hub.next();
    stop.request();
    let failures = failures(&plan, &crowd.join());
    drop(second);
    assert!(
        matches!(failures[..], [Failure::Status { code: 503, .. }]),
        "{failures:?}"
    );
}

#[test]
fn who_was_not_due_is_nobody_s_fault() {
    let mut later = plan(1, &[&[0], &[0]], &[(0, Micros(1_000_000))]);
    later.subscribers[1].connect_at = Micros(50_000_000);
    let plan = Arc::new(later);
    let hub = ScriptedHub::listen();
    let (clock, stop) = (Clock::starting_in(Duration::ZERO), Stop::new());
    let crowd = Crowd::start(
        &plan,
        &hub.target(),
        hub.address,
        &clock,
        &stop,
        Part::Whole { reader_threads: 1 },
    )
    .unwrap();
    let streams = hub.open(1, support::STREAM_HEAD);
    let live = crowd.live().clone();
    wait_until(&clock, "the first stream", || {
        live.progress().connected == 1
    });
    // Without canaries an open stream is confirmed.
    assert_eq!(live.progress().confirmed, 1);
    stop.request();
    let failures = failures(&plan, &crowd.join());
    drop(streams);
    assert_eq!(failures, [Failure::RunEnded]);
}

/// One topic, canaries at 1.0 s and 1.5 s, an update at 3 s.
fn settling(private: bool) -> Plan {
    let at = [1_000_000, 1_500_000, 3_000_000].map(|at| (0, Micros(at)));
    let mut plan = plan(1, &[&[0]], &at);
    for canary in &mut plan.publications[..2] {
        canary.phase = PhaseKind::Settle;
    }
    plan.topics[0].private = private;
    plan
}

/// Whose stream was open from one instant to another, and got the update, but no canary.
fn without_canary(opened_at: u64, broke_at: Option<u64>, failure: Option<Failure>) -> CrowdRecord {
    CrowdRecord {
        subscribers: vec![SubscriberRecord {
            streams: vec![StreamRecord {
                opened_at: Micros(opened_at),
                broke_at: broke_at.map(Micros),
                was_dropped: false,
                first_receipt: 0,
            }],
            receipts: vec![Receipt::whole(2, 100)],
            failure,
            ..SubscriberRecord::default()
        }],
        ended_at: Micros(60_000_000),
        ..CrowdRecord::default()
    }
}

#[test]
fn without_a_canary_the_reason_is_what_the_hub_did_not_do_in_time() {
    let closed = || Some(Failure::Closed);
    let before = |failure| Failure::BrokeBeforeCanary(Box::new(failure));
    for (what, private, record, expected) in [
        (
            "withheld",
            false,
            without_canary(500_000, None, None),
            Failure::NoCanary,
        ),
        (
            "withheld, private",
            true,
            without_canary(500_000, None, None),
            Failure::NoPrivateCanary,
        ),
        (
            "the head between the canaries",
            false,
            without_canary(1_200_000, None, None),
            Failure::NoCanary,
        ),
        (
            "the head after the canaries",
            false,
            without_canary(1_500_001, None, None),
            Failure::LateHead,
        ),
        (
            "closed before the last canary",
            false,
            without_canary(500_000, Some(1_400_000), closed()),
            before(Failure::Closed),
        ),
        (
            "closed much later",
            false,
            without_canary(500_000, Some(30_000_000), closed()),
            Failure::NoCanary,
        ),
    ] {
        assert_eq!(failures(&settling(private), &record), [expected], "{what}");
    }
}

#[test]
fn canaries_that_the_hub_refused_are_missed_by_nobody() {
    let plan = settling(false);
    let record = without_canary(500_000, None, None);
    let mut publications = accepted(&plan);
    for (refused, expected) in [(0..1, Failure::NoCanary), (0..2, Failure::CanaryNotTaken)] {
        for publication in &mut publications[refused] {
            publication.outcome = PublicationOutcome::Refused { status: 403 };
        }
        let ledger = settle(&plan, &publications, &record, Ending::Whole);
        assert_eq!(ledger.unconnected[0].failure, expected);
    }
}
