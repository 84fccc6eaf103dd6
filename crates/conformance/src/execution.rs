//! One execution of a check: bounded in time, its panics caught, a decision for each of its rows. Not for the order of the
//! checks: that is [`crate::runner`].

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use assay_results::Verdict;

use crate::{
    check::{Check, Findings, Rule},
    hub::Hub,
    lab::Lab,
    requirement::Catalogue,
    row,
    stop::Stop,
    transcript::Record,
    verdict::{Decision, after_reruns, decide},
};

/// A check that takes so many times the patience is stopped, or has to have made a connection for each further
/// [`PATIENCE_A_CONNECTION`]: a hub that answers each step at the last moment must not hold up the run, and one that is only slow
/// must not fail where there are many steps.
const PATIENCES_A_CHECK: u32 = 8;
/// The part of the patience that each connection adds.
const PATIENCE_A_CONNECTION: f64 = 0.25;

/// A check and the hub that it judges.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) hub: Arc<Hub>,
    pub(crate) check: Arc<Check>,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Execution {
    /// In the order of the check's rules.
    pub(crate) decisions: Vec<Decision>,
    /// What it sent, in words.
    pub(crate) sent: String,
    /// Empty where nothing wants attention: nobody will ask, and hundreds of checks send much.
    pub(crate) record: Record,
    pub(crate) duration: Duration,
}

impl Execution {
    /// Whether it has to be confirmed.
    pub(crate) fn is_broken(&self) -> bool {
        self.decisions.iter().any(Decision::is_broken)
    }

    /// Whether a row of it could not be decided.
    pub(crate) fn is_open(&self) -> bool {
        self.decisions
            .iter()
            .any(|decision| decision.verdict == Verdict::Inconclusive)
    }

    /// Whether it holds something against the hub.
    pub(crate) fn is_blaming(&self) -> bool {
        self.decisions.iter().any(Decision::is_blaming)
    }

    /// The worst of its verdicts.
    pub(crate) fn worst(&self) -> Verdict {
        let rank = |verdict: &Verdict| match verdict {
            Verdict::Error => 0,
            Verdict::Fail => 1,
            Verdict::Flaky => 2,
            Verdict::Inconclusive => 3,
            Verdict::Warn => 4,
            Verdict::Note => 5,
            Verdict::Unsupported | Verdict::NotObserved => 6,
            Verdict::Pass => 7,
        };
        self.decisions
            .iter()
            .map(|decision| decision.verdict)
            .min_by_key(rank)
            .unwrap_or(Verdict::Error)
    }
}

/// Executes it. A panic in a check is our defect, and must not end the run.
pub(crate) async fn execute(job: &Job) -> Execution {
    let Job { hub, check } = job.clone();
    let task = tokio::spawn(async move { execute_once(&hub, &check).await });
    task.await.unwrap_or_else(|error| {
        let defect = Err(Stop::Defect(format!("the check broke down: {error}")));
        Execution {
            decisions: decide_all(&job.check, &defect),
            sent: String::new(),
            record: Record::default(),
            duration: Duration::ZERO,
        }
    })
}

/// What comes of a check whose hub could not be had.
pub(crate) fn unmeasured(check: &Check, reason: &str) -> Execution {
    Execution {
        decisions: decide_all(check, &Err(Stop::NotMeasurable(reason.to_owned()))),
        sent: String::new(),
        record: Record::default(),
        duration: Duration::ZERO,
    }
}

async fn execute_once(hub: &Hub, check: &Check) -> Execution {
    let began = Instant::now();
    let mut lab = Lab::new(hub, check.id);
    if !check.is_controlled {
        lab = lab.without_controls();
    }
    let unmet = check.needs.iter().find_map(|need| {
        let reason = need.unmet(&hub.features, &hub.target)?;
        Some(match &hub.variant {
            None => need.not_measured(reason),
            Some(variant) => format!("{variant} is not what the target says: {reason}"),
        })
    });
    let outcome = if let Some(reason) = unmet {
        Err(Stop::Unsupported(reason))
    } else {
        observe(hub, check, &lab).await
    };
    let mut decisions = decide_all(check, &outcome);
    for decision in &mut decisions {
        decision.observed = lab.transcript().redact(&decision.observed);
        if let Some(difference) = &mut decision.difference {
            difference.came = lab.transcript().redact(&difference.came);
        }
    }
    let record = lab.into_record();
    let sent = row::sent(check, &record);
    let mut all = decisions.iter();
    let is_asked_for = all.any(|decision| decision.verdict.wants_attention());
    Execution {
        decisions,
        sent,
        record: if is_asked_for {
            record
        } else {
            Record::default()
        },
        duration: began.elapsed(),
    }
}

/// Makes the check, as long as it gets on.
async fn observe(hub: &Hub, check: &Check, lab: &Lab<'_>) -> Result<Findings, Stop> {
    let began = tokio::time::Instant::now();
    let mut observed = std::pin::pin!(check.observe(lab));
    let mut limit = Duration::ZERO;
    loop {
        let connections = f64::from(lab.connections());
        let patiences = f64::from(PATIENCES_A_CHECK) + PATIENCE_A_CONNECTION * connections;
        let before = std::mem::replace(&mut limit, hub.pace.patience.mul_f64(patiences));
        if limit == before {
            return Err(Stop::Control(format!(
                "the check took longer than {:.0} s",
                limit.as_secs_f64()
            )));
        }
        if let Ok(findings) = tokio::time::timeout_at(began + limit, &mut observed).await {
            return findings;
        }
    }
}

fn decide_all(check: &Check, outcome: &Result<Findings, Stop>) -> Vec<Decision> {
    let catalogue = Catalogue::of(check.dialect);
    let decide_rule = |rule: &Rule| match catalogue.get(rule.requirement) {
        Some(requirement) => decide(rule, requirement.level, outcome),
        None => Decision {
            verdict: Verdict::Error,
            observed: format!("the catalogue has no requirement {}", rule.requirement),
            difference: None,
        },
    };
    check.rules.iter().map(decide_rule).collect()
}

/// Executes a broken one twice again, alone, and makes what is mixed flaky.
pub(crate) async fn rerun(job: &Job, first: &mut Execution) {
    let again = [execute(job).await, execute(job).await];
    for (index, decision) in first.decisions.iter_mut().enumerate() {
        if !decision.is_broken() {
            continue;
        }
        let verdicts = again
            .each_ref()
            .map(|execution| execution.decisions[index].verdict);
        let verdict = after_reruns(decision.verdict, &verdicts);
        if verdict == Verdict::Flaky {
            decision.observed = format!(
                "{} ({}, then alone {} and {})",
                decision.observed, decision.verdict, verdicts[0], verdicts[1]
            );
        }
        decision.verdict = verdict;
    }
}
