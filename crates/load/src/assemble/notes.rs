//! What a reader must know besides the figures, a sentence each.

use assay_results::{GateName, Health, Note};

use super::faults;
use crate::ledger::Ledger;
use crate::percentiles::SubscriberTimes;
use crate::plan::{PhaseKind, Plan};
use crate::run::{RunRecord, Setup};
use crate::scenario::Scenario;
use crate::shard::Spread;

/// Fewer measured seconds than this cannot make a run invalid (measuring.md, "Is it us?").
const GATE_SECONDS_LEAST: u64 = 3;

pub(super) fn of(
    scenario: &Scenario,
    setup: &Setup,
    run: &RunRecord,
    ledger: &Ledger,
    times: &SubscriberTimes,
    health: &Health,
) -> Vec<Note> {
    let mut notes: Vec<Note> = run
        .steps
        .iter()
        .map(|step| Note {
            at_us: Some(step.at.0),
            text: format!(
                "The wall clock was set by {} µs: kernel receive stamps around it are wrong.",
                step.by_us
            ),
            marks_run: true,
        })
        .collect();
    for fault in &run.faults {
        if let Some(problem) = &fault.problem {
            let name = &setup.plan.faults[fault.fault].name;
            notes.push(Note {
                at_us: Some(fault.began_at.0),
                text: format!("The fault `{name}` could not be carried out: {problem}."),
                marks_run: true,
            });
        }
    }
    let mut whole_run = |marks_run, text| {
        notes.push(Note {
            at_us: None,
            text,
            marks_run,
        });
    };
    if let Some(text) = held_back(setup, run) {
        whole_run(true, text);
    }
    if ledger.delivered_though_refused > 0 {
        let count = ledger.delivered_though_refused;
        whole_run(
            false,
            format!("Deliveries of updates whose publish the hub had refused: {count}."),
        );
    }
    if ledger.foreign > 0 {
        whole_run(
            false,
            format!(
                "Events on the streams that were not of this run: {}.",
                ledger.foreign
            ),
        );
    }
    if ledger.undecided > 0 {
        let count = ledger.undecided;
        whole_run(
            false,
            format!(
                "Deliveries still under way, and not yet late, when the run ended early: {count}; they are not counted."
            ),
        );
    }
    if times.by_subscriber_maximum > 0 {
        let (count, audience) = (
            times.by_subscriber_maximum,
            scenario
                .words
                .audience
                .for_count(times.by_subscriber_maximum),
        );
        whole_run(
            false,
            format!(
                "By-subscriber: with fewer than 299 deliveries, the maximum stands for the p99 of {count} {audience}."
            ),
        );
    }
    if let Some(late) = ConfirmedLate::of(&setup.plan, ledger) {
        let audience = scenario.words.audience.for_count(late.subscribers);
        whole_run(
            true,
            format!(
                "{} {audience} heard a canary only after the load had begun: {} deliveries that were planned before are expected of nobody, and in no figure.",
                late.subscribers, late.deliveries
            ),
        );
    }
    for text in unjudged(health) {
        whole_run(true, text);
    }
    if let Some(note) = cpus_shared(setup) {
        whole_run(false, note);
    }
    notes
}

/// Updates that went out after their instant, unless the scenario itself kept the hub from them.
fn held_back(setup: &Setup, run: &RunRecord) -> Option<String> {
    let plan = &setup.plan;
    let planned_at = |publication: &u32| plan.publications[*publication as usize].at;
    let held_back = run.publishers.held_back.iter();
    let held_back = held_back
        .filter(|publication| !faults::keep_hub_away(plan, run, planned_at(publication)))
        .count();
    let in_flight = setup.sums.in_flight;
    (held_back > 0).then(|| {
        format!(
            "{held_back} of {} updates went out late, since all {in_flight} publishing connections awaited answers or were closed: the \
             planned rate was not kept. Their waiting is part of every delivery latency; raise in_flight under [bounds] to publish on.",
            plan.publications.len(),
        )
    })
}

/// How the processors were shared: a workbench beside its hub takes CPU from it.
fn cpus_shared(setup: &Setup) -> Option<String> {
    let cpus = std::thread::available_parallelism().ok()?;
    if !setup.target.hub_gauge.is_known() {
        return match &setup.spread {
            Spread::Threads(_) => None,
            Spread::Workers(pool) => Some(format!(
                "{} worker processes read the crowd on {cpus} CPUs; the probes were read by this one.",
                pool.count
            )),
        };
    }
    let connections = setup.sums.sockets;
    let others = setup.sums.subscribers - setup.sums.probes;
    let crowd = match &setup.spread {
        Spread::Threads(threads) => {
            let threads = others.min(*threads as u64);
            format!("of our threads {threads} for the crowd")
        }
        Spread::Workers(pool) => format!("{} worker processes for the crowd", pool.count),
    };
    Some(format!(
        "Hub and workbench shared one machine ({cpus} CPUs, loopback): {connections} connections; {crowd}, 1 thread for the probes, 1 for the publishers.",
    ))
}

/// Subscribers that were confirmed after the load had begun, and what that took out of the books: a hub that is slow to take
/// subscribers up must not look better for it.
#[derive(Debug, PartialEq, Eq)]
struct ConfirmedLate {
    subscribers: u64,
    deliveries: u64,
}

impl ConfirmedLate {
    fn of(plan: &Plan, ledger: &Ledger) -> Option<Self> {
        let is_load = |kind| matches!(kind, PhaseKind::WarmUp | PhaseKind::Measure);
        let begin = plan.phases.iter().find(|phase| is_load(phase.kind))?.start;
        let expectations = &ledger.expectations;
        let mut late = Self {
            subscribers: 0,
            deliveries: 0,
        };
        for (planned, confirmed) in plan.subscribers.iter().zip(&expectations.confirmed) {
            let Some(confirmed_at) = confirmed.since() else {
                continue;
            };
            // Who came during the load, by plan, is not late.
            if confirmed_at <= begin || planned.connect_at >= begin || planned.from_start {
                continue;
            }
            late.subscribers += 1;
            let updates = planned
                .topics
                .iter()
                .flat_map(|&topic| plan.updates_for(planned, topic));
            late.deliveries += updates
                .filter(|&&update| {
                    let planned = &plan.publications[update as usize];
                    expectations.taken[update as usize]
                        && is_load(planned.phase)
                        && planned.at < confirmed_at
                })
                .count() as u64;
        }
        (late.deliveries > 0).then_some(late)
    }
}

/// What the gates could not look at, so that nothing is said for or against the workbench there.
fn unjudged(health: &Health) -> Vec<String> {
    if health.seconds < GATE_SECONDS_LEAST {
        return vec![format!(
            "Whole seconds that were measured: {}, fewer than the {GATE_SECONDS_LEAST} without which no gate can find the workbench saturated.",
            health.seconds
        )];
    }
    let names = [
        (GateName::ScheduleLag, "schedule lag"),
        (GateName::ReadLag, "read lag (no kernel receive stamps)"),
        (GateName::ThreadShare, "how busy its threads were"),
    ];
    names
        .into_iter()
        .filter(|(name, _)| {
            health
                .gates
                .iter()
                .any(|gate| gate.name == *name && gate.worst.is_none())
        })
        .map(|(_, what)| format!("Not known of the workbench: {what}."))
        .collect()
}

#[cfg(test)]
mod tests {
    use assay_results::HealthSecond;

    use super::*;
    use crate::clock::Micros;
    use crate::crowd::{CrowdRecord, Receipt, StreamRecord, SubscriberRecord};
    use crate::ledger::{Ending, settle};
    use crate::plan::schedule;
    use crate::record::{PublicationOutcome, PublicationRecord};
    use crate::scenario::preset;

    #[test]
    fn a_canary_that_comes_late_is_told_with_what_it_cost() {
        let scenario = Scenario::parse("x", preset("live-score").unwrap()).unwrap();
        let plan = schedule(&scenario, 1, 1);
        let topic = plan.subscribers[0].topics[0];
        let (canary, planned) = (0_u32..)
            .zip(&plan.publications)
            .find(|(_, update)| update.topic == topic)
            .unwrap();
        let accepted: Vec<_> = (0..plan.publications.len() as u32)
            .map(|publication| PublicationRecord {
                publication,
                sent_at: None,
                answered_at: None,
                outcome: PublicationOutcome::Accepted,
            })
            .collect();
        for (received_at, is_told) in [(Micros(3_000_000), false), (Micros(9_000_000), true)] {
            let mut crowd = CrowdRecord {
                subscribers: vec![SubscriberRecord::default(); plan.subscribers.len()],
                ended_at: plan.drain_deadline,
                ..CrowdRecord::default()
            };
            let latency_us = received_at.micros_since(planned.at);
            crowd.subscribers[0].receipts = vec![Receipt::whole(canary, latency_us)];
            crowd.subscribers[0].streams = vec![StreamRecord {
                opened_at: Micros::ZERO,
                broke_at: None,
                was_dropped: false,
                first_receipt: 0,
            }];
            let late = ConfirmedLate::of(&plan, &settle(&plan, &accepted, &crowd, Ending::Whole));
            let missed = plan.publications.iter().filter(|update| {
                update.topic == topic
                    && update.phase != PhaseKind::Settle
                    && update.at < received_at
            });
            let expected = ConfirmedLate {
                subscribers: 1,
                deliveries: missed.count() as u64,
            };
            assert_eq!(late, is_told.then_some(expected), "{received_at}");
        }
    }

    #[test]
    fn what_no_gate_looked_at_is_said() {
        let judged = |seconds, read_lag_p99_us| {
            let second = HealthSecond {
                measured: true,
                schedule_lag_p99_us: Some(1),
                read_lag_p99_us,
                busiest_thread: Some(assay_results::ThreadShare {
                    thread: "crowd-0".to_owned(),
                    share: 0.1,
                }),
                ..HealthSecond::default()
            };
            unjudged(&Health::judge(vec![second; seconds], 0))
        };
        assert_eq!(judged(9, Some(1)), Vec::<String>::new());
        assert!(judged(9, None)[0].contains("no kernel receive stamps"));
        assert!(judged(2, Some(1))[0].contains("measured: 2, fewer than the 3"));
    }
}
