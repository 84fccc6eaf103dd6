//! What the tokens of live subscribers let them read, each list kept once, and each pattern in any of them once.
//!
//! A private update costs one evaluation of each distinct pattern at most, however many of its listeners hold a list of their
//! own with that pattern in it. Not here: what a public update costs, which asks nobody's grants.

use std::collections::HashMap;
use std::sync::Arc;

use slab::Slab;

use crate::topic::Topic;
use crate::topic_matcher::TopicMatcher;

/// Equal subscribe grants of all subscribers share one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct GrantsId(usize);

#[derive(Debug, Default)]
pub(super) struct GrantsBook {
    lists: Slab<List>,
    places: HashMap<Arc<[TopicMatcher]>, GrantsId>,
    patterns: Slab<Pattern>,
    pattern_places: HashMap<TopicMatcher, usize>,
}

#[derive(Debug)]
struct List {
    subscribe: Arc<[TopicMatcher]>,
    /// Where its patterns are.
    patterns: Box<[usize]>,
    holders: usize,
}

#[derive(Debug)]
struct Pattern {
    matcher: TopicMatcher,
    lists: usize,
}

/// What was found out about one update.
#[derive(Debug, Default)]
pub(crate) struct Decisions {
    /// A crowd with the same grants asks in one go.
    last: Option<(GrantsId, bool)>,
    lists: HashMap<GrantsId, bool>,
    patterns: HashMap<usize, bool>,
}

impl GrantsBook {
    /// Takes one more holder of a list, which is not empty.
    pub(super) fn hold(&mut self, subscribe: &Arc<[TopicMatcher]>) -> GrantsId {
        let id = match self.places.get(subscribe) {
            Some(&known) => known,
            None => self.add(subscribe),
        };
        self.lists[id.0].holders += 1;
        id
    }

    fn add(&mut self, subscribe: &Arc<[TopicMatcher]>) -> GrantsId {
        let patterns = subscribe
            .iter()
            .filter(|matcher| is_pattern(matcher))
            .map(|pattern| self.add_pattern(pattern))
            .collect();
        let id = GrantsId(self.lists.insert(List {
            subscribe: Arc::clone(subscribe),
            patterns,
            holders: 0,
        }));
        self.places.insert(Arc::clone(subscribe), id);
        id
    }

    fn add_pattern(&mut self, matcher: &TopicMatcher) -> usize {
        let patterns = &mut self.patterns;
        let place = *self
            .pattern_places
            .entry(matcher.clone())
            .or_insert_with(|| {
                patterns.insert(Pattern {
                    matcher: matcher.clone(),
                    lists: 0,
                })
            });
        self.patterns[place].lists += 1;
        place
    }

    /// Lets one holder of a list go.
    pub(super) fn release(&mut self, id: GrantsId) {
        self.lists[id.0].holders -= 1;
        if self.lists[id.0].holders > 0 {
            return;
        }
        let unused = self.lists.remove(id.0);
        self.places.remove(&unused.subscribe);
        for place in unused.patterns {
            self.patterns[place].lists -= 1;
            if self.patterns[place].lists == 0 {
                let unused = self.patterns.remove(place);
                self.pattern_places.remove(&unused.matcher);
            }
        }
    }

    /// Whether the holders of a list may read a private update on `topics`: a matcher of it covers one of them.
    /// `decisions`: what was found out about this update before.
    pub(super) fn cover(&self, id: GrantsId, topics: &[Topic], decisions: &mut Decisions) -> bool {
        let list = &self.lists[id.0];
        if list.holders == 1 {
            // Nobody else asks.
            return self.decide(list, topics, &mut decisions.patterns);
        }
        if let Some((_, covers)) = decisions.last.filter(|(last, _)| *last == id) {
            return covers;
        }
        let Decisions {
            lists, patterns, ..
        } = decisions;
        let covers = *lists
            .entry(id)
            .or_insert_with(|| self.decide(list, topics, patterns));
        decisions.last = Some((id, covers));
        covers
    }

    fn decide(&self, list: &List, topics: &[Topic], decided: &mut HashMap<usize, bool>) -> bool {
        let mut others = list.subscribe.iter().filter(|matcher| !is_pattern(matcher));
        others.any(|matcher| matcher.matches_any(topics))
            || list.patterns.iter().any(|&place| {
                let matcher = &self.patterns[place].matcher;
                *decided
                    .entry(place)
                    .or_insert_with(|| matcher.matches_any(topics))
            })
    }

    /// Distinct lists, and distinct patterns in them.
    #[cfg(test)]
    pub(super) fn len(&self) -> (usize, usize) {
        (self.lists.len(), self.patterns.len())
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.lists.is_empty()
            && self.places.is_empty()
            && self.patterns.is_empty()
            && self.pattern_places.is_empty()
    }
}

/// Whether it takes more than a comparison to match it.
fn is_pattern(matcher: &TopicMatcher) -> bool {
    matches!(
        matcher,
        TopicMatcher::UrlPattern(_) | TopicMatcher::UriTemplate(_)
    )
}
