//! What a run shall do, as a person writes it: `scenarios/*.toml`. Not the timetable: [`Plan`](crate::plan::Plan) is made of
//! a scenario and a seed.
//!
//! A file is read once, by [`Scenario::parse`], which names file, line and column of every mistake; afterwards a scenario is
//! valid, and nothing else checks it again.

mod faults;
mod filled_in;
mod overrides;
mod parse;
mod preset;
mod publishers;
mod quantity;
mod settings;
mod subscribers;
mod table;
mod topics;

use std::time::Duration;

use assay_results::{Noun, Slo};

pub(crate) use parse::PAYLOAD_MOST;
pub use subscribers::{Arrive, Follow, Http, Reads, Stays, SubscriberGroup};
pub use topics::{Popularity, TopicCount, TopicFamily};

pub use overrides::{OverrideError, Overrides};
pub use preset::{preset, preset_names};
pub use quantity::{QuantityError, Rate, parse_duration, parse_percent};
pub use settings::SettingError;

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
    /// What goes wrong on purpose, by instant.
    pub faults: Vec<Fault>,
    /// What the hub must have been started with.
    pub hub: HubNeeds,
    /// What a run shall keep.
    pub slos: Vec<Slo>,
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

/// Publishers that behave alike; they number their updates together.
#[derive(Clone, Debug, PartialEq)]
pub struct PublisherGroup {
    /// What it is called.
    pub name: String,
    /// Index of the family they publish to.
    pub publish: usize,
    /// When, and to which of its topics.
    pub tempo: Tempo,
    /// Length of `data`, the stamp included.
    pub payload_bytes: u32,
}

/// What decides when a group publishes.
#[derive(Clone, Debug, PartialEq)]
pub enum Tempo {
    /// The clock.
    Steady {
        /// How often, on average: each for an equal part of the measured phase, the first for the warm-up too. At least one.
        rates: Vec<Rate>,
        /// With what rhythm.
        arrivals: Arrivals,
        /// Index of the subscribers who write them: each update is by one of them, at random, to a topic that they follow. None is
        /// for publishers who follow nothing, and choose by the popularity of topics.
        authors: Option<usize>,
    },
    /// The arrival of a subscriber: a job that was started for it tells of its progress, on the first topic of the family that this
    /// subscriber follows.
    Jobs {
        /// Index of these subscribers.
        of: usize,
        /// From the instant at which one begins to connect to the first update; less than nothing when the job did not wait.
        begins_us: i64,
        /// How many updates.
        events: u32,
        /// From one to the next.
        every: Duration,
    },
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
    /// Subscribers connect.
    pub ramp: Duration,
    /// How they are spread over that.
    pub ramp_shape: RampShape,
    /// Canaries confirm them; zero leaves the phase out.
    pub settle: Duration,
    /// Load that enters the ledger, but no percentile.
    pub warm_up: Duration,
    /// Load that percentiles are made of.
    pub measure: Duration,
    /// The longest wait for what is still under way after the last update.
    pub drain: Duration,
}

/// How connects are spread over the ramp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RampShape {
    /// Evenly.
    Even,
    /// More and more of them: the rate grows from nothing to twice the mean.
    Growing,
    /// All at its beginning.
    AtOnce,
}

impl RampShape {
    /// As files spell them.
    pub(crate) const WORDS: [(&'static str, Self); 3] = [
        ("even", Self::Even),
        ("growing", Self::Growing),
        ("at once", Self::AtOnce),
    ];

    /// The part of the ramp, from 0 to 1, after which this share of the subscribers has begun to connect.
    pub(crate) fn part_at(self, share: f64) -> f64 {
        match self {
            Self::Even => share,
            Self::Growing => share.sqrt(),
            Self::AtOnce => 0.0,
        }
    }
}

/// What goes wrong on purpose.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// What it is called.
    pub name: String,
    /// When, from the start of the measured phase.
    pub at: Duration,
    /// What it is.
    pub kind: FaultKind,
}

/// What can go wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FaultKind {
    /// The network drops streams; their subscribers come back after the reconnection time.
    DropStreams {
        /// So many of 100, at random.
        share_percent: f64,
    },
    /// The hub ends cleanly, and starts again.
    RestartHub,
    /// The hub is killed, and starts again.
    KillHub,
    /// The hub does nothing for so long.
    PauseHub {
        /// How long.
        lasts: Duration,
    },
}

/// What the hub must have been started with; the reference hub is, when it is started for the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HubNeeds {
    /// A history that outlives its process.
    pub durable_history: bool,
    /// Active subscriptions, so that connecting and leaving are events.
    pub presence: bool,
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

/// Of rates that each hold for as long.
fn mean_per_second(rates: &[Rate]) -> f64 {
    rates.iter().map(|rate| rate.per_second()).sum::<f64>() / rates.len().max(1) as f64
}

impl Scenario {
    /// How many subscribers there are in all groups at a time.
    pub fn subscriber_count(&self) -> u32 {
        self.subscribers.iter().map(|group| group.count).sum()
    }

    /// The mean rate of all publishers together over the load, updates per second.
    pub fn updates_per_second(&self) -> f64 {
        let load_s = (self.phases.warm_up + self.phases.measure).as_secs_f64();
        let rate = |group: &PublisherGroup| match &group.tempo {
            Tempo::Steady { rates, .. } => mean_per_second(rates),
            Tempo::Jobs { of, events, .. } => {
                f64::from(self.subscribers[*of].count) * f64::from(*events) / load_s
            }
        };
        self.publishers.iter().map(rate).sum()
    }

    /// How many topics a family has.
    pub fn topic_count(&self, family: usize) -> u32 {
        match self.topics[family].count {
            TopicCount::Fixed(count) => count,
            TopicCount::OneForEach { group, shared_by } => {
                self.subscribers[group].count.div_ceil(shared_by)
            }
        }
    }
}

#[cfg(test)]
mod tests;
