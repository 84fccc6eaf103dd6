//! Whether what was seen can be blamed on the hub. One that answered when the run began and does not when it ends has died, or
//! was taken away: what it broke in between says nothing. Of one that was never well, and judged by force, a reader is told. Not for
//! single checks, whose controls are their own.

use std::collections::{BTreeMap, HashMap};

use assay_client::Dialect;
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
    /// It failed only after them.
    gone: BTreeMap<Dialect, String>,
}

impl Doubts {
    /// The preflight of a dialect failed; the checks may run all the same.
    pub(crate) fn forced(&mut self, dialect: Dialect, steps: &[PreflightStep]) {
        self.forced.insert(dialect, failed_step(steps));
    }

    /// Asks the hub once more for what the preflight asked, where checks found something wrong.
    pub(crate) async fn look_again(
        &mut self,
        target: &Target,
        run_id: &str,
        now_unix_s: u64,
        jobs: &[Job],
        executions: &HashMap<&'static str, Execution>,
    ) {
        for choice in &target.dialects {
            let has_red = jobs.iter().any(|job| {
                let execution = executions.get(job.check.id);
                job.hub.dialect == choice.dialect && execution.is_some_and(Execution::is_blaming)
            });
            if !has_red || self.forced.contains_key(&choice.dialect) {
                continue;
            }
            let again = preflight::run(target, choice, run_id, now_unix_s, &mut |_| {}).await;
            let is_gone = again.steps.iter().any(|step| {
                step.outcome == StepOutcome::Failed && STEPS_OF_A_LIVING_HUB.contains(&&*step.name)
            });
            if is_gone {
                self.gone.insert(choice.dialect, failed_step(&again.steps));
            }
        }
    }

    /// Takes the blame from a hub that was gone.
    pub(crate) fn weigh(&self, job: &Job, execution: &mut Execution) {
        if let Some(step) = self.gone.get(&job.hub.dialect) {
            for decision in &mut execution.decisions {
                decision.doubt(&format!("the hub was gone when the run ended: {step}"));
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
        let gone = self.gone.iter().map(|(dialect, step)| {
            format!(
                "{dialect}: nothing is held against the hub, which was there when the run began and gone when it ended: {step}"
            )
        });
        forced.chain(gone)
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
