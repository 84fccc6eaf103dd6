//! Judges a hub, straight or crooked, and keeps what the matrix needs of the verdicts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use assay_client::Dialect;
use assay_conformance::{
    CheckInfo, Outcome, Progress, RunOptions, Selection, Weakening, checks, run,
};
use assay_crooked::{Crooked, Mutant, Needs, Straight, mutants};
use assay_results::{Level, Verdict};

use crate::straight::{StraightHub, target};

/// The verdicts of a run, by check and requirement.
pub(crate) type Verdicts = BTreeMap<String, Verdict>;

/// One verdict.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) check: String,
    pub(crate) requirement: String,
    pub(crate) level: Level,
    pub(crate) verdict: Verdict,
    observed: String,
}

impl Judged {
    /// Whether it may be red, whatever the straight hub is.
    fn is_reddish(&self) -> bool {
        matches!(self.verdict, Verdict::Fail | Verdict::Warn | Verdict::Note)
    }

    /// What the same row of another run has, too.
    pub(crate) fn key(&self) -> String {
        format!("{} {}", self.check, self.requirement)
    }
}

impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} {}: {}",
            self.check, self.requirement, self.verdict, self.observed
        )
    }
}

/// All checks on a straight hub; on one whose limits others would meet, those that need them.
pub(crate) async fn judge_straight(hub: &StraightHub) -> Verdicts {
    let target = target(&hub.described(), &hub.url, hub.dialect, hub.needs);
    let mut options = RunOptions::default();
    if !keeps_every_rule(hub.needs) {
        let own = mutants::all().filter(|mutant| {
            mutant.needs == hub.needs && mutant.dialect.as_str() == hub.dialect.as_str()
        });
        options.selection.only = own.map(|mutant| mutant.requirement.to_owned()).collect();
        if options.selection.only.is_empty() {
            return Verdicts::new();
        }
    }
    let outcome = run(&target, &options, &mut |_| {}).await.unwrap();
    rows(outcome)
        .into_iter()
        .map(|row| (row.key(), row.verdict))
        .collect()
}

/// How much of the suite judges a mutant beside its own check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The area of that check.
    Area,
    /// All of it.
    Suite,
}

/// Whether the straight hub of that kind keeps every rule: one at another path than the recommended one, or with little room, does not.
pub(crate) fn keeps_every_rule(needs: Needs) -> bool {
    matches!(needs, Needs::Anything | Needs::NoAnonymous | Needs::Issuers)
}

/// The check that judges a mutant's requirement.
pub(crate) fn own_check(dialect: Dialect, mutant: &Mutant) -> CheckInfo {
    let mut all = checks(dialect).into_iter();
    let judges = |check: &CheckInfo| {
        let mut judged = check.judges.iter();
        judged.any(|(requirement, _)| *requirement == mutant.requirement)
    };
    all.find(judges).unwrap()
}

/// What the checks of a scope say of a hub that breaks a mutant's requirement.
///
/// Its own check is made as in any run. The others are made once, and those again that go red where that is not expected: what is
/// confirmed then is collateral.
pub(crate) async fn judge_in(
    scope: Scope,
    straight: &Straight,
    dialect: Dialect,
    mutant: &Mutant,
    expected: &BTreeSet<String>,
) -> Vec<Judged> {
    let check = own_check(dialect, mutant);
    let mut rows = judge_crooked(straight, dialect, mutant, None).await;
    let selection = match scope {
        // Where the straight hub breaks rules itself, or limits leave little room, others than the own check would be red.
        _ if !keeps_every_rule(mutant.needs) => return rows,
        Scope::Area => Selection {
            areas: vec![check.area.to_owned()],
            ..Selection::default()
        },
        Scope::Suite => Selection::default(),
    };
    let once = RunOptions {
        selection,
        lanes: 4,
        once: true,
        ..RunOptions::default()
    };
    let mut others = judge_by(straight, dialect, mutant, &once).await;
    others.retain(|row| row.check != check.id);
    let is_unexpected = |row: &&Judged| row.is_reddish() && !expected.contains(&row.requirement);
    let unexpected: BTreeSet<_> = others
        .iter()
        .filter(is_unexpected)
        .map(|row| row.check.clone())
        .collect();
    if !unexpected.is_empty() {
        let again = RunOptions {
            selection: only(unexpected.iter().cloned().collect()),
            lanes: 4,
            ..RunOptions::default()
        };
        others.retain(|row| !unexpected.contains(&row.check));
        let confirmed = judge_by(straight, dialect, mutant, &again).await;
        let confirmed = confirmed.into_iter();
        others.extend(confirmed.filter(|row| unexpected.contains(&row.check)));
    }
    rows.extend(others);
    rows
}

/// What the check of a mutant's requirement says of a hub that breaks it; one made weaker is made once: it is asked whether it sees
/// anything at all.
pub(crate) async fn judge_crooked(
    straight: &Straight,
    dialect: Dialect,
    mutant: &Mutant,
    weakening: Option<Weakening>,
) -> Vec<Judged> {
    let check = own_check(dialect, mutant);
    let options = RunOptions {
        selection: only(vec![check.id.to_owned()]),
        lanes: 4,
        once: weakening.is_some(),
        weakening,
        ..RunOptions::default()
    };
    let mut rows = judge_by(straight, dialect, mutant, &options).await;
    // The selection takes what begins so.
    rows.retain(|row| row.check == check.id);
    rows
}

fn only(only: Vec<String>) -> Selection {
    Selection {
        only,
        ..Selection::default()
    }
}

/// The checks of a run on a mutant, which turns once the preflight is over.
async fn judge_by(
    straight: &Straight,
    dialect: Dialect,
    mutant: &Mutant,
    options: &RunOptions,
) -> Vec<Judged> {
    let crooked = Crooked::start(straight, mutant).await.unwrap();
    let mut target = target(straight, crooked.url(), dialect, mutant.needs);
    if mutant.requirement != "subscribe.http2" {
        // No crooked hub speaks it, whatever else it breaks.
        target.claimed.clear();
    }
    let mut turn = |progress| {
        if matches!(progress, Progress::Begins { .. }) {
            crooked.turn();
        }
    };
    rows(run(&target, options, &mut turn).await.unwrap())
}

fn rows(outcome: Outcome) -> Vec<Judged> {
    assert!(
        outcome.usable,
        "the preflight failed: {:?}",
        outcome.preflight
    );
    let judged = outcome.verdicts.into_iter().map(|row| Judged {
        check: row.check,
        requirement: row.requirement,
        level: row.level,
        verdict: row.verdict,
        observed: row.observed,
    });
    judged.collect()
}
