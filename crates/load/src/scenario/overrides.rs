//! What a command line changes of a scenario. Not for anything that the file alone decides.

use std::time::Duration;

use super::parse::{MEASURE_SHORTEST, SUBSCRIBERS_MOST, UPDATES_MOST};
use super::{Arrivals, Http, Rate, Scenario, Tempo};

/// Each given value replaces that of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Overrides {
    /// All subscribers together; groups keep their shares.
    pub subscribers: Option<u64>,
    /// All publishers together; groups keep their shares.
    pub rate: Option<Rate>,
    /// Length of the measured phase.
    pub measure: Option<Duration>,
    /// Over what all subscribers read; groups that do so already keep their streams a connection.
    pub http: Option<Http>,
    /// What every random choice follows from.
    pub seed: Option<u64>,
}

/// A scenario cannot be changed like that.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum OverrideError {
    /// Too few to give each group one, or too many.
    #[error("{given} subscribers: this scenario needs {least} to {SUBSCRIBERS_MOST}")]
    Subscribers {
        /// How many were asked for.
        given: u64,
        /// One for each group.
        least: usize,
    },
    /// Nothing could be measured.
    #[error("a measured phase of {} ms is too short: {} ms at least", .0.as_millis(), MEASURE_SHORTEST.as_millis())]
    Measure(Duration),
    /// Subscribers bring their own updates, and more of them than that.
    #[error(
        "a rate of {given} is less than the {jobs:.1}/s of jobs that its subscribers start: change their number instead"
    )]
    Jobs {
        /// What was asked for.
        given: Rate,
        /// What the jobs make.
        jobs: f64,
    },
    /// More than a plan holds.
    #[error(
        "about {0} updates are more than a plan holds ({UPDATES_MOST}): lower the rate or shorten the measured phase"
    )]
    Updates(u64),
}

impl Scenario {
    /// The scenario with some values replaced.
    pub fn with(mut self, overrides: Overrides) -> Result<Self, OverrideError> {
        if let Some(subscribers) = overrides.subscribers {
            self.share_out(subscribers)?;
        }
        if let Some(rate) = overrides.rate {
            self.publish_times(self.steady_factor(rate)?);
        }
        if let Some(measure) = overrides.measure {
            if measure < MEASURE_SHORTEST {
                return Err(OverrideError::Measure(measure));
            }
            self.phases.measure = measure;
        }
        for group in &mut self.subscribers {
            let same =
                |http: &Http| std::mem::discriminant(http) == std::mem::discriminant(&group.http);
            group.http = overrides
                .http
                .filter(|http| !same(http))
                .unwrap_or(group.http);
        }
        let updates = self.updates_about();
        if updates > UPDATES_MOST {
            return Err(OverrideError::Updates(updates));
        }
        self.seed = overrides.seed.or(self.seed);
        Ok(self)
    }

    /// How many times as often those publish who follow the clock, so that all together publish at a rate.
    fn steady_factor(&self, rate: Rate) -> Result<f64, OverrideError> {
        let steady: f64 = self
            .publishers
            .iter()
            .filter_map(|group| match &group.tempo {
                Tempo::Steady { rates, .. } => Some(super::mean_per_second(rates)),
                Tempo::Jobs { .. } => None,
            })
            .sum();
        let jobs = self.updates_per_second() - steady;
        let left = rate.per_second() - jobs;
        if steady > 0.0 && left > 0.0 {
            Ok(left / steady)
        } else {
            Err(OverrideError::Jobs { given: rate, jobs })
        }
    }

    /// So many times as often. Jobs are as frequent as their subscribers: they stay.
    fn publish_times(&mut self, factor: f64) {
        for group in &mut self.publishers {
            let Tempo::Steady {
                rates, arrivals, ..
            } = &mut group.tempo
            else {
                continue;
            };
            for rate in rates {
                *rate = rate.times(factor);
            }
            // Bursts as dense, against the quiet between them, as the file has them.
            if let Arrivals::Bursts { spacing, .. } = arrivals
                && factor > 1.0
            {
                *spacing = spacing.div_f64(factor);
            }
        }
    }

    /// Groups keep their shares, and at least one subscriber; the last group takes what rounding leaves.
    fn share_out(&mut self, given: u64) -> Result<(), OverrideError> {
        let least = self.subscribers.len();
        if given < least as u64 || given > SUBSCRIBERS_MOST {
            return Err(OverrideError::Subscribers { given, least });
        }
        let before = u64::from(self.subscriber_count());
        let mut left = given;
        for (group, groups_after) in self.subscribers.iter_mut().zip((0..least as u64).rev()) {
            let share = given * u64::from(group.count) / before;
            let count = if groups_after == 0 {
                left
            } else {
                share.clamp(1, left - groups_after)
            };
            group.count = u32::try_from(count).unwrap_or(u32::MAX);
            left -= count;
        }
        Ok(())
    }

    /// About how many updates warm-up and measured phase hold.
    pub(super) fn updates_about(&self) -> u64 {
        let loaded = self.phases.warm_up + self.phases.measure;
        (self.updates_per_second() * loaded.as_secs_f64()).round() as u64
    }
}
