//! What the faults of the plan did, and how subscribers came over them.

use std::ops::Range;

use assay_results::{Distribution, FaultRow, Histogram};

use crate::clock::Micros;
use crate::ledger::Ledger;
use crate::plan::Plan;
use crate::run::RunRecord;

pub(super) fn of(plan: &Plan, run: &RunRecord, ledger: &Ledger) -> Vec<FaultRow> {
    let mut rows = Vec::with_capacity(plan.faults.len());
    for (index, planned) in plan.faults.iter().enumerate() {
        let record = run.faults.iter().find(|record| record.fault == index);
        let began_at = record.map(|record| record.began_at);
        let next = plan.faults.get(index + 1).map(|next| next.at);
        let mut row = FaultRow {
            name: planned.name.clone(),
            kind: planned.kind.as_str().to_owned(),
            planned_us: planned.at.0,
            began_us: began_at.map(|at| at.0),
            ended_us: record
                .filter(|record| record.problem.is_none())
                .map(|record| record.ended_at.0),
            problem: record.and_then(|record| record.problem.clone()),
            broken: 0,
            not_back: 0,
            gap: None,
            replayed: 0,
            lost: 0,
            duplicate: 0,
        };
        if let Some(began_at) = began_at {
            // The crowd's threads may be a moment ahead of the one that begins faults.
            let span = planned.at.min(began_at)..next.unwrap_or(Micros(u64::MAX));
            count_streams(run, &span, &mut row);
            count_deliveries(plan, ledger, &span, &mut row);
        }
        rows.push(row);
    }
    rows
}

/// Whether what happened, or was to happen, at an instant met with a fault of the hub, or with what that left behind: then it was the
/// scenario's doing.
pub(super) fn keep_hub_away(plan: &Plan, run: &RunRecord, at: Micros) -> bool {
    run.faults.iter().any(|fault| {
        plan.faults[fault.fault].kind.is_of_hub()
            && fault.began_at <= at.plus(plan.late_after)
            && at <= fault.ended_at.plus(plan.late_after)
    })
}

fn count_streams(run: &RunRecord, span: &Range<Micros>, row: &mut FaultRow) {
    let mut gap = Histogram::new();
    for record in &run.crowd.subscribers {
        for (place, stream) in record.streams.iter().enumerate() {
            let Some(broke_at) = stream.broke_at.filter(|at| span.contains(at)) else {
                continue;
            };
            row.broken += 1;
            match record.streams.get(place + 1) {
                Some(successor) => gap.record(successor.opened_at.micros_since(broke_at)),
                None => row.not_back += 1,
            }
        }
    }
    let back = gap.samples();
    row.gap = (back > 0).then(|| Distribution::of(&gap, back));
}

/// What was under way when it began belongs to it.
fn count_deliveries(plan: &Plan, ledger: &Ledger, span: &Range<Micros>, row: &mut FaultRow) {
    let late_after_us = plan.late_after.as_micros() as u64;
    let since = Micros(span.start.0.saturating_sub(late_after_us));
    for (update, counts) in plan.publications.iter().zip(&ledger.publications) {
        if (since..span.end).contains(&update.at) {
            row.replayed += counts.replayed;
            row.lost += counts.lost;
            row.duplicate += counts.duplicate;
        }
    }
}
