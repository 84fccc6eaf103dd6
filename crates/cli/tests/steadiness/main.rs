//! Steadiness: no verdict hangs on the order of the checks, on how fast the hub answers, on who else uses it or the machine; and
//! whatever a hub does, `assay check` ends in time, in little memory, with its report.
//!
//! One test, since its parts would slow each other down. `ASSAY_SEED` repeats the shuffles; `ASSAY_PROOF_ROUNDS` says how many, in
//! `cargo xtask proof steadiness` a hundred.

#![allow(
    clippy::print_stdout,
    reason = "what it found is what a reader of the test wants to see"
)]

#[path = "../shared/document.rs"]
mod document;
mod hostile;
#[path = "../shared/issuers.rs"]
mod issuers;
mod ordeal;
mod published;
#[path = "../shared/straight.rs"]
#[allow(dead_code, reason = "the kill matrix needs all of it")]
mod straight;

use std::env::var;

use assay_client::Dialect;
use assay_crooked::Needs;

use ordeal::{Found, Ordeal, Round, judge};
use straight::{StraightHub, target};

/// At every commit: each ordeal once.
const ROUNDS_IN_CI: usize = Ordeal::ALL.len();
/// Suites at the same time on one hub, when the document of the proof is wanted; at every commit fewer, beside other tests.
const SUITES_TOGETHER: usize = 8;
const SUITES_TOGETHER_IN_CI: usize = 3;
/// Hostile hubs that are visited at every commit; all, when the document is wanted.
const HOSTILE_IN_CI: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn no_verdict_changes_and_every_run_ends() {
    let wanted = document::wanted();
    let rounds = var("ASSAY_PROOF_ROUNDS").map_or(ROUNDS_IN_CI, |rounds| rounds.parse().unwrap());
    let seed: u64 = var("ASSAY_SEED").map_or_else(|_| rand::random(), |seed| seed.parse().unwrap());
    println!("steadiness: ASSAY_SEED={seed}");
    let hubs =
        [Dialect::V1, Dialect::V0].map(|dialect| StraightHub::start(dialect, Needs::Anything));
    let [new, old] = &hubs;
    let expected = [judge(new, &new.url, 0).await, judge(old, &old.url, 0).await];
    let mut shuffled = Vec::new();
    for number in 0..rounds {
        let ordeal = Ordeal::ALL[number % Ordeal::ALL.len()];
        let seed = seed.wrapping_add(number as u64);
        let both = tokio::join!(
            ordeal.endure(new, seed, &expected[0]),
            ordeal.endure(old, seed, &expected[1]),
        );
        shuffled.extend([both.0, both.1]);
    }
    let (suites, hostile_hubs) = if wanted.is_some() {
        (SUITES_TOGETHER, usize::MAX)
    } else {
        (SUITES_TOGETHER_IN_CI, HOSTILE_IN_CI)
    };
    let mut together = Vec::new();
    for (hub, expected) in hubs.iter().zip(&expected) {
        together.extend(beside_each_other(hub, suites, seed, expected).await);
    }
    let ends = hostile::visit(hostile_hubs, seed).await;
    let defects = published::defects(&shuffled, &together, &ends);
    if let Some((out, made)) = wanted {
        let proof = published::document(&shuffled, &together, &ends, &defects, made);
        document::write(&out, &proof);
    }
    assert!(
        defects.is_empty(),
        "{} defects (ASSAY_SEED={seed}):\n{}",
        defects.len(),
        defects.join("\n")
    );
}

/// Several suites on one hub.
async fn beside_each_other(
    hub: &StraightHub,
    suites: usize,
    seed: u64,
    expected: &Found,
) -> Vec<Round> {
    let suites = (0..suites).map(|number| {
        let target = target(&hub.described(), &hub.url, hub.dialect, hub.needs);
        tokio::spawn(ordeal::run_suite(target, seed.wrapping_add(number as u64)))
    });
    let mut rounds = Vec::new();
    for suite in suites.collect::<Vec<_>>() {
        let found = suite.await.unwrap();
        rounds.push(Round::of(
            hub.dialect,
            "other suites on the hub",
            seed,
            &found,
            expected,
        ));
    }
    rounds
}
