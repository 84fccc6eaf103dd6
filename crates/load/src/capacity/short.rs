//! The scenario of one step: the same work in less time, under another load.

use std::time::Duration;

use assay_results::LoadLevel;

use crate::scenario::{OverrideError, Overrides, Rate, Scenario};

/// Subscribers connect no faster than this, whatever the scenario's ramp is for its own number of them: a search is for what a hub
/// bears, and not for how fast it is joined.
const CONNECTS_PER_SECOND: f64 = 2_000.0;
/// Warm-up is no longer than this.
const WARM_UP_AT_MOST: Duration = Duration::from_secs(1);
/// More publishes than are needed, since those of a random rhythm vary.
const EVENTS_TO_SPARE: f64 = 1.1;
/// A step that needs more events for its objectives is longer, but no longer than this.
const MEASURE_AT_MOST: Duration = Duration::from_mins(1);

/// How long a step is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepLength {
    /// Where that is enough.
    pub usual: Duration,
    /// Independent events that its objectives take.
    pub events: u64,
}

impl Scenario {
    /// The scenario with so many subscribers, and at a rate where one is given, shortened to a step: a ramp of 2,000 connects a second
    /// at most, a warm-up of a second at most, a measured phase of the length, and no faults.
    ///
    /// # Errors
    /// The scenario cannot have this load.
    pub fn step(
        &self,
        subscribers: u64,
        rate: Option<Rate>,
        length: StepLength,
        seed: u64,
    ) -> Result<Self, OverrideError> {
        let mut step = self.clone();
        step.faults.clear();
        let phases = &mut step.phases;
        phases.warm_up = phases.warm_up.min(WARM_UP_AT_MOST);
        phases.measure = length.usual;
        let connecting = Duration::from_secs_f64(subscribers as f64 / CONNECTS_PER_SECOND);
        phases.ramp = phases.ramp.max(connecting);
        let step = step.with(Overrides {
            subscribers: Some(subscribers),
            rate,
            seed: Some(seed),
            ..Overrides::default()
        })?;
        let needed_s = length.events as f64 * EVENTS_TO_SPARE / step.updates_per_second();
        // A rate of next to nothing must not become a duration beyond all bounds.
        let needed = Duration::from_millis((needed_s * 1e3).min(1e9) as u64);
        step.with(Overrides {
            measure: Some(needed.min(MEASURE_AT_MOST).max(length.usual)),
            ..Overrides::default()
        })
    }

    /// The load that the scenario has as it stands.
    pub fn load(&self) -> LoadLevel {
        LoadLevel {
            subscribers: u64::from(self.subscriber_count()),
            updates_per_second: self.updates_per_second(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::preset;

    fn check(preset_name: &str, (subscribers, rate): (u64, f64), events: u64, measured_s: f64) {
        let scenario = Scenario::parse("x", preset(preset_name).unwrap()).unwrap();
        let length = StepLength {
            usual: Duration::from_secs(10),
            events,
        };
        let step = scenario
            .step(subscribers, Rate::new(rate), length, 7)
            .unwrap();
        let load = step.load();
        assert_eq!(load.subscribers, subscribers);
        let ratio = load.updates_per_second / rate;
        assert!((ratio - 1.0).abs() < 1e-6, "{preset_name}: {load:?}");
        let measured = step.phases.measure.as_secs_f64();
        assert!((measured - measured_s).abs() < 0.01, "{measured}");
        assert!(step.faults.is_empty());
        assert_eq!(step.seed, Some(7));
        let connects = load.subscribers as f64 / step.phases.ramp.as_secs_f64();
        assert!(connects <= 2_001.0, "{connects}");
    }

    #[test]
    fn a_step_is_the_scenario_under_a_load_in_less_time() {
        check("live-score", (300, 90.0), 299, 10.0);
        check("live-score", (20_000, 45.0), 299, 10.0);
        // 299 events at 10/s, and some to spare.
        check("live-score", (300, 10.0), 299, 32.89);
        // As long as a step may be.
        check("live-score", (300, 1.0), 299, 60.0);
        check("chat", (500, 30.0), 59, 10.0);
        check("reconnect-storm", (500, 30.0), 299, 10.963);
    }

    /// Their updates are those of the subscribers: more of them, more updates.
    #[test]
    fn jobs_come_with_their_subscribers() {
        let scenario = Scenario::parse("x", preset("async-jobs").unwrap()).unwrap();
        let length = StepLength {
            usual: Duration::from_secs(10),
            events: 299,
        };
        let subscribers = 4 * u64::from(scenario.subscriber_count());
        let step = scenario.step(subscribers, None, length, 7).unwrap();
        let more = step.updates_per_second() / scenario.updates_per_second();
        assert!(more > 3.0, "{more}");
    }

    #[test]
    fn what_a_scenario_cannot_have_is_told() {
        let scenario = Scenario::parse("x", preset("live-score").unwrap()).unwrap();
        let length = StepLength {
            usual: Duration::from_secs(10),
            events: 299,
        };
        let refused = scenario.step(0, None, length, 1);
        assert!(refused.is_err());
    }
}
