//! When each group publishes, and to what.

use std::ops::Range;
use std::time::Duration;

use rand::RngExt as _;
use rand::rngs::StdRng;

use super::{Family, load};
use crate::clock::Micros;
use crate::plan::{Phase, PhaseKind, PlannedPublication, PlannedSubscriber};
use crate::scenario::{Arrivals, PublisherGroup, Rate, Scenario, Tempo};

/// How often somebody who is there is looked for, before whoever was found last writes.
const AUTHORS_TRIED: usize = 32;

/// The updates of all groups, from the start of the load to its end.
pub(super) fn of(
    scenario: &Scenario,
    families: &[Family],
    phases: &[Phase],
    subscribers: &[PlannedSubscriber],
    rng: &mut StdRng,
) -> Vec<PlannedPublication> {
    let mut publications = Vec::new();
    for (group, publisher) in scenario.publishers.iter().zip(0_u16..) {
        let writing = Writing {
            group,
            publisher,
            family: &families[group.publish],
            phases,
            subscribers,
        };
        match &group.tempo {
            Tempo::Steady {
                rates,
                arrivals,
                authors,
            } => {
                let authors = authors.map(|group| members(subscribers, group));
                for at in instants(rates, *arrivals, phases, rng) {
                    publications.extend(writing.at(at, authors.as_deref(), rng));
                }
            }
            Tempo::Jobs {
                of,
                begins_us,
                events,
                every,
            } => {
                for waiting in members(subscribers, *of) {
                    publications.extend(writing.job(waiting, *begins_us, *events, *every));
                }
            }
        }
    }
    publications
}

/// The indices of the subscribers of a group.
fn members(subscribers: &[PlannedSubscriber], group: usize) -> Vec<u32> {
    (0_u32..)
        .zip(subscribers)
        .filter(|(_, one)| usize::from(one.group) == group)
        .map(|(index, _)| index)
        .collect()
}

/// A group that publishes.
struct Writing<'a> {
    group: &'a PublisherGroup,
    publisher: u16,
    family: &'a Family,
    phases: &'a [Phase],
    subscribers: &'a [PlannedSubscriber],
}

impl Writing<'_> {
    /// One update, to a topic by its popularity or to one of somebody who writes; none where nobody is there to.
    fn at(
        &self,
        at: Micros,
        authors: Option<&[u32]>,
        rng: &mut StdRng,
    ) -> Option<PlannedPublication> {
        let Some(authors) = authors else {
            return self.update(at, self.family.chooser.one(rng), None);
        };
        let author = (0..AUTHORS_TRIED)
            .map(|_| authors[rng.random_range(0..authors.len())])
            .find(|author| {
                let one = &self.subscribers[*author as usize];
                one.connect_at <= at && one.is_there_at(at)
            })?;
        let own = self.own_topics(author);
        let topic = own[rng.random_range(0..own.len())];
        self.update(at, topic, Some(author))
    }

    /// What a job tells the one who waits for it.
    fn job(
        &self,
        waiting: u32,
        begins_us: i64,
        events: u32,
        every: Duration,
    ) -> impl Iterator<Item = PlannedPublication> {
        let connect_at = self.subscribers[waiting as usize].connect_at;
        let begins = Micros(connect_at.0.saturating_add_signed(begins_us));
        let topic = self.own_topics(waiting)[0];
        (0..events).filter_map(move |event| self.update(begins.plus(every * event), topic, None))
    }

    /// The topics of the family that a subscriber follows: at least one, which the scenario was checked for.
    fn own_topics(&self, subscriber: u32) -> &[u32] {
        let topics = &*self.subscribers[subscriber as usize].topics;
        let range = &self.family.topics;
        let begin = topics.partition_point(|topic| *topic < range.start);
        let end = topics.partition_point(|topic| *topic < range.end);
        &topics[begin..end]
    }

    /// None outside the load.
    fn update(&self, at: Micros, topic: u32, author: Option<u32>) -> Option<PlannedPublication> {
        let phase = self
            .phases
            .iter()
            .find(|phase| (phase.start..phase.end).contains(&at))
            .map(|phase| phase.kind)
            .filter(|kind| matches!(kind, PhaseKind::WarmUp | PhaseKind::Measure))?;
        Some(PlannedPublication {
            publisher: self.publisher,
            sequence: 0,
            topic,
            at,
            phase,
            payload_bytes: self.group.payload_bytes,
            author,
        })
    }
}

/// The instants of a group's updates: each rate for an equal part of the measured phase, the first for the warm-up too.
fn instants(rates: &[Rate], arrivals: Arrivals, phases: &[Phase], rng: &mut StdRng) -> Vec<Micros> {
    let load = load(phases);
    let measure = phases.iter().find(|phase| phase.kind == PhaseKind::Measure);
    let begin = measure.map_or(load.start, |phase| phase.start);
    let part_us = load.end.micros_since(begin) / rates.len() as u64;
    let mut instants = Vec::new();
    for (rate, part) in rates.iter().zip(0..) {
        let span = Range {
            start: if part == 0 {
                load.start
            } else {
                Micros(begin.0 + part * part_us)
            },
            end: if part + 1 == rates.len() as u64 {
                load.end
            } else {
                Micros(begin.0 + (part + 1) * part_us)
            },
        };
        let length_us = span.end.micros_since(span.start) as f64;
        let offsets = offsets_us(*rate, arrivals, length_us, rng);
        instants.extend(
            offsets
                .into_iter()
                .map(|offset_us| Micros(span.start.0 + offset_us as u64)),
        );
    }
    instants
}

/// Instants of updates, in microseconds from the start, each less than `length_us`.
fn offsets_us(rate: Rate, arrivals: Arrivals, length_us: f64, rng: &mut StdRng) -> Vec<f64> {
    let gap_us = 1e6 / rate.per_second();
    let count = (length_us / gap_us).round().max(1.0) as usize;
    let mut offsets: Vec<f64> = match arrivals {
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
