//! How sure a quantile is: 95 % confidence intervals, in which an event is the sample and never a delivery (measuring.md, "Is it us?").
//! Deliveries of one update share its fate: a million of them from twenty updates know as much as twenty samples do.
//!
//! A metric with one value an event has order statistics ([`order_statistics`]), exact for any distribution. One that pools the
//! deliveries of events has whole events drawn again ([`Resampling`]). Both take events for independent of each other. Where neither
//! holds (connections, subscribers) nothing is stated.

mod resampling;

pub use resampling::Resampling;

use assay_results::{CONFIDENCE, ConfidenceInterval, Histogram, Quantile};

/// What may lie beyond an interval on either side.
const TAIL: f64 = (1.0 - CONFIDENCE) / 2.0;

/// Of this part of the likeliest number of samples, a number is as good as impossible.
const NEGLIGIBLE: f64 = 1e-18;

/// An interval for each of `quantiles` (ascending) of a metric that has one value an event: between two samples of such rank that the
/// quantile lies between them in 95 of 100 runs, whatever the distribution. Left out where the events do not suffice for either end.
pub fn order_statistics(
    histogram: &Histogram,
    quantiles: &[f64],
) -> Vec<(f64, ConfidenceInterval)> {
    let events = histogram.samples();
    quantiles
        .iter()
        .filter_map(|&q| Some((q, between(histogram, places(q, events))?)))
        .collect()
}

/// The interval between these places of all samples in ascending order; one that does not exist leaves its end open.
fn between(histogram: &Histogram, (low, high): (u64, u64)) -> Option<ConfidenceInterval> {
    ConfidenceInterval::of(histogram.at(low), histogram.at(high))
}

/// The places (from 1) of the samples at both ends; 0 and `events` + 1 where there is none. How many of `events` samples are no larger
/// than the quantile has a binomial distribution: below the lower place there are too few of them in 2.5 % of all runs, and at the
/// upper one or beyond too many.
fn places(q: f64, events: u64) -> (u64, u64) {
    let likelihoods = Likelihoods::of(q, events);
    let tail = TAIL * likelihoods.of.iter().sum::<f64>();
    let beyond = |likelihoods: &mut dyn Iterator<Item = &f64>| {
        let mut sum = 0.0;
        likelihoods
            .take_while(|&&likelihood| {
                sum += likelihood;
                sum <= tail
            })
            .count() as u64
    };
    let low = likelihoods.first + beyond(&mut likelihoods.of.iter());
    let last = likelihoods.first + likelihoods.of.len() as u64 - 1;
    let high = last + 1 - beyond(&mut likelihoods.of.iter().rev());
    (low, high)
}

/// How likely each number of samples below a quantile is, up to a common factor; what is negligible is left out.
struct Likelihoods {
    /// The number that `of` begins with.
    first: u64,
    of: Vec<f64>,
}

impl Likelihoods {
    /// From the likeliest number outwards, each from its neighbour: nothing overflows, and the cost is that of a few standard
    /// deviations.
    fn of(q: f64, events: u64) -> Self {
        let odds = q / (1.0 - q);
        let likeliest = (((events + 1) as f64 * q) as u64).min(events);
        let is_likely = |&(_, likelihood): &(u64, f64)| likelihood > NEGLIGIBLE;
        let below = std::iter::successors(Some((likeliest, 1.0)), |&(number, likelihood)| {
            let below = number.checked_sub(1)?;
            Some((
                below,
                likelihood * number as f64 / ((events - below) as f64 * odds),
            ))
        });
        let mut below: Vec<_> = below.take_while(is_likely).collect();
        below.reverse();
        let above = std::iter::successors(Some((likeliest, 1.0)), |&(number, likelihood)| {
            let above = (number < events).then_some(number + 1)?;
            Some((
                above,
                likelihood * (events - number) as f64 * odds / above as f64,
            ))
        });
        let first = below[0].0;
        let above = above.take_while(is_likely).skip(1);
        Self {
            first,
            of: below
                .into_iter()
                .chain(above)
                .map(|(_, likelihood)| likelihood)
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the tables of order statistics that textbooks print for 95 %.
    #[test]
    fn places_are_those_of_the_binomial_distribution() {
        for (q, events, expected) in [
            // The median of five samples has no interval, that of six their extremes.
            (0.5, 5, (0, 6)),
            (0.5, 6, (1, 6)),
            (0.5, 10, (2, 9)),
            (0.5, 100, (40, 61)),
            // 0.99^n is below 2.5 % from 368 on.
            (0.99, 367, (359, 368)),
            (0.99, 368, (360, 368)),
            (0.999, 10_000, (9_983, 9_997)),
            (0.5, 1_000_000, (499_020, 500_981)),
        ] {
            assert_eq!(places(q, events), expected, "{q} of {events}");
        }
    }

    #[test]
    fn an_end_that_too_few_events_know_is_open_and_one_on_a_lost_event_is_lost() {
        let mut histogram = Histogram::new();
        for us in 1..=367 {
            histogram.record(us);
        }
        let p99 = |histogram: &Histogram| order_statistics(histogram, &[0.99]);
        let interval = |low, high| ConfidenceInterval { low, high };
        let open = interval(Quantile::Value(359), Quantile::TooFew);
        assert_eq!(p99(&histogram), [(0.99, open)]);
        histogram.record_lost(1);
        let lost = interval(Quantile::Value(360), Quantile::Lost);
        assert_eq!(p99(&histogram), [(0.99, lost)]);
        assert_eq!(order_statistics(&Histogram::new(), &[0.5]), []);
    }
}
