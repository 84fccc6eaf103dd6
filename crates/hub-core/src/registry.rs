//! Who listens to what: live subscribers by exact topic, by distinct pattern, and those that listen to everything.
//!
//! A publish on a topic that nobody listens to costs one lookup and one evaluation of each distinct pattern, however
//! many subscribers there are. Not here: delivery, see `fan_out`.

mod grants;

use std::collections::HashMap;
use std::sync::Arc;

use slab::Slab;

use crate::topic::Topic;
use crate::topic_matcher::TopicMatcher;
use grants::{GrantsBook, GrantsId};

pub(crate) use grants::Decisions;

/// The place of a live subscriber; used again after it left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SubscriberId(usize);

/// Those listed under one topic or pattern, in an order that follows from who came and went: fan-out is deterministic.
type Listeners = Vec<Listed>;

/// One listener of a topic or pattern.
#[derive(Clone, Copy, Debug)]
struct Listed {
    subscriber: SubscriberId,
    /// Which of its places this is.
    place: usize,
}

/// `L` is the listener: what delivery needs to know about a subscriber.
#[derive(Debug)]
pub(crate) struct Registry<L> {
    subscribers: Slab<Entry<L>>,
    everything: Listeners,
    exact: HashMap<Arc<str>, Listeners>,
    patterns: Slab<Pattern>,
    pattern_places: HashMap<TopicMatcher, usize>,
    grants: GrantsBook,
}

/// A live subscriber.
#[derive(Debug)]
pub(crate) struct Entry<L> {
    pub(crate) listener: L,
    /// None without a token, or with one that grants no reading.
    grants: Option<GrantsId>,
    places: Box<[Place]>,
}

/// Where a subscriber is listed.
#[derive(Debug)]
struct Place {
    list: List,
    /// Its place in that list; none where it was listed before, under an equal matcher.
    at: Option<usize>,
}

/// A list of listeners.
#[derive(Debug)]
enum List {
    Everything,
    Exact(Arc<str>),
    Pattern(usize),
}

#[derive(Debug)]
struct Pattern {
    matcher: TopicMatcher,
    listeners: Listeners,
}

impl<L> Default for Registry<L> {
    fn default() -> Self {
        Self {
            subscribers: Slab::new(),
            everything: Listeners::new(),
            exact: HashMap::new(),
            patterns: Slab::new(),
            pattern_places: HashMap::new(),
            grants: GrantsBook::default(),
        }
    }
}

impl<L> Registry<L> {
    /// Lists a subscriber under each of its matchers. `subscribe_grants`: what its token lets it read.
    pub(crate) fn insert(
        &mut self,
        listener: L,
        matchers: &[TopicMatcher],
        subscribe_grants: Option<&Arc<[TopicMatcher]>>,
    ) -> SubscriberId {
        let vacant = SubscriberId(self.subscribers.vacant_key());
        let places = matchers
            .iter()
            .enumerate()
            .map(|(place, matcher)| self.list(vacant, place, matcher))
            .collect();
        let grants = subscribe_grants
            .filter(|grants| !grants.is_empty())
            .map(|grants| self.grants.hold(grants));
        self.subscribers.insert(Entry {
            listener,
            grants,
            places,
        });
        vacant
    }

    fn list(&mut self, subscriber: SubscriberId, place: usize, matcher: &TopicMatcher) -> Place {
        let list = match matcher {
            TopicMatcher::Any | TopicMatcher::AnyUrlPattern => List::Everything,
            TopicMatcher::Exact(topic) => {
                self.exact.entry(Arc::clone(topic)).or_default();
                List::Exact(Arc::clone(topic))
            }
            TopicMatcher::UrlPattern(_) | TopicMatcher::UriTemplate(_) => {
                let patterns = &mut self.patterns;
                let place = *self
                    .pattern_places
                    .entry(matcher.clone())
                    .or_insert_with(|| {
                        patterns.insert(Pattern {
                            matcher: matcher.clone(),
                            listeners: Listeners::new(),
                        })
                    });
                List::Pattern(place)
            }
        };
        let listed = Listed { subscriber, place };
        let at = self
            .listeners(&list)
            .and_then(|listeners| enlist(listeners, listed));
        Place { list, at }
    }

    fn listeners(&mut self, list: &List) -> Option<&mut Listeners> {
        match list {
            List::Everything => Some(&mut self.everything),
            List::Exact(topic) => self.exact.get_mut(topic),
            List::Pattern(place) => Some(&mut self.patterns.get_mut(*place)?.listeners),
        }
    }

    /// Removes a subscriber, if the one at its place is still the one that is meant.
    pub(crate) fn remove(&mut self, subscriber: SubscriberId, is_meant: impl FnOnce(&L) -> bool) {
        let present = self.subscribers.get(subscriber.0);
        if !present.is_some_and(|entry| is_meant(&entry.listener)) {
            return;
        }
        let entry = self.subscribers.remove(subscriber.0);
        for place in &entry.places {
            self.unlist(place);
        }
        if let Some(id) = entry.grants {
            self.grants.release(id);
        }
    }

    /// Takes the one at a place out. The last of the list, which is another subscriber, takes its place there.
    fn unlist(&mut self, place: &Place) {
        let Place { list, at: Some(at) } = place else {
            return;
        };
        let Some(listeners) = self.listeners(list) else {
            return;
        };
        listeners.swap_remove(*at);
        if listeners.len() < listeners.capacity() / 4 {
            listeners.shrink_to(listeners.len() * 2);
        }
        match listeners.get(*at).copied() {
            Some(moved) => {
                self.subscribers[moved.subscriber.0].places[moved.place].at = Some(*at);
            }
            None if listeners.is_empty() => self.forget(list),
            None => {}
        }
    }

    /// Nobody is in this list any more.
    fn forget(&mut self, list: &List) {
        match list {
            List::Everything => {}
            List::Exact(topic) => {
                self.exact.remove(topic);
            }
            List::Pattern(place) => {
                let unused = self.patterns.remove(*place);
                self.pattern_places.remove(&unused.matcher);
            }
        }
    }

    /// Calls `visit` for each subscriber that listens to one of `topics`, again for each further matcher of it that does.
    /// Inlined: with what is visited, it is the loop over all listeners.
    #[inline]
    pub(crate) fn for_each_listener(
        &self,
        topics: &[Topic],
        mut visit: impl FnMut(SubscriberId, &Entry<L>),
    ) {
        let mut visit_all = |listeners: &Listeners| {
            for &Listed { subscriber, .. } in listeners {
                visit(subscriber, &self.subscribers[subscriber.0]);
            }
        };
        for topic in topics {
            if let Some(listeners) = self.exact.get(topic.as_str()) {
                visit_all(listeners);
            }
        }
        for (_, pattern) in &self.patterns {
            if pattern.matcher.matches_any(topics) {
                visit_all(&pattern.listeners);
            }
        }
        visit_all(&self.everything);
    }

    /// Whether a subscriber may read a private update on `topics`. `decisions`: what was found out about this update before.
    pub(crate) fn may_read_private(
        &self,
        entry: &Entry<L>,
        topics: &[Topic],
        decisions: &mut Decisions,
    ) -> bool {
        entry
            .grants
            .is_some_and(|id| self.grants.cover(id, topics, decisions))
    }

    /// Takes all subscribers out.
    pub(crate) fn drain(&mut self) -> Vec<L> {
        let everything = std::mem::take(self);
        everything
            .subscribers
            .into_iter()
            .map(|(_, entry)| entry.listener)
            .collect()
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.subscribers.is_empty()
            && self.everything.is_empty()
            && self.exact.is_empty()
            && self.patterns.is_empty()
            && self.pattern_places.is_empty()
            && self.grants.is_empty()
    }
}

/// Adds a listener at the end; tells where, unless it is there already. All places of a subscriber are listed in one go, so that
/// it would be the last.
fn enlist(listeners: &mut Listeners, listed: Listed) -> Option<usize> {
    let is_there = listeners
        .last()
        .is_some_and(|last| last.subscriber == listed.subscriber);
    (!is_there).then(|| {
        listeners.push(listed);
        listeners.len() - 1
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{hub_url, topic};
    use crate::{HubUrl, Limits};

    fn matchers(hub_url: &HubUrl) -> Vec<TopicMatcher> {
        let limits = &Limits::DEFAULT;
        let made = [
            TopicMatcher::exact("/a/1", limits),
            TopicMatcher::exact("/a/1", limits),
            TopicMatcher::url_pattern("/a/:id", hub_url, limits),
            TopicMatcher::url_pattern("/a/:id", hub_url, limits),
            TopicMatcher::selector("/a/{id}", limits),
            TopicMatcher::exact("*", limits),
            TopicMatcher::exact("/b", limits),
        ];
        made.into_iter()
            .map(|made| made.expect("a good matcher"))
            .collect()
    }

    fn listeners(registry: &Registry<char>, name: &str) -> Vec<usize> {
        let mut found = Vec::new();
        registry.for_each_listener(&[topic(name)], |subscriber, _| found.push(subscriber.0));
        found.sort_unstable();
        found
    }

    #[test]
    fn subscribers_are_found_and_nothing_is_left_behind() {
        let mut registry = Registry::default();
        let all = matchers(&hub_url());
        let grants: Arc<[TopicMatcher]> = all.clone().into();
        let first_id = registry.insert('a', &all, Some(&grants));
        // Equal matchers and grants that were compiled apart are shared.
        let second_id = registry.insert(
            'b',
            &matchers(&hub_url())[2..4],
            Some(&matchers(&hub_url()).into()),
        );
        assert_eq!(registry.patterns.len(), 2);
        let other_grants: Arc<[TopicMatcher]> = all[2..3].into();
        let third_id = registry.insert('c', &all[..0], Some(&other_grants));
        assert_eq!(
            registry.grants.len(),
            (2, 2),
            "lists, and patterns that they share"
        );
        let readers = [first_id, third_id].map(|id| {
            let entry = &registry.subscribers[id.0];
            let reads =
                |name| registry.may_read_private(entry, &[topic(name)], &mut Decisions::default());
            (reads("/a/2"), reads("/c"))
        });
        assert_eq!(readers, [(true, true), (true, false)]);
        assert_eq!(listeners(&registry, "/a/1"), [0, 0, 0, 0, 1]);
        assert_eq!(listeners(&registry, "/b"), [0, 0]);
        assert_eq!(listeners(&registry, "/c"), [0]);

        registry.remove(first_id, |&listener| listener == 'b');
        assert_eq!(
            listeners(&registry, "/c"),
            [0],
            "another one at its place is not removed"
        );
        registry.remove(first_id, |&listener| listener == 'a');
        assert_eq!(listeners(&registry, "/a/1"), [1]);
        registry.remove(first_id, |_| true);
        registry.remove(second_id, |_| true);
        registry.remove(third_id, |_| true);
        assert!(registry.is_empty());
    }

    /// Whoever takes the place of one that left is found there, and can leave it.
    #[test]
    fn subscribers_leave_in_any_order() {
        let mut registry = Registry::default();
        let all = matchers(&hub_url());
        let mut here: Vec<(char, SubscriberId)> = Vec::new();
        // From the middle, the end and the beginning, with others coming between.
        for (name, leaves) in ('a'..='z').zip([1, 0, 2, 9, 0, 3].into_iter().cycle()) {
            for name in [name, name.to_ascii_uppercase()] {
                let of_name = &all[..=name as usize % all.len()];
                here.push((name, registry.insert(name, of_name, None)));
            }
            if leaves < here.len() {
                let (name, id) = here.remove(leaves);
                registry.remove(id, |&listener| listener == name);
            }
            let listed: Vec<_> = here.iter().map(|(_, id)| id.0).collect();
            let mut found = listeners(&registry, "/a/1");
            found.dedup();
            let mut expected = listed;
            expected.sort_unstable();
            assert_eq!(found, expected);
        }
        while let Some((name, id)) = here.pop() {
            registry.remove(id, |&listener| listener == name);
            let half = here.len() / 2;
            here.rotate_left(half);
        }
        assert!(registry.is_empty());
    }
}
