//! Chooses topics of a family, some more often than others.

use std::ops::Range;

use rand::RngExt as _;
use rand::rngs::StdRng;

use crate::scenario::Popularity;

/// Draws for each topic that is wanted.
const DRAWS_EACH_MOST: usize = 16;

/// The topics of a family, and how often each is chosen.
pub(super) struct Chooser {
    topics: Range<u32>,
    /// The sums of the weights up to and including each topic; empty where all are alike.
    sums: Vec<f64>,
}

impl Chooser {
    /// `topics` is not empty.
    pub(super) fn new(topics: Range<u32>, popularity: Popularity) -> Self {
        let sums = match popularity {
            Popularity::Even => Vec::new(),
            Popularity::Zipf(exponent) => (1..=topics.len())
                .scan(0.0, |sum, place| {
                    *sum += (place as f64).powf(-exponent);
                    Some(*sum)
                })
                .collect(),
        };
        Self { topics, sums }
    }

    /// One of them.
    pub(super) fn one(&self, rng: &mut StdRng) -> u32 {
        let Some(total) = self.sums.last() else {
            return rng.random_range(self.topics.clone());
        };
        let point = rng.random_range(0.0..*total);
        let place = self.sums.partition_point(|sum| *sum <= point);
        (self.topics.start + place as u32).min(self.topics.end - 1)
    }

    /// So many different ones, ascending; all of them when there are no more.
    pub(super) fn several(&self, count: usize, rng: &mut StdRng) -> Vec<u32> {
        if count >= self.topics.len() {
            return self.topics.clone().collect();
        }
        let mut chosen = if self.sums.is_empty() {
            rand::seq::index::sample(rng, self.topics.len(), count)
                .into_iter()
                .map(|place| self.topics.start + place as u32)
                .collect()
        } else {
            self.by_weight(count, rng)
        };
        chosen.sort_unstable();
        chosen
    }

    /// One after the other, each by its weight among those that are left: what was drawn before is drawn again, until that is tedious;
    /// the rest then by the smallest of exponential waiting times (Efraimidis and Spirakis, 2006), which comes to the same.
    fn by_weight(&self, count: usize, rng: &mut StdRng) -> Vec<u32> {
        let mut chosen = Vec::with_capacity(count);
        for _ in 0..count * DRAWS_EACH_MOST {
            let topic = self.one(rng);
            if !chosen.contains(&topic) {
                chosen.push(topic);
            }
            if chosen.len() == count {
                return chosen;
            }
        }
        let mut before = 0.0;
        let mut waits: Vec<(f64, u32)> = self
            .topics
            .clone()
            .zip(&self.sums)
            .map(|(topic, sum)| (topic, sum - std::mem::replace(&mut before, *sum)))
            .filter(|(topic, _)| !chosen.contains(topic))
            // 1 − u lies in (0, 1]: its logarithm is finite.
            .map(|(topic, weight)| (-(1.0 - rng.random::<f64>()).ln() / weight, topic))
            .collect();
        let missing = count - chosen.len();
        waits.select_nth_unstable_by(missing - 1, |a, b| a.0.total_cmp(&b.0));
        chosen.extend(waits[..missing].iter().map(|(_, topic)| *topic));
        chosen
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;

    use super::*;

    #[test]
    fn the_first_is_chosen_as_often_as_its_weight_says() {
        let mut rng = StdRng::seed_from_u64(1);
        for (popularity, expected) in [
            (Popularity::Even, 0.01),
            // 1 / (1 + 1/2 + … + 1/100)
            (Popularity::Zipf(1.0), 0.192_8),
        ] {
            let chooser = Chooser::new(10..110, popularity);
            let first = (0..100_000).filter(|_| chooser.one(&mut rng) == 10).count();
            let share = first as f64 / 100_000.0;
            assert!((share - expected).abs() < 0.005, "{popularity:?}: {share}");
        }
    }

    #[test]
    fn several_are_different_and_the_popular_ones_among_them_more_often() {
        let mut rng = StdRng::seed_from_u64(2);
        for popularity in [Popularity::Even, Popularity::Zipf(1.0)] {
            let chooser = Chooser::new(0..50, popularity);
            let mut times = [0; 50];
            for _ in 0..2_000 {
                let chosen = chooser.several(10, &mut rng);
                assert_eq!(chosen.len(), 10);
                assert!(
                    chosen.is_sorted_by(|a, b| a < b) && chosen[9] < 50,
                    "{chosen:?}"
                );
                for topic in chosen {
                    times[topic as usize] += 1;
                }
            }
            let ratio = f64::from(times[0]) / f64::from(times[49]);
            match popularity {
                Popularity::Even => assert!((0.8..1.25).contains(&ratio), "{ratio}"),
                Popularity::Zipf(_) => assert!(ratio > 5.0, "{ratio}"),
            }
            assert_eq!(chooser.several(60, &mut rng), (0..50).collect::<Vec<_>>());
        }
    }
}
