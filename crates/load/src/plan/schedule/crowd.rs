//! Who subscribes: places, each of a group and with what it follows, and the subscribers that take them one after the other.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use rand::RngExt as _;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;

use super::Family;
use crate::clock::Micros;
use crate::plan::{PlannedPattern, PlannedSubscriber, Reads};
use crate::scenario::{Arrive, Follow, Scenario, Stays, SubscriberGroup, Tempo, TopicCount};

/// About 1 % of the subscribers are probes (measuring.md).
const PROBE_SHARE: usize = 100;
/// And this many at least, or all.
const PROBES_LEAST: usize = 50;

/// One of the subscribers that there are at a time.
pub(super) struct Place {
    group: usize,
    /// Which of its group, from 0.
    number: u32,
    topics: Arc<[u32]>,
    pub(super) arrive: Arrive,
    pub(super) reads: Reads,
}

impl Place {
    /// What it follows of a family.
    pub(super) fn topics_within(&self, family: &Range<u32>) -> &[u32] {
        let begin = self.topics.partition_point(|topic| *topic < family.start);
        let end = self.topics.partition_point(|topic| *topic < family.end);
        &self.topics[begin..end]
    }
}

/// The places of all groups, mixed, so that none of them connects first.
pub(super) fn places(
    scenario: &Scenario,
    followed: &mut Followed<'_>,
    rng: &mut StdRng,
) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::with_capacity(scenario.subscriber_count() as usize);
    for (index, group) in scenario.subscribers.iter().enumerate() {
        for number in 0..group.count {
            places.push(Place {
                group: index,
                number,
                topics: followed.by(index, number, rng),
                arrive: group.arrive,
                reads: group.reads,
            });
        }
    }
    places.shuffle(rng);
    places
}

/// What subscribers follow. Those who follow the same large set share it.
pub(super) struct Followed<'a> {
    scenario: &'a Scenario,
    families: &'a [Family],
    /// By group: what each of a group follows that chooses nothing.
    same: HashMap<usize, Arc<[u32]>>,
}

impl<'a> Followed<'a> {
    pub(super) fn of(scenario: &'a Scenario, families: &'a [Family]) -> Self {
        Self {
            scenario,
            families,
            same: HashMap::new(),
        }
    }

    fn by(&mut self, index: usize, number: u32, rng: &mut StdRng) -> Arc<[u32]> {
        if let Some(same) = self.same.get(&index) {
            return Arc::clone(same);
        }
        let group = &self.scenario.subscribers[index];
        let mut topics = Vec::new();
        for follow in &group.follows {
            let family = &self.families[follow.family()];
            match *follow {
                Follow::Own { family: index } => {
                    let shared_by = match self.scenario.topics[index].count {
                        TopicCount::OneForEach { shared_by, .. } => shared_by,
                        TopicCount::Fixed(_) => 1,
                    };
                    topics.push(family.topics.start + number / shared_by);
                }
                Follow::Chosen { least, most, .. } => {
                    let count = rng.random_range(least..=most) as usize;
                    topics.extend(family.chooser.several(count, rng));
                }
                Follow::Pattern { .. } => topics.extend(family.topics.clone()),
            }
        }
        topics.sort_unstable();
        let topics: Arc<[u32]> = topics.into();
        let chooses_nothing = group
            .follows
            .iter()
            .all(|follow| matches!(follow, Follow::Pattern { .. }));
        if chooses_nothing {
            self.same.insert(index, Arc::clone(&topics));
        }
        topics
    }
}

/// What turns places into subscribers.
pub(super) struct Crowd<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) patterns: &'a [Option<PlannedPattern>],
    /// Warm-up and measured phase.
    pub(super) load: Range<Micros>,
}

impl Crowd<'_> {
    /// In the order of connecting; probes stand at random positions among those who read.
    pub(super) fn subscribers(
        &self,
        places: &[Place],
        followed: &mut Followed<'_>,
        rng: &mut StdRng,
    ) -> Vec<PlannedSubscriber> {
        let phases = &self.scenario.phases;
        let ramp_us = phases.ramp.as_micros() as f64;
        let in_ramp = |place: &&Place| place.arrive == Arrive::Ramp;
        let due_in_ramp = places.iter().filter(in_ramp).count().max(1) as f64;
        let mut subscribers = Vec::with_capacity(places.len());
        let mut ramped = 0_u64;
        for place in places {
            let connect_at = match place.arrive {
                Arrive::Ramp => {
                    ramped += 1;
                    let share = (ramped - 1) as f64 / due_in_ramp;
                    Micros((ramp_us * phases.ramp_shape.part_at(share)) as u64)
                }
                Arrive::Load => self.arrives_in_load(place.group, rng),
            };
            let first = subscribers.len();
            self.take_place(place, connect_at, &mut subscribers, rng);
            for next in subscribers[first..].iter_mut().skip(1) {
                next.topics = followed.by(place.group, place.number, rng);
            }
        }
        subscribers.sort_by_key(|one| one.connect_at);
        choose_probes(&mut subscribers, rng);
        subscribers
    }

    /// Early enough to see the end of what it came for.
    fn arrives_in_load(&self, group: usize, rng: &mut StdRng) -> Micros {
        let before = Duration::from_micros(self.job_before_us(group));
        let stay = self.scenario.subscribers[group].stays.mean();
        let after = stay.unwrap_or_default().max(self.job_after(group));
        let begin = self.load.start.plus(before);
        let end = Micros(
            self.load
                .end
                .0
                .saturating_sub(Micros::from_duration(after).0),
        );
        if end <= begin {
            return begin;
        }
        Micros(rng.random_range(begin.0..end.0))
    }

    /// How long before its arrival something happens for it.
    fn job_before_us(&self, group: usize) -> u64 {
        let begins = |tempo: &Tempo| match *tempo {
            Tempo::Jobs { of, begins_us, .. } if of == group => begins_us.min(0).unsigned_abs(),
            _ => 0,
        };
        let publishers = self.scenario.publishers.iter();
        publishers
            .map(|group| begins(&group.tempo))
            .max()
            .unwrap_or(0)
    }

    /// How long after its arrival something happens for it.
    fn job_after(&self, group: usize) -> Duration {
        let lasts = |tempo: &Tempo| match *tempo {
            Tempo::Jobs {
                of,
                begins_us,
                events,
                every,
            } if of == group => {
                Duration::from_micros(begins_us.max(0).unsigned_abs()) + every * events
            }
            _ => Duration::ZERO,
        };
        let publishers = self.scenario.publishers.iter();
        publishers
            .map(|group| lasts(&group.tempo))
            .max()
            .unwrap_or_default()
    }

    /// The first subscriber of a place, and those who come when it has left.
    fn take_place(
        &self,
        place: &Place,
        connect_at: Micros,
        subscribers: &mut Vec<PlannedSubscriber>,
        rng: &mut StdRng,
    ) {
        let group = &self.scenario.subscribers[place.group];
        let patterns = self.patterns_of(group);
        let mut connect_at = connect_at;
        let mut is_first = true;
        loop {
            let from = connect_at.max(self.load.start);
            // Of the first ones nobody knows how long they have been there.
            let stay = stay(group.stays, is_first && group.replaced, rng);
            let leave_at = stay.map(|stay| from.plus(stay));
            let next = leave_at.filter(|leave_at| group.replaced && *leave_at < self.load.end);
            subscribers.push(PlannedSubscriber {
                group: place.group as u16,
                topics: Arc::clone(&place.topics),
                patterns: patterns.clone(),
                probe: false,
                connect_at,
                // Nobody leaves for want of a place when the load is over.
                leave_at: leave_at.filter(|_| next.is_some() || !group.replaced),
                from_start: group.from_start,
                reads: group.reads,
                http: group.http,
            });
            let Some(next) = next else { return };
            connect_at = next;
            is_first = false;
        }
    }

    /// The indices, among the patterns that there are, of those that a group asks for.
    fn patterns_of(&self, group: &SubscriberGroup) -> Box<[u16]> {
        let index = |family: usize| {
            let before = &self.patterns[..family];
            before.iter().flatten().count() as u16
        };
        group
            .follows
            .iter()
            .filter_map(|follow| match *follow {
                Follow::Pattern { family } => Some(index(family)),
                Follow::Own { .. } | Follow::Chosen { .. } => None,
            })
            .collect()
    }
}

/// How long one stays; when it is known only to be there, the rest of that.
fn stay(stays: Stays, is_under_way: bool, rng: &mut StdRng) -> Option<Duration> {
    let whole = match stays {
        Stays::Always => return None,
        // What is left of an exponential time is exponential.
        // 1 − u lies in (0, 1]: its logarithm is finite.
        Stays::Exponential(mean) => {
            return Some(mean.mul_f64(-(1.0 - rng.random::<f64>()).ln()));
        }
        Stays::Fixed(duration) => duration,
        Stays::Between(shortest, longest) => rng.random_range(shortest..=longest),
    };
    Some(if is_under_way {
        whole.mul_f64(rng.random::<f64>())
    } else {
        whole
    })
}

fn choose_probes(subscribers: &mut [PlannedSubscriber], rng: &mut StdRng) {
    let reading: Vec<usize> = subscribers
        .iter()
        .enumerate()
        .filter(|(_, one)| one.reads == Reads::All)
        .map(|(index, _)| index)
        .collect();
    let count = reading.len();
    let probes = count.div_ceil(PROBE_SHARE).max(PROBES_LEAST).min(count);
    for place in rand::seq::index::sample(rng, count, probes) {
        subscribers[reading[place]].probe = true;
    }
}
