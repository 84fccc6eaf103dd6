//! From a scenario and a seed to the timetable: the same two always give the same plan. Not for carrying it out.

mod canaries;
mod crowd;
mod popularity;
mod updates;

use std::ops::Range;
use std::time::Duration;

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;

use super::{
    FaultKind, Phase, PhaseKind, Plan, PlanParts, PlannedFault, PlannedPattern, PlannedSubscriber,
    PlannedTopic,
};
use crate::clock::Micros;
use crate::scenario::{Follow, Phases, Scenario};
use canaries::Canaries;
use crowd::{Crowd, Followed};
use popularity::Chooser;

/// Plans a run. `seed` decides every random choice; `run_id` tells this run from all others.
pub fn schedule(scenario: &Scenario, seed: u64, run_id: u64) -> Plan {
    let mut rng = StdRng::seed_from_u64(seed);
    let run = format!("{run_id:016x}");
    let topics = topics(scenario, &run);
    let families = families(scenario);
    let patterns = patterns(scenario, &families, &run);
    let mut followed = Followed::of(scenario, &families);
    let places = crowd::places(scenario, &mut followed, &mut rng);
    let canaries = Canaries::covering(&places, &families);
    let phases = phases(&scenario.phases, canaries.least());
    let subscribers = Crowd {
        scenario,
        patterns: &patterns,
        load: load(&phases),
    }
    .subscribers(&places, &mut followed, &mut rng);
    let mut publications = canaries.publications(&phases);
    publications.extend(updates::of(
        scenario,
        &families,
        &phases,
        &subscribers,
        &mut rng,
    ));
    let faults = faults(scenario, &phases, &subscribers, &mut rng);
    let drain_deadline = phases.last().map_or(Micros::ZERO, |drain| drain.end);
    Plan::new(PlanParts {
        run_id,
        seed,
        phases,
        topics,
        patterns: patterns.into_iter().flatten().collect(),
        subscribers,
        publications,
        faults,
        publishers: scenario.publishers.len() as u16,
        late_after: scenario.bounds.late_after,
        drain_deadline,
    })
}

/// `settle_least` is what the canaries take.
fn phases(lengths: &Phases, settle_least: Duration) -> Vec<Phase> {
    let settle = if lengths.settle.is_zero() {
        Duration::ZERO
    } else {
        lengths.settle.max(settle_least)
    };
    let mut start = Micros::ZERO;
    [
        (PhaseKind::Ramp, lengths.ramp),
        (PhaseKind::Settle, settle),
        (PhaseKind::WarmUp, lengths.warm_up),
        (PhaseKind::Measure, lengths.measure),
        (PhaseKind::Drain, lengths.drain),
    ]
    .into_iter()
    .filter(|(kind, length)| {
        !length.is_zero() || matches!(kind, PhaseKind::Ramp | PhaseKind::Drain)
    })
    .map(|(kind, length)| {
        let phase = Phase {
            name: kind.as_str().to_owned(),
            kind,
            start,
            end: start.plus(length),
        };
        start = phase.end;
        phase
    })
    .collect()
}

/// Warm-up and measured phase together.
fn load(phases: &[Phase]) -> Range<Micros> {
    let loaded = |phase: &&Phase| matches!(phase.kind, PhaseKind::WarmUp | PhaseKind::Measure);
    let begin = phases.iter().find(loaded).map(|phase| phase.start);
    let end = phases.iter().rfind(loaded).map(|phase| phase.end);
    begin.unwrap_or_default()..end.unwrap_or_default()
}

/// A family as a range of the plan's topics.
struct Family {
    topics: Range<u32>,
    chooser: Chooser,
}

fn families(scenario: &Scenario) -> Vec<Family> {
    let mut first = 0;
    (0..scenario.topics.len())
        .map(|family| {
            let topics = first..first + scenario.topic_count(family);
            first = topics.end;
            let popularity = scenario.topics[family].popularity;
            Family {
                chooser: Chooser::new(topics.clone(), popularity),
                topics,
            }
        })
        .collect()
}

fn topics(scenario: &Scenario, run: &str) -> Vec<PlannedTopic> {
    let of_family = |(index, family): (usize, &crate::scenario::TopicFamily)| {
        let template = family.template.replace("{run}", run);
        let private = family.private;
        (1..=scenario.topic_count(index)).map(move |n| PlannedTopic {
            iri: template.replace("{n}", &n.to_string()),
            private,
        })
    };
    scenario
        .topics
        .iter()
        .enumerate()
        .flat_map(of_family)
        .collect()
}

/// By family: its pattern, where somebody asks by it.
fn patterns(scenario: &Scenario, families: &[Family], run: &str) -> Vec<Option<PlannedPattern>> {
    let mut patterns = vec![None; families.len()];
    let follows = scenario.subscribers.iter().flat_map(|group| &group.follows);
    for follow in follows {
        if let Follow::Pattern { family } = *follow
            && let Ok((url_pattern, uri_template)) = scenario.topics[family].patterns(run)
        {
            patterns[family] = Some(PlannedPattern {
                topics: families[family].topics.clone(),
                url_pattern,
                uri_template,
            });
        }
    }
    patterns
}

fn faults(
    scenario: &Scenario,
    phases: &[Phase],
    subscribers: &[PlannedSubscriber],
    rng: &mut StdRng,
) -> Vec<PlannedFault> {
    let measure = phases.iter().find(|phase| phase.kind == PhaseKind::Measure);
    let begin = measure.map_or(Micros::ZERO, |phase| phase.start);
    scenario
        .faults
        .iter()
        .map(|fault| {
            let at = begin.plus(fault.at);
            let drops = match fault.kind {
                FaultKind::DropStreams { share_percent } => {
                    let mut there: Vec<u32> = (0_u32..)
                        .zip(subscribers)
                        .filter(|(_, one)| one.connect_at < at && one.is_there_at(at))
                        .map(|(index, _)| index)
                        .collect();
                    let share = (there.len() as f64 * share_percent / 100.0).round() as usize;
                    there.shuffle(rng);
                    there.truncate(share);
                    there.sort_unstable();
                    there
                }
                _ => Vec::new(),
            };
            PlannedFault {
                name: fault.name.clone(),
                at,
                kind: fault.kind,
                drops,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests;
