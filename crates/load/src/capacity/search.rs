//! Which load to try next: doubled until one fails, then between the two, then the answer again and again. A pure function of what
//! was tried: no clock, no sockets, and no memory but its argument.
//!
//! ```text
//! 100 ─ 200 ─ 400 ─ 800 ─ 1600 ✗    raise: from a load that should pass, doubled until one fails
//!                 1100 ─ 1300 ✗     narrow: between the largest that passed and the least that failed, until they are near
//!                 1200 1200 1200    confirm: one that fails here was no answer, and the next lower one is confirmed
//! ```
//!
//! A load that failed once is never believed again, nor is any above it. A load that the *workbench* could not carry is tried once
//! more, and then ends the search from above as a failure does, but proves nothing.

use assay_results::{Purpose, StepVerdict, Tried, least_missed, most_met};

/// After so many attempts that the workbench could not carry, a level is beyond it: one may have met a busy machine.
const UNMEASURED_AT_MOST: usize = 2;
/// After so many undecided attempts at one level it stays undecided.
const UNDECIDED_AT_MOST: usize = 2;
/// Of one search. With three confirmations a hub without noise takes about twenty.
pub const STEPS_AT_MOST: usize = 60;

/// What is looked for, in levels: whole numbers of what is raised.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Search {
    /// The first that is tried.
    pub start: u64,
    /// None lower is tried.
    pub least: u64,
    /// None higher is tried.
    pub most: u64,
    /// The answer and the first failure differ by no more than this part of the answer.
    pub within: f64,
    /// How often the answer must pass again.
    pub confirmations: u32,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Try this level, for this reason.
    Try(u64, Purpose),
    /// There is nothing to try that could change the answer.
    Done,
}

impl Search {
    /// What to try next, after all that was tried in this search.
    pub fn next(&self, tried: &[Tried]) -> Next {
        let Some(last) = tried.last() else {
            return Next::Try(self.start, Purpose::Raise);
        };
        if tried.len() >= STEPS_AT_MOST {
            return Next::Done;
        }
        let ceiling = ceiling(tried);
        if last.verdict == StepVerdict::NotMeasurable && below(last.level, ceiling) {
            return Next::Try(last.level, again(last.level, tried, ceiling));
        }
        let Some(floor) = floor(tried, ceiling) else {
            return self.lower(ceiling);
        };
        let Some(ceiling) = ceiling else {
            let doubled = floor.saturating_mul(2).min(self.most);
            return if doubled > floor {
                Next::Try(doubled, Purpose::Raise)
            } else {
                self.confirm(tried)
            };
        };
        match self.between(floor, ceiling) {
            Some(middle) => Next::Try(middle, Purpose::Narrow),
            None => self.confirm(tried),
        }
    }

    /// Nothing has passed yet: half of what failed, down to the least.
    fn lower(&self, ceiling: Option<u64>) -> Next {
        match ceiling {
            Some(ceiling) if ceiling > self.least => {
                Next::Try((ceiling / 2).max(self.least), Purpose::Raise)
            }
            _ => Next::Done,
        }
    }

    /// A level between two, unless they are near: the mean of their ratio, as round as there is room for.
    fn between(&self, floor: u64, ceiling: u64) -> Option<u64> {
        if ceiling as f64 <= floor as f64 * (1.0 + self.within) {
            return None;
        }
        let middle = (floor as f64 * ceiling as f64).sqrt();
        let is_between = |level: &u64| floor < *level && *level < ceiling;
        let rounded = [2, 3].map(|digits| rounded(middle, digits));
        let mut levels = rounded.into_iter().chain([middle as u64, floor + 1]);
        levels.find(is_between)
    }

    /// The largest that passed, once more, unless it did often enough.
    fn confirm(&self, tried: &[Tried]) -> Next {
        let Some(best) = most_met(below_ceiling(tried).as_slice(), 1) else {
            return Next::Done;
        };
        let seen = |verdict| {
            let mut at = tried.iter().filter(|one| one.level == best);
            at.by_ref().filter(|one| one.verdict == verdict).count()
        };
        let is_confirmed = seen(StepVerdict::Met) > self.confirmations as usize;
        if is_confirmed || seen(StepVerdict::Undecided) > UNDECIDED_AT_MOST {
            return Next::Done;
        }
        Next::Try(best, Purpose::Confirm)
    }
}

/// The least level that failed, or that the workbench cannot carry.
fn ceiling(tried: &[Tried]) -> Option<u64> {
    let beyond = tried.iter().filter(|one| {
        let unmeasured = |other: &&Tried| {
            other.level == one.level && other.verdict == StepVerdict::NotMeasurable
        };
        one.refused || tried.iter().filter(unmeasured).count() >= UNMEASURED_AT_MOST
    });
    beyond.map(|one| one.level).chain(least_missed(tried)).min()
}

fn below(level: u64, ceiling: Option<u64>) -> bool {
    ceiling.is_none_or(|ceiling| level < ceiling)
}

fn below_ceiling(tried: &[Tried]) -> Vec<Tried> {
    let ceiling = ceiling(tried);
    let below = tried.iter().filter(|one| below(one.level, ceiling));
    below.copied().collect()
}

/// The largest level that did not fail: what is undecided may hold.
fn floor(tried: &[Tried], ceiling: Option<u64>) -> Option<u64> {
    let holds = |one: &&Tried| {
        matches!(one.verdict, StepVerdict::Met | StepVerdict::Undecided)
            && below(one.level, ceiling)
    };
    tried.iter().filter(holds).map(|one| one.level).max()
}

/// Why a level is tried that the workbench could not carry: for what it was tried before.
fn again(level: u64, tried: &[Tried], ceiling: Option<u64>) -> Purpose {
    let is_met = |one: &Tried| one.level == level && one.verdict == StepVerdict::Met;
    match ceiling {
        _ if tried.iter().any(is_met) => Purpose::Confirm,
        Some(_) => Purpose::Narrow,
        None => Purpose::Raise,
    }
}

/// With so many digits that say something.
fn rounded(value: f64, digits: i32) -> u64 {
    let scale = 10_f64.powi((value.max(1.0).log10().floor() as i32 + 1 - digits).max(0));
    ((value / scale).round() * scale) as u64
}

#[cfg(test)]
mod tests;
