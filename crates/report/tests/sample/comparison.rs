//! Comparisons: two hubs in pairs of which one is left out, and two saved runs.

use std::collections::BTreeMap;

use assay_results::*;

use super::{Dice, environment, target};

/// Each figure at a, and how many times as much it is at b.
const FIGURES: [(Compared, f64, f64); 6] = [
    (Compared::EventLastP50, 6_100.0, 1.02),
    (Compared::EventLastP99, 21_000.0, 1.35),
    (Compared::DeliveryP50, 2_900.0, 1.01),
    (Compared::DeliveryP99, 11_800.0, 1.04),
    (Compared::PublishResponseP99, 900.0, 0.99),
    (Compared::HubCpuADelivery, 6.2, 0.55),
];

fn side(name: &str) -> ComparisonSide {
    ComparisonSide {
        name: name.to_owned(),
        target: Some(target(&[Dialect::V1])),
    }
}

fn pairs() -> Evidence {
    let mut dice = Dice::new(11);
    let mut pair = |number: u32| {
        let machine = 0.2 * dice.bell();
        let mut run = |is_b: bool| PairRun {
            figures: FIGURES
                .into_iter()
                .map(|(figure, a, times)| {
                    let value = if is_b { a * times } else { a };
                    (figure, value * (machine + 0.03 * dice.bell()).exp())
                })
                .collect(),
            wrong: 0,
            unusable: (number == 4 && is_b)
                .then(|| "the workbench was past its gates in 3 of 9 seconds".to_owned()),
        };
        let (a, b) = (run(false), run(true));
        Pair {
            number,
            b_first: number.is_multiple_of(3),
            a,
            b,
        }
    };
    Evidence::Pairs {
        planned: 7,
        pairs: (1..=7).map(&mut pair).collect(),
    }
}

fn saved() -> Evidence {
    let spreads = |is_b: bool| -> BTreeMap<Compared, Spread> {
        let spread = |(figure, a, times): (Compared, f64, f64)| {
            let value = if is_b { a * times } else { a };
            let spread = Spread {
                value,
                log_error: Some(0.08),
            };
            (figure, spread)
        };
        FIGURES.into_iter().map(spread).collect()
    };
    Evidence::Saved {
        a: spreads(false),
        b: spreads(true),
        wrong_a: 0,
        wrong_b: 0,
    }
}

/// Two hubs, or two saved runs.
pub(crate) fn run(is_saved: bool) -> ComparisonRun {
    ComparisonRun::new(ComparisonRecord {
        partial: None,
        scenario: "live-score".to_owned(),
        asks: "When a goal is scored, how soon does everyone who follows the match know?"
            .to_owned(),
        event: Noun::new("goal", "goals"),
        audience: Noun::new("follower", "followers"),
        seed: 7,
        a: side(if is_saved {
            "reports/before"
        } else {
            "http://127.0.0.1:3000/.well-known/mercure"
        }),
        b: side(if is_saved {
            "reports/after"
        } else {
            "reference"
        }),
        fails_if_worse: !is_saved,
        evidence: if is_saved { saved() } else { pairs() },
        environment: environment("assay compare"),
        notes: vec!["They differ in the seed: 7 and 8.".to_owned()],
    })
}
