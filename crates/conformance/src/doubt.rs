//! Whether what was seen can be blamed on the hub. One that answered when the run began and does not when it ends has died, or
//! was taken away, and one that speaks another dialect then is another hub: what was broken in between says nothing. Of one that was never well, and judged by force, a reader is told. Not for
//! single checks, whose controls are their own.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use assay_client::{Dialect, discovery::detect_dialect};
use assay_results::{PreflightStep, StepOutcome};

use crate::{
    execution::{Execution, Job},
    preflight,
    target::Target,
};

/// What of the preflight any hub passes that is there and answers, however wrong it is.
const STEPS_OF_A_LIVING_HUB: [&str; 2] = ["name", "reachable"];

/// What speaks against blaming the hub, by dialect: the step of the preflight that failed, in words.
#[derive(Debug, Default)]
pub(crate) struct Doubts {
    /// It had failed before the checks.
    forced: BTreeMap<Dialect, String>,
    /// The hub was found to speak it before them, by whoever has no token.
    seen: BTreeSet<Dialect>,
    /// What became of the hub during them.
    changed: BTreeMap<Dialect, String>,
}

impl Doubts {
    /// The preflight of a dialect failed; the checks may run all the same.
    pub(crate) fn forced(&mut self, dialect: Dialect, steps: &[PreflightStep]) {
        self.forced.insert(dialect, failed_step(steps));
    }

    /// Looks what the hub speaks before the checks of a dialect.
    pub(crate) async fn begin(&mut self, target: &Target, dialect: Dialect) {
        // A hub may speak more than what shows first: only what shows before can be missed after.
        if detect_dialect(&target.endpoint)
            .await
            .is_ok_and(|found| found.dialect == dialect)
        {
            self.seen.insert(dialect);
        }
    }

    /// Asks the hub once more for what the preflight asked, where checks found something wrong, or nothing at all.
    pub(crate) async fn look_again(
        &mut self,
        target: &Target,
        run_id: &str,
        now_unix_s: u64,
        jobs: &[Job],
        executions: &HashMap<&'static str, Execution>,
    ) {
        for choice in &target.dialects {
            let is_unwell = jobs.iter().any(|job| {
                let execution = executions.get(job.check.id);
                let is_unwell = execution.is_some_and(|it| it.is_blaming() || it.is_open());
                job.hub.dialect == choice.dialect && is_unwell
            });
            if !is_unwell || self.forced.contains_key(&choice.dialect) {
                continue;
            }
            let again = preflight::run(target, choice, run_id, now_unix_s, &mut |_| {}).await;
            let is_gone = again.steps.iter().any(|step| {
                step.outcome == StepOutcome::Failed && STEPS_OF_A_LIVING_HUB.contains(&&*step.name)
            });
            let changed = if is_gone {
                let step = failed_step(&again.steps);
                Some(format!("the hub was gone when the run ended: {step}"))
            } else {
                self.is_another(target, choice.dialect).await
            };
            if let Some(changed) = changed {
                self.changed.insert(choice.dialect, changed);
            }
        }
    }

    async fn is_another(&self, target: &Target, dialect: Dialect) -> Option<String> {
        if !self.seen.contains(&dialect) {
            return None;
        }
        let now = detect_dialect(&target.endpoint).await.ok()?.dialect;
        (now != dialect).then(|| {
            format!("the hub is another than when the run began: it spoke {dialect}, and speaks {now} now")
        })
    }

    /// Takes the blame from a hub that was gone, or another.
    pub(crate) fn weigh(&self, job: &Job, execution: &mut Execution) {
        if let Some(changed) = self.changed.get(&job.hub.dialect) {
            for decision in &mut execution.decisions {
                decision.doubt(changed);
            }
        }
    }

    /// What a reader must know.
    pub(crate) fn notes(&self) -> impl Iterator<Item = String> + '_ {
        let forced = self.forced.iter().map(|(dialect, step)| {
            format!(
                "{dialect}: the checks ran by force: what they hold against the hub may come from what the preflight found: {step}"
            )
        });
        let changed = self.changed.iter();
        let changed = changed.map(|(dialect, changed)| {
            format!("{dialect}: nothing is held against the hub: {changed}")
        });
        forced.chain(changed)
    }
}

fn failed_step(steps: &[PreflightStep]) -> String {
    steps
        .iter()
        .find(|step| step.outcome == StepOutcome::Failed)
        .map_or_else(
            || "it could not be asked".to_owned(),
            |step| format!("{}: {}", step.name, step.detail),
        )
}
