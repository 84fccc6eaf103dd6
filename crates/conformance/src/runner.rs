//! Runs the checks: preflight, lanes, the lonely second and third run of what failed. Not for deciding a verdict: that is
//! [`crate::verdict`].

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use assay_client::Dialect;
use assay_results::{Coverage, Feature, PreflightStep, Transcript, Verdict, VerdictRow};
use rand::{SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{
    check::{Check, Start},
    coverage,
    doubt::Doubts,
    execution::{Execution, Job, execute, rerun},
    interrupt::Interrupt,
    preflight::{self, Preflight},
    repro, row,
    selection::{Selection, SelectionError},
    target::Target,
};

/// How many checks run at the same time: enough to hide the waits, few enough that a busy machine keeps its deadlines.
pub const DEFAULT_LANES: usize = 16;

/// All second runs together take no longer; what is left over keeps its first verdict.
const RERUNS_AT_MOST: Duration = Duration::from_secs(20);

/// How to run.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// Go on after the preflight failed.
    pub force: bool,
    /// Which checks.
    pub selection: Selection,
    /// Order of the checks.
    pub seed: u64,
    /// Checks at the same time, at least one.
    pub lanes: usize,
    /// Ends the run early.
    pub interrupt: Interrupt,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            force: false,
            selection: Selection::default(),
            seed: 0,
            lanes: DEFAULT_LANES,
            interrupt: Interrupt::default(),
        }
    }
}

/// Something that a watcher may show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// A step of the preflight is over.
    Preflight(PreflightStep),
    /// The preflight is over, so many checks follow.
    Begins {
        /// Whose.
        dialect: Dialect,
        /// How many.
        checks: usize,
    },
    /// A check is over; the worst verdict of its rows.
    Checked {
        /// Its id.
        check: &'static str,
        /// The worst.
        verdict: Verdict,
    },
    /// A failing check runs again, alone.
    Rerun {
        /// Its id.
        check: &'static str,
    },
}

/// What a run found: the parts of a conformance document that this crate knows. The default is a run that found nothing.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// What was looked at first.
    pub preflight: Vec<PreflightStep>,
    /// Whether the preflight let the checks run in every dialect.
    pub usable: bool,
    /// What the hub has.
    pub features: Vec<Feature>,
    /// One row a requirement.
    pub verdicts: Vec<VerdictRow>,
    /// Every hub requirement of the dialects judged.
    pub coverage: Vec<Coverage>,
    /// Of what is not green.
    pub transcripts: Vec<Transcript>,
    /// What else a reader must know.
    pub notes: Vec<String>,
    /// How long it took.
    pub duration_ms: u64,
}

/// Judges a hub. Never hangs, whatever the hub does: each step has a deadline, everything read a cap.
pub async fn run(
    target: &Target,
    options: &RunOptions,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Outcome, SelectionError> {
    let began = Instant::now();
    let mut outcome = Outcome {
        preflight: Vec::new(),
        usable: true,
        features: Vec::new(),
        verdicts: Vec::new(),
        coverage: Vec::new(),
        transcripts: Vec::new(),
        notes: Vec::new(),
        duration_ms: 0,
    };
    let selected = select(target, options)?;
    let run_id = Uuid::new_v4().simple().to_string()[..8].to_owned();
    let mut jobs = Vec::new();
    let mut doubts = Doubts::default();
    for (choice, checks) in target.dialects.iter().zip(selected) {
        let preflight = tokio::select! {
            preflight = preflight::run(target, choice, &run_id, unix_now_s(), progress) => preflight,
            () = options.interrupt.requested() => break,
        };
        let Preflight {
            steps,
            features,
            hub,
            usable,
        } = preflight;
        if !usable {
            doubts.forced(choice.dialect, &steps);
        }
        outcome.preflight.extend(steps);
        outcome.features.extend(features);
        outcome.usable &= usable;
        outcome.coverage.extend(coverage::of(choice.dialect));
        let Some(hub) = hub.filter(|_| usable || options.force) else {
            continue;
        };
        progress(Progress::Begins {
            dialect: choice.dialect,
            checks: checks.len(),
        });
        let hub = Arc::new(hub);
        jobs.extend(checks.into_iter().map(|check| Job {
            hub: Arc::clone(&hub),
            check,
        }));
    }
    // Both dialects share the lanes, so that the few checks that wait for the clock wait together.
    jobs.sort_by_key(|job| job.check.start);
    let mut executions = run_jobs(&jobs, options, progress, &mut outcome).await;
    if !options.interrupt.is_requested() {
        doubts
            .look_again(target, &run_id, unix_now_s(), &jobs, &executions)
            .await;
    }
    if !jobs.is_empty() {
        outcome.notes.extend(doubts.notes());
    }
    for job in &jobs {
        if let Some(execution) = executions.get_mut(job.check.id) {
            doubts.weigh(job, execution);
            write_down(job, execution, &mut outcome);
        }
    }
    outcome.verdicts.sort_by(|a, b| {
        (a.dialect, &a.area, &a.requirement).cmp(&(b.dialect, &b.area, &b.requirement))
    });
    outcome.transcripts.sort_by(|a, b| a.check.cmp(&b.check));
    outcome.duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(outcome)
}

fn unix_now_s() -> u64 {
    // A clock before 1970 makes tokens that the ladder will find expired.
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

fn select(target: &Target, options: &RunOptions) -> Result<Vec<Vec<Arc<Check>>>, SelectionError> {
    let dialects: Vec<_> = target
        .dialects
        .iter()
        .map(|choice| choice.dialect)
        .collect();
    let mut order = StdRng::seed_from_u64(options.seed);
    let chosen = options.selection.of(&dialects)?.into_iter();
    let shuffled = chosen.map(|mut checks| {
        checks.shuffle(&mut order);
        checks.into_iter().map(Arc::new).collect()
    });
    Ok(shuffled.collect())
}

async fn run_jobs(
    jobs: &[Job],
    options: &RunOptions,
    progress: &mut (dyn FnMut(Progress) + Send),
    outcome: &mut Outcome,
) -> HashMap<&'static str, Execution> {
    // Sorted by their start.
    let alone = jobs.partition_point(|job| job.check.start < Start::Alone);
    let mut executions = run_in_lanes(&jobs[..alone], options.lanes, options, progress).await;
    executions.extend(run_in_lanes(&jobs[alone..], 1, options, progress).await);
    let deadline = Instant::now() + RERUNS_AT_MOST;
    let mut left_over = 0;
    for job in jobs {
        let execution = executions.get_mut(job.check.id);
        let Some(execution) = execution.filter(|execution| execution.is_broken()) else {
            continue;
        };
        if Instant::now() >= deadline {
            left_over += 1;
            continue;
        }
        progress(Progress::Rerun {
            check: job.check.id,
        });
        tokio::select! {
            () = rerun(job, execution) => {}
            () = options.interrupt.requested() => break,
        }
    }
    let unjudged = jobs.len() - executions.len();
    if unjudged > 0 {
        outcome.notes.push(format!(
            "{unjudged} of {} checks were not over when the run was interrupted",
            jobs.len()
        ));
    }
    if left_over > 0 {
        outcome.notes.push(format!(
            "{left_over} failing checks were not run again: the {} s for that were used up",
            RERUNS_AT_MOST.as_secs()
        ));
    }
    executions
}

async fn run_in_lanes(
    jobs: &[Job],
    lanes: usize,
    options: &RunOptions,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> HashMap<&'static str, Execution> {
    let mut executions = HashMap::new();
    let mut waiting = jobs.iter();
    let mut running = JoinSet::new();
    loop {
        while running.len() < lanes.max(1) {
            let Some(job) = waiting.next() else { break };
            let job = job.clone();
            running.spawn(async move { (job.check.id, execute(&job).await) });
        }
        let ended = tokio::select! {
            ended = running.join_next() => ended,
            () = options.interrupt.requested() => return executions,
        };
        let Some(ended) = ended else {
            return executions;
        };
        // Only a panic in our own bookkeeping ends here: those of checks are caught inside, and nobody aborts these tasks.
        let Ok((id, execution)) = ended else { continue };
        progress(Progress::Checked {
            check: id,
            verdict: execution.worst(),
        });
        executions.insert(id, execution);
    }
}

fn write_down(job: &Job, execution: &Execution, outcome: &mut Outcome) {
    let Job { hub, check } = job;
    let red = execution
        .decisions
        .iter()
        .any(|decision| decision.verdict.wants_attention());
    let script = red.then(|| repro::script(hub, check, &execution.record.requests));
    for (rule, decision) in check.rules.iter().zip(&execution.decisions) {
        let script = script
            .clone()
            .filter(|_| decision.verdict.wants_attention());
        outcome.verdicts.extend(row::of(
            check,
            rule,
            decision,
            &execution.record,
            execution.duration,
            script,
        ));
    }
    if red {
        outcome.transcripts.push(Transcript {
            check: check.id.to_owned(),
            text: execution.record.text.clone(),
        });
    }
}
