//! The kill matrix: for each requirement that is checked, a crooked hub breaks it, and its check goes red naming it. What else goes
//! red with it is in a table. A plain test makes the checks of the mutant's area, `cargo xtask proof kill-matrix` all of them.
//!
//! The straight hub is `assay hub`, or hubs that run already: `ASSAY_STRAIGHT_HUB_V1_URL` and `ASSAY_STRAIGHT_HUB_V0_URL`
//! (and `…_V1_STRICT_URL` for a hub that refuses anonymous subscribers, `…_V1_SHORT_LIFETIME_URL` and so on for
//! the limits in `straight.rs`, the same with `V0`) with `ASSAY_STRAIGHT_HUB_KEY`.
//! `ASSAY_MUTANT` runs only the mutants whose name contains it, `ASSAY_BLESS=1` makes all checks, and writes the table. A check
//! cannot be added without a mutant.

#![allow(
    clippy::print_stdout,
    reason = "the matrix is what a reader of the test wants to see"
)]

mod collateral;
#[path = "../shared/document.rs"]
mod document;
#[path = "../shared/issuers.rs"]
mod issuers;
mod kill;
mod matrix;
mod published;
mod second_order;
#[path = "../shared/straight.rs"]
mod straight;

use std::collections::BTreeSet;

use assay_client::Dialect;
use assay_crooked::{Mutant, Needs, mutants};
use assay_results::Verdict;

use collateral::Collateral;
use kill::Kill;
use matrix::{Scope, Verdicts, judge_in, judge_straight, own_check};
use published::Part;
use straight::StraightHub;

/// Crooked hubs judged at the same time: they mostly wait.
const AT_ONCE: usize = 12;

/// The verdicts on the straight hubs of a dialect, one for each need.
struct Ground {
    dialect: Dialect,
    is_ours: bool,
    straight: Vec<Verdicts>,
}

#[tokio::test(flavor = "multi_thread")]
async fn each_check_goes_red_on_its_mutant_and_on_no_straight_hub() {
    let wanted = document::wanted();
    let is_blessed = std::env::var("ASSAY_BLESS").is_ok();
    let scope = if wanted.is_some() || is_blessed {
        Scope::Suite
    } else {
        Scope::Area
    };
    let mut collateral = Collateral::read();
    let grounds = [ground(Dialect::V1).await, ground(Dialect::V0).await];
    let mut defects = Vec::new();
    let mut parts = Vec::new();
    for ground in &grounds {
        let dialect = ground.dialect;
        defects.extend(ground.defects());
        defects.extend(published::empty_cells(dialect));
        let kills = kill(ground, scope, &collateral).await;
        println!(
            "{dialect}: {} mutants, {} rows reddened",
            kills.len(),
            reddened(&kills).len()
        );
        defects.extend(kills.iter().filter_map(Kill::defect));
        if std::env::var("ASSAY_MUTANT").is_err() {
            defects.extend(unkilled(dialect, &kills, &ground.straight));
        }
        parts.push(Part { dialect, kills });
    }
    if is_blessed {
        for kill in parts.iter().flat_map(|part| &part.kills) {
            collateral.learn(kill);
        }
        collateral.write();
    }
    if let Some((out, made)) = wanted {
        document::write(&out, &published::document(&parts, &defects, made));
    }
    assert!(
        defects.is_empty(),
        "{} defects:\n{}",
        defects.len(),
        defects.join("\n")
    );
}

async fn ground(dialect: Dialect) -> Ground {
    let hubs: Vec<_> = Needs::ALL
        .map(|needs| StraightHub::start(dialect, needs))
        .into();
    let mut straight = Vec::new();
    for hub in &hubs {
        straight.push(judge_straight(hub).await);
    }
    Ground {
        dialect,
        is_ours: hubs.iter().all(StraightHub::is_ours),
        straight,
    }
}

impl Ground {
    fn defects(&self) -> Vec<String> {
        let verdicts = self.straight.iter();
        let mut defects: Vec<_> = verdicts
            .flat_map(|verdicts| red_though_straight(self.dialect, verdicts))
            .collect();
        if self.is_ours {
            defects.extend(judged_though_absent(self.dialect, &self.straight[1]));
        }
        defects
    }
}

/// Judges each mutant of a dialect whose requirement is checked, before a straight hub of its own: what one leaves behind in a hub
/// others would see.
async fn kill<'s>(ground: &'s Ground, scope: Scope, collateral: &Collateral) -> Vec<Kill<'s>> {
    let dialect = ground.dialect;
    let mut waiting = checked_mutants(dialect);
    let all = waiting.len();
    let mut running = tokio::task::JoinSet::new();
    let mut kills = Vec::new();
    loop {
        while running.len() < AT_ONCE {
            let Some(mutant) = waiting.pop() else { break };
            let hub = StraightHub::start(dialect, mutant.needs);
            let expected = collateral.of(mutant);
            running.spawn(async move {
                let rows = judge_in(scope, &hub.described(), dialect, mutant, &expected).await;
                drop(hub);
                (mutant, expected, rows)
            });
        }
        let Some(judged) = running.join_next().await else {
            return kills;
        };
        let (mutant, collateral, rows) = judged.unwrap();
        let kill = Kill {
            mutant,
            check: own_check(dialect, mutant).id,
            rows,
            straight: &ground.straight[place(mutant)],
            collateral,
        };
        let others = kill.other_reds().count();
        kills.push(kill);
        println!(
            "{dialect}: {} of {all}: {}: {others} others",
            kills.len(),
            mutant.name
        );
    }
}

/// The mutants whose requirement has a check, as far as the environment wants them.
fn checked_mutants(dialect: Dialect) -> Vec<&'static Mutant> {
    let wanted = std::env::var("ASSAY_MUTANT").unwrap_or_default();
    let checked: BTreeSet<_> = rows(dialect)
        .into_iter()
        .map(|(_, requirement)| requirement)
        .collect();
    let mut of_dialect: Vec<&Mutant> = mutants::all()
        .filter(|mutant| {
            mutant.dialect.as_str() == dialect.as_str() && mutant.name.contains(&wanted)
        })
        .collect();
    of_dialect.retain(|mutant| {
        let is_checked = checked.contains(mutant.requirement);
        if !is_checked {
            println!(
                "{dialect} {}: a mutant waits for its check",
                mutant.requirement
            );
        }
        is_checked
    });
    of_dialect
}

/// Which of the straight hubs a mutant needs.
fn place(mutant: &Mutant) -> usize {
    let needed = Needs::ALL.iter().position(|&needs| needs == mutant.needs);
    needed.unwrap()
}

fn red_though_straight(dialect: Dialect, verdicts: &Verdicts) -> Vec<String> {
    let red = |verdict: &&Verdict| {
        !matches!(
            verdict,
            Verdict::Pass | Verdict::Note | Verdict::Unsupported
        )
    };
    verdicts
        .iter()
        .filter(|(_, verdict)| red(verdict))
        .map(|(row, verdict)| format!("{dialect} {row}: {verdict} on the straight hub"))
        .collect()
}

/// The second straight hub has no active subscriptions: a rule about them that is judged there was judged by something else.
fn judged_though_absent(dialect: Dialect, verdicts: &Verdicts) -> Vec<String> {
    verdicts
        .iter()
        .filter(|(row, verdict)| {
            row.contains(" subscriptions.") && **verdict != Verdict::Unsupported
        })
        .map(|(row, verdict)| format!("{dialect} {row}: {verdict} without the feature"))
        .collect()
}

/// The rows which no mutant of their requirement reddens, though the straight hub has what they need.
fn unkilled(dialect: Dialect, kills: &[Kill<'_>], straight: &[Verdicts]) -> Vec<String> {
    let reddened = reddened(kills);
    let mut defects = Vec::new();
    for (check, requirement) in rows(dialect) {
        let row = format!("{check} {requirement}");
        let shown =
            |verdicts: &Verdicts| !matches!(verdicts.get(&row), None | Some(Verdict::Unsupported));
        if !straight.iter().any(shown) {
            match published::not_shown(requirement) {
                Some(reason) => println!("{dialect} {row}: not shown: {reason}"),
                None => defects.push(format!(
                    "{dialect} {row}: no straight hub has what it needs, and no reason is given"
                )),
            }
        } else if !reddened.contains(&row) {
            defects.push(format!(
                "{dialect} {row}: checked, but no mutant of it turns it red"
            ));
        }
    }
    defects
}

/// The rows that the mutants of their own requirement reddened.
fn reddened(kills: &[Kill<'_>]) -> BTreeSet<String> {
    kills
        .iter()
        .flat_map(|kill| kill.own_reds().map(matrix::Judged::key))
        .collect()
}

/// Each check with each requirement that it judges.
fn rows(dialect: Dialect) -> Vec<(&'static str, &'static str)> {
    let rows = |check: assay_conformance::CheckInfo| {
        check
            .judges
            .into_iter()
            .map(move |(requirement, _)| (check.id, requirement))
    };
    assay_conformance::checks(dialect)
        .into_iter()
        .flat_map(rows)
        .collect()
}
