//! The façade: publish into the hub, subscribe to it, close it.
//!
//! Not here: forms, queries and tokens, which callers read before.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use crate::access_token::AccessToken;
use crate::admission::{Admission, Member, Room};
use crate::event_id::{EventId, EventIdSource, LastEventId, ResponseCursor};
use crate::fan_out::fan_out;
use crate::history::{History, HistoryError, MemoryHistory, Overrun, Position, Resumption};
use crate::lane::{Feed, Lane, LaneDoor, LaneFeed};
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

pub(crate) struct State {
    history: Box<dyn History>,
    registry: Registry<Arc<Queue>>,
    lanes: Vec<Arc<dyn LaneFeed>>,
    admission: Admission,
    closed: Option<CloseReason>,
}

impl From<Subscribe> for (Interest, Option<LastEventId>) {
    fn from(subscribe: Subscribe) -> Self {
        let interest = Interest {
            matchers: subscribe.matchers.into(),
            subscribe_grants: subscribe
                .token
                .map(|token| Arc::clone(&token.grants().subscribe)),
        };
        (interest, subscribe.last_event_id)
    }
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
                    lanes: Vec::new(),
                    admission: Admission::default(),
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
        let mut state = self.shared.lock();
        let (interest, last_event_id) = state.enter(subscribe.into(), &self.shared)?;
        let (batch, phase, cursor) = match last_event_id {
            None => (
                Vec::new(),
                state.register(&interest, &self.shared.settings),
                None,
            ),
            Some(last_event_id) => {
                let resumption = state.resume(&last_event_id);
                // The first batch is read at once: publications before the first poll cannot push its beginning out.
                let (batch, phase) =
                    state.replay(&interest, resumption.position, &self.shared.settings);
                (batch, phase, Some(resumption.cursor))
            }
        };
        drop(state);
        let replayed = interest.select(&batch);
        let member = Member::new(Arc::clone(&self.shared), interest);
        Ok((Subscriber::new(member, replayed, phase), cursor))
    }

    /// Adds a lane, whose thread `waker` wakes: subscribers join it at the door.
    pub fn add_lane<G: Send + 'static>(&self, waker: Waker) -> (LaneDoor<G>, Lane<G>) {
        let feed = Arc::new(Feed::new(waker));
        let mut state = self.shared.lock();
        let told = state.closed.and_then(|reason| feed.close(reason));
        state.lanes.push(Arc::clone(&feed) as Arc<dyn LaneFeed>);
        drop(state);
        told.into_iter().for_each(Waker::wake);
        (
            LaneDoor::new(self.clone(), Arc::clone(&feed)),
            Lane::new(feed),
        )
    }

    /// Closes all subscribers, and refuses publications and new subscribers from then on. Live subscribers still get
    /// what waits in their queues.
    pub fn close_all(&self, reason: CloseReason) {
        let mut wakers = Vec::new();
        let queues = {
            let mut state = self.shared.lock();
            if state.closed.is_none() {
                state.closed = Some(reason);
                wakers.extend(state.lanes.iter().filter_map(|lane| lane.close(reason)));
            }
            state.registry.drain()
        };
        wakers.extend(queues.iter().filter_map(|queue| queue.close(reason)));
        wakers.into_iter().for_each(Waker::wake);
    }

    /// How many subscribers there are now, those included that are closed and not yet dropped.
    pub fn subscriber_count(&self) -> usize {
        self.shared.lock().admission.subscribers()
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
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
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
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

    /// Reads on for a subscriber of a lane: the position behind what was read, and the end of the log.
    pub(crate) fn read(
        &self,
        from: Position,
        batch: &mut Vec<Arc<Update>>,
    ) -> Result<(Position, Position), Overrun> {
        let state = self.lock();
        Ok((state.history.read(from, batch)?, state.history.end()))
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
        if self.lanes.iter().any(|lane| lane.is_full()) {
            return Err(PublishError::Overloaded);
        }
        let ticket = self.history.submit(vec![update])?;
        let mut answered = false;
        while let Some(committed) = self.history.next_committed() {
            fan_out(&mut self.registry, &committed, wakers);
            wakers.extend(
                self.lanes
                    .iter()
                    .filter_map(|lane| lane.committed(&committed)),
            );
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
            Ok(position) => Phase::Replaying { position },
        };
        (batch, phase)
    }

    fn register(&mut self, interest: &Interest, settings: &HubSettings) -> Phase {
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

    /// Lets a subscriber in, or says why not.
    pub(crate) fn enter(
        &mut self,
        (interest, last_event_id): (Interest, Option<LastEventId>),
        shared: &Shared,
    ) -> Result<(Interest, Option<LastEventId>), SubscribeError> {
        if self.closed.is_some() {
            return Err(SubscribeError::Closed);
        }
        let room = Room {
            subscribers: shared.settings.subscribers,
            patterns: shared.settings.patterns,
        };
        self.admission.enter(&interest.matchers, room)?;
        Ok((interest, last_event_id))
    }

    pub(crate) fn resume(&self, cursor: &LastEventId) -> Resumption {
        self.history.resume(cursor)
    }

    pub(crate) fn end(&self) -> Position {
        self.history.end()
    }

    pub(crate) fn admission_mut(&mut self) -> &mut Admission {
        &mut self.admission
    }

    /// A subscriber with a queue is gone.
    pub(crate) fn unregister(&mut self, id: SubscriberId, queue: &Arc<Queue>) {
        self.registry
            .remove(id, |listed| Arc::ptr_eq(listed, queue));
    }
}

/// Why an update was not published.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// [`Hub::close_all`] was called.
    #[error("hub is shutting down")]
    Closed,
    /// A lane is too far behind: publish later.
    #[error("subscribers are too far behind")]
    Overloaded,
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
