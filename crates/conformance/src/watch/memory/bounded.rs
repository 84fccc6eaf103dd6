//! A map that forgets its oldest entry when it is full.

use std::{
    borrow::Borrow,
    collections::{HashMap, VecDeque},
    hash::Hash,
};

use crate::watch::limits::REMEMBERED_AT_MOST;

#[derive(Debug)]
pub(super) struct Bounded<K, V> {
    entries: HashMap<K, V>,
    /// Oldest first; some of them may have been removed.
    order: VecDeque<K>,
}

impl<K, V> Default for Bounded<K, V> {
    fn default() -> Self {
        Self {
            entries: HashMap::new(),
            order: VecDeque::new(),
        }
    }
}

impl<K: Eq + Hash + Clone, V> Bounded<K, V> {
    pub(super) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.entries.get(key)
    }

    pub(super) fn insert(&mut self, key: K, value: V) {
        if self.entries.insert(key.clone(), value).is_some() {
            return;
        }
        self.order.push_back(key);
        while self.order.len() > REMEMBERED_AT_MOST {
            if let Some(oldest) = self.order.pop_front() {
                self.entries.remove(&oldest);
            }
        }
    }

    pub(super) fn remove<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.entries.remove(key)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.entries.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::{Bounded, REMEMBERED_AT_MOST};

    #[test]
    fn the_oldest_is_forgotten() {
        let mut map = Bounded::default();
        for number in 0..=REMEMBERED_AT_MOST {
            map.insert(number, ());
        }
        assert_eq!(map.iter().count(), REMEMBERED_AT_MOST);
        assert!(map.get(&0).is_none() && map.get(&1).is_some());
        map.remove(&1);
        map.insert(1, ());
        map.insert(REMEMBERED_AT_MOST + 1, ());
        assert!(map.iter().count() <= REMEMBERED_AT_MOST);
    }
}
