//! Whole events drawn again: how far the share of deliveries below a quantile would have moved, had other events of the same kind come.
//! That share is what is resampled, and its spread is carried over to the latencies through the pooled histogram.
//!
//! Bounded: of each event one count a quantile is kept, and beyond [`GROUPS_MAX`] events neighbours are put together and drawn as one.
//! With 120 quantiles that is a megabyte and 60 million additions, whatever the run.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::{Histogram, Quantile, TAIL, between};
use assay_results::ConfidenceInterval;

/// How many groups of events are told apart. A thousand know the spread of their sum to 2 %.
const GROUPS_MAX: usize = 1_000;

/// How often a run is drawn again.
const RESAMPLES: usize = 500;

/// The deliveries of a run, event by event, as far as resampling needs them.
#[derive(Debug)]
pub struct Resampling {
    quantiles: Vec<f64>,
    /// By quantile: what counts as no later. What falls on a lost delivery has all that came below it.
    cuts_us: Vec<u32>,
    /// By quantile: whether it falls on a lost delivery.
    is_lost: Vec<bool>,
    events_a_group: usize,
    events: usize,
    groups: Vec<Group>,
}

/// Events that are drawn together.
#[derive(Debug)]
struct Group {
    deliveries: u64,
    /// By quantile: how many of them were no later.
    within: Vec<u64>,
}

impl Resampling {
    /// Of `events` events whose deliveries are pooled in `pooled`; `quantiles` ascend.
    pub fn new(pooled: &Histogram, quantiles: Vec<f64>, events: usize) -> Self {
        let ranks = pooled.ranks(&quantiles);
        // What is longer than a histogram tells apart is its largest value, too.
        let cut = |us: u64| match u32::try_from(us) {
            Ok(cut) if Some(us) != pooled.max_us() => cut,
            _ => u32::MAX,
        };
        Self {
            cuts_us: ranks
                .iter()
                .map(|rank| rank.value_us().map_or(u32::MAX, cut))
                .collect(),
            is_lost: ranks.iter().map(|&rank| rank == Quantile::Lost).collect(),
            quantiles,
            events_a_group: events.div_ceil(GROUPS_MAX).max(1),
            events: 0,
            groups: Vec::new(),
        }
    }

    /// The next event: what came of it, ascending, and how many deliveries of it were lost. One that nobody was to get is none.
    pub fn add(&mut self, latencies_us: &[u32], lost: usize) {
        if latencies_us.is_empty() && lost == 0 {
            return;
        }
        if self.events.is_multiple_of(self.events_a_group) {
            self.groups.push(Group {
                deliveries: 0,
                within: vec![0; self.cuts_us.len()],
            });
        }
        self.events += 1;
        let Some(group) = self.groups.last_mut() else {
            return;
        };
        group.deliveries += (latencies_us.len() + lost) as u64;
        let mut passed = 0;
        for (within, &cut_us) in group.within.iter_mut().zip(&self.cuts_us) {
            let further = latencies_us[passed..].iter();
            passed += further.take_while(|&&us| us <= cut_us).count();
            *within += passed as u64;
        }
    }

    /// The interval of each quantile that has one; the same for the same `seed`.
    pub fn intervals(&self, pooled: &Histogram, seed: u64) -> Vec<(f64, ConfidenceInterval)> {
        if self.groups.is_empty() {
            return Vec::new();
        }
        let seen = self.shares(self.groups.iter().map(|group| (1, group)));
        let mut drawn = self.draw(seed);
        let places = self.quantiles.iter().zip(&mut drawn).enumerate();
        places
            .filter_map(|(place, (&q, shares))| {
                shares.sort_by(f64::total_cmp);
                let tail = (TAIL * shares.len() as f64) as usize;
                let spread = Spread {
                    q,
                    seen: seen[place],
                    least: shares[tail],
                    most: shares[shares.len() - 1 - tail],
                    is_lost: self.is_lost[place],
                };
                let places = spread.places(pooled.samples(), self.events);
                Some((q, between(pooled, places)?))
            })
            .collect()
    }

    /// By quantile, the share below it in each run drawn again.
    fn draw(&self, seed: u64) -> Vec<Vec<f64>> {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut drawn = vec![Vec::with_capacity(RESAMPLES); self.quantiles.len()];
        let mut times = vec![0_u64; self.groups.len()];
        for _ in 0..RESAMPLES {
            times.fill(0);
            for _ in &self.groups {
                times[rng.random_range(0..self.groups.len())] += 1;
            }
            let shares = self.shares(times.iter().copied().zip(&self.groups));
            for (drawn, share) in drawn.iter_mut().zip(shares) {
                drawn.push(share);
            }
        }
        drawn
    }

    /// By quantile, the share of deliveries below it when each group comes so many times.
    fn shares<'a>(&self, groups: impl Iterator<Item = (u64, &'a Group)>) -> Vec<f64> {
        let mut within = vec![0; self.quantiles.len()];
        let mut deliveries = 0;
        for (times, group) in groups.filter(|(times, _)| *times > 0) {
            deliveries += times * group.deliveries;
            for (sum, own) in within.iter_mut().zip(&group.within) {
                *sum += times * own;
            }
        }
        within
            .into_iter()
            .map(|within: u64| within as f64 / deliveries as f64)
            .collect()
    }
}

/// What resampling found of one quantile.
struct Spread {
    q: f64,
    /// The share of all deliveries that was no later.
    seen: f64,
    /// Between what that is in 95 of 100 runs.
    least: f64,
    most: f64,
    /// Whether the quantile falls on a lost delivery.
    is_lost: bool,
}

impl Spread {
    /// The places of both ends among `deliveries` in ascending order; 0 and one more than there are stand for none. An end is known
    /// where some event lies beyond the quantile on its side in 97.5 % of all runs: events that are all alike do not vary when they
    /// are drawn again, however few they are.
    fn places(&self, deliveries: u64, events: usize) -> (u64, u64) {
        // `seen` is a bit more than `q`, since deliveries of one bucket are told apart by nobody: only what it moves by counts.
        let place_at =
            |share: f64| ((self.q + share - self.seen) * deliveries as f64 + 1e-6) as u64;
        let is_known = |of_one: f64| of_one.powf(events as f64) <= TAIL;
        let low = if (self.least > 0.0 || self.is_lost) && is_known(1.0 - self.q) {
            place_at(self.least).max(1)
        } else {
            0
        };
        let high = if self.is_lost {
            deliveries
        } else if self.most < 1.0 && is_known(self.q) {
            deliveries.min(place_at(self.most) + 1)
        } else {
            deliveries + 1
        };
        (low, high)
    }
}
