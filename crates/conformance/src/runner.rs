//! Runs the checks: preflight, lanes, the lonely second and third run of what failed. Not for deciding a verdict: that is
//! [`crate::verdict`].

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use assay_client::Dialect;
use assay_results::{Coverage, Feature, PreflightStep, Transcript, Verdict, VerdictRow};
use rand::{SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use tokio::task::JoinSet;

use crate::{
    check::{Check, Start},
    execution::{Execution, Job, execute, rerun},
    interrupt::Interrupt,
    selection::{Selection, SelectionError},
    session::Session,
    target::Target,
    weakening::Weakening,
};

/// How many checks run at the same time: enough to hide the waits, few enough that a busy machine keeps its deadlines.
pub const DEFAULT_LANES: usize = 16;

/// All second runs together take no longer; what is left over keeps its first verdict.
const RERUNS_AT_MOST: Duration = Duration::from_secs(20);

/// Most checks that are made again because they stayed open: of a hub on which more do, none is closed by that.
const SECOND_LOOKS_AT_MOST: usize = 40;

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
    /// Makes each check once: nothing that is broken is confirmed, nothing that is open closed. For proofs of the suite, never for a
    /// verdict about a hub.
    #[doc(hidden)]
    pub once: bool,
    /// Makes each check weaker than it is: for proofs of the suite, never for a verdict about a hub.
    #[doc(hidden)]
    pub weakening: Option<Weakening>,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            force: false,
            selection: Selection::default(),
            seed: 0,
            lanes: DEFAULT_LANES,
            interrupt: Interrupt::default(),
            once: false,
            weakening: None,
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
        /// The variant of the target that is judged; none for the hub itself.
        variant: Option<String>,
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
    let selected = select(target, options)?;
    let mut session = Session::begin(options, progress);
    session.judge(target, selected).await;
    let mut outcome = session.end();
    outcome.verdicts.sort_by(|a, b| {
        (a.dialect, &a.area, &a.requirement).cmp(&(b.dialect, &b.area, &b.requirement))
    });
    outcome.transcripts.sort_by(|a, b| a.check.cmp(&b.check));
    outcome.duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(outcome)
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
        if let Some(weakening) = options.weakening {
            for check in &mut checks {
                weakening.apply(check);
            }
        }
        checks.into_iter().map(Arc::new).collect()
    });
    Ok(shuffled.collect())
}

pub(crate) async fn run_jobs(
    jobs: &[Job],
    options: &RunOptions,
    progress: &mut (dyn FnMut(Progress) + Send),
    outcome: &mut Outcome,
) -> HashMap<&'static str, Execution> {
    // Sorted by their start.
    let alone = jobs.partition_point(|job| job.check.start < Start::Alone);
    let mut executions = run_in_lanes(&jobs[..alone], options.lanes, options, progress).await;
    executions.extend(run_in_lanes(&jobs[alone..], 1, options, progress).await);
    if !options.once {
        confirm(jobs, &mut executions, options, progress, outcome).await;
        second_looks(jobs, &mut executions, options, progress, outcome).await;
    }
    let unjudged = jobs.len() - executions.len();
    if unjudged > 0 {
        outcome.notes.push(format!(
            "{unjudged} of {} checks were not over when the run was interrupted",
            jobs.len()
        ));
    }
    executions
}

/// Makes what is broken again, alone: what comes out otherwise then is flaky.
async fn confirm(
    jobs: &[Job],
    executions: &mut HashMap<&'static str, Execution>,
    options: &RunOptions,
    progress: &mut (dyn FnMut(Progress) + Send),
    outcome: &mut Outcome,
) {
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
    if left_over > 0 {
        outcome.notes.push(format!(
            "{left_over} failing checks were not run again: the {} s for that were used up",
            RERUNS_AT_MOST.as_secs()
        ));
    }
}

/// Makes what stayed open again, alone: controls fail on a hub or machine that is too busy, which says nothing of the hub.
async fn second_looks(
    jobs: &[Job],
    executions: &mut HashMap<&'static str, Execution>,
    options: &RunOptions,
    progress: &mut (dyn FnMut(Progress) + Send),
    outcome: &mut Outcome,
) {
    let is_open = |job: &&Job| executions.get(job.check.id).is_some_and(Execution::is_open);
    let open: Vec<_> = jobs.iter().filter(is_open).collect();
    if open.len() > SECOND_LOOKS_AT_MOST {
        return;
    }
    let deadline = Instant::now() + RERUNS_AT_MOST;
    let mut closed = 0;
    for job in open {
        if Instant::now() >= deadline {
            break;
        }
        progress(Progress::Rerun {
            check: job.check.id,
        });
        let look = async {
            let mut again = execute(job).await;
            if again.is_broken() {
                rerun(job, &mut again).await;
            }
            again
        };
        let again = tokio::select! {
            again = look => again,
            () = options.interrupt.requested() => break,
        };
        if !again.is_open() {
            closed += 1;
            executions.insert(job.check.id, again);
        }
    }
    if closed > 0 {
        outcome.notes.push(format!(
            "{closed} checks stayed open while others ran, and were judged alone: hub or machine were busy"
        ));
    }
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
