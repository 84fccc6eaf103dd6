//! The order in which most streams show the updates of a topic, and who contradicts it.

use super::order::Showing;
use std::collections::HashMap;

/// How many pairs of a topic are looked for in all its streams. The most usual stream settles nearly all of them alone; a hub
/// without any order would make the search quadratic, and has been shown to have none long before.
const SEARCHES_MAX: usize = 1_000;

const UNRANKED: u32 = u32::MAX;

/// An order of all updates of a topic: that of the most usual stream, with what it lacks put in from the others.
pub(super) struct UsualOrder<'showings> {
    showings: &'showings [Showing],
    /// By publication: its place in the usual order.
    rank: Vec<u32>,
    /// By publication: whether the most usual stream itself shows it.
    in_usual: Vec<bool>,
    /// The highest rank so far on the stream being walked.
    highest: Option<u32>,
    searches_left: usize,
}

impl<'showings> UsualOrder<'showings> {
    /// Finds it; `publications` is how many the plan has.
    pub(super) fn of(showings: &'showings [Showing], publications: usize) -> Self {
        let distinct = by_frequency(showings);
        let mut order: Vec<u32> = distinct
            .first()
            .map_or_else(Vec::new, |usual| usual.to_vec());
        let mut in_usual = vec![false; publications];
        for &publication in &order {
            in_usual[publication as usize] = true;
        }
        let mut rank = vec![UNRANKED; publications];
        assign(&mut rank, &order);
        for updates in distinct.iter().skip(1) {
            if updates
                .iter()
                .any(|&publication| rank[publication as usize] == UNRANKED)
            {
                order = merged(&order, &rank, updates);
                assign(&mut rank, &order);
            }
        }
        Self {
            showings,
            rank,
            in_usual,
            highest: None,
            searches_left: SEARCHES_MAX,
        }
    }

    /// Walks `showing`, place by place from 0: the update that stands before `place` there, but after it on another stream. A
    /// pair that was published in the very order in which `showing` has it (`published_before`) is the other stream's fault.
    pub(super) fn contradicted_by(
        &mut self,
        showing: &Showing,
        place: usize,
        published_before: impl Fn(u32, u32) -> bool,
    ) -> Option<u32> {
        let publication = showing.updates[place];
        let rank = self.rank[publication as usize];
        if place == 0 {
            self.highest = None;
        }
        let before = self.highest;
        self.highest = before.max(Some(rank));
        if before.is_none_or(|highest| highest < rank) {
            return None;
        }
        showing.updates[..place].iter().copied().find(|&earlier| {
            self.rank[earlier as usize] > rank
                && !published_before(earlier, publication)
                && self.is_shown_in_order(publication, earlier)
        })
    }

    /// Whether some stream shows `first` before `second`.
    fn is_shown_in_order(&mut self, first: u32, second: u32) -> bool {
        if self.in_usual[first as usize] && self.in_usual[second as usize] {
            return true;
        }
        if self.searches_left == 0 {
            return false;
        }
        self.searches_left -= 1;
        self.showings.iter().any(|showing| {
            let mut either = showing
                .updates
                .iter()
                .filter(|&&update| update == first || update == second);
            either.next() == Some(&first) && either.next() == Some(&second)
        })
    }
}

/// The different orders that streams show, the most frequent first; then the longest, then the first.
fn by_frequency(showings: &[Showing]) -> Vec<&[u32]> {
    let mut frequency: HashMap<&[u32], (usize, usize)> = HashMap::new();
    for (place, showing) in showings.iter().enumerate() {
        frequency.entry(&showing.updates).or_insert((0, place)).0 += 1;
    }
    let mut distinct: Vec<(&[u32], (usize, usize))> = frequency.into_iter().collect();
    distinct.sort_unstable_by_key(|&(updates, (count, first))| {
        (std::cmp::Reverse((count, updates.len())), first)
    });
    distinct.into_iter().map(|(updates, _)| updates).collect()
}

fn assign(rank: &mut [u32], order: &[u32]) {
    for (place, &publication) in (0_u32..).zip(order) {
        rank[publication as usize] = place;
    }
}

/// `order` with the updates that it lacks, each right behind the one that it follows in `updates`.
fn merged(order: &[u32], rank: &[u32], updates: &[u32]) -> Vec<u32> {
    // What follows each place of `order`; the first list stands before all.
    let mut following: Vec<Vec<u32>> = vec![Vec::new(); order.len() + 1];
    let mut behind = 0;
    for &publication in updates {
        match rank[publication as usize] {
            UNRANKED => following[behind].push(publication),
            place => behind = place as usize + 1,
        }
    }
    let mut merged = following[0].clone();
    for (publication, behind) in order.iter().zip(&following[1..]) {
        merged.push(*publication);
        merged.extend_from_slice(behind);
    }
    merged
}
