//! From a scenario and a seed to the timetable: the same two always give the same plan. Not for carrying it out.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};

use super::{
    Phase, PhaseKind, Plan, PlanParts, PlannedPublication, PlannedSubscriber, PlannedTopic,
};
use crate::clock::Micros;
use crate::scenario::{Arrivals, Phases, PublisherGroup, Scenario, SubscriberGroup};
use crate::stamp::STAMP_BYTES;

/// Canaries go out in rounds, so that a subscription which the hub takes up a moment after its headers is heard too.
const CANARY_ROUND: Duration = Duration::from_millis(500);
/// A round is spread over this, so that it is no burst of its own.
const CANARY_SPREAD: Duration = Duration::from_millis(300);

/// About 1 % of the subscribers are probes (measuring.md).
const PROBE_SHARE: usize = 100;
/// And this many at least, or all.
const PROBES_LEAST: usize = 50;

/// Plans a run. `seed` decides every random choice; `run_id` tells this run from all others.
pub fn schedule(scenario: &Scenario, seed: u64, run_id: u64) -> Plan {
    let mut rng = StdRng::seed_from_u64(seed);
    let phases = phases(&scenario.phases);
    let topics = topics(scenario, run_id);
    let subscribers = subscribers(scenario, &mut rng);
    let mut publications = canaries(&phases, topics.len());
    for (group, publisher) in scenario.publishers.iter().zip(0_u16..) {
        publications.extend(updates(scenario, group, publisher, &phases, &mut rng));
    }
    let drain_deadline = phases.last().map_or(Micros::ZERO, |drain| drain.end);
    Plan::new(PlanParts {
        run_id,
        seed,
        phases,
        topics,
        subscribers,
        publications,
        publishers: scenario.publishers.len() as u16,
        late_after: scenario.bounds.late_after,
        drain_deadline,
    })
}

fn phases(lengths: &Phases) -> Vec<Phase> {
    let mut start = Micros::ZERO;
    [
        (PhaseKind::Ramp, lengths.ramp),
        (PhaseKind::Settle, lengths.settle),
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

fn topics(scenario: &Scenario, run_id: u64) -> Vec<PlannedTopic> {
    let run = format!("{run_id:016x}");
    scenario
        .topics
        .iter()
        .flat_map(|family| {
            let template = family.template.replace("{run}", &run);
            (1..=family.count).map(move |n| PlannedTopic {
                iri: template.replace("{n}", &n.to_string()),
                private: family.private,
            })
        })
        .collect()
}

/// The index of a family's first topic.
fn first_topic(scenario: &Scenario, family: usize) -> u32 {
    scenario.topics[..family]
        .iter()
        .map(|family| family.count)
        .sum()
}

/// Groups are mixed, so that none of them connects first, and probes stand at random positions among them.
fn subscribers(scenario: &Scenario, rng: &mut StdRng) -> Vec<PlannedSubscriber> {
    let mut groups: Vec<&SubscriberGroup> = scenario
        .subscribers
        .iter()
        .flat_map(|group| std::iter::repeat_n(group, group.count as usize))
        .collect();
    groups.shuffle(rng);
    let count = groups.len();
    let mut probes: Vec<bool> = vec![false; count];
    for probe in rand::seq::index::sample(
        rng,
        count,
        count.div_ceil(PROBE_SHARE).max(PROBES_LEAST).min(count),
    ) {
        probes[probe] = true;
    }
    let ramp_us = scenario.phases.ramp.as_micros();
    groups
        .into_iter()
        .zip(probes)
        .enumerate()
        .map(|(index, (group, probe))| PlannedSubscriber {
            topics: followed(scenario, group, rng),
            probe,
            connect_at: Micros((ramp_us * index as u128 / count as u128) as u64),
        })
        .collect()
}

fn followed(scenario: &Scenario, group: &SubscriberGroup, rng: &mut StdRng) -> Box<[u32]> {
    let first = first_topic(scenario, group.follow);
    let family = scenario.topics[group.follow].count as usize;
    let each = (group.topics_each as usize).min(family);
    let mut topics: Box<[u32]> = rand::seq::index::sample(rng, family, each)
        .into_iter()
        .map(|topic| first + topic as u32)
        .collect();
    topics.sort_unstable();
    topics
}

/// One canary a topic and round, all of the first publisher; the last round leaves the time of one for its arrival.
fn canaries(phases: &[Phase], topics: usize) -> Vec<PlannedPublication> {
    let Some(settle) = phases.iter().find(|phase| phase.kind == PhaseKind::Settle) else {
        return Vec::new();
    };
    let round_us = CANARY_ROUND.as_micros() as u64;
    let spread_us = (CANARY_SPREAD.as_micros() as u64).min(settle.end.micros_since(settle.start));
    let rounds = (settle.end.micros_since(settle.start) / round_us)
        .saturating_sub(1)
        .max(1);
    (0..rounds)
        .flat_map(|round| (0..topics).map(move |topic| (round, topic)))
        .map(|(round, topic)| PlannedPublication {
            publisher: 0,
            sequence: 0,
            topic: topic as u32,
            at: Micros(
                settle.start.0 + round * round_us + spread_us * topic as u64 / topics as u64,
            ),
            phase: PhaseKind::Settle,
            payload_bytes: STAMP_BYTES as u32,
        })
        .collect()
}

/// A group's updates from the start of the load to its end.
fn updates(
    scenario: &Scenario,
    group: &PublisherGroup,
    publisher: u16,
    phases: &[Phase],
    rng: &mut StdRng,
) -> Vec<PlannedPublication> {
    let loaded = |phase: &&Phase| matches!(phase.kind, PhaseKind::WarmUp | PhaseKind::Measure);
    let (Some(first), Some(last)) = (phases.iter().find(loaded), phases.iter().rfind(loaded))
    else {
        return Vec::new();
    };
    let length_us = last.end.micros_since(first.start) as f64;
    let topic = first_topic(scenario, group.publish);
    let topics = scenario.topics[group.publish].count;
    offsets_us(group, length_us, rng)
        .into_iter()
        .map(|offset_us| {
            let at = Micros(first.start.0 + offset_us as u64);
            PlannedPublication {
                publisher,
                sequence: 0,
                topic: topic + rng.random_range(0..topics),
                at,
                phase: if at < first.end {
                    first.kind
                } else {
                    last.kind
                },
                payload_bytes: group.payload_bytes,
            }
        })
        .collect()
}

/// Instants of updates, in microseconds from the start, each less than `length_us`.
fn offsets_us(group: &PublisherGroup, length_us: f64, rng: &mut StdRng) -> Vec<f64> {
    let gap_us = 1e6 / group.rate.per_second();
    let count = (length_us / gap_us).round().max(1.0) as usize;
    let mut offsets: Vec<f64> = match group.arrivals {
        // In the middle of their gaps: the first one never coincides with the start of a phase.
        Arrivals::Uniform => (0..count)
            .map(|index| (index as f64 + 0.5) * gap_us)
            .collect(),
        Arrivals::Poisson => poisson_us(gap_us, length_us, rng),
        Arrivals::Bursts { size, spacing } => {
            let between_us = gap_us * f64::from(size);
            let spacing_us = spacing.as_secs_f64() * 1e6;
            let begin = |burst: usize, rng: &mut StdRng| {
                (burst as f64 + 0.25 + rng.random_range(-0.25..0.25)) * between_us
            };
            let mut burst_begins = 0.0;
            (0..count)
                .map(|index| {
                    let within = index % size as usize;
                    if within == 0 {
                        burst_begins = begin(index / size as usize, rng);
                    }
                    burst_begins + within as f64 * spacing_us
                })
                .collect()
        }
    };
    offsets.retain(|offset| *offset < length_us);
    offsets
}

/// Exponential gaps, summed up.
fn poisson_us(gap_us: f64, length_us: f64, rng: &mut StdRng) -> Vec<f64> {
    let mut offsets = Vec::new();
    let mut offset = 0.0;
    loop {
        // 1 − u lies in (0, 1]: its logarithm is finite.
        offset -= (1.0 - rng.random::<f64>()).ln() * gap_us;
        if offset >= length_us {
            return offsets;
        }
        offsets.push(offset);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::preset;

    fn scenario(publishers: &str) -> Scenario {
        let head = preset("live-score").unwrap().replace(
            "arrivals = \"bursts\"\nburst_size = 15\nburst_spacing = \"8ms\"",
            publishers,
        );
        Scenario::parse("x", &head).unwrap()
    }

    fn measured(plan: &Plan) -> Vec<PlannedPublication> {
        plan.publications
            .iter()
            .filter(|update| update.phase == PhaseKind::Measure)
            .copied()
            .collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_plan_and_another_one_another() {
        let scenario = scenario("arrivals = \"poisson\"");
        let plan = schedule(&scenario, 1, 9);
        let (same, other) = (schedule(&scenario, 1, 9), schedule(&scenario, 2, 9));
        assert_eq!(
            (&plan.publications, &plan.subscribers),
            (&same.publications, &same.subscribers)
        );
        assert_ne!(plan.publications, other.publications);
        assert_ne!(plan.subscribers, other.subscribers);
    }

    #[test]
    fn live_score_has_enough_goals_to_decide_a_p99_whatever_the_seed() {
        let scenario = Scenario::parse("x", preset("live-score").unwrap()).unwrap();
        for seed in 0..200 {
            let goals = measured(&schedule(&scenario, seed, 0)).len();
            assert!((400..=455).contains(&goals), "seed {seed}: {goals}");
        }
    }

    #[test]
    fn instants_ascend_lie_in_their_phases_and_are_numbered_by_publisher() {
        for arrivals in [
            "arrivals = \"uniform\"",
            "arrivals = \"poisson\"",
            "arrivals = \"bursts\"",
        ] {
            let plan = schedule(&scenario(arrivals), 5, 1);
            assert!(plan.publications.is_sorted_by_key(|update| update.at));
            for (update, index) in plan.publications.iter().zip(0..) {
                let phase = plan.phase(update.phase).unwrap();
                assert!(
                    phase.start <= update.at && update.at < phase.end,
                    "{update:?}"
                );
                assert_eq!(
                    plan.publication_index(update.publisher, update.sequence),
                    Some(index)
                );
            }
        }
    }

    #[test]
    fn poisson_gaps_are_as_spread_as_their_mean() {
        let plan = schedule(&scenario("arrivals = \"poisson\""), 11, 0);
        let updates = measured(&plan);
        let gaps: Vec<f64> = updates
            .windows(2)
            .map(|pair| pair[1].at.micros_since(pair[0].at) as f64)
            .collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let deviation =
            (gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64).sqrt();
        assert!(
            (0.8..1.2).contains(&(deviation / mean)),
            "{deviation} of {mean}"
        );
    }

    #[test]
    fn every_topic_has_a_canary_a_round_and_everyone_a_place_in_the_ramp() {
        let plan = schedule(&scenario("arrivals = \"uniform\""), 3, 0xab);
        let canaries = plan
            .publications
            .iter()
            .filter(|update| update.phase == PhaseKind::Settle)
            .count();
        assert_eq!(canaries, 2 * plan.topics.len());
        assert_eq!(
            plan.topics[9].iri,
            "https://live-score.example/00000000000000ab/matches/10"
        );
        assert_eq!(plan.subscribers.len(), 1_000);
        assert_eq!(
            plan.subscribers
                .iter()
                .filter(|subscriber| subscriber.probe)
                .count(),
            50
        );
        assert!(
            plan.subscribers
                .is_sorted_by_key(|subscriber| subscriber.connect_at)
        );
        assert!(
            plan.subscribers
                .iter()
                .all(|subscriber| subscriber.topics.len() == 1)
        );
        assert!(plan.subscribers[999].connect_at < plan.phase(PhaseKind::Ramp).unwrap().end);
    }
}
