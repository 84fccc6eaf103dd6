//! What a figure of one run differs by from second to second. Of what it would differ by in another run it knows nothing: that is why it
//! is only the least below which a difference means nothing.
//!
//! Whole blocks of seconds are drawn, never single deliveries, which share the fate of their publish.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::comparison::{Compared, cpu_and_deliveries};
use crate::histogram::Histogram;
use crate::interval_log::IntervalLog;
use crate::load::LoadRun;
use crate::load::metric::Metric;

/// A run is cut into so many blocks at most.
const BLOCKS_AT_MOST: usize = 30;
/// Fewer tell nothing.
const BLOCKS_LEAST: usize = 5;
/// Runs that are drawn from the blocks of one.
const DRAWS: usize = 200;
/// The same draws at each reading of the same run.
const SEED: u64 = 17;

/// A figure of one run, and how far it would be from it if other seconds of the same run had been seen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Spread {
    /// The figure.
    pub value: f64,
    /// Standard error of its logarithm; absent where the run is too short, or its interval logs are gone.
    pub log_error: Option<f64>,
}

/// The figures of a run, from its document and the interval logs beside it.
pub fn spreads(
    run: &LoadRun,
    log: impl Fn(Metric) -> Option<IntervalLog>,
) -> BTreeMap<Compared, Spread> {
    let record = run.record();
    let mut logs: BTreeMap<Metric, Vec<Histogram>> = BTreeMap::new();
    let mut spreads = BTreeMap::new();
    for figure in Compared::ALL {
        let Some(value) = figure.of(record) else {
            continue;
        };
        let log_error = match figure.quantile() {
            Some((metric, q)) => {
                let blocks = logs
                    .entry(metric)
                    .or_insert_with(|| log(metric).map_or(Vec::new(), |log| blocks(&log)));
                error_of_quantile(blocks, q)
            }
            None if figure == Compared::HubCpuADelivery => {
                error_of_ratio(&cpu_and_deliveries(record))
            }
            // The most that there was has no spread within a run.
            None => None,
        };
        spreads.insert(figure, Spread { value, log_error });
    }
    spreads
}

/// Neighbouring seconds together, in blocks of as many.
fn blocks(log: &IntervalLog) -> Vec<Histogram> {
    let each = log.intervals.len().div_ceil(BLOCKS_AT_MOST).max(1);
    let merged = |seconds: &[crate::interval_log::Interval]| {
        let mut block = Histogram::new();
        for second in seconds {
            block.merge(&second.histogram());
        }
        block
    };
    log.intervals.chunks(each).map(merged).collect()
}

fn error_of_quantile(blocks: &[Histogram], q: f64) -> Option<f64> {
    error(blocks.len(), |drawn| {
        let mut all = Histogram::new();
        for &block in drawn {
            all.merge(&blocks[block]);
        }
        all.received(q).map(|us| us.max(1) as f64)
    })
}

fn error_of_ratio(seconds: &[(f64, f64)]) -> Option<f64> {
    error(seconds.len(), |drawn| {
        let (above, below) = drawn.iter().fold((0.0, 0.0), |sum, &second| {
            (sum.0 + seconds[second].0, sum.1 + seconds[second].1)
        });
        (above > 0.0 && below > 0.0).then(|| above / below)
    })
}

/// Standard error of the logarithm of a figure over draws of blocks, with replacement.
fn error(blocks: usize, figure: impl Fn(&[usize]) -> Option<f64>) -> Option<f64> {
    if blocks < BLOCKS_LEAST {
        return None;
    }
    let mut dice = Dice(SEED);
    let mut logs = Vec::with_capacity(DRAWS);
    for _ in 0..DRAWS {
        let drawn: Vec<usize> = (0..blocks).map(|_| dice.below(blocks)).collect();
        logs.push(figure(&drawn)?.ln());
    }
    let mean = logs.iter().sum::<f64>() / logs.len() as f64;
    let squares: f64 = logs.iter().map(|log| (log - mean).powi(2)).sum();
    Some((squares / (logs.len() - 1) as f64).sqrt())
}

/// `SplitMix64`: chance that is the same everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}
