//! Judges a hub, straight or crooked, and keeps what the matrix needs of the verdicts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use assay_client::Dialect;
use assay_conformance::{Outcome, Progress, RunOptions, Selection, Weakening, run};
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
    if !matches!(hub.needs, Needs::Anything | Needs::NoAnonymous) {
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

/// The checks that judge a mutant's requirement, on a hub that breaks it.
pub(crate) async fn judge_crooked(
    straight: Straight,
    dialect: Dialect,
    mutant: &Mutant,
    weakening: Option<Weakening>,
) -> Vec<Judged> {
    let options = RunOptions {
        selection: Selection {
            only: vec![mutant.requirement.to_owned()],
            ..Selection::default()
        },
        lanes: 4,
        weakening,
        ..RunOptions::default()
    };
    let rows = judge_by(straight, dialect, mutant, &options).await;
    // The filter takes prefixes, so it may have taken checks of other requirements too.
    let own = rows
        .iter()
        .filter(|row| row.requirement == mutant.requirement);
    let checks: BTreeSet<String> = own.map(|row| row.check.clone()).collect();
    rows.into_iter()
        .filter(|row| checks.contains(&row.check))
        .collect()
}

/// The checks of a run on a mutant, which turns once the preflight is over.
async fn judge_by(
    straight: Straight,
    dialect: Dialect,
    mutant: &Mutant,
    options: &RunOptions,
) -> Vec<Judged> {
    let crooked = Crooked::start(&straight, mutant).await.unwrap();
    let target = target(&straight, crooked.url(), dialect, mutant.needs);
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
