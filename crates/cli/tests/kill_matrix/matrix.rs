//! Judges a hub, straight or crooked, and keeps what the matrix needs of the verdicts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use assay_client::{Algorithm, Dialect, Endpoint, EndpointOptions, HubUrl, SigningKey};
use assay_conformance::{
    DialectChoice, HttpVersion, Outcome, Progress, RoleCredential, RunOptions, Selection, Target,
    Weakening, run,
};
use assay_crooked::{Crooked, Mutant, Needs, Straight, mutants};
use assay_results::{Level, Verdict};

use crate::straight::{ORIGIN, StraightHub, limits};

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
    let crooked = Crooked::start(&straight, mutant).await.unwrap();
    let target = target(&straight, crooked.url(), dialect, mutant.needs);
    let options = RunOptions {
        selection: Selection {
            only: vec![mutant.requirement.to_owned()],
            ..Selection::default()
        },
        lanes: 4,
        weakening,
        ..RunOptions::default()
    };
    let mut turn = |progress| {
        if matches!(progress, Progress::Begins { .. }) {
            crooked.turn();
        }
    };
    let rows = rows(run(&target, &options, &mut turn).await.unwrap());
    // The filter takes prefixes, so it may have taken checks of other requirements too.
    let own = rows
        .iter()
        .filter(|row| row.requirement == mutant.requirement);
    let checks: BTreeSet<String> = own.map(|row| row.check.clone()).collect();
    rows.into_iter()
        .filter(|row| checks.contains(&row.check))
        .collect()
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

pub(crate) fn target(straight: &Straight, url: &str, dialect: Dialect, needs: Needs) -> Target {
    let key = SigningKey::from_secret(Algorithm::Hs256, straight.secret.as_bytes()).unwrap();
    let hub: HubUrl = url.parse().unwrap();
    Target {
        endpoint: Endpoint::new(EndpointOptions::for_url(hub)).unwrap(),
        http: HttpVersion::Http1,
        dialects: vec![DialectChoice {
            dialect,
            evidence: "asked for by the test".to_owned(),
        }],
        publisher: RoleCredential::Key(key.clone()),
        subscriber: RoleCredential::Key(key),
        issuer: straight.issuer.clone(),
        audience: url.to_owned(),
        allowed_origin: Some(ORIGIN.to_owned()),
        foreign_origin: "https://evil.example".to_owned(),
        publish_origin: Some(ORIGIN.to_owned()),
        cookie_name: None,
        claimed: Vec::new(),
        limits: limits(needs),
        variants: Vec::new(),
    }
}
