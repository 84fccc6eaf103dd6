//! The façade: publish into the hub, subscribe to it, close it.
//!
//! Not here: forms, queries and tokens, which callers read before.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use crate::access_token::AccessToken;
use crate::event_id::{EventId, EventIdSource, LastEventId, ResponseCursor};
use crate::fan_out::fan_out;
use crate::history::{History, HistoryError, MemoryHistory, Overrun, Position};
use crate::limits;
use crate::publication::Publication;
use crate::registry::{Registry, SubscriberId};
use crate::subscriber::{CloseReason, Interest, Phase, Queue, QueueBounds, Subscriber};
use crate::topic_matcher::TopicMatcher;
use crate::update::Update;

/// What a hub keeps, and for how many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubSettings {
    /// Updates that the in-memory history keeps at most; 0 keeps none.
    pub history_updates: usize,
    /// Bytes that the in-memory history keeps at most.
    pub history_bytes: usize,
    /// Updates that may wait for one live subscriber.
    pub queued_updates: usize,
    /// Bytes that may wait for one live subscriber.
    pub queued_bytes: usize,
    /// Subscribers at once; one more is refused.
    pub subscribers: usize,
    /// Distinct patterns of live subscribers at once; a subscriber that brings one more is refused.
    pub patterns: usize,
}

impl Default for HubSettings {
    fn default() -> Self {
        Self {
            history_updates: limits::HISTORY_UPDATES,
            history_bytes: limits::HISTORY_BYTES,
            queued_updates: limits::QUEUED_UPDATES,
            queued_bytes: limits::QUEUED_BYTES,
            subscribers: limits::SUBSCRIBERS,
            patterns: limits::PATTERNS,
        }
    }
}

/// A request to subscribe, checked.
#[derive(Clone, Debug)]
pub struct Subscribe {
    /// What to listen to.
    pub matchers: Vec<TopicMatcher>,
    /// The verified token; without one, private updates stay out of sight.
    pub token: Option<AccessToken>,
    /// Where to resume; none for updates from now on.
    pub last_event_id: Option<LastEventId>,
}

/// A hub. Cheap to clone; clones are the same hub.
#[derive(Clone)]
pub struct Hub {
    shared: Arc<Shared>,
}

/// What the hub and its subscribers share. Lock order: state, then a subscriber's queue; wakers are woken, and dropped,
/// under neither.
pub(crate) struct Shared {
    settings: HubSettings,
    event_ids: Mutex<Box<dyn EventIdSource>>,
    state: Mutex<State>,
}

struct State {
    history: Box<dyn History>,
    registry: Registry,
    /// Live, replaying and closed ones, until they are dropped.
    subscribers: usize,
    closed: Option<CloseReason>,
}

impl Hub {
    /// An empty hub with an in-memory history.
    pub fn new(settings: HubSettings, event_ids: Box<dyn EventIdSource>) -> Self {
        let history = MemoryHistory::new(settings.history_updates, settings.history_bytes);
        Self {
            shared: Arc::new(Shared {
                settings,
                event_ids: Mutex::new(event_ids),
                state: Mutex::new(State {
                    history: Box::new(history),
                    registry: Registry::default(),
                    subscribers: 0,
                    closed: None,
                }),
            }),
        }
    }

    /// Stores an update and hands it to each subscriber that listens to it and may read it. Authorize first.
    ///
    /// Returns the id of the update: the supplied one, or else a new one. Wakers are woken before it returns.
    pub fn publish(&self, publication: Publication) -> Result<EventId, PublishError> {
        let id = match publication.id() {
            Some(supplied) => supplied.clone(),
            None => self.shared.new_event_id(),
        };
        let update = Arc::new(Update::new(publication, id.clone()));
        let mut wakers = Vec::new();
        let published = self.shared.lock().publish(update, &mut wakers);
        wakers.into_iter().for_each(Waker::wake);
        published.map(|()| id)
    }

    /// Opens a subscriber. The cursor is there if one was asked with; it goes into the response.
    pub fn subscribe(
        &self,
        subscribe: Subscribe,
    ) -> Result<(Subscriber, Option<ResponseCursor>), SubscribeError> {
        let interest = Interest {
            matchers: subscribe.matchers.into(),
            subscribe_grants: subscribe
                .token
                .map(|token| Arc::clone(&token.grants().subscribe)),
        };
        let mut state = self.shared.lock();
        if state.closed.is_some() {
            return Err(SubscribeError::Closed);
        }
        let limit = self.shared.settings.subscribers;
        if state.subscribers >= limit {
            return Err(SubscribeError::TooManySubscribers { limit });
        }
        let limit = self.shared.settings.patterns;
        if !state.registry.has_room_for(&interest.matchers, limit) {
            return Err(SubscribeError::TooManyPatterns { limit });
        }
        state.subscribers += 1;
        let (batch, phase, cursor) = match subscribe.last_event_id {
            None => (
                Vec::new(),
                state.register(&interest, &self.shared.settings),
                None,
            ),
            Some(last_event_id) => {
                let resumption = state.history.resume(&last_event_id);
                // The first batch is read at once: publications before the first poll cannot push its beginning out.
                let (batch, phase) =
                    state.replay(&interest, resumption.position, &self.shared.settings);
                (batch, phase, Some(resumption.cursor))
            }
        };
        drop(state);
        let replayed = interest.select(&batch);
        Ok((
            Subscriber::new(Arc::clone(&self.shared), replayed, phase),
            cursor,
        ))
    }

    /// Closes all subscribers, and refuses publications and new subscribers from then on. Live subscribers still get
    /// what waits in their queues.
    pub fn close_all(&self, reason: CloseReason) {
        let queues = {
            let mut state = self.shared.lock();
            state.closed.get_or_insert(reason);
            state.registry.drain()
        };
        let wakers: Vec<_> = queues
            .iter()
            .filter_map(|queue| queue.close(reason))
            .collect();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// How many subscribers there are now, those included that are closed and not yet dropped.
    pub fn subscriber_count(&self) -> usize {
        self.shared.lock().subscribers
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub")
            .field("settings", &self.shared.settings)
            .finish_non_exhaustive()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic while the lock was held is a defect; the hub goes on serving what it has.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn new_event_id(&self) -> EventId {
        self.event_ids
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .next_id()
    }

    /// Reads on for a subscriber that has read the history up to `position`.
    pub(crate) fn replay(
        &self,
        interest: &Interest,
        position: Position,
    ) -> (Vec<Arc<Update>>, Phase) {
        self.lock().replay(interest, position, &self.settings)
    }

    /// A subscriber was dropped.
    pub(crate) fn leave(&self, live: Option<(SubscriberId, &Arc<Queue>)>) {
        let mut state = self.lock();
        state.subscribers -= 1;
        if let Some((id, queue)) = live {
            state.registry.remove(id, queue);
        }
    }
}

impl State {
    /// Submits to the history and runs its feed, which alone drives the fan-out.
    fn publish(
        &mut self,
        update: Arc<Update>,
        wakers: &mut Vec<Waker>,
    ) -> Result<(), PublishError> {
        if self.closed.is_some() {
            return Err(PublishError::Closed);
        }
        let ticket = self.history.submit(vec![update])?;
        let mut answered = false;
        while let Some(committed) = self.history.next_committed() {
            fan_out(&mut self.registry, &committed, wakers);
            answered |= committed.answers == Some(ticket);
        }
        if answered {
            Ok(())
        } else {
            Err(PublishError::NotCommitted)
        }
    }

    /// A batch from `position` on, and what follows it: the rest of the history, or live updates if that was all of it.
    fn replay(
        &mut self,
        interest: &Interest,
        position: Position,
        settings: &HubSettings,
    ) -> (Vec<Arc<Update>>, Phase) {
        let mut batch = Vec::new();
        if let Some(reason) = self.closed {
            return (batch, Phase::Closed(reason));
        }
        let phase = match self.history.read(position, &mut batch) {
            Err(Overrun) => Phase::Closed(CloseReason::ReplayOverrun),
            Ok(behind) if behind == self.history.end() => self.register(interest, settings),
            Ok(behind) => Phase::Replaying {
                interest: interest.clone(),
                position: behind,
            },
        };
        (batch, phase)
    }

    fn register(&mut self, interest: &Interest, settings: &HubSettings) -> Phase {
        // Patterns may have been taken while this one was replaying.
        if !self
            .registry
            .has_room_for(&interest.matchers, settings.patterns)
        {
            return Phase::Closed(CloseReason::TooManyPatterns);
        }
        let queue = Arc::new(Queue::new(QueueBounds {
            updates: settings.queued_updates,
            bytes: settings.queued_bytes,
        }));
        let grants = interest.subscribe_grants.as_ref();
        let id = self
            .registry
            .insert(Arc::clone(&queue), &interest.matchers, grants);
        Phase::Live { id, queue }
    }
}

/// Why an update was not published.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// [`Hub::close_all`] was called.
    #[error("hub is shutting down")]
    Closed,
    /// The history cannot take it.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// The history took it and has not committed it.
    #[error("the history has not committed the update")]
    NotCommitted,
}

/// Why a subscriber was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubscribeError {
    /// [`Hub::close_all`] was called.
    #[error("hub is shutting down")]
    Closed,
    /// [`HubSettings::subscribers`] are there already: a 429 or 503.
    #[error("more than {limit} subscribers")]
    TooManySubscribers {
        /// The limit.
        limit: usize,
    },
    /// No room for its patterns among [`HubSettings::patterns`]: a 429 or 503.
    #[error("more than {limit} distinct patterns")]
    TooManyPatterns {
        /// The limit.
        limit: usize,
    },
}
