//! Who is in: how many subscribers there are, and which patterns they hold, against the bounds of the hub.
//!
//! A place is taken before the first byte of a response and kept until the subscriber is gone, so that whoever was let in
//! is never turned out for want of room. Not here: who listens to what, see `registry`.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::task::Waker;

use crate::hub::{Shared, SubscribeError};
use crate::subscriber::Interest;
use crate::subscriptions::{Change, Presence};
use crate::topic_matcher::TopicMatcher;

/// The subscribers that are in, live, replaying and closed ones, until they are dropped.
#[derive(Debug, Default)]
pub(crate) struct Admission {
    subscribers: usize,
    /// How many subscribers hold each distinct pattern.
    patterns: HashMap<TopicMatcher, usize>,
}

/// The bounds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    pub(crate) subscribers: usize,
    pub(crate) patterns: usize,
}

impl Admission {
    /// Takes a place for a subscriber with these matchers.
    pub(crate) fn enter(
        &mut self,
        matchers: &[TopicMatcher],
        room: Room,
    ) -> Result<(), SubscribeError> {
        if self.subscribers >= room.subscribers {
            return Err(SubscribeError::TooManySubscribers {
                limit: room.subscribers,
            });
        }
        let new = patterns(matchers)
            .filter(|pattern| !self.patterns.contains_key(*pattern))
            .count();
        if new > 0 && self.patterns.len() + new > room.patterns {
            return Err(SubscribeError::TooManyPatterns {
                limit: room.patterns,
            });
        }
        self.subscribers += 1;
        for pattern in patterns(matchers) {
            *self.patterns.entry(pattern.clone()).or_default() += 1;
        }
        Ok(())
    }

    /// Gives the place of a subscriber with these matchers back.
    pub(crate) fn leave(&mut self, matchers: &[TopicMatcher]) {
        self.subscribers -= 1;
        for pattern in patterns(matchers) {
            if let Entry::Occupied(mut holders) = self.patterns.entry(pattern.clone()) {
                *holders.get_mut() -= 1;
                if *holders.get() == 0 {
                    holders.remove();
                }
            }
        }
    }

    /// How many subscribers are in.
    pub(crate) fn subscribers(&self) -> usize {
        self.subscribers
    }
}

fn patterns(matchers: &[TopicMatcher]) -> impl Iterator<Item = &TopicMatcher> {
    matchers.iter().filter(|matcher| match matcher {
        TopicMatcher::Any | TopicMatcher::AnyUrlPattern | TopicMatcher::Exact(_) => false,
        TopicMatcher::UrlPattern(_) | TopicMatcher::UriTemplate(_) => true,
    })
}

/// The place of one subscriber; dropping it gives the place back.
pub(crate) struct Member {
    hub: Arc<Shared>,
    interest: Interest,
    /// What others are told of it; none if the hub does not keep track.
    presence: Option<Arc<Presence>>,
}

impl Member {
    /// Only for who has been let in by [`Admission::enter`].
    pub(crate) fn new(
        hub: &Arc<Shared>,
        interest: Interest,
        presence: Option<Arc<Presence>>,
    ) -> Self {
        Self {
            hub: Arc::clone(hub),
            interest,
            presence,
        }
    }

    pub(crate) fn hub(&self) -> &Shared {
        &self.hub
    }

    pub(crate) fn interest(&self) -> &Interest {
        &self.interest
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let departure = self.presence.take().and_then(|presence| {
            self.hub.announcement(Change {
                presence,
                active: false,
            })
        });
        let mut wakers = Vec::new();
        let mut state = self.hub.lock();
        state.leave(&self.interest, &self.hub);
        if let Some(departure) = departure {
            state.announce(departure, &self.hub, &mut wakers);
        }
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }
}
