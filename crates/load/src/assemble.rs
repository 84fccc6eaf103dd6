//! From the records of a run to its document: settles the ledger, takes the percentiles, judges the workbench's own health.
//! Nothing is measured here, and nothing is written.

mod failures;
mod faults;
mod health;
mod metrics;
mod notes;
mod publications;
mod seconds;

use std::sync::Arc;

use assay_results::{
    Calibration, Environment, Fairness, HubCost, LoadRecord, LoadResults, LoadRun, Partial,
    PartialCause, Phase, ProbeComparison, PublishCounts, ScenarioInfo, Target as TargetInfo,
    arrival_curve,
};

use crate::clock::Micros;
use crate::crowd::CrowdRecord;
use crate::ledger::{self, Ending, Ledger};
use crate::percentiles::SubscriberTimes;
use crate::plan::{PhaseKind, Plan, PlanParts, Reads};
use crate::preflight::HubAnswer;
use crate::publishers::PublisherRecord;
use crate::record::PublicationOutcome;
use crate::run::{RunRecord, Setup};
use crate::scenario::Scenario;

/// What only the caller knows.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Machine, program, command.
    pub environment: Environment,
    /// The hub, as the document describes it.
    pub target: TargetInfo,
    /// What this machine can hear at all, where that is known.
    pub calibration: Option<Calibration>,
}

/// Only when somebody interrupts, or a part of us is gone, do we stop listening to a hub that may still deliver.
fn ending(run: &RunRecord) -> Ending {
    match &run.partial {
        Some(partial)
            if matches!(
                partial.cause,
                PartialCause::Interrupted | PartialCause::WorkbenchExhausted
            ) =>
        {
            Ending::CutShort
        }
        _ => Ending::Whole,
    }
}

/// What is known before a run: the document that is left of it when the workbench is killed. It has what was planned, and neither
/// subscribers nor publishes that anything could be said of.
pub fn begun(scenario: &Scenario, setup: &Setup, surroundings: Surroundings) -> LoadResults {
    let nothing = RunRecord {
        hub: HubAnswer::default(),
        partial: Some(Partial {
            cause: PartialCause::Unfinished,
            reason: "it is still on, or the workbench was killed or had no room for what it measured; only what was planned is known".to_owned(),
            at_us: 0,
        }),
        publishers: PublisherRecord::default(),
        crowd: CrowdRecord::default(),
        ramp: Vec::new(),
        faults: Vec::new(),
        ended_at: Micros::ZERO,
        started_unix_ms: 0,
        system: Vec::new(),
        steps: Vec::new(),
    };
    let nobody = Setup {
        plan: Arc::new(without_load(&setup.plan)),
        ..setup.clone()
    };
    let results = assemble(scenario, &nobody, &nothing, surroundings);
    let mut record = results.run.record().clone();
    record.subscribers = setup.plan.subscribers.len() as u64;
    record.publishes.planned = setup.plan.publications.len() as u64;
    LoadResults {
        run: LoadRun::new(record),
        ..results
    }
}

fn without_load(plan: &Plan) -> Plan {
    Plan::new(PlanParts {
        run_id: plan.run_id,
        seed: plan.seed,
        phases: plan.phases.clone(),
        topics: plan.topics.clone(),
        patterns: Vec::new(),
        subscribers: Vec::new(),
        publications: Vec::new(),
        faults: Vec::new(),
        publishers: plan.publishers,
        late_after: plan.late_after,
        drain_deadline: plan.drain_deadline,
    })
}

/// The document of a run and the files beside it.
pub fn assemble(
    scenario: &Scenario,
    setup: &Setup,
    run: &RunRecord,
    surroundings: Surroundings,
) -> LoadResults {
    let plan = &*setup.plan;
    let publications = &run.publishers.publications;
    let ledger = ledger::settle(plan, publications, &run.crowd, ending(run));
    let times = SubscriberTimes::of(plan, publications, &run.crowd, &ledger);
    let lags = metrics::PublisherTimes::of(
        plan,
        &run.publishers,
        ledger.expectations.cut_off.unwrap_or(run.ended_at),
    );
    // Among what came: lags are compared with it.
    let delivery_p99_us = times.delivery.received(0.99).unwrap_or(0);
    let health = assay_results::Health::judge(
        health::seconds(plan, &run.system, &times, &lags),
        delivery_p99_us,
    );
    let mut record = LoadRecord {
        partial: run.partial.clone(),
        scenario: scenario_info(scenario, setup),
        target: TargetInfo {
            server: surroundings
                .target
                .server
                .or_else(|| run.hub.server.clone()),
            ..surroundings.target
        },
        environment: surroundings.environment,
        phases: plan.phases.iter().map(phase).collect(),
        subscribers: plan.subscribers.len() as u64,
        unconnected: ledger.unconnected.len() as u64,
        ramp_failed: ramp_failed(scenario, plan, &ledger),
        publishes: publish_counts(plan, run),
        slos: Vec::new(),
        ledger: ledger.counts,
        wrong_deliveries: ledger.wrong.clone(),
        failures: failures::of(plan, run, &ledger),
        faults: faults::of(plan, run, &ledger),
        metrics: metrics::distributions(plan, &times, &lags),
        fairness: Fairness::of(&times.by_subscriber),
        probes: probe_comparison(&times),
        calibration: surroundings.calibration,
        hub_cost: None,
        seconds: seconds::of(plan, run, &times),
        ramp: run.ramp.clone(),
        arrival: arrival_curve(&times.delivery, unconnected_deliveries(plan, &ledger)),
        publications: publications::rows(plan, publications, &ledger, &times),
        notes: notes::of(scenario, setup, run, &ledger, &times, &health),
        health,
    };
    record.hub_cost = HubCost::of(&record.seconds);
    record.slos = scenario.slos.iter().map(|slo| slo.judge(&record)).collect();
    LoadResults {
        run: LoadRun::new(record),
        interval_logs: metrics::interval_logs(&times, &lags, run.started_unix_ms),
        scenario_toml: Scenario {
            seed: Some(plan.seed),
            ..scenario.clone()
        }
        .filled_in(),
    }
}

fn scenario_info(scenario: &Scenario, setup: &Setup) -> ScenarioInfo {
    ScenarioInfo {
        name: scenario.name.clone(),
        question: scenario.question.clone(),
        seed: setup.plan.seed,
        event: scenario.words.event.clone(),
        audience: scenario.words.audience.clone(),
        late_after_us: setup.plan.late_after.as_micros() as u64,
        topics: setup.plan.topics.len() as u64,
        publishes: setup.sums.updates,
        deliveries: setup.sums.deliveries,
    }
}

fn phase(phase: &crate::plan::Phase) -> Phase {
    Phase {
        name: phase.name.clone(),
        kind: kind(phase.kind),
        start_us: phase.start.0,
        end_us: phase.end.0,
    }
}

/// The same in the words of the document.
fn kind(kind: PhaseKind) -> assay_results::PhaseKind {
    match kind {
        PhaseKind::Ramp => assay_results::PhaseKind::Ramp,
        PhaseKind::Settle => assay_results::PhaseKind::Settle,
        PhaseKind::WarmUp => assay_results::PhaseKind::WarmUp,
        PhaseKind::Measure => assay_results::PhaseKind::Measure,
        PhaseKind::Drain => assay_results::PhaseKind::Drain,
    }
}

fn ramp_failed(scenario: &Scenario, plan: &Plan, ledger: &Ledger) -> bool {
    let percent = ledger.unconnected.len() as f64 * 100.0 / plan.subscribers.len().max(1) as f64;
    percent > scenario.bounds.unconnected_percent
}

fn publish_counts(plan: &Plan, run: &RunRecord) -> PublishCounts {
    let publishers = &run.publishers;
    let mut counts = PublishCounts {
        planned: plan.publications.len() as u64,
        held_back: publishers.held_back.len() as u64,
        ..PublishCounts::default()
    };
    let is_by_plan = |at| faults::keep_hub_away(plan, run, at);
    for record in &publishers.publications {
        let planned_at = plan.publications[record.publication as usize].at;
        let never_due = planned_at > run.ended_at;
        let failed_before = counts.refused + counts.failed;
        match record.outcome {
            PublicationOutcome::Accepted => counts.accepted += 1,
            PublicationOutcome::Refused { .. } => counts.refused += 1,
            // The run ended before its instant: nobody failed.
            PublicationOutcome::NotSent(_) if never_due => {}
            PublicationOutcome::Unanswered(_) | PublicationOutcome::NotSent(_) => {
                counts.failed += 1;
            }
        }
        if counts.refused + counts.failed > failed_before && is_by_plan(planned_at) {
            counts.failed_by_plan += 1;
        }
    }
    counts
}

/// Measured deliveries that subscribers who never connected would have got: of updates that the hub took.
fn unconnected_deliveries(plan: &Plan, ledger: &Ledger) -> u64 {
    let mut missed = 0;
    for unconnected in &ledger.unconnected {
        let planned = &plan.subscribers[unconnected.subscriber as usize];
        if planned.reads != Reads::All {
            continue;
        }
        let updates = planned.topics.iter();
        let updates = updates.flat_map(|&topic| plan.updates_for(planned, topic));
        missed += updates
            .filter(|&&update| {
                let at = &plan.publications[update as usize];
                at.phase == PhaseKind::Measure && ledger.expectations.taken[update as usize]
            })
            .count() as u64;
    }
    missed
}

fn probe_comparison(times: &SubscriberTimes) -> Option<ProbeComparison> {
    let probes = &times.probes;
    // When all subscribers are probes there is nothing to compare.
    (probes.crowd_delivery.samples() > 0 && probes.delivery.samples() > 0).then(|| {
        ProbeComparison {
            probes: probes.probes,
            events: times.events,
            probes_p50: probes.delivery.received(0.5),
            crowd_p50: probes.crowd_delivery.received(0.5),
            probes_p99: probes.delivery.received(0.99),
            crowd_p99: probes.crowd_delivery.received(0.99),
        }
    })
}
