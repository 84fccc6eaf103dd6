//! A figure of two hubs: the ratio, how sure it is, and the smallest change that could have been seen.
//!
//! Intervals are those of Student's t over the logarithms of the pairs' ratios. Several figures are looked at, and each is one more
//! chance to see a difference where there is none: so they hold *together* with 95 % (Bonferroni), and two equal hubs are told apart in
//! one comparison of twenty at most.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::comparison::spread::Spread;
use crate::comparison::{Compared, Pair};
use crate::load::cost::Estimate;
use crate::student;

/// How often two equal hubs are told apart, over all figures of a comparison.
const ALARMS_AT_MOST: f64 = 0.05;
/// A change is one that could have been seen when it would be in so many of 100 comparisons.
const POWER: f64 = 0.8;
/// Fewer pairs have no spread that could be known.
const PAIRS_LEAST: usize = 3;
/// A normal value is this far from its mean in one case of twenty.
const NORMAL_95: f64 = 1.96;

/// One figure of both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComparedRow {
    /// Which.
    pub figure: Compared,
    /// Its mean over the runs on a, of logarithms, or that of the saved run.
    pub a: f64,
    /// The same of b.
    pub b: f64,
    /// b by a.
    pub ratio: f64,
    /// Around the ratio, with its value: of pairs, all intervals of a comparison hold together with 95 %. Of saved runs it knows only what
    /// their seconds differ by.
    pub interval: Option<Estimate>,
    /// A ratio so far from 1, up, would have been seen in 80 of 100 such comparisons; of saved runs, differences below mean nothing.
    pub detectable: Option<f64>,
    /// Pairs behind it; 0 of saved runs.
    pub pairs: u64,
    /// What it says of b.
    pub finding: Finding,
}

/// What a row says of b: of each figure, less is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// The interval lies wholly below 1.
    Better,
    /// Wholly above it.
    Worse,
    /// Around it: no difference was seen, which is not to say that there is none.
    NoDifference,
    /// There is no interval.
    Unknown,
}

impl Finding {
    fn of(interval: Option<&Estimate>) -> Self {
        match interval {
            None => Self::Unknown,
            Some(interval) if interval.low > 1.0 => Self::Worse,
            Some(interval) if interval.high < 1.0 => Self::Better,
            Some(_) => Self::NoDifference,
        }
    }
}

impl ComparedRow {
    /// A row for each figure that any usable pair has of both.
    pub(super) fn of_pairs(pairs: &[Pair]) -> Vec<Self> {
        let usable: Vec<&Pair> = pairs.iter().filter(|pair| pair.is_usable()).collect();
        let both = |figure: Compared| -> Vec<(f64, f64)> {
            let of = usable.iter().filter_map(|pair| {
                let (a, b) = (pair.a.figures.get(&figure)?, pair.b.figures.get(&figure)?);
                Some((*a, *b))
            });
            of.collect()
        };
        let compared: Vec<(Compared, Vec<(f64, f64)>)> = Compared::ALL
            .into_iter()
            .map(|figure| (figure, both(figure)))
            .filter(|(_, values)| !values.is_empty())
            .collect();
        let level = 1.0 - ALARMS_AT_MOST / compared.len().max(1) as f64;
        let row =
            |(figure, values): (Compared, Vec<(f64, f64)>)| Self::paired(figure, &values, level);
        compared.into_iter().map(row).collect()
    }

    fn paired(figure: Compared, values: &[(f64, f64)], level: f64) -> Self {
        let logs: Vec<f64> = values.iter().map(|(a, b)| (b / a).ln()).collect();
        let count = logs.len();
        let mean = logs.iter().sum::<f64>() / count as f64;
        let freedom = count.saturating_sub(1);
        let error = (count >= PAIRS_LEAST).then(|| {
            let squares: f64 = logs.iter().map(|log| (log - mean).powi(2)).sum();
            (squares / freedom as f64 / count as f64).sqrt()
        });
        let interval = error.map(|error| {
            let reach = student::two_sided(level, freedom) * error;
            around(mean, reach)
        });
        let detectable = error.map(|error| {
            let seen = student::two_sided(level, freedom);
            // One-sided: |T| stays below it with 2·POWER - 1.
            let in_most = student::two_sided(2.0 * POWER - 1.0, freedom);
            ((seen + in_most) * error).exp()
        });
        let typical = |of: fn(&(f64, f64)) -> f64| {
            let logs: f64 = values.iter().map(|value| of(value).ln()).sum();
            (logs / count as f64).exp()
        };
        Self {
            figure,
            a: typical(|(a, _)| *a),
            b: typical(|(_, b)| *b),
            ratio: mean.exp(),
            finding: Finding::of(interval.as_ref()),
            interval,
            detectable,
            pairs: count as u64,
        }
    }

    /// A row for each figure that both runs have.
    pub(super) fn of_saved(
        a: &BTreeMap<Compared, Spread>,
        b: &BTreeMap<Compared, Spread>,
    ) -> Vec<Self> {
        let both = a
            .iter()
            .filter_map(|(figure, a)| Some((*figure, a, b.get(figure)?)));
        both.map(|(figure, a, b)| {
            let log = (b.value / a.value).ln();
            let error = a.log_error.zip(b.log_error);
            let reach = error.map(|(a, b)| NORMAL_95 * a.hypot(b));
            let interval = reach.map(|reach| around(log, reach));
            Self {
                figure,
                a: a.value,
                b: b.value,
                ratio: log.exp(),
                // One run each decides nothing: what differs from one run to the next is not known.
                finding: Finding::Unknown,
                interval,
                detectable: reach.map(f64::exp),
                pairs: 0,
            }
        })
        .collect()
    }
}

/// From logarithms to ratios.
fn around(log: f64, reach: f64) -> Estimate {
    Estimate {
        value: log.exp(),
        low: (log - reach).exp(),
        high: (log + reach).exp(),
    }
}
