//! The run a second at a time, both sides and the hub's process together.

use assay_results::Second;

use crate::clock::Micros;
use crate::percentiles::{PlannedSecond, SubscriberTimes, Traffic, traffic};
use crate::plan::Plan;
use crate::run::RunRecord;

pub(super) fn of(plan: &Plan, run: &RunRecord, times: &SubscriberTimes) -> Vec<Second> {
    let planned = times.seconds.iter().cloned();
    let mut seconds: Vec<Second> = (0_u32..)
        .zip(traffic(plan, &run.crowd))
        .zip(planned.chain(std::iter::repeat_with(PlannedSecond::default)))
        .map(|((at_s, traffic), planned)| subscribers(plan, at_s, traffic, planned))
        .collect();
    let mut count = |at: Option<Micros>, field: fn(&mut Second) -> &mut u64| {
        if let Some(second) = at.and_then(|at| seconds.get_mut(at.second() as usize)) {
            *field(second) += 1;
        }
    };
    for record in &run.publishers.publications {
        count(
            Some(plan.publications[record.publication as usize].at),
            |second| &mut second.planned,
        );
        count(record.sent_at, |second| &mut second.sent);
        count(record.answered_at, |second| &mut second.answered);
    }
    for system in &run.system {
        if let Some(second) = seconds.get_mut(system.second as usize) {
            second.hub_cpu = system.hub_cpu;
            second.hub_memory_bytes = system.hub.map(|hub| hub.memory_bytes);
            second.hub_socket_bytes = system.hub.and_then(|hub| hub.socket_bytes);
            second.hub_open_files = system.hub.and_then(|hub| hub.open_files);
            second.hub_context_switches = system.hub_context_switches;
        }
    }
    seconds
}

fn subscribers(plan: &Plan, at_s: u32, traffic: Traffic, planned: PlannedSecond) -> Second {
    Second {
        at_s,
        phase: super::kind(plan.phase_at(Micros(u64::from(at_s) * 1_000_000))),
        planned: 0,
        sent: 0,
        answered: 0,
        delivered: traffic.received,
        connections: traffic.connections,
        events: planned.events,
        p50_us: planned.p50,
        p99_us: planned.p99,
        max_us: planned.max_us,
        lost: planned.lost,
        heat: planned.heat,
        hub_cpu: None,
        hub_memory_bytes: None,
        hub_socket_bytes: None,
        hub_open_files: None,
        hub_context_switches: None,
    }
}
