//! The search against hubs that are written down, and against simulated ones that are not always the same.

use assay_results::Purpose::{self, Confirm, Narrow, Raise};
use assay_results::{StepVerdict, Tried};
use proptest::prelude::*;

use super::*;

const SEARCH: Search = Search {
    start: 100,
    least: 100,
    most: u64::MAX,
    within: 0.1,
    confirmations: 3,
};

fn tried(level: u64, verdict: StepVerdict) -> Tried {
    Tried {
        level,
        verdict,
        refused: false,
    }
}

/// Steps to the end against a hub that answers by level and number of the step.
fn searched(search: &Search, mut hub: impl FnMut(u64, usize) -> Tried) -> Vec<(Tried, Purpose)> {
    let mut steps: Vec<(Tried, Purpose)> = Vec::new();
    loop {
        let so_far: Vec<Tried> = steps.iter().map(|(one, _)| *one).collect();
        match search.next(&so_far) {
            Next::Done => return steps,
            Next::Try(level, purpose) => steps.push((hub(level, steps.len()), purpose)),
        }
    }
}

/// A hub that bears so much, on a workbench that carries so much.
fn steady(bears: u64, carried: u64) -> impl FnMut(u64, usize) -> Tried {
    move |level, _| {
        let verdict = match level {
            _ if level > carried => StepVerdict::NotMeasurable,
            _ if level > bears => StepVerdict::Missed,
            _ => StepVerdict::Met,
        };
        tried(level, verdict)
    }
}

fn answer(steps: &[(Tried, Purpose)], confirmations: u32) -> Option<u64> {
    let tried: Vec<Tried> = steps.iter().map(|(one, _)| *one).collect();
    most_met(&tried, confirmations + 1)
}

/// What is found of a steady hub lies below what it bears, and near it.
fn check(search: &Search, bears: u64, carried: u64, at_most_steps: usize) {
    let steps = searched(search, steady(bears, carried));
    let truth = bears.min(carried).min(search.most);
    let case = format!("{search:?} bears {bears}, carried {carried}: {steps:?}");
    assert!(
        steps.len() <= at_most_steps,
        "{} steps: {case}",
        steps.len()
    );
    match answer(&steps, search.confirmations) {
        None => assert!(truth < search.least, "{case}"),
        Some(found) => {
            assert!(found <= truth, "{case}");
            let near = truth as f64 <= found as f64 * (1.0 + search.within) + 1.0;
            assert!(near, "{case}");
        }
    }
}

#[test]
fn a_steady_hub_is_found_whatever_it_bears() {
    for bears in [
        0, 50, 99, 100, 101, 150, 199, 200, 777, 4_321, 90_000, 5_000_000,
    ] {
        check(&SEARCH, bears, u64::MAX, 26);
        check(&SEARCH, u64::MAX, bears, 28);
    }
    for within in [0.01, 0.5] {
        let search = Search { within, ..SEARCH };
        check(&search, 4_321, u64::MAX, 26);
    }
    let from_one = Search {
        start: 1,
        least: 1,
        ..SEARCH
    };
    for bears in [0, 1, 2, 3, 7, 12] {
        check(&from_one, bears, u64::MAX, 16);
    }
    let bounded = Search {
        most: 1_000,
        ..SEARCH
    };
    check(&bounded, 5_000, u64::MAX, 8);
    let from_above = Search {
        start: 10_000,
        ..SEARCH
    };
    check(&from_above, 777, u64::MAX, 16);
}

#[test]
fn the_order_is_raise_narrow_confirm() {
    let steps = searched(&SEARCH, steady(1_250, u64::MAX));
    let levels: Vec<(u64, Purpose)> = steps.iter().map(|(one, why)| (one.level, *why)).collect();
    assert_eq!(
        levels,
        [
            (100, Raise),
            (200, Raise),
            (400, Raise),
            (800, Raise),
            (1_600, Raise),
            (1_100, Narrow),
            (1_300, Narrow),
            (1_200, Narrow),
            (1_200, Confirm),
            (1_200, Confirm),
            (1_200, Confirm),
        ]
    );
}

#[test]
fn what_fails_when_it_is_confirmed_is_no_answer() {
    // 400 passes once, and never again; 200 always.
    let mut met_400 = 0;
    let steps = searched(&SEARCH, |level, _| {
        met_400 += usize::from(level == 400);
        let holds = level <= 200 || level < 400 || (level == 400 && met_400 == 1);
        tried(
            level,
            if holds {
                StepVerdict::Met
            } else {
                StepVerdict::Missed
            },
        )
    });
    let found = answer(&steps, 3).unwrap();
    assert!((350..400).contains(&found), "{steps:?}");
}

#[test]
fn a_busy_moment_of_the_workbench_is_tried_again() {
    let steps = searched(&SEARCH, |level, number| match number {
        1 => tried(level, StepVerdict::NotMeasurable),
        _ => steady(1_000, u64::MAX)(level, number),
    });
    assert_eq!((steps[1].0.level, steps[2].0.level), (200, 200));
    assert!(answer(&steps, 3) > Some(900), "{steps:?}");
}

#[test]
fn a_load_that_cannot_even_begin_is_not_tried_again() {
    let steps = searched(&SEARCH, |level, number| Tried {
        refused: level > 500,
        ..steady(u64::MAX, 500)(level, number)
    });
    let at_800 = steps.iter().filter(|(one, _)| one.level == 800).count();
    assert_eq!(at_800, 1, "{steps:?}");
    assert!(answer(&steps, 3) > Some(450), "{steps:?}");
}

#[test]
fn what_is_undecided_is_neither_a_failure_nor_an_answer() {
    // Too few events below 300.
    let steps = searched(&SEARCH, |level, number| match level {
        0..300 => tried(level, StepVerdict::Undecided),
        _ => steady(1_000, u64::MAX)(level, number),
    });
    assert!(answer(&steps, 3) > Some(900), "{steps:?}");
    let steps = searched(&SEARCH, |level, _| match level {
        0..3_000 => tried(level, StepVerdict::Undecided),
        _ => tried(level, StepVerdict::Missed),
    });
    assert_eq!(answer(&steps, 3), None);
    assert!(steps.len() < 20, "{steps:?}");
}

/// A hub whose capacity is another one at each step, on a workbench with bad moments.
fn noisy(
    bears: f64,
    spread: f64,
    bad_moments: f64,
    draws: Vec<(f64, f64)>,
) -> impl FnMut(u64, usize) -> Tried {
    move |level, number| {
        let (capacity, moment) = draws[number % draws.len()];
        let verdict = if moment < bad_moments {
            StepVerdict::NotMeasurable
        } else if moment > 0.97 {
            StepVerdict::Undecided
        } else if level as f64 > bears * (1.0 + spread * (capacity - 0.5)) {
            StepVerdict::Missed
        } else {
            StepVerdict::Met
        };
        tried(level, verdict)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_answer_has_ever_failed_and_every_search_ends(
        bears in 50.0_f64..1e6,
        spread in 0.0_f64..1.0,
        bad_moments in 0.0_f64..0.3,
        confirmations in 0_u32..5,
        draws in proptest::collection::vec((0.0_f64..1.0, 0.0_f64..1.0), 61..62),
    ) {
        let search = Search { confirmations, ..SEARCH };
        let steps = searched(&search, noisy(bears, spread, bad_moments, draws));
        prop_assert!(steps.len() <= STEPS_AT_MOST);
        if let Some(found) = answer(&steps, confirmations) {
            let at = |verdict| steps.iter().filter(|(one, _)| one.level == found && one.verdict == verdict).count();
            prop_assert_eq!(at(StepVerdict::Missed), 0);
            prop_assert!(at(StepVerdict::Met) > confirmations as usize);
            let failed_below = steps.iter().any(|(one, _)| one.level <= found && one.verdict == StepVerdict::Missed);
            prop_assert!(!failed_below, "{:?}", steps);
            prop_assert!(found as f64 <= bears * (1.0 + spread / 2.0));
        }
        prop_assert!(steps.iter().all(|(one, _)| one.level >= search.least));
    }
}
