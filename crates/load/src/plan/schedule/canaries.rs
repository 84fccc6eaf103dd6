//! What is published while subscribers settle, so that each of them is known to hear: to as few topics as reach everyone in
//! everything that they follow.

use std::time::Duration;

use super::Family;
use super::crowd::Place;
use crate::clock::Micros;
use crate::plan::{Phase, PhaseKind, PlannedPublication, Reads};
use crate::scenario::Arrive;
use crate::stamp::STAMP_BYTES;

/// They go out in rounds, so that a subscription which the hub takes up a moment after its headers is heard too.
const ROUND: Duration = Duration::from_millis(500);
/// A round is spread over this at least, so that it is no burst of its own.
const SPREAD_LEAST: Duration = Duration::from_millis(300);
/// And over so long for each that no hub is overrun before the load begins.
const EACH: Duration = Duration::from_millis(1);
/// What is left of a round for the arrival of its last.
const ARRIVAL: Duration = Duration::from_millis(200);

/// The topics that canaries go to, ascending.
pub(super) struct Canaries(Vec<u32>);

impl Canaries {
    /// Of each family that a subscriber of the ramp follows, at least one of its topics: those with the most followers first, until
    /// nobody is left out.
    pub(super) fn covering(places: &[Place], families: &[Family]) -> Self {
        let settled: Vec<&Place> = places
            .iter()
            .filter(|place| place.arrive == Arrive::Ramp && place.reads == Reads::All)
            .collect();
        let mut topics: Vec<u32> = families
            .iter()
            .flat_map(|family| cover(&settled, family))
            .collect();
        topics.sort_unstable();
        Self(topics)
    }

    /// How long one round takes.
    pub(super) fn least(&self) -> Duration {
        if self.0.is_empty() {
            return Duration::ZERO;
        }
        self.spread() + ARRIVAL
    }

    fn spread(&self) -> Duration {
        SPREAD_LEAST.max(EACH * self.0.len() as u32)
    }

    /// All of the first publisher; the last round leaves the time of one for its arrival.
    pub(super) fn publications(&self, phases: &[Phase]) -> Vec<PlannedPublication> {
        let Some(settle) = phases.iter().find(|phase| phase.kind == PhaseKind::Settle) else {
            return Vec::new();
        };
        let count = self.0.len().max(1) as u64;
        let length_us = settle.end.micros_since(settle.start);
        let round_us =
            (ROUND.max(self.spread() + ARRIVAL).as_micros() as u64).min(length_us.max(1));
        let spread_us = (self.spread().as_micros() as u64).min(length_us);
        let rounds = (length_us / round_us).saturating_sub(1).max(1);
        let (start, topics) = (settle.start.0, &self.0);
        (0..rounds)
            .flat_map(|round| {
                (0_u64..)
                    .zip(topics)
                    .map(move |(place, topic)| (round, place, *topic))
            })
            .map(|(round, place, topic)| PlannedPublication {
                publisher: 0,
                sequence: 0,
                topic,
                at: Micros(start + round * round_us + spread_us * place / count),
                phase: PhaseKind::Settle,
                payload_bytes: STAMP_BYTES as u32,
                author: None,
            })
            .collect()
    }
}

/// Topics of a family, so that everyone who follows any of it follows one of them.
fn cover(places: &[&Place], family: &Family) -> Vec<u32> {
    let first = family.topics.start;
    let mut followers: Vec<Vec<u32>> = vec![Vec::new(); family.topics.len()];
    let mut is_covered = vec![true; places.len()];
    for (place, index) in places.iter().zip(0_u32..) {
        for topic in place.topics_within(&family.topics) {
            followers[(topic - first) as usize].push(index);
            is_covered[index as usize] = false;
        }
    }
    let mut by_followers: Vec<u32> = family.topics.clone().collect();
    by_followers.sort_by_key(|topic| std::cmp::Reverse(followers[(topic - first) as usize].len()));
    by_followers
        .into_iter()
        .filter(|topic| {
            let mut is_needed = false;
            for follower in &followers[(topic - first) as usize] {
                is_needed |= !std::mem::replace(&mut is_covered[*follower as usize], true);
            }
            is_needed
        })
        .collect()
}
