//! Whether what was seen can be blamed on the hub: only one that did right what is right, before the checks and after them, can
//! break a requirement. Not for single checks, whose controls are their own.

use std::collections::{BTreeMap, HashMap};

use assay_client::Dialect;
use assay_results::{PreflightStep, StepOutcome};

use crate::{
    execution::{Execution, Job},
    preflight,
    target::Target,
};

/// Why nothing in a dialect can be blamed on the hub.
#[derive(Debug, Default)]
pub(crate) struct Doubts(BTreeMap<Dialect, String>);

impl Doubts {
    /// The preflight of a dialect failed, and the checks ran all the same.
    pub(crate) fn forced(&mut self, dialect: Dialect, steps: &[PreflightStep]) {
        let why = format!("the preflight had failed: {}", failed_step(steps));
        self.0.insert(dialect, why);
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
                job.hub.dialect == choice.dialect
                    && executions
                        .get(job.check.id)
                        .is_some_and(Execution::is_blaming)
            });
            if !has_red || self.0.contains_key(&choice.dialect) {
                continue;
            }
            let again = preflight::run(target, choice, run_id, now_unix_s, &mut |_| {}).await;
            if !again.usable {
                let step = failed_step(&again.steps);
                let why = format!("the hub was not well when the run ended: {step}");
                self.0.insert(choice.dialect, why);
            }
        }
    }

    /// Takes the blame from the hub where there is doubt.
    pub(crate) fn weigh(&self, job: &Job, execution: &mut Execution) {
        if let Some(why) = self.0.get(&job.hub.dialect) {
            for decision in &mut execution.decisions {
                decision.doubt(why);
            }
        }
    }

    /// What a reader must know.
    pub(crate) fn notes(&self) -> impl Iterator<Item = String> + '_ {
        self.0.iter().map(|(dialect, why)| {
            format!("{dialect}: nothing is held against the hub, since {why}")
        })
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
