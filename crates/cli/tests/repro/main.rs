//! Scripts that reproduce: of a mutant, the script that its red check leaves shows the wrong answer, and on the same hub before it turned
//! the right one. What a script prints, freed of what differs each time, has to tell the two hubs apart, and to be the same twice on
//! the right one.
//!
//! In a plain test a sample of the mutants, whose seed is printed (`ASSAY_SEED`); all of them for `cargo xtask proof repro`.

#![allow(
    clippy::print_stdout,
    reason = "what it found is what a reader of the test wants to see"
)]

#[path = "../shared/document.rs"]
mod document;
#[path = "../shared/issuers.rs"]
mod issuers;
mod printed;
mod published;
#[path = "../shared/straight.rs"]
#[allow(dead_code, reason = "the kill matrix needs all of it")]
mod straight;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

use assay_client::Dialect;
use assay_conformance::{Progress, RunOptions, Selection, checks, run};
use assay_crooked::{Crooked, Mutant, Needs, mutants};
use assay_results::{Verdict, VerdictRow};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use printed::freed;
use straight::{StraightHub, target};

/// Mutants that a plain test looks at.
const SAMPLE: usize = 40;
/// Scripts at the same time: they mostly wait for streams.
const AT_ONCE: usize = 8;

/// Mutants that need nothing to be turned.
const OF_EACH_CROOKED_HUB: &[&str] = &["http-1-only"];

/// What became of the script of one mutant.
pub(crate) struct Reproduced {
    pub(crate) mutant: &'static Mutant,
    pub(crate) check: String,
    pub(crate) came: Came,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Came {
    /// The script tells the hubs apart.
    Shown,
    /// The check noted what the draft allows: that is not red, and leaves no script.
    Noted,
    /// The check was not red, so that there is no script.
    NoScript,
    /// It prints the same on both.
    Hidden,
    /// It prints something else each time on the right hub.
    Unsteady(String),
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_shows_what_its_check_saw() {
    let wanted = document::wanted();
    let seed = std::env::var("ASSAY_SEED");
    let seed: u64 = seed.map_or_else(|_| rand::random(), |seed| seed.parse().unwrap());
    println!("repro: ASSAY_SEED={seed}");
    let mut sample = reproducible();
    if wanted.is_none() {
        sample.shuffle(&mut StdRng::seed_from_u64(seed));
        sample.truncate(SAMPLE);
    }
    let reproduced = reproduce_all(sample).await;
    let defects = published::defects(&reproduced);
    if let Some((out, made)) = wanted {
        document::write(&out, &published::document(&reproduced, &defects, made));
    }
    assert!(
        defects.is_empty(),
        "{} of {} scripts do not reproduce (ASSAY_SEED={seed}):\n{}",
        defects.len(),
        reproduced.len(),
        defects.join("\n")
    );
}

/// The mutants whose check runs on a usual hub, and whose script is not known to show nothing.
fn reproducible() -> Vec<&'static Mutant> {
    let wanted = std::env::var("ASSAY_MUTANT").unwrap_or_default();
    let checked: BTreeSet<_> = Dialect::ALL
        .into_iter()
        .flat_map(|dialect| {
            checks(dialect)
                .into_iter()
                .map(move |check| (dialect, check))
        })
        .flat_map(|(dialect, check)| {
            let judges = check.judges.into_iter();
            judges.map(move |(requirement, _)| (dialect.as_str(), requirement))
        })
        .collect();
    mutants::all()
        .filter(|mutant| {
            mutant.name.contains(&wanted)
                && matches!(mutant.needs, Needs::Anything | Needs::NoAnonymous)
                && checked.contains(&(mutant.dialect.as_str(), mutant.requirement))
                && published::not_by_script(mutant.requirement).is_none()
        })
        .collect()
}

async fn reproduce_all(mut waiting: Vec<&'static Mutant>) -> Vec<Reproduced> {
    let mut running = tokio::task::JoinSet::new();
    let mut all = Vec::new();
    loop {
        while running.len() < AT_ONCE
            && let Some(mutant) = waiting.pop()
        {
            running.spawn(reproduce(mutant));
        }
        let Some(reproduced) = running.join_next().await else {
            break;
        };
        let reproduced = reproduced.unwrap();
        println!(
            "repro: {} {}: {:?}",
            reproduced.mutant.dialect.as_str(),
            reproduced.mutant.name,
            reproduced.came
        );
        all.push(reproduced);
    }
    all.sort_by_key(|reproduced| (reproduced.mutant.requirement, reproduced.mutant.name));
    all
}

async fn reproduce(mutant: &'static Mutant) -> Reproduced {
    let row = row(mutant).await;
    let check = row.as_ref().map(|row| row.check.clone());
    let check = check.unwrap_or_default();
    let is_noted = row.as_ref().is_some_and(|row| row.verdict == Verdict::Note);
    let Some(script) = row.and_then(|row| row.repro) else {
        let came = if is_noted {
            Came::Noted
        } else {
            Came::NoScript
        };
        return Reproduced {
            mutant,
            check,
            came,
        };
    };
    let right = printed_by(&script, mutant, false).await;
    let again = printed_by(&script, mutant, false).await;
    let came = if right != again {
        Came::Unsteady(printed::first_difference(&right, &again))
    } else if right == printed_by(&script, mutant, true).await {
        Came::Hidden
    } else {
        Came::Shown
    };
    Reproduced {
        mutant,
        check,
        came,
    }
}

fn dialect(mutant: &Mutant) -> Dialect {
    match mutant.dialect {
        assay_crooked::Dialect::V1 => Dialect::V1,
        assay_crooked::Dialect::V0 => Dialect::V0,
    }
}

/// What the script prints on the mutant, or on the same proxy that never turns: what it adds to a message is on both sides. Each time
/// on a hub of its own, since some scripts show who is there.
async fn printed_by(script: &str, mutant: &Mutant, turned: bool) -> Vec<String> {
    let hub = StraightHub::start(dialect(mutant), mutant.needs);
    let straight = hub.described();
    let crooked = Crooked::start(&straight, mutant).await.unwrap();
    if turned {
        crooked.turn();
    }
    // What every crooked hub does, one that has not turned does too.
    let url = if !turned && OF_EACH_CROOKED_HUB.contains(&mutant.name) {
        straight.url.clone()
    } else {
        crooked.url().to_owned()
    };
    let script = script.to_owned();
    let shown = tokio::task::spawn_blocking(move || {
        freed(&shown_by(&script, &url, &straight.secret), &script, &url)
    });
    shown.await.unwrap()
}

/// The row that the mutant reddens, or in which what it does is noted.
async fn row(mutant: &Mutant) -> Option<VerdictRow> {
    let hub = StraightHub::start(dialect(mutant), mutant.needs);
    let straight = hub.described();
    let crooked = Crooked::start(&straight, mutant).await.unwrap();
    let target = target(&straight, crooked.url(), hub.dialect, mutant.needs);
    let options = RunOptions {
        selection: Selection {
            only: vec![mutant.requirement.to_owned()],
            ..Selection::default()
        },
        lanes: 4,
        ..RunOptions::default()
    };
    let mut turn = |progress| {
        if matches!(progress, Progress::Begins { .. }) {
            crooked.turn();
        }
    };
    let outcome = run(&target, &options, &mut turn).await.unwrap();
    let rows = outcome.verdicts.into_iter();
    let mut rows: Vec<_> = rows
        .filter(|row| row.requirement == mutant.requirement)
        .filter(|row| row.repro.is_some() || row.verdict == Verdict::Note)
        .collect();
    // Where several checks judge it, the one that is red.
    rows.sort_by_key(|row| row.repro.is_none());
    rows.into_iter().next()
}

/// What the script prints on the hub at that URL.
fn shown_by(script: &str, url: &str, key: &str) -> String {
    // As a run leaves it: no command line takes the longest of them.
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(script.as_bytes()).unwrap();
    let output = Command::new("bash")
        .arg(file.path())
        .env("HUB", url)
        .env("PUBLISH_HUB", url)
        .env("ASSAY_PUBLISHER_JWT_KEY", key)
        .env("ASSAY_SUBSCRIBER_JWT_KEY", key)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}
