//! Who waited longest: each subscriber's own slow deliveries, by rank, and by the order in which they joined.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::quantile::Quantile;

/// How many groups of subscribers stand for all of them, at most.
const GROUPS_MOST: usize = 100;

/// The family *by subscriber*, laid out. Each subscriber has one figure: the 99th percentile of its own deliveries (R − I, µs), or its
/// maximum when it has too few for one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fairness {
    /// Subscribers that were to have deliveries in the measured phase.
    pub subscribers: u64,
    /// The figure of the subscriber at 0 %, 1 %, … 100 % of them, ascending.
    pub by_rank: Vec<Quantile>,
    /// In the order of joining, a hundred groups at most.
    pub by_join: Vec<JoinGroup>,
}

/// Subscribers that joined one after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JoinGroup {
    /// Which of those with deliveries joined first of the group, from 1.
    pub first: u64,
    /// Which was the last of it.
    pub last: u64,
    /// The figure of its median subscriber.
    pub median: Quantile,
    /// That of its slowest.
    pub slowest: Quantile,
}

impl Fairness {
    /// Of all figures, in the order of joining, none for one that is lost; nothing where nobody has one.
    pub fn of(figures_us: &[Option<u64>]) -> Option<Self> {
        let sorted = sorted(figures_us);
        let most = sorted.len().checked_sub(1)?;
        let by_rank = (0..=100).map(|percent| quantile(sorted[most * percent / 100]));
        let each = figures_us.len().div_ceil(GROUPS_MOST);
        let groups = figures_us.chunks(each).enumerate();
        let by_join = groups.filter_map(|(number, group)| {
            let sorted = self::sorted(group);
            let first = (number * each) as u64 + 1;
            Some(JoinGroup {
                first,
                last: first + sorted.len() as u64 - 1,
                median: quantile(sorted[(sorted.len() - 1) / 2]),
                slowest: quantile(*sorted.last()?),
            })
        });
        Some(Self {
            subscribers: figures_us.len() as u64,
            by_rank: by_rank.collect(),
            by_join: by_join.collect(),
        })
    }

    /// The figure of the subscriber at so many percent.
    pub fn at(&self, percent: usize) -> Option<Quantile> {
        self.by_rank.get(percent).copied()
    }
}

/// A lost one is the slowest of all.
fn sorted(figures_us: &[Option<u64>]) -> Vec<Option<u64>> {
    let mut sorted = figures_us.to_vec();
    sorted.sort_unstable_by_key(|figure| figure.unwrap_or(u64::MAX));
    sorted
}

fn quantile(figure_us: Option<u64>) -> Quantile {
    figure_us.map_or(Quantile::Lost, Quantile::Value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_sorted_and_groups_are_in_the_order_of_joining() {
        // Those who join late wait longer, and the last one of all has lost.
        let mut figures: Vec<Option<u64>> = (0..1_000).map(Some).collect();
        figures[999] = None;
        let fairness = Fairness::of(&figures).unwrap();
        assert_eq!(fairness.subscribers, 1_000);
        assert_eq!(fairness.by_rank.len(), 101);
        assert_eq!(fairness.at(0), Some(Quantile::Value(0)));
        assert_eq!(fairness.at(50), Some(Quantile::Value(499)));
        assert_eq!(fairness.at(100), Some(Quantile::Lost));
        assert_eq!(fairness.by_join.len(), 100);
        let group = fairness.by_join[1];
        assert_eq!((group.first, group.last), (11, 20));
        assert_eq!(
            (group.median, group.slowest),
            (Quantile::Value(14), Quantile::Value(19))
        );
        assert_eq!(fairness.by_join[99].slowest, Quantile::Lost);
    }

    #[test]
    fn few_are_groups_of_one() {
        let fairness = Fairness::of(&[Some(5), Some(3)]).unwrap();
        assert_eq!(fairness.by_join.len(), 2);
        assert_eq!(fairness.by_join[1].median, Quantile::Value(3));
        assert_eq!(fairness.at(100), Some(Quantile::Value(5)));
        assert_eq!(Fairness::of(&[]), None);
    }
}
