//! What a run shall do, as a person writes it: `scenarios/*.toml`. Not the timetable: [`Plan`](crate::plan::Plan) is made of
//! a scenario and a seed.
//!
//! A file is read once, by [`Scenario::parse`], which names file, line and column of every mistake; afterwards a scenario is
//! valid, and nothing else checks it again.

mod filled_in;
mod overrides;
mod parse;
mod preset;
mod quantity;
mod table;

use std::time::Duration;

use assay_results::Noun;

pub(crate) use parse::PAYLOAD_MOST;

pub use overrides::{OverrideError, Overrides};
pub use preset::{preset, preset_names};
pub use quantity::{QuantityError, Rate, parse_duration};

/// A checked scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// What it is called; lower case, digits and hyphens.
    pub name: String,
    /// The question that it asks: the first comment of its file, up to the first line without text.
    pub question: String,
    /// Given, it repeats the same plan.
    pub seed: Option<u64>,
    /// How a report speaks of it.
    pub words: Words,
    /// At least one.
    pub topics: Vec<TopicFamily>,
    /// At least one.
    pub subscribers: Vec<SubscriberGroup>,
    /// At least one.
    pub publishers: Vec<PublisherGroup>,
    /// How long each phase lasts.
    pub phases: Phases,
    /// What a run may not exceed.
    pub bounds: Bounds,
}

/// The nouns of a report's sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// What an update stands for, such as goal and goals.
    pub event: Noun,
    /// Who hears of it, such as follower and followers.
    pub audience: Noun,
}

/// Topics of one form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicFamily {
    /// What groups refer to it by.
    pub name: String,
    /// `{run}` stands for the run's id, so that no other run is heard, `{n}` for the number of the topic, from 1.
    pub template: String,
    /// How many there are.
    pub count: u32,
    /// Whether updates are private: subscribers then need tokens.
    pub private: bool,
}

/// Subscribers that behave alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriberGroup {
    /// What it is called.
    pub name: String,
    /// How many there are.
    pub count: u32,
    /// Index of the family they follow.
    pub follow: usize,
    /// How many topics of that family each follows, chosen at random.
    pub topics_each: u32,
}

/// Publishers that behave alike; they number their updates together.
#[derive(Clone, Debug, PartialEq)]
pub struct PublisherGroup {
    /// What it is called.
    pub name: String,
    /// Index of the family they publish to, each time to a topic chosen at random.
    pub publish: usize,
    /// How often, on average.
    pub rate: Rate,
    /// With what rhythm.
    pub arrivals: Arrivals,
    /// Length of `data`, the stamp included.
    pub payload_bytes: u32,
}

/// The rhythm of updates; the mean rate stands beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrivals {
    /// Evenly spaced.
    Uniform,
    /// Independently of each other: gaps are exponential.
    Poisson,
    /// Several close together, then quiet. Bursts begin evenly, moved at random by up to a quarter of the time between two.
    Bursts {
        /// Updates in a burst.
        size: u32,
        /// From one to the next within a burst.
        spacing: Duration,
    },
}

/// How long each phase lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phases {
    /// Subscribers connect, evenly.
    pub ramp: Duration,
    /// Canaries confirm them; zero leaves the phase out.
    pub settle: Duration,
    /// Load that enters the ledger, but no percentile.
    pub warm_up: Duration,
    /// Load that percentiles are made of.
    pub measure: Duration,
    /// The longest wait for what is still under way after the last update.
    pub drain: Duration,
}

/// What a run may not exceed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// A live delivery that took longer is late.
    pub late_after: Duration,
    /// How many of 100 subscribers may be without a stream after the ramp.
    pub unconnected_percent: f64,
    /// Publishes that may await their answers at once; none leaves it to the plan's arithmetic.
    pub in_flight: Option<u32>,
}

/// A scenario file that cannot be used: where, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {problem}")]
pub struct ScenarioError {
    /// The name of the file, as given.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong there.
    pub problem: String,
}

impl Scenario {
    /// How many subscribers there are in all groups.
    pub fn subscriber_count(&self) -> u32 {
        self.subscribers.iter().map(|group| group.count).sum()
    }

    /// The mean rate of all publishers together, updates per second.
    pub fn updates_per_second(&self) -> f64 {
        self.publishers
            .iter()
            .map(|group| group.rate.per_second())
            .sum()
    }
}

#[cfg(test)]
mod tests;
