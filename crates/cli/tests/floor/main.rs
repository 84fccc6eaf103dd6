//! The floor: on hubs that implement nothing, no check of a MUST or SHOULD passes, although the preflight's stop is off; on hubs that
//! do one thing wrongly to all, none of what they break. [`broken`] lists which that is.
//!
//! One test, which prints the table hubs × verdicts and writes it where `cargo xtask proof floor` asks for it.

#![allow(
    clippy::print_stdout,
    reason = "the table is what a reader of the test wants to see"
)]

mod broken;
#[path = "../shared/document.rs"]
mod document;
#[path = "../shared/issuers.rs"]
mod issuers;
mod published;
#[path = "../shared/straight.rs"]
#[allow(dead_code, reason = "the kill matrix needs all of it")]
mod straight;

use assay_client::Dialect;
use assay_conformance::{RunOptions, Target, run};
use assay_crooked::{
    Crooked, NULL_HUBS, Needs, Null, NullHub, Straight, WRONG_BEFORE_A_STRAIGHT_HUB, WRONG_TO_ALL,
};
use assay_results::{Level, VerdictRow};

use straight::{ORIGIN, StraightHub, target};

/// A hub on which some rows must not pass.
pub(crate) struct Floor {
    pub(crate) hub: &'static str,
    pub(crate) kind: Kind,
    pub(crate) rows: Vec<VerdictRow>,
    /// Beginnings of the ids of what must not pass; on a hub that does nothing, all ids begin so.
    broken: &'static [&'static str],
}

/// What is wrong with a hub.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Nothing,
    WrongToAll,
}

impl Floor {
    /// The MUST and SHOULD that the hub breaks.
    pub(crate) fn barred(&self) -> impl Iterator<Item = &VerdictRow> {
        let is_broken = |row: &&VerdictRow| {
            row.level != Level::May
                && self
                    .broken
                    .iter()
                    .any(|beginning| row.requirement.starts_with(beginning))
        };
        self.rows.iter().filter(is_broken)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_passes_of_what_a_hub_does_not_do() {
    let wanted = document::wanted();
    let mut floors = Vec::new();
    let mut running = tokio::task::JoinSet::new();
    for null in NULL_HUBS {
        running.spawn(on_null(null, Kind::Nothing, &[""]));
    }
    for null in WRONG_TO_ALL {
        running.spawn(on_null(null, Kind::WrongToAll, broken::EVERYONE));
    }
    while let Some(floor) = running.join_next().await {
        floors.push(floor.unwrap());
    }
    floors.extend(on_wrong().await);
    floors.sort_by_key(|floor| (floor.kind != Kind::Nothing, floor.hub));
    let defects = published::defects(&floors);
    println!("{}", published::text(&floors));
    if let Some((out, made)) = wanted {
        document::write(&out, &published::document(&floors, &defects, made));
    }
    assert!(
        defects.is_empty(),
        "{} defects:\n{}",
        defects.len(),
        defects.join("\n")
    );
}

async fn on_null(null: &'static Null, kind: Kind, broken: &'static [&'static str]) -> Floor {
    let hub = NullHub::start(null).await.unwrap();
    let described = Straight {
        url: hub.url(),
        secret: "of a hub that reads no token: long enough to sign one".to_owned(),
        issuer: "https://localhost".to_owned(),
        publish_origin: ORIGIN.to_owned(),
        issuers: Vec::new(),
    };
    let mut rows = Vec::new();
    for dialect in Dialect::ALL {
        rows.extend(
            judge(
                &target(&described, &described.url, dialect, Needs::NoAnonymous),
                512,
            )
            .await,
        );
    }
    Floor {
        hub: null.name,
        kind,
        rows,
        broken,
    }
}

/// Each hub that is wrong before a straight one, and the straight one that speaks the other dialect.
async fn on_wrong() -> Vec<Floor> {
    let broken_by = [
        broken::EVERY_TOKEN,
        broken::EVERY_ORIGIN,
        broken::NO_PAST,
        broken::NO_WORD,
    ];
    let mut floors: Vec<_> = WRONG_BEFORE_A_STRAIGHT_HUB
        .iter()
        .zip(broken_by)
        .map(|(wrong, broken)| Floor {
            hub: wrong.name,
            kind: Kind::WrongToAll,
            rows: Vec::new(),
            broken,
        })
        .collect();
    let mut other = Floor {
        hub: "speaks the other dialect alone",
        kind: Kind::WrongToAll,
        rows: Vec::new(),
        broken: broken::OTHER_DIALECT,
    };
    for dialect in Dialect::ALL {
        let hub = StraightHub::start(dialect, Needs::Anything);
        for (floor, wrong) in floors.iter_mut().zip(WRONG_BEFORE_A_STRAIGHT_HUB) {
            let straight = hub.described();
            let crooked = Crooked::wrong(&straight, crooked_dialect(dialect), wrong);
            let crooked = crooked.await.unwrap();
            let target = target(&straight, crooked.url(), dialect, Needs::Anything);
            floor.rows.extend(judge(&target, 16).await);
        }
        let [old, new] = Dialect::ALL;
        let unspoken = if dialect == old { new } else { old };
        let target = target(&hub.described(), &hub.url, unspoken, Needs::Anything);
        other.rows.extend(judge(&target, 64).await);
    }
    floors.push(other);
    floors
}

/// The crooked hubs know no other crate.
fn crooked_dialect(dialect: Dialect) -> assay_crooked::Dialect {
    match dialect {
        Dialect::V1 => assay_crooked::Dialect::V1,
        Dialect::V0 => assay_crooked::Dialect::V0,
    }
}

/// All checks, whatever the preflight says. Where a hub does nothing, waiting is all that a check does, so that many may wait at once.
async fn judge(target: &Target, lanes: usize) -> Vec<VerdictRow> {
    let options = RunOptions {
        force: true,
        lanes,
        once: true,
        ..RunOptions::default()
    };
    run(target, &options, &mut |_| {}).await.unwrap().verdicts
}
