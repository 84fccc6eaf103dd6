//! The live subscribers by what may reach them: all of them for what publishers send, and apart from them the few who may
//! receive events about subscriptions, by dialect.
//!
//! An event about a subscription is never looked for among those who cannot read any: a crowd that connects costs each of its
//! members as much as there are watchers, not as much as there are subscribers. Not here: who watches, see `subscriptions`.

use std::sync::Arc;

use crate::Dialect;
use crate::dialect::ByDialect;
use crate::fan_out::Readers;
use crate::registry::{Registry, SubscriberId};
use crate::sign::Sign;
use crate::subscriber::Interest;
use crate::update::{Audience, Update};

/// `L` is the listener: what delivery needs to know about a subscriber.
#[derive(Debug)]
pub(crate) struct Audiences<L> {
    everyone: Registry<L>,
    watchers: ByDialect<Registry<L>>,
    /// Those who listen to signs, whom no update reaches.
    signs: Registry<L>,
}

/// Where a subscriber is listed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listing {
    everyone: SubscriberId,
    watcher: Option<(Dialect, SubscriberId)>,
}

impl<L> Default for Audiences<L> {
    fn default() -> Self {
        Self {
            everyone: Registry::default(),
            watchers: ByDialect::from_fn(|_| Registry::default()),
            signs: Registry::default(),
        }
    }
}

impl<L> Audiences<L> {
    /// Lists a subscriber. `listener` makes what delivery needs to know about it.
    pub(crate) fn insert(&mut self, interest: &Interest, listener: impl Fn() -> L) -> Listing {
        let grants = interest.subscribe_grants.as_ref();
        let watcher = interest.watches.map(|dialect| {
            let watchers = &mut self.watchers[dialect];
            let id = watchers.insert(listener(), &interest.matchers, grants);
            (dialect, id)
        });
        Listing {
            everyone: self.everyone.insert(listener(), &interest.matchers, grants),
            watcher,
        }
    }

    /// Removes a subscriber, where the one at its place is still the one that is meant.
    pub(crate) fn remove(&mut self, listing: Listing, is_meant: impl Fn(&L) -> bool) {
        self.everyone.remove(listing.everyone, &is_meant);
        if let Some((dialect, id)) = listing.watcher {
            self.watchers[dialect].remove(id, &is_meant);
        }
    }

    /// Those among whom an update finds its readers; none if it is for nobody.
    pub(crate) fn of(&self, update: &Update) -> Option<&Registry<L>> {
        match update.audience() {
            Audience::Everyone => Some(&self.everyone),
            Audience::Watchers(dialect) => Some(&self.watchers[dialect]),
            Audience::Nobody => None,
        }
    }

    /// The same, to take out of.
    pub(crate) fn of_mut(&mut self, update: &Update) -> Option<&mut Registry<L>> {
        match update.audience() {
            Audience::Everyone => Some(&mut self.everyone),
            Audience::Watchers(dialect) => Some(&mut self.watchers[dialect]),
            Audience::Nobody => None,
        }
    }

    /// Lets a sign find `listener` in the way in which an update finds its readers; tells whether it did.
    pub(crate) fn reach(&mut self, sign: &Sign, listener: L) -> bool {
        // Private, as all that the hub itself publishes: rights are looked at too.
        let matchers = Arc::from([Sign::matcher()]);
        let id = self.signs.insert(listener, &matchers, Some(&matchers));
        let update = &sign.committed().update;
        let mut readers = Readers::of(update);
        let mut is_found = false;
        self.signs.for_each_listener(update.topics(), |_, entry| {
            is_found |= readers.include(entry, &self.signs);
        });
        self.signs.remove(id, |_| true);
        is_found
    }

    /// Takes all subscribers out.
    pub(crate) fn drain(&mut self) -> Vec<L> {
        self.watchers = ByDialect::from_fn(|_| Registry::default());
        self.everyone.drain()
    }
}
