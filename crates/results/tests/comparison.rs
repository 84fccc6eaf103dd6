//! Two hubs compared, by simulated ones whose truth is known.

mod sample;

use std::collections::BTreeMap;

use assay_results::{
    Compared, ComparedRow, ComparisonRecord, ComparisonRun, ComparisonSide, Evidence, Finding,
    LoadRun, Metric, Noun, Outcome, Pair, PairRun, Run, RunDirectory, comparison_run_schema,
    spreads,
};
use sample::{environment, load_record, load_results};

/// `SplitMix64`, and normal values of it.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let (radius, turn) = (self.next().max(1e-12), self.next());
        (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * turn).cos()
    }

    /// Now and then a run has a bad moment.
    fn noise(&mut self) -> f64 {
        let scale = if self.next() < 0.1 { 0.3 } else { 0.06 };
        scale * self.normal()
    }
}

fn side(name: &str) -> ComparisonSide {
    ComparisonSide {
        name: name.to_owned(),
        target: None,
    }
}

fn comparison(pairs: Vec<Pair>, fails_if_worse: bool) -> ComparisonRun {
    ComparisonRun::new(ComparisonRecord {
        partial: None,
        scenario: "live-score".to_owned(),
        asks: "How soon?".to_owned(),
        event: Noun::new("goal", "goals"),
        audience: Noun::new("follower", "followers"),
        seed: 7,
        a: side("a"),
        b: side("b"),
        fails_if_worse,
        evidence: Evidence::Pairs {
            planned: pairs.len() as u32,
            pairs,
        },
        environment: environment(),
        notes: Vec::new(),
    })
}

/// Pairs of hubs of which b takes so many times as long. What the machine does in a pair it does to both; within a run the figures
/// go up and down together.
fn simulated(dice: &mut Dice, pairs: u32, ratio: f64) -> Vec<Pair> {
    (1..=pairs)
        .map(|number| {
            let machine = 0.5 * dice.normal();
            let mut run = |times: f64| {
                let of_run = dice.noise();
                let figures = Compared::ALL.into_iter().map(|figure| {
                    let log = machine + of_run + 0.5 * dice.noise();
                    (figure, 10_000.0 * times * log.exp())
                });
                PairRun {
                    figures: figures.collect(),
                    wrong: 0,
                    unusable: None,
                }
            };
            let (a, b) = (run(1.0), run(ratio));
            Pair {
                number,
                b_first: number.is_multiple_of(2),
                a,
                b,
            }
        })
        .collect()
}

fn alarms(run: &ComparisonRun) -> bool {
    let told = |row: &ComparedRow| matches!(row.finding, Finding::Better | Finding::Worse);
    run.summary().rows.iter().any(told)
}

/// Over all figures of a comparison together.
#[test]
fn equal_hubs_are_told_apart_in_one_comparison_of_twenty_at_most() {
    for (pairs, seed) in [(3, 1), (6, 2), (12, 3)] {
        let mut dice = Dice(seed);
        let comparisons = 1_000;
        let count = (0..comparisons)
            .filter(|_| alarms(&comparison(simulated(&mut dice, pairs, 1.0), false)))
            .count();
        assert!(
            count * 20 <= comparisons,
            "{pairs} pairs: {count} alarms in {comparisons}"
        );
        assert!(count > 0, "intervals that never miss say nothing");
    }
}

/// The level of a single interval is what it is said to be, not merely at least that.
#[test]
fn an_interval_covers_the_truth_as_often_as_it_says() {
    let mut dice = Dice(4);
    let comparisons = 8_000;
    let covered = (0..comparisons)
        .filter(|_| {
            let pairs = (1..=6).map(|number| {
                let figures = |log: f64| PairRun {
                    figures: BTreeMap::from([(Compared::EventLastP50, log.exp() * 1e4)]),
                    wrong: 0,
                    unusable: None,
                };
                Pair {
                    number,
                    b_first: false,
                    a: figures(0.1 * dice.normal()),
                    b: figures(1.5_f64.ln() + 0.1 * dice.normal()),
                }
            });
            let run = comparison(pairs.collect(), false);
            let interval = run.summary().rows[0].interval.unwrap();
            (interval.low..interval.high).contains(&1.5)
        })
        .count();
    let share = covered as f64 / f64::from(comparisons);
    assert!((0.943..0.957).contains(&share), "{share}");
}

#[test]
fn a_change_that_could_have_been_seen_usually_is() {
    let mut dice = Dice(5);
    let mut seen = 0;
    for _ in 0..400 {
        let pairs = simulated(&mut dice, 6, 1.0);
        let detectable = comparison(pairs, false).summary().rows[0]
            .detectable
            .unwrap();
        let changed = simulated(&mut dice, 6, detectable);
        let row = comparison(changed, false).summary().rows[0].clone();
        assert_ne!(row.finding, Finding::Better, "{row:?}");
        seen += usize::from(row.finding == Finding::Worse);
    }
    // The spread of six pairs is itself uncertain, and sometimes one of them has a bad moment.
    assert!((240..=380).contains(&seen), "{seen} of 400");
}

fn run_of(us: f64, wrong: u64, unusable: Option<&str>) -> PairRun {
    PairRun {
        figures: BTreeMap::from([(Compared::EventLastP50, us)]),
        wrong,
        unusable: unusable.map(str::to_owned),
    }
}

fn pairs_of(runs: &[(PairRun, PairRun)]) -> Vec<Pair> {
    let pair = |(number, (a, b)): (u32, &(PairRun, PairRun))| Pair {
        number,
        b_first: false,
        a: a.clone(),
        b: b.clone(),
    };
    (1..).zip(runs).map(pair).collect()
}

#[test]
fn only_an_interval_on_the_wrong_side_fails_and_only_where_it_is_to() {
    let clear = |ratio: f64| -> Vec<(PairRun, PairRun)> {
        let noise = [1.00, 1.01, 0.99];
        noise
            .map(|noise| {
                (
                    run_of(100.0, 0, None),
                    run_of(100.0 * ratio * noise, 0, None),
                )
            })
            .into()
    };
    let lost_by_b = vec![(run_of(100.0, 0, None), run_of(100.0, 1, None)); 3];
    let lost_by_both = vec![(run_of(100.0, 1, None), run_of(100.0, 1, None)); 3];
    let invalid = vec![(run_of(100.0, 0, Some("invalid")), run_of(200.0, 0, None)); 3];
    let too_few = clear(2.0)[..2].to_vec();
    for (runs, finding, outcome) in [
        (clear(2.0), Some(Finding::Worse), Outcome::Broken),
        (clear(0.5), Some(Finding::Better), Outcome::Passed),
        (clear(1.0), Some(Finding::NoDifference), Outcome::Passed),
        (lost_by_b, Some(Finding::NoDifference), Outcome::Broken),
        (lost_by_both, Some(Finding::NoDifference), Outcome::Passed),
        (invalid, None, Outcome::NotMeasurable),
        (too_few, Some(Finding::Unknown), Outcome::TooFewEvents),
    ] {
        let run = comparison(pairs_of(&runs), true);
        let found = run.summary().rows.first().map(|row| row.finding);
        assert_eq!((found, run.outcome()), (finding, outcome), "{runs:?}");
        let told = comparison(pairs_of(&runs), false).outcome();
        let expected = if outcome == Outcome::Broken {
            Outcome::Passed
        } else {
            outcome
        };
        assert_eq!(told, expected, "{runs:?}");
    }
}

/// One pair of which a run is no result is left out, and the others count.
#[test]
fn a_pair_without_two_results_is_left_out() {
    let mut runs = vec![(run_of(100.0, 0, None), run_of(110.0, 0, None)); 4];
    runs[1].1 = run_of(9_000.0, 0, Some("the workbench was past its gates"));
    let run = comparison(pairs_of(&runs), true);
    assert_eq!(run.summary().usable_pairs, 3);
    assert!(
        run.summary().rows[0].ratio < 1.2,
        "{:?}",
        run.summary().rows
    );
}

/// Its error is what the means of as many seconds differ by: with twenty times the seconds, less.
#[test]
fn a_figure_of_a_saved_run_is_as_sure_as_its_seconds_are_alike() {
    let mut record = load_record();
    let second = record.seconds[0].clone();
    let mut error = |seconds: u32, spread: f64| {
        let mut dice = Dice(6);
        record.seconds = (0..seconds)
            .map(|at_s| assay_results::Second {
                at_s,
                hub_cpu: Some(0.5 * (spread * dice.normal()).exp()),
                delivered: 1_000,
                ..second.clone()
            })
            .collect();
        let spreads = spreads(&LoadRun::new(record.clone()), |_| None);
        spreads[&Compared::HubCpuADelivery].log_error
    };
    assert_eq!(error(4, 0.1), None, "too few to tell");
    let (few, many) = (error(10, 0.1).unwrap(), error(200, 0.1).unwrap());
    assert!((0.015..0.06).contains(&few), "{few}");
    assert!((0.004..0.012).contains(&many), "{many}");
    assert!(error(10, 0.0).unwrap() < 1e-9);
}

#[test]
fn quantiles_of_a_saved_run_come_from_its_interval_logs() {
    let results = load_results(load_record());
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::create(folder.path()).unwrap();
    directory.save_load(&results).unwrap();
    assert_eq!(
        directory.interval_log(Metric::Delivery),
        Some(results.interval_logs[0].clone())
    );
    assert_eq!(directory.interval_log(Metric::PublishResponse), None);
    let spreads = spreads(&results.run, |metric| directory.interval_log(metric));
    // The sample has one second alone.
    let delivery = spreads[&Compared::DeliveryP50];
    assert_eq!((delivery.value > 0.0, delivery.log_error), (true, None));
}

#[test]
fn the_document_is_as_its_schema_says_and_reads_back() {
    let schema = serde_json::from_str(&comparison_run_schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::create(folder.path()).unwrap();
    let run = comparison(simulated(&mut Dice(8), 6, 1.3), false);
    directory.save_comparison(&run).unwrap();
    let text = std::fs::read_to_string(folder.path().join("run.json")).unwrap();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let errors = validator
        .iter_errors(&document)
        .map(|error| error.to_string());
    assert_eq!(errors.collect::<Vec<String>>(), [""; 0]);
    assert_eq!(
        directory.read().unwrap().run,
        Run::Comparison(Box::new(run))
    );
}
