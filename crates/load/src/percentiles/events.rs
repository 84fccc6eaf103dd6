//! How each publish reached its audience: the fan.

use super::intervals::Resampling;
use super::nearest_rank;
use crate::ledger::Ledger;
use crate::ledger::fates::Fate;
use assay_results::{Histogram, Quantile};

/// One publish over its expected audience, as R − I in microseconds. Exact: no sampling, so no minimum of events;
/// [`Quantile::TooFew`] when nobody was expected to get it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventTimes {
    /// The first subscriber had it.
    pub first: Quantile,
    /// Half of the audience had it.
    pub median: Quantile,
    /// 99 % of the audience had it.
    pub p99: Quantile,
    /// The last one had it.
    pub last: Quantile,
}

impl EventTimes {
    /// Last minus first.
    pub fn spread(&self) -> Quantile {
        match (self.first, self.last) {
            (Quantile::Value(first_us), Quantile::Value(last_us)) => {
                Quantile::Value(last_us - first_us)
            }
            (_, last) => last,
        }
    }
}

/// The latencies of every publication while they are being collected: four bytes a delivery.
pub(super) struct Arrivals {
    by_publication: Vec<Arrived>,
}

/// What arrived of one publication, of what was expected.
#[derive(Default)]
pub(super) struct Arrived {
    latencies_us: Vec<u32>,
    lost: usize,
}

impl Arrivals {
    pub(super) fn for_ledger(ledger: &Ledger, publications: usize) -> Self {
        let room = |publication: usize| {
            let counts = ledger.publications[publication];
            Arrived {
                latencies_us: Vec::with_capacity((counts.expected - counts.lost) as usize),
                lost: 0,
            }
        };
        Self {
            by_publication: (0..publications).map(room).collect(),
        }
    }

    pub(super) fn add(&mut self, publication: u32, fate: Fate) {
        let arrived = &mut self.by_publication[publication as usize];
        match (fate.latency_us(), fate) {
            (Some(latency_us), _) => arrived
                .latencies_us
                .push(u32::try_from(latency_us).unwrap_or(u32::MAX)),
            (None, Fate::Lost) => arrived.lost += 1,
            (None, _) => {}
        }
    }

    /// How many publications that are `wanted`, by their place in the plan, anyone was expected to get.
    pub(super) fn events(&self, wanted: impl Fn(usize) -> bool) -> usize {
        let expected = self.by_publication.iter().enumerate();
        expected
            .filter(|(place, arrived)| wanted(*place) && arrived.expected() > 0)
            .count()
    }

    /// What arrived of each publication, in the order of the plan.
    pub(super) fn into_iter(self) -> impl Iterator<Item = Arrived> {
        self.by_publication.into_iter()
    }
}

impl Arrived {
    fn expected(&self) -> usize {
        self.latencies_us.len() + self.lost
    }

    /// The fan.
    pub(super) fn times(&mut self) -> EventTimes {
        self.latencies_us.sort_unstable();
        let expected = self.expected();
        let at_rank = |rank: usize| match self.latencies_us.get(rank - 1) {
            Some(&latency_us) => Quantile::Value(u64::from(latency_us)),
            None => Quantile::Lost,
        };
        let quantile = |q| match expected {
            0 => Quantile::TooFew,
            _ => at_rank(nearest_rank(q, expected)),
        };
        EventTimes {
            first: quantile(0.0),
            median: quantile(0.5),
            p99: quantile(0.99),
            last: quantile(1.0),
        }
    }

    /// As one event; to be called when its times were taken.
    pub(super) fn add_to(&self, resampling: &mut Resampling) {
        resampling.add(&self.latencies_us, self.lost);
    }

    /// Each delivery, lost ones included.
    pub(super) fn record_in(&self, histogram: &mut Histogram) {
        for &latency_us in &self.latencies_us {
            histogram.record(u64::from(latency_us));
        }
        histogram.record_lost(self.lost as u64);
    }
}
