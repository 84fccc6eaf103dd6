//! A run from hub to hub: the one of the target, then each variant that shows what it cannot. Not for one check: that is
//! [`crate::execution`].

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use assay_client::Dialect;
use assay_results::{PreflightStep, StepOutcome, Transcript};
use uuid::Uuid;

use crate::{
    check::{Check, Need},
    coverage,
    doubt::Doubts,
    execution::{Execution, Job, unmeasured},
    hub::Hub,
    preflight::{self, Preflight},
    repro, row,
    runner::{Outcome, Progress, RunOptions, run_jobs},
    target::{DialectChoice, Plan, Running, Target},
};

/// What a run has found so far.
pub(crate) struct Session<'r> {
    options: &'r RunOptions,
    progress: &'r mut (dyn FnMut(Progress) + Send),
    run_id: String,
    outcome: Outcome,
}

impl<'r> Session<'r> {
    pub(crate) fn begin(
        options: &'r RunOptions,
        progress: &'r mut (dyn FnMut(Progress) + Send),
    ) -> Self {
        Self {
            options,
            progress,
            run_id: Uuid::new_v4().simple().to_string()[..8].to_owned(),
            outcome: Outcome {
                usable: true,
                ..Outcome::default()
            },
        }
    }

    pub(crate) fn end(self) -> Outcome {
        self.outcome
    }

    /// Judges the hub of a target by these checks, one list a dialect, and its variants by those that need them.
    pub(crate) async fn judge(&mut self, target: &Target, checks: Vec<Vec<Arc<Check>>>) {
        let mut jobs = Vec::new();
        let mut moved: BTreeMap<usize, Vec<Job>> = BTreeMap::new();
        let mut doubts = Doubts::default();
        for (choice, checks) in target.dialects.iter().zip(checks) {
            let Some(preflight) = self.look(target, choice).await else {
                break;
            };
            if !preflight.usable {
                doubts.forced(choice.dialect, &preflight.steps);
            }
            doubts.begin(target, choice.dialect).await;
            self.outcome.preflight.extend(preflight.steps);
            self.outcome.features.extend(preflight.features);
            self.outcome.usable &= preflight.usable;
            self.outcome.coverage.extend(coverage::of(choice.dialect));
            let usable = preflight.usable || self.options.force;
            let Some(hub) = preflight.hub.filter(|_| usable) else {
                continue;
            };
            let hub = Arc::new(hub);
            let before = jobs.len();
            for check in checks {
                let variant = variant_for(&check, &hub);
                let job = Job {
                    hub: Arc::clone(&hub),
                    check,
                };
                match variant {
                    Some(variant) => moved.entry(variant).or_default().push(job),
                    None => jobs.push(job),
                }
            }
            (self.progress)(Progress::Begins {
                variant: None,
                dialect: choice.dialect,
                checks: jobs.len() - before,
            });
        }
        self.execute(target, jobs, doubts).await;
        for (variant, jobs) in moved {
            if self.options.interrupt.is_requested() {
                return;
            }
            self.judge_variant(&target.variants[variant], jobs).await;
        }
    }

    async fn look(&mut self, target: &Target, choice: &DialectChoice) -> Option<Preflight> {
        let progress = &mut *self.progress;
        tokio::select! {
            preflight = preflight::run(target, choice, &self.run_id, unix_now_s(), progress) => Some(preflight),
            () = self.options.interrupt.requested() => None,
        }
    }

    /// `jobs` name the hub itself, which cannot show what they judge.
    async fn judge_variant(&mut self, plan: &Plan, jobs: Vec<Job>) {
        let dialects = dialects(&jobs);
        let started = tokio::select! {
            started = plan.start(Some(&dialects), &self.options.interrupt) => started,
            () = self.options.interrupt.requested() => return,
        };
        let running = match started {
            Ok(running) => running,
            Err(error) => {
                let error = error.to_string();
                self.step(plan, StepOutcome::Failed, &error);
                return self.give_up(&jobs, &error);
            }
        };
        self.judge_running(plan, &running, jobs).await;
        if let Some(wrong) = running.stop().await {
            self.step(plan, StepOutcome::Failed, &wrong);
            self.outcome.notes.push(wrong);
        }
    }

    async fn judge_running(&mut self, plan: &Plan, running: &Running, jobs: Vec<Job>) {
        let mut here = Vec::new();
        for choice in &running.target.dialects {
            let Some(preflight) = self.look(&running.target, choice).await else {
                return;
            };
            let own = jobs
                .iter()
                .filter(|job| job.check.dialect == choice.dialect);
            let own: Vec<Job> = own.cloned().collect();
            let failed = preflight
                .steps
                .iter()
                .find(|step| step.outcome == StepOutcome::Failed);
            match (preflight.hub, failed) {
                (Some(hub), None) => {
                    let hub = Arc::new(Hub {
                        variant: Some(plan.name()),
                        ..hub
                    });
                    self.step(
                        plan,
                        StepOutcome::Ok,
                        &format!("{}: {} checks", choice.dialect, own.len()),
                    );
                    (self.progress)(Progress::Begins {
                        variant: plan.variant().map(str::to_owned),
                        dialect: choice.dialect,
                        checks: own.len(),
                    });
                    here.extend(own.into_iter().map(|job| Job {
                        hub: Arc::clone(&hub),
                        check: job.check,
                    }));
                }
                (_, failed) => {
                    let detail = failed.map_or_else(String::new, |step| {
                        format!("{}: {}", step.name, step.detail)
                    });
                    let reason = format!("{}: {detail}", plan.name());
                    self.step(plan, StepOutcome::Failed, &reason);
                    self.give_up(&own, &reason);
                }
            }
        }
        self.execute(&running.target, here, Doubts::default()).await;
    }

    async fn execute(&mut self, target: &Target, mut jobs: Vec<Job>, mut doubts: Doubts) {
        // Both dialects share the lanes, so that the few checks that wait for the clock wait together.
        jobs.sort_by_key(|job| job.check.start);
        let mut executions = run_jobs(&jobs, self.options, self.progress, &mut self.outcome).await;
        if !self.options.interrupt.is_requested() {
            doubts
                .look_again(target, &self.run_id, unix_now_s(), &jobs, &executions)
                .await;
        }
        if !jobs.is_empty() {
            self.outcome.notes.extend(doubts.notes());
        }
        for job in &jobs {
            if let Some(execution) = executions.get_mut(job.check.id) {
                doubts.weigh(job, execution);
                write_down(job, execution, &mut self.outcome);
            }
        }
    }

    fn give_up(&mut self, jobs: &[Job], reason: &str) {
        for job in jobs {
            write_down(job, &unmeasured(&job.check, reason), &mut self.outcome);
        }
    }

    fn step(&mut self, plan: &Plan, outcome: StepOutcome, detail: &str) {
        let step = PreflightStep {
            name: plan.name(),
            dialect: None,
            outcome,
            detail: detail.to_owned(),
        };
        (self.progress)(Progress::Preflight(step.clone()));
        self.outcome.preflight.push(step);
    }
}

/// The first variant that says it has all that a check needs; none where the hub itself has it, and for what only is preferred
/// where no variant has it.
fn variant_for(check: &Check, hub: &Hub) -> Option<usize> {
    let has = |need: Need| need.unmet(&hub.features, &hub.target).is_none();
    let first = |needs: &[Need]| {
        if needs.iter().all(|&need| has(need)) {
            return None;
        }
        let offers = |plan: &Plan| {
            let offers = |&need| plan.offers(need, check.dialect, &has);
            needs.iter().all(offers)
        };
        hub.target.variants.iter().position(offers)
    };
    let wanted: Vec<_> = check.needs.iter().copied().chain(check.prefers).collect();
    first(&wanted).or_else(|| first(&check.needs))
}

fn dialects(jobs: &[Job]) -> Vec<DialectChoice> {
    let spoken = |dialect: &Dialect| jobs.iter().any(|job| job.check.dialect == *dialect);
    let choice = |dialect| DialectChoice {
        dialect,
        evidence: "as the hub of the target".to_owned(),
    };
    Dialect::ALL
        .into_iter()
        .filter(spoken)
        .map(choice)
        .collect()
}

fn unix_now_s() -> u64 {
    // A clock before 1970 makes tokens that the ladder will find expired.
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

fn write_down(job: &Job, execution: &Execution, outcome: &mut Outcome) {
    let Job { hub, check } = job;
    let red = execution
        .decisions
        .iter()
        .any(|decision| decision.verdict.wants_attention());
    let script = red.then(|| repro::script(hub, check, &execution.record));
    for (rule, decision) in check.rules.iter().zip(&execution.decisions) {
        let script = script
            .clone()
            .filter(|_| decision.verdict.wants_attention());
        outcome.verdicts.extend(row::of(
            check,
            rule,
            decision,
            &execution.sent,
            execution.duration,
            script,
            hub.variant.as_deref(),
        ));
    }
    if red {
        outcome.transcripts.push(Transcript {
            check: check.id.to_owned(),
            text: execution.record.text.clone(),
        });
    }
}
