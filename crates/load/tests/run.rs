//! Whole runs against a small hub in this process: a clean one, and every way in which a run may end early.

mod fan_out_hub;
mod whole_run;

use std::net::TcpListener;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use assay_load::assemble::assemble;
use assay_load::plan::{PhaseKind, schedule};
use assay_load::run::run;
use assay_load::scenario::Scenario;
use assay_load::stop::Stop;
use assay_load::target::Target;
use assay_results::{Metric, Outcome, PartialCause, Quantile, WrongKind};
use fan_out_hub::{FanOutHub, target};
use whole_run::{carry_out, setup, surroundings};

/// Four rounds of canaries: even a busy machine has everyone confirmed before the load begins.
const SCENARIO: &str = "# Does a small one work?
name = \"small\"
[topics.t]
template = \"https://example.com/{run}/{n}\"
count = 3
[subscribers.s]
count = 60
follow = \"t\"
topics_each = 2
[publishers.p]
publish = \"t\"
rate = \"100/s\"
arrivals = \"poisson\"
[phases]
ramp = \"200ms\"
settle = \"2500ms\"
warm_up = \"200ms\"
measure = \"3s\"
drain = \"3s\"
";

fn small() -> Scenario {
    Scenario::parse("small.toml", SCENARIO).unwrap()
}

fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

#[test]
fn a_clean_run_delivers_everything_and_ends_before_its_drain_does() {
    let hub = FanOutHub::start();
    let mut phases = Vec::new();
    let mut last = None;
    let called_at = unix_ms();
    // Everyone must be confirmed before the load begins, however busy the machine is.
    let mut scenario = small();
    scenario.phases.settle = Duration::from_secs(5);
    let (setup, record, results) = carry_out(&scenario, hub.target(), |progress, _| {
        phases.push(progress.phase);
        last = Some((progress.deliveries_due, progress.deliveries_came));
    });
    let (summary, document) = (results.run.summary(), results.run.record());
    assert_eq!(
        (summary.subscribers, summary.unconnected, &record.partial),
        (60, 0, &None),
        "{:?}",
        document.failures
    );
    assert_eq!(document.publishes.accepted, setup.sums.updates);
    // Only canaries of a topic may be planned before a subscriber is confirmed.
    assert!(
        summary.expected <= setup.sums.deliveries
            && summary.expected > setup.sums.deliveries_measured
    );
    assert_eq!(summary.expected, summary.on_time + summary.late);
    assert_eq!(
        (
            document.ledger.wrong(),
            document.wrong_deliveries.named.len()
        ),
        (0, 0)
    );
    assert_eq!(summary.event_last_us.count, setup.sums.updates_measured);
    assert_eq!(summary.delivery_us.count, setup.sums.deliveries_measured);
    for metric in [
        Metric::Delivery,
        Metric::EventLast,
        Metric::EventP99,
        Metric::PublishService,
        Metric::ScheduleLag,
        Metric::FirstEvent,
    ] {
        assert!(document.metrics.contains_key(&metric), "{metric}");
    }
    for metric in [Metric::Delivery, Metric::EventLast, Metric::PublishService] {
        let distribution = &document.metrics[&metric];
        let sure = distribution.intervals.p50.unwrap();
        let ends = [sure.low, distribution.p50, sure.high].map(Quantile::value_us);
        assert!(ends.is_sorted() && ends[0].is_some(), "{metric}: {ends:?}");
    }
    // What was due as far as that was known on the way: everything expected, and perhaps a canary that was missed while connecting.
    let (due, came) = last.unwrap();
    assert_eq!((came, due >= came), (summary.expected, true), "{due}");
    // What a plotter makes of the logs is what the document says, and when.
    let ended_ms = record.ended_at.0 / 1_000;
    let possible = called_at..=unix_ms() - ended_ms;
    for log in &results.interval_logs {
        assert!(
            possible.contains(&log.started_unix_ms),
            "{} is not in {possible:?}",
            log.started_unix_ms
        );
        let (merged, distribution) = (log.merged(), &document.metrics[&log.metric]);
        assert_eq!(
            (merged.samples(), merged.lost()),
            (distribution.count, distribution.lost),
            "{}",
            log.metric
        );
    }
    assert!(
        record.ended_at < setup.plan.drain_deadline,
        "{}",
        record.ended_at
    );
    assert!(
        phases.is_sorted() && phases.contains(&PhaseKind::Measure),
        "{phases:?}"
    );
    let planned: u64 = document.seconds.iter().map(|second| second.planned).sum();
    let delivered: u64 = document.seconds.iter().map(|second| second.delivered).sum();
    let receipts = record.crowd.subscribers.iter();
    let received: usize = receipts.map(|subscriber| subscriber.receipts.len()).sum();
    assert_eq!((planned, delivered), (setup.sums.updates, received as u64));
    let repeated = Scenario::parse("scenario.toml", &results.scenario_toml).unwrap();
    assert_eq!(
        schedule(&repeated, repeated.seed.unwrap(), 0x1234).publications,
        setup.plan.publications
    );
}

#[test]
fn an_update_that_nobody_got_is_lost_by_name() {
    let hub = FanOutHub::start();
    hub.forget(100);
    let (_, _, results) = carry_out(&small(), hub.target(), |_, _| {});
    let document = results.run.record();
    let lost: Vec<_> = document
        .wrong_deliveries
        .named
        .iter()
        .filter(|wrong| wrong.kind == WrongKind::Lost)
        .collect();
    assert!(
        !lost.is_empty() && lost.len() as u64 == document.ledger.lost,
        "{:?}",
        document.ledger
    );
    assert!(
        lost.iter()
            .all(|wrong| wrong.planned_us == lost[0].planned_us && wrong.topic == lost[0].topic)
    );
    assert_eq!(results.run.outcome(), Outcome::DeliveryWrong);
}

#[test]
fn a_hub_that_dies_in_mid_run_ends_it_orderly_with_what_was_measured() {
    let hub = FanOutHub::start();
    let (setup, record, results) = carry_out(&small(), hub.target(), |progress, _| {
        if progress.phase == PhaseKind::Measure {
            hub.die();
        }
    });
    let partial = record.partial.as_ref();
    // The plan may end first: all streams must be gone for a while before the run gives up.
    assert!(
        partial.is_none_or(|partial| partial.cause == PartialCause::HubUnusable),
        "{partial:?}"
    );
    let document = results.run.record();
    assert!(document.ledger.on_time > 0 && document.publishes.accepted < setup.sums.updates);
    assert!(
        document
            .failures
            .iter()
            .any(|failure| failure.reason.contains("Connection refused")),
        "{:?}",
        document.failures
    );
    assert_ne!(results.run.outcome(), Outcome::Passed);
}

#[test]
fn a_stop_leaves_a_partial_record_that_says_so() {
    let hub = FanOutHub::start();
    let (setup, record, results) = carry_out(&small(), hub.target(), |progress, stop| {
        if progress.phase == PhaseKind::Measure {
            stop.request();
        }
    });
    let document = results.run.record();
    assert_eq!(record.partial.unwrap().cause, PartialCause::Interrupted);
    assert_eq!((document.publishes.failed, document.ledger.wrong()), (0, 0));
    assert!(document.publishes.accepted < setup.sums.updates && document.ledger.on_time > 0);
    assert_eq!(results.run.outcome(), Outcome::Interrupted);
}

#[test]
fn a_hub_that_refuses_every_update_from_the_start_ends_the_run() {
    let hub = FanOutHub::start();
    let (_, record, results) = carry_out(&small(), hub.target(), |_, _| {
        hub.answer_publishes_with(403);
    });
    assert!(
        record
            .partial
            .unwrap()
            .reason
            .contains("accepted none of the first")
    );
    let document = results.run.record();
    assert!(
        document
            .failures
            .iter()
            .any(|failure| failure.reason == "refused with status 403"),
        "{:?}",
        document.failures
    );
    assert_eq!(results.run.outcome(), Outcome::NotMeasurable);
}

#[test]
fn a_pause_of_the_hub_is_felt_in_the_answers_and_holds_no_update_back() {
    let hub = FanOutHub::start();
    let mut scenario = small();
    // Enough for a pause of a second, and few enough for the hub's backlog.
    scenario.bounds.in_flight = Some(120);
    let setup = setup(&scenario, hub.target());
    let mut paused = None;
    // Looks during the pause: it begins before the first of them and ends after the last.
    let mut looks = Vec::new();
    let record = run(&setup, &Stop::new(), None, &mut |progress| {
        if progress.phase == PhaseKind::Measure && looks.is_empty() && paused.is_none() {
            paused = Some(hub.pause());
        } else if paused.is_some() {
            looks.push(progress.at);
            if looks.len() == 2 {
                paused = None;
            }
        }
    })
    .unwrap();
    let [began, ended] = looks[..] else {
        panic!("{looks:?}")
    };
    assert!(record.publishers.held_back.is_empty());
    let during = |at| began < at && at < ended;
    let mut seen = 0;
    for (update, publication) in setup
        .plan
        .publications
        .iter()
        .zip(&record.publishers.publications)
    {
        if during(update.at) && publication.sent_at.is_some_and(during) {
            assert!(publication.answered_at >= Some(ended), "{publication:?}");
            seen += 1;
        }
    }
    assert!(seen > 0, "nothing was planned between {began} and {ended}");
}

#[test]
fn beyond_the_in_flight_cap_updates_are_held_back_counted_and_sent() {
    let hub = FanOutHub::start();
    let mut scenario = small();
    scenario.bounds.in_flight = Some(2);
    let setup = setup(&scenario, hub.target());
    let mut paused = None;
    let mut released = false;
    let record = run(&setup, &Stop::new(), None, &mut |progress| {
        if progress.phase == PhaseKind::Measure && !released && paused.is_none() {
            paused = Some(hub.pause());
        } else if paused.take().is_some() {
            released = true;
        }
    })
    .unwrap();
    let results = assemble(&scenario, &setup, &record, surroundings());
    let document = results.run.record();
    assert!(document.publishes.held_back > 0);
    assert_eq!(
        (
            document.publishes.accepted,
            record.publishers.in_flight_most
        ),
        (setup.sums.updates, 2)
    );
    assert!(
        document
            .notes
            .iter()
            .any(|note| note.marks_run && note.text.contains("went out late")),
        "{:?}",
        document.notes
    );
}

/// The sentence with which a run does not begin.
fn refusal(target: Target) -> String {
    let setup = setup(&small(), target);
    let refused = run(&setup, &Stop::new(), None, &mut |_| {});
    refused
        .map(|record| record.partial)
        .unwrap_err()
        .to_string()
}

#[test]
fn a_hub_that_lets_nobody_in_is_said_before_the_load() {
    for (status, next_step) in [
        (401, "check --subscriber-jwt-key"),
        (404, "usually ends in /.well-known/mercure"),
        (400, "Try --dialect"),
    ] {
        let hub = FanOutHub::start();
        hub.answer_subscriptions_with(status);
        let sentence = refusal(hub.target());
        let starts = format!(
            "subscribers cannot use the hub at {}",
            hub.target().endpoint.hub().url().as_given()
        );
        assert!(
            sentence.starts_with(&starts) && sentence.contains(next_step),
            "{sentence}"
        );
        assert!(
            sentence.contains(&format!("it answered {status} (Bearer)")),
            "{sentence}"
        );
    }
    let hub = FanOutHub::start();
    hub.answer_publishes_with(403);
    let sentence = refusal(hub.target());
    assert!(
        sentence.starts_with("publishers cannot use") && sentence.contains("must allow to publish"),
        "{sentence}"
    );
}

#[test]
fn what_is_no_hub_is_said_before_the_load() {
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let sentence = refusal(target(&format!("http://{closed}/.well-known/mercure")));
    assert!(
        sentence.contains("cannot connect to") && sentence.contains("is the hub running"),
        "{sentence}"
    );
    let plain = FanOutHub::start();
    let mut tls = assay_client::EndpointOptions::for_url(
        format!("https://{}/x", plain.address).parse().unwrap(),
    );
    tls.tls.insecure = true;
    let mut over_tls = plain.target();
    over_tls.endpoint = assay_client::Endpoint::new(tls).unwrap();
    let sentence = refusal(over_tls);
    assert!(
        sentence.contains("does the hub speak TLS there?"),
        "{sentence}"
    );
}
