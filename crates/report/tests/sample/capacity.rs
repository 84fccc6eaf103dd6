//! Searches for a capacity: one that found it, and a frontier that met the end of the workbench.

use assay_results::*;

use super::{environment, target};

/// `subscribers`, `updates/s`, event-last p99 in ms, and what it said.
type Rung = (u64, f64, u64, StepVerdict);

const OBJECTIVE: &str = "event_last.p99 < 1s";

fn step(number: u32, purpose: Purpose, (subscribers, rate, p99_ms, verdict): Rung) -> CapacityStep {
    let load = LoadLevel {
        subscribers,
        updates_per_second: rate,
    };
    let events = (subscribers as f64 * rate / 10.0).round();
    let ms = |ms: f64| Quantile::Value((ms * 1e3) as u64);
    let observed = ms(p99_ms as f64);
    let (cause, why) = match verdict {
        StepVerdict::Met | StepVerdict::Undecided => (None, None),
        StepVerdict::Missed => (
            Some(Cause::HubCpu),
            Some(format!(
                "{OBJECTIVE} was not kept, it saw {p99_ms} ms; the hub used 1.93 of 2.00 CPUs"
            )),
        ),
        StepVerdict::NotMeasurable => (
            Some(Cause::Workbench),
            Some("the workbench was past its gates in 7 of 10 seconds".to_owned()),
        ),
    };
    CapacityStep {
        number,
        purpose,
        load,
        measured_us: 10_000_000,
        verdict,
        cause,
        why,
        refused: false,
        objectives: vec![SloRow {
            name: "of the capacity".to_owned(),
            expect: OBJECTIVE.to_owned(),
            level: SloLevel::Must,
            verdict: match verdict {
                StepVerdict::Missed => SloVerdict::Missed,
                _ => SloVerdict::Met,
            },
            observed: SloObserved::LatencyUs(observed),
        }],
        figures: Some(StepFigures {
            event_last_p50: ms(p99_ms as f64 / 7.0),
            event_last_p99: observed,
            delivery_p99: ms(p99_ms as f64 / 2.0),
            deliveries_per_second: events,
            expected: (events * 12.0) as u64,
            lost: 0,
            wrong: 0,
            unconnected: 0,
            unpublished: 0,
            hub_cpu: Some((events / 10_000.0).min(1.93)),
            hub_memory_bytes: Some(20_000_000 + subscribers * 900),
            machine_busy: Some((events / 8_000.0).min(1.0)),
        }),
    }
}

fn search(raised: Raised, numbers: &mut u32, rungs: &[(Purpose, Rung)]) -> CapacitySearch {
    let mut made = |(purpose, rung): &(Purpose, Rung)| {
        *numbers += 1;
        step(*numbers, *purpose, *rung)
    };
    CapacitySearch {
        raised,
        steps: rungs.iter().map(&mut made).collect(),
    }
}

fn question(raised: Raised) -> CapacityQuestion {
    CapacityQuestion {
        scenario: "live-score".to_owned(),
        asks: "When a goal is scored, how soon does everyone who follows the match know?"
            .to_owned(),
        event: Noun::new("goal", "goals"),
        audience: Noun::new("follower", "followers"),
        seed: 7,
        raised,
        objectives: vec![CapacityObjective {
            expect: OBJECTIVE.to_owned(),
            latency_bound_us: Some(1e6),
        }],
        within_percent: 10.0,
        confirmations: 2,
        step_measured_us: 10_000_000,
        fresh_hub: true,
        keeps_steps: true,
    }
}

/// How many subscribers; or how often for how many, as far as the workbench goes.
pub(crate) fn run(is_frontier: bool) -> CapacityRun {
    use Purpose::{Confirm, Narrow, Raise};
    use StepVerdict::{Met, Missed, NotMeasurable, Undecided};
    let mut numbers = 0;
    let (raised, searches) = if is_frontier {
        let rungs = [
            [
                (Raise, (500, 45.0, 12, Met)),
                (Raise, (500, 450.0, 800, Met)),
                (Raise, (500, 900.0, 2_400, Missed)),
                (Confirm, (500, 450.0, 780, Met)),
                (Confirm, (500, 450.0, 820, Met)),
            ],
            [
                (Raise, (1_000, 230.0, 810, Met)),
                (Raise, (1_000, 450.0, 2_300, Missed)),
                (Confirm, (1_000, 230.0, 790, Met)),
                (Confirm, (1_000, 230.0, 805, Met)),
                (Confirm, (1_000, 230.0, 800, Met)),
            ],
            [
                (Raise, (2_000, 110.0, 820, Met)),
                (Raise, (2_000, 220.0, 4_000, NotMeasurable)),
                (Raise, (2_000, 220.0, 3_900, NotMeasurable)),
                (Confirm, (2_000, 110.0, 815, Met)),
                (Confirm, (2_000, 110.0, 830, Met)),
            ],
        ];
        let searches = rungs.map(|rungs| search(Raised::Rate, &mut numbers, &rungs));
        (Raised::Both, searches.to_vec())
    } else {
        let rungs = [
            (Raise, (1_000, 45.0, 11, Met)),
            (Raise, (2_000, 45.0, 24, Undecided)),
            (Raise, (4_000, 45.0, 96, Met)),
            (Raise, (8_000, 45.0, 3_100, Missed)),
            (Narrow, (5_700, 45.0, 640, Met)),
            (Narrow, (6_800, 45.0, 1_700, NotMeasurable)),
            (Narrow, (6_800, 45.0, 1_650, Missed)),
            (Narrow, (6_200, 45.0, 990, Met)),
            (Confirm, (6_200, 45.0, 1_040, Missed)),
            (Confirm, (5_700, 45.0, 660, Met)),
            (Confirm, (5_700, 45.0, 610, Met)),
        ];
        let one = search(Raised::Subscribers, &mut numbers, &rungs);
        (Raised::Subscribers, vec![one])
    };
    CapacityRun::new(CapacityRecord {
        partial: None,
        question: question(raised),
        target: Some(target(&[Dialect::V1])),
        environment: environment("assay find"),
        calibration: None,
        searches,
        notes: vec!["The faults of the scenario are left out of the steps.".to_owned()],
    })
}
