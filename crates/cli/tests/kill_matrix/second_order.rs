//! Second-order: each check is made weaker at run time, through its data, and the suite's own tests notice: the kill matrix,
//! whose mutant stays green, or the floor, where a hub that does nothing passes.
//!
//! In a plain test a sample of the checks, whose seed is printed (`ASSAY_SEED`); all of them for `cargo xtask proof second-order`.

use std::collections::{BTreeMap, BTreeSet};

use assay_client::Dialect;
use assay_conformance::{CheckInfo, RunOptions, Weakening, checks, run};
use assay_crooked::{Mutant, NULL_HUBS, Needs, Null, NullHub, Straight};
use assay_results::{Figure, Level, Making, Proof, ProofFindings, ProofTable, Verdict, VerdictRow};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

use crate::matrix::judge_crooked;
use crate::straight::{ORIGIN, StraightHub, target};
use crate::{AT_ONCE, checked_mutants, document, published};

/// Checks of each dialect that a plain test looks at.
const SAMPLE: usize = 30;

/// What became of one row of a weakened check.
struct Weakened {
    dialect: Dialect,
    check: &'static str,
    requirement: &'static str,
    weakening: Weakening,
    /// Which test noticed, and by what; or why none did.
    outcome: Result<String, String>,
}

#[tokio::test(flavor = "multi_thread")]
async fn weaker_checks_are_noticed() {
    let wanted = document::wanted();
    let seed = std::env::var("ASSAY_SEED").ok();
    let seed = seed.map_or_else(|| rand::rng().random(), |seed| seed.parse().unwrap());
    println!("second-order: ASSAY_SEED={seed}");
    let mut rows = Vec::new();
    for dialect in [Dialect::V1, Dialect::V0] {
        let mut sample = checks(dialect);
        if wanted.is_none() {
            sample.shuffle(&mut StdRng::seed_from_u64(seed));
            sample.truncate(SAMPLE);
        }
        rows.extend(weakened(dialect, &sample).await);
    }
    for weakening in Weakening::ALL {
        let (noticed, all) = counts(&rows, weakening);
        println!(
            "second-order: {}: {noticed} of {all} rows noticed",
            weakening.as_str()
        );
    }
    if let Some((out, made)) = wanted {
        document::write(&out, &document(&rows, made));
    }
    let blind = rows
        .iter()
        .filter(|row| row.weakening == Weakening::NoAssertion);
    let blind = blind.filter_map(|row| {
        let reason = row.outcome.as_ref().err()?;
        Some(format!("{} {}: {reason}", row.check, row.requirement))
    });
    let blind: Vec<_> = blind.collect();
    assert!(
        blind.is_empty(),
        "nothing notices that the assertion is gone (ASSAY_SEED={seed}):\n{}",
        blind.join("\n")
    );
}

async fn weakened(dialect: Dialect, sample: &[CheckInfo]) -> Vec<Weakened> {
    let mut rows = Vec::new();
    for weakening in Weakening::ALL {
        let floor = floor(dialect, sample, weakening).await;
        // Without controls a mutant is as red as before: only hubs on which controls fail can tell.
        let reds = match weakening {
            Weakening::NoControls => None,
            _ => Some(reds(dialect, sample, weakening).await),
        };
        for check in sample {
            for (requirement, _) in &check.judges {
                let key = format!("{} {requirement}", check.id);
                if published::not_shown(requirement).is_some() {
                    continue;
                }
                rows.push(Weakened {
                    dialect,
                    check: check.id,
                    requirement,
                    weakening,
                    outcome: outcome(&key, &floor, reds.as_ref()),
                });
            }
        }
    }
    rows
}

/// The mutants that a row was asked about, and those that reddened it, by its key.
type Reds = BTreeMap<String, (BTreeSet<&'static str>, BTreeSet<&'static str>)>;
/// Verdicts on the null hubs, by the key of the row.
type Floor = BTreeMap<String, Vec<(&'static str, Level, Verdict)>>;

fn outcome(key: &str, floor: &Floor, reds: Option<&Reds>) -> Result<String, String> {
    let none = Default::default();
    let (asked, red) = reds.and_then(|reds| reds.get(key)).unwrap_or(&none);
    if let Some(green) = asked.first().filter(|_| red.is_empty()) {
        return Ok(format!("kill matrix: {green} stays green"));
    }
    let on_nulls = floor.get(key).map_or(&[][..], Vec::as_slice);
    let barred = |(_, level, verdict): &&(&str, Level, Verdict)| {
        *level != Level::May && *verdict == Verdict::Pass
    };
    if let Some((hub, ..)) = on_nulls.iter().find(barred) {
        return Ok(format!("floor: passes on “{hub}”"));
    }
    Err(match red.first() {
        Some(mutant) => format!("{mutant} breaks more than was taken away, and is red still"),
        None => why_floor_is_silent(on_nulls),
    })
}

fn why_floor_is_silent(on_nulls: &[(&'static str, Level, Verdict)]) -> String {
    let count = |wanted: &[Verdict]| {
        let of = on_nulls
            .iter()
            .filter(|(.., verdict)| wanted.contains(verdict));
        of.count()
    };
    if on_nulls.iter().any(|(_, level, _)| *level == Level::May) {
        return "a permission, which the floor does not bar from passing".to_owned();
    }
    let (red, open) = (
        count(&[Verdict::Fail, Verdict::Warn, Verdict::Flaky]),
        count(&[Verdict::Inconclusive, Verdict::Unsupported]),
    );
    format!(
        "no null hub does what it asserts: without controls it is red on {red} of them, where it was inconclusive, and \
         on {open} still not measurable (no stream opens, or no connection)"
    )
}

/// All mutants of the sample's requirements, judged by weakened checks.
async fn reds(dialect: Dialect, sample: &[CheckInfo], weakening: Weakening) -> Reds {
    let judged: BTreeSet<_> = sample
        .iter()
        .flat_map(|check| check.judges.iter().map(|(requirement, _)| *requirement))
        .collect();
    let mut waiting = checked_mutants(dialect);
    waiting.retain(|mutant| judged.contains(mutant.requirement));
    let mut running = tokio::task::JoinSet::new();
    let mut reds = Reds::new();
    loop {
        while running.len() < AT_ONCE {
            let Some(mutant) = waiting.pop() else { break };
            let hub = StraightHub::start(dialect, mutant.needs);
            running.spawn(async move {
                let judged =
                    judge_crooked(&hub.described(), dialect, mutant, Some(weakening)).await;
                drop(hub);
                (mutant, judged)
            });
        }
        let Some(judged) = running.join_next().await else {
            return reds;
        };
        let (mutant, rows): (&Mutant, _) = judged.unwrap();
        for row in rows
            .iter()
            .filter(|row| row.requirement == mutant.requirement)
        {
            let (asked, red) = reds.entry(row.key()).or_default();
            asked.insert(mutant.name);
            if matches!(row.verdict, Verdict::Fail | Verdict::Warn) {
                red.insert(mutant.name);
            }
        }
    }
}

/// The sample on each hub that does nothing.
async fn floor(dialect: Dialect, sample: &[CheckInfo], weakening: Weakening) -> Floor {
    let only: Vec<_> = sample.iter().map(|check| check.id.to_owned()).collect();
    let mut running = tokio::task::JoinSet::new();
    for null in NULL_HUBS {
        let only = only.clone();
        running.spawn(async move {
            let rows = judge_null(null, dialect, only, weakening).await;
            (null.name, rows)
        });
    }
    let mut floor = Floor::new();
    while let Some(judged) = running.join_next().await {
        let (name, rows) = judged.unwrap();
        for row in rows {
            let key = format!("{} {}", row.check, row.requirement);
            let on_nulls = floor.entry(key).or_default();
            on_nulls.push((name, row.level, row.verdict));
        }
    }
    for on_nulls in floor.values_mut() {
        on_nulls.sort_unstable();
    }
    floor
}

async fn judge_null(
    null: &Null,
    dialect: Dialect,
    only: Vec<String>,
    weakening: Weakening,
) -> Vec<VerdictRow> {
    let hub = NullHub::start(null).await.unwrap();
    let described = Straight {
        url: hub.url(),
        secret: "of a hub that reads no token: long enough to sign one".to_owned(),
        issuer: "https://localhost".to_owned(),
        publish_origin: ORIGIN.to_owned(),
        issuers: Vec::new(),
    };
    let target = target(&described, &described.url, dialect, Needs::Anything);
    // Waiting is all that a check does here, so all of them may wait at once.
    let mut options = RunOptions {
        force: true,
        lanes: 512,
        once: true,
        weakening: Some(weakening),
        ..RunOptions::default()
    };
    options.selection.only = only;
    run(&target, &options, &mut |_| {}).await.unwrap().verdicts
}

fn counts(rows: &[Weakened], weakening: Weakening) -> (usize, usize) {
    let of: Vec<_> = rows
        .iter()
        .filter(|row| row.weakening == weakening)
        .collect();
    (
        of.iter().filter(|row| row.outcome.is_ok()).count(),
        of.len(),
    )
}

fn document(rows: &[Weakened], made: Making) -> Proof {
    let mut table = ProofTable::new(
        "Each row of each check, made weaker",
        "Assertion removed: whatever is observed passes. Expectation widened: the last part of it is gone, or a status may be any of \
         its class, an answer any answer, a named outcome any other. Controls dropped: what should work and does not stops \
         the check no longer.",
        [
            "check",
            "requirement",
            "taken away",
            "tests",
            "which, or why not",
        ],
    );
    for row in rows {
        let (came, why) = match &row.outcome {
            Ok(by) => ("noticed", by),
            Err(why) => ("survives", why),
        };
        let cells = [
            row.check,
            row.requirement,
            row.weakening.as_str(),
            came,
            why,
        ];
        let heading = format!("{} · {} · {came}", row.dialect, row.weakening.as_str());
        table.push(&heading, cells.map(str::to_owned));
    }
    let figure = |weakening: Weakening| {
        let (noticed, all) = counts(rows, weakening);
        Figure {
            label: format!("{}, noticed", weakening.as_str()),
            value: format!("{noticed} of {all}"),
        }
    };
    let checks: BTreeSet<_> = rows.iter().map(|row| row.check).collect();
    let (noticed, all) = counts(rows, Weakening::NoAssertion);
    Proof::new(ProofFindings {
        name: "second-order".to_owned(),
        question: "If a check were weaker than it should be, would a test of the suite notice?"
            .to_owned(),
        sentence: format!(
            "Of {} checks, {noticed} of {all} rows whose assertion is removed are noticed by the kill matrix or the floor.",
            checks.len()
        ),
        holds: noticed == all,
        made,
        figures: Weakening::ALL.map(figure).into(),
        tables: vec![table],
        notes: Vec::new(),
    })
}
