//! The run a second at a time, both sides and the hub's process together.

use assay_results::{Second, heat_cells};

use crate::clock::Micros;
use crate::percentiles::SubscriberSecond;
use crate::plan::Plan;
use crate::run::RunRecord;

pub(super) fn of(plan: &Plan, run: &RunRecord, by_second: &[SubscriberSecond]) -> Vec<Second> {
    let mut seconds: Vec<Second> = (0_u32..)
        .zip(by_second)
        .map(|(at_s, second)| subscribers(plan, at_s, second))
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
            second.hub_memory_bytes = system.hub_memory_bytes;
        }
    }
    seconds
}

fn subscribers(plan: &Plan, at_s: u32, second: &SubscriberSecond) -> Second {
    Second {
        at_s,
        phase: super::kind(plan.phase_at(Micros(u64::from(at_s) * 1_000_000))),
        planned: 0,
        sent: 0,
        answered: 0,
        delivered: second.received,
        connections: second.connections,
        // Of what came: a lost one is counted beside it.
        p50_us: second.delivery.received(0.5),
        p99_us: second.delivery.received(0.99),
        max_us: second.delivery.max_us(),
        lost: second.delivery.lost(),
        heat: heat_cells(&second.delivery),
        hub_cpu: None,
        hub_memory_bytes: None,
    }
}
