//! What the steps of a search say together. An answer is never more than what passed as often as was asked for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::capacity::CapacitySearch;
use crate::capacity::step::{CapacityStep, Cause, LoadLevel, StepVerdict};

/// The answer of one search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CapacityAnswer {
    /// Which kind of answer.
    pub kind: CapacityKind,
    /// The most that passed, and passed again as often as was asked for.
    pub passed: Option<LoadLevel>,
    /// The largest load that passed at least once, where none did often enough.
    pub passed_once: Option<LoadLevel>,
    /// The least that failed, or that the workbench could not carry.
    pub ended: Option<LoadLevel>,
    /// What ended first there.
    pub cause: Option<Cause>,
    /// What was seen of it, as a sentence fragment.
    pub why: Option<String>,
}

/// Which kind of answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CapacityKind {
    /// So much, and no more: a larger load made the hub fail.
    Capacity,
    /// So much at least: the workbench, or what was asked for, ended there.
    AtLeast,
    /// Not even the least load.
    None,
    /// The workbench could not carry the least load.
    NotMeasurable,
    /// Too few events, or the search ended too early.
    Undecided,
}

/// A step, for what follows from several of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tried {
    /// Of the quantity that is raised.
    pub level: u64,
    /// What it said.
    pub verdict: StepVerdict,
    /// The workbench cannot begin such a load at all.
    pub refused: bool,
}

impl CapacitySearch {
    /// Its steps without their figures.
    pub fn tried(&self) -> Vec<Tried> {
        let of = |step: &CapacityStep| Tried {
            level: step.load.of(self.raised),
            verdict: step.verdict,
            refused: step.refused,
        };
        self.steps.iter().map(of).collect()
    }
}

/// The least level that failed: what passed above it is not believed.
pub fn least_missed(tried: &[Tried]) -> Option<u64> {
    levels(tried, StepVerdict::Missed).min()
}

/// The largest level below the first failure that was met so often.
pub fn most_met(tried: &[Tried], times: u32) -> Option<u64> {
    let missed = least_missed(tried).unwrap_or(u64::MAX);
    let met_at = |level: u64| {
        levels(tried, StepVerdict::Met)
            .filter(|&one| one == level)
            .count()
    };
    levels(tried, StepVerdict::Met)
        .filter(|&level| level < missed && met_at(level) >= times as usize)
        .max()
}

fn levels(tried: &[Tried], verdict: StepVerdict) -> impl Iterator<Item = u64> {
    let of = tried.iter().filter(move |one| one.verdict == verdict);
    of.map(|one| one.level)
}

impl CapacityAnswer {
    pub(super) fn of(search: &CapacitySearch, confirmations: u32) -> Self {
        let tried = search.tried();
        let at = |level: u64, verdict: StepVerdict| {
            let mut steps = search.steps.iter();
            steps.find(|step| step.load.of(search.raised) == level && step.verdict == verdict)
        };
        let passed = most_met(&tried, confirmations + 1);
        let once = most_met(&tried, 1).filter(|_| passed.is_none());
        let missed = least_missed(&tried);
        let above = |level: &u64| passed.is_none_or(|passed| *level > passed);
        let unmeasured = levels(&tried, StepVerdict::NotMeasurable)
            .filter(above)
            .min();
        let kind = match (passed, missed, unmeasured, once) {
            (Some(_), Some(_), ..) => CapacityKind::Capacity,
            (Some(_), None, ..) => CapacityKind::AtLeast,
            (None, .., Some(_)) => CapacityKind::Undecided,
            (None, Some(missed), ..) if is_least(&tried, missed) => CapacityKind::None,
            (None, _, Some(end), _) if is_least(&tried, end) => CapacityKind::NotMeasurable,
            _ => CapacityKind::Undecided,
        };
        let ended = match (missed, unmeasured) {
            (Some(level), _) => at(level, StepVerdict::Missed),
            (None, Some(level)) => at(level, StepVerdict::NotMeasurable),
            (None, None) => None,
        };
        let load = |level: Option<u64>| {
            let step = level.and_then(|level| at(level, StepVerdict::Met));
            step.map(|step| step.load)
        };
        Self {
            kind,
            passed: load(passed),
            passed_once: load(once),
            ended: ended.map(|step| step.load),
            cause: ended.and_then(|step| step.cause),
            why: ended.and_then(|step| step.why.clone()),
        }
    }
}

fn is_least(tried: &[Tried], level: u64) -> bool {
    tried.iter().all(|one| one.level >= level)
}
