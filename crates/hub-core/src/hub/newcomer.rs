//! The way in: what a subscriber needs is made ready before the lock of the hub is taken, and its place is taken under it.
//!
//! Not here: where it resumes, see `replay`.

use std::sync::Arc;
use std::task::Waker;

use super::{Shared, State, Subscribe, SubscribeError};
use crate::Dialect;
use crate::admission::Room;
use crate::event_id::LastEventId;
use crate::subscriber::Interest;
use crate::subscriptions::{Announcement, Change, Presence};

/// Somebody who wants to be let in, with all that can be made ready before the lock is taken.
pub(crate) struct Newcomer {
    pub(crate) interest: Interest,
    pub(crate) last_event_id: Option<LastEventId>,
    /// What others are told of it; none if the hub does not keep track.
    pub(crate) presence: Option<Arc<Presence>>,
    /// For [`State::announce`], once it has its place in the log. None if that is done, or not to be done.
    pub(crate) arrival: Option<Announcement>,
}

impl Shared {
    /// Makes ready what a subscriber needs.
    pub(crate) fn newcomer(&self, subscribe: Subscribe) -> Newcomer {
        let token = subscribe.token.as_ref();
        let mut interest = Interest {
            matchers: subscribe.matchers.into(),
            subscribe_grants: token.map(|token| Arc::clone(&token.grants().subscribe)),
            watches: None,
        };
        interest.watches = self.watches(&interest, token);
        let presence = self.presence(&interest, token);
        let arrival = presence.as_ref().and_then(|presence| {
            self.announcement(Change {
                presence: Arc::clone(presence),
                active: true,
            })
        });
        Newcomer {
            interest,
            last_event_id: subscribe.last_event_id,
            presence,
            arrival,
        }
    }
}

impl State {
    /// Lets a subscriber in, or says why not.
    pub(crate) fn enter(
        &mut self,
        newcomer: &mut Newcomer,
        shared: &Shared,
        wakers: &mut Vec<Waker>,
    ) -> Result<(), SubscribeError> {
        if self.closed.is_some() {
            return Err(SubscribeError::Closed);
        }
        let room = Room {
            subscribers: shared.settings.subscribers,
            patterns: shared.settings.patterns,
        };
        self.admission.enter(&newcomer.interest.matchers, room)?;
        self.watcher_came(&newcomer.interest, shared);
        // obs.subscriptions.watcher-own-event: in 0.x nobody sees itself come, unless it resumes.
        let sees_itself = newcomer.interest.watches == Some(Dialect::V1);
        if (!sees_itself || newcomer.last_event_id.is_some())
            && let Some(arrival) = newcomer.arrival.take()
        {
            self.announce(arrival, shared, wakers);
        }
        Ok(())
    }
}
