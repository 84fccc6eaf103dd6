//! The order in which most streams show the updates of a topic, and who contradicts it.

use super::order::Showing;
use std::collections::HashMap;

/// How many pairs of a topic are looked for in all its streams. The most usual stream settles nearly all of them alone; a hub
/// without any order would make the search quadratic, and has been shown to have none long before.
const SEARCHES_MAX: usize = 1_000;

const UNRANKED: u32 = u32::MAX;

/// Where each update of a topic stands. Made once for all topics: there may be a million, and each clears what it has set.
pub(super) struct Places {
    /// By publication: its place in the usual order.
    rank: Vec<u32>,
    /// By publication: whether the most usual stream itself shows it.
    in_usual: Vec<bool>,
}

impl Places {
    /// For a plan of so many publications.
    pub(super) fn new(publications: usize) -> Self {
        Self {
            rank: vec![UNRANKED; publications],
            in_usual: vec![false; publications],
        }
    }
}

/// An order of all updates of a topic: that of the most usual stream, with what it lacks put in from the others.
pub(super) struct UsualOrder<'run> {
    showings: &'run [Showing],
    /// All updates of the topic, in this order.
    order: Vec<u32>,
    places: &'run mut Places,
    /// The highest rank so far on the stream being walked.
    highest: Option<u32>,
    searches_left: usize,
}

impl Drop for UsualOrder<'_> {
    fn drop(&mut self) {
        for &publication in &self.order {
            self.places.rank[publication as usize] = UNRANKED;
            self.places.in_usual[publication as usize] = false;
        }
    }
}

impl<'run> UsualOrder<'run> {
    /// Finds it.
    pub(super) fn of(showings: &'run [Showing], places: &'run mut Places) -> Self {
        let distinct = by_frequency(showings);
        let mut order: Vec<u32> = distinct
            .first()
            .map_or_else(Vec::new, |usual| usual.to_vec());
        for &publication in &order {
            places.in_usual[publication as usize] = true;
        }
        let rank = &mut places.rank;
        assign(rank, &order);
        for updates in distinct.iter().skip(1) {
            if updates
                .iter()
                .any(|&publication| rank[publication as usize] == UNRANKED)
            {
                order = merged(&order, rank, updates);
                assign(rank, &order);
            }
        }
        Self {
            showings,
            order,
            places,
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
        let rank = self.places.rank[publication as usize];
        if place == 0 {
            self.highest = None;
        }
        let before = self.highest;
        self.highest = before.max(Some(rank));
        if before.is_none_or(|highest| highest < rank) {
            return None;
        }
        // The nearest one: updates that changed places are seldom far apart.
        showing.updates[..place]
            .iter()
            .rev()
            .copied()
            .find(|&earlier| {
                self.places.rank[earlier as usize] > rank
                    && !published_before(earlier, publication)
                    && self.is_shown_in_order(publication, earlier)
            })
    }

    /// Whether some stream shows `first` before `second`.
    fn is_shown_in_order(&mut self, first: u32, second: u32) -> bool {
        let in_usual = |update: u32| self.places.in_usual[update as usize];
        if in_usual(first) && in_usual(second) {
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
    // Equal lists are the same one: where it lies tells them apart.
    let mut frequency: HashMap<*const u32, (&[u32], (usize, usize))> = HashMap::new();
    for (place, showing) in showings.iter().enumerate() {
        let entry = frequency.entry(showing.updates.as_ptr());
        entry.or_insert((&showing.updates, (0, place))).1.0 += 1;
    }
    let mut distinct: Vec<(&[u32], (usize, usize))> = frequency.into_values().collect();
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
