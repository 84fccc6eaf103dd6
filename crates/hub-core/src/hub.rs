//! The façade: publish into the hub, subscribe to it, close it.
//!
//! Not here: forms, queries and tokens, which callers read before.

mod counts;
mod newcomer;
mod presence;
mod probe;
mod replay;

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Wake, Waker};
use std::time::Duration;

use crate::access_token::AccessToken;
use crate::admission::{Admission, Member};
use crate::audiences::{Audiences, Listing};
use crate::event_id::{EventId, EventIdSource, LastEventId, ResponseCursor};
use crate::fan_out::fan_out;
use crate::history::{
    ArchiveError, Clock, Committed, History, HistoryBounds, HistoryError, MemoryHistory, Orders,
    Outcome, Position, ReadAtOnce, ReadError, Readers, Ticket,
};
use crate::lane::{Feed, Lane, LaneDoor, LaneFeed};
use crate::limits::{self, FED_AT_ONCE};
use crate::publication::Publication;
use crate::publishing::{Answer, Publishing};
use crate::subscriber::{CloseReason, Interest, Phase, Queue, QueueBounds, Subscriber};
use crate::subscriptions::{Announcer, Book, SubscriptionSettings};
use crate::topic_matcher::TopicMatcher;
use crate::update::Update;
use counts::Counting;
pub use counts::Counts;
pub(crate) use newcomer::Newcomer;
use replay::Began;
pub(crate) use replay::{Batch, Found, ReadOn};

/// How many a hub serves, and what it keeps for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubSettings {
    /// Updates that may wait for one live subscriber.
    pub queued_updates: usize,
    /// Bytes that may wait for one live subscriber.
    pub queued_bytes: usize,
    /// Subscribers at once; one more is refused.
    pub subscribers: usize,
    /// Distinct patterns of live subscribers at once; a subscriber that brings one more is refused.
    pub patterns: usize,
    /// Read orders that may be out; a subscriber that resumes in the archive then is refused.
    pub read_orders: usize,
    /// How to keep track of subscriptions; none for not at all, which costs nothing.
    pub subscriptions: Option<SubscriptionSettings>,
}

impl Default for HubSettings {
    fn default() -> Self {
        Self {
            queued_updates: limits::QUEUED_UPDATES,
            queued_bytes: limits::QUEUED_BYTES,
            subscribers: limits::SUBSCRIBERS,
            patterns: limits::PATTERNS,
            read_orders: limits::READ_ORDERS,
            subscriptions: None,
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
    announcer: Option<Arc<Announcer>>,
    event_ids: Mutex<Box<dyn EventIdSource>>,
    /// Updates of the history read for subscribers with a queue; not under the lock, since archives are read without it.
    replayed: AtomicU64,
    orders: Arc<Orders>,
    state: Mutex<State>,
}

pub(crate) struct State {
    history: Box<dyn History>,
    /// Publications that the history has not answered.
    unanswered: HashMap<Ticket, Arc<Answer>>,
    listening: Audiences<Arc<Queue>>,
    lanes: Vec<Arc<dyn LaneFeed>>,
    admission: Admission,
    counting: Counting,
    /// None if the hub does not keep track of subscriptions.
    book: Option<Book>,
    closed: Option<CloseReason>,
}

impl Hub {
    /// An empty hub with a history in memory.
    pub fn new(settings: HubSettings, event_ids: Box<dyn EventIdSource>) -> Self {
        let no_ages = Clock::new(|| Duration::ZERO);
        let history = MemoryHistory::new(HistoryBounds::MEMORY, no_ages);
        Self::with_history(settings, Box::new(history), event_ids)
    }

    /// A hub with what is in `history`, for who serves nobody else while it waits for an archive: see [`ReadAtOnce`].
    pub fn with_history(
        settings: HubSettings,
        history: Box<dyn History>,
        event_ids: Box<dyn EventIdSource>,
    ) -> Self {
        Self::with_readers(settings, history, event_ids, Arc::new(ReadAtOnce))
    }

    /// A hub with what is in `history`, whose archive, if it has one, is read by `readers`. They are dropped with the hub, and
    /// should drop their orders then.
    pub fn with_readers(
        settings: HubSettings,
        history: Box<dyn History>,
        event_ids: Box<dyn EventIdSource>,
        readers: Arc<dyn Readers>,
    ) -> Self {
        let subscriptions = settings.subscriptions.as_ref();
        let shared = Arc::new(Shared {
            announcer: subscriptions.map(|settings| Arc::new(Announcer::new(settings))),
            settings,
            event_ids: Mutex::new(event_ids),
            replayed: AtomicU64::new(0),
            orders: Arc::new(Orders::new(readers)),
            state: Mutex::new(State {
                history,
                unanswered: HashMap::new(),
                listening: Audiences::default(),
                lanes: Vec::new(),
                admission: Admission::default(),
                counting: Counting::default(),
                book: None,
                closed: None,
            }),
        });
        let notice = Arc::new(CommitNotice(Arc::downgrade(&shared)));
        let mut state = shared.lock();
        state.history.notify(notice.into());
        state.open_book(&shared);
        drop(state);
        Self { shared }
    }

    /// Submits an update to the history, whose feed hands it to each subscriber that listens to it and may read it. Authorize
    /// first.
    ///
    /// The answer is the id of the update: the supplied one, or else a new one. Updates are in the log in the order of the calls.
    /// With a history that commits at once, the answer is there and wakers are woken when this returns.
    pub fn publish(&self, publication: Publication) -> Publishing {
        let id = match publication.id() {
            Some(supplied) => supplied.clone(),
            None => self.shared.new_event_id(),
        };
        let update = Arc::new(Update::new(publication, id.clone()));
        let mut wakers = Vec::new();
        let published = self.shared.lock().publish(update, &mut wakers);
        wakers.into_iter().for_each(Waker::wake);
        match published {
            Ok(None) => Publishing::answered(Ok(id)),
            Ok(Some(answer)) => Publishing::waiting(id, answer),
            Err(error) => Publishing::answered(Err(error)),
        }
    }

    /// Opens a subscriber. The cursor is there if one was asked with; it goes into the response.
    ///
    /// Ready at once, unless a cursor has to be looked up in an archive: then when the readers of the hub have done so, or when
    /// the hub is closed. Dropping it before takes the subscriber out again.
    pub async fn subscribe(
        &self,
        subscribe: Subscribe,
    ) -> Result<(Subscriber, Option<ResponseCursor>), SubscribeError> {
        let (member, began) = self.enter(subscribe)?;
        let interest = member.interest();
        let ((batch, phase), cursor) = match began {
            Began::Read(replayed, cursor) => (replayed, cursor),
            Began::LookUp(archive, cursor) => {
                let resumed = self.shared.resume_from(archive, cursor, interest).await?;
                (resumed.0, Some(resumed.1))
            }
        };
        let selected = self.shared.select(interest, &batch);
        let wants_all = cursor == Some(ResponseCursor::Earliest);
        Ok((Subscriber::new(member, selected, phase, wants_all), cursor))
    }

    /// Lets a subscriber in, and begins to read the history for it if it resumes.
    fn enter(&self, subscribe: Subscribe) -> Result<(Member, Began), SubscribeError> {
        let mut newcomer = self.shared.newcomer(subscribe);
        let mut wakers = Vec::new();
        let mut state = self.shared.lock();
        state.enter(&mut newcomer, &self.shared, &mut wakers)?;
        let member = Member::new(&self.shared, newcomer.interest, newcomer.presence);
        let interest = member.interest();
        let began = match newcomer.last_event_id {
            None => {
                let phase = state.register(interest, &self.shared.settings);
                if let Some(arrival) = newcomer.arrival {
                    state.announce(arrival, &self.shared, &mut wakers);
                }
                drop(state);
                Began::Read((Vec::new(), phase), None)
            }
            Some(last_event_id) => self.shared.resume_at(state, last_event_id, interest),
        };
        wakers.into_iter().for_each(Waker::wake);
        Ok((member, began))
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
    /// what waits in their queues. Who waits for an archive does so no longer.
    pub fn close_all(&self, reason: CloseReason) {
        let mut wakers = Vec::new();
        let queues = {
            let mut state = self.shared.lock();
            if state.closed.is_none() {
                state.closed = Some(reason);
                wakers.extend(state.lanes.iter().filter_map(|lane| lane.close(reason)));
            }
            state.listening.drain()
        };
        wakers.extend(queues.iter().filter_map(|queue| queue.close(reason)));
        wakers.extend(self.shared.orders.close(reason));
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

    /// Takes what the history has to hand out, a bounded number at a time.
    fn feed(&self) {
        loop {
            let mut wakers = Vec::new();
            let mut state = self.lock();
            let fed = state.feed(FED_AT_ONCE, &mut wakers);
            state.log_again(&mut wakers);
            drop(state);
            wakers.into_iter().for_each(Waker::wake);
            if fed < FED_AT_ONCE {
                return;
            }
        }
    }
}

/// How the history tells that something was committed later. The hub owns its history, and not the other way round.
struct CommitNotice(Weak<Shared>);

impl Wake for CommitNotice {
    fn wake(self: Arc<Self>) {
        if let Some(shared) = self.0.upgrade() {
            shared.feed();
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        for (_, answer) in self.unanswered.drain() {
            let gone = HistoryError::Storage("the hub is gone".to_owned());
            answer.give(Err(gone)).into_iter().for_each(Waker::wake);
        }
    }
}

impl State {
    /// Submits to the history and runs its feed, which alone drives the fan-out. Gives where the answer will be, unless it came
    /// at once.
    fn publish(
        &mut self,
        update: Arc<Update>,
        wakers: &mut Vec<Waker>,
    ) -> Result<Option<Arc<Answer>>, PublishError> {
        if self.closed.is_some() {
            return Err(PublishError::Closed);
        }
        if self.lanes.iter().any(|lane| lane.is_full()) {
            return Err(PublishError::Overloaded);
        }
        let ticket = self.history.submit(vec![update])?;
        let mut answered = None;
        while let Some(outcome) = self.history.next_outcome() {
            match self.take(outcome, wakers) {
                Some((answers, result)) if answers == ticket => answered = Some(result),
                Some((answers, result)) => self.answer(answers, result, wakers),
                None => {}
            }
        }
        if let Some(result) = answered {
            self.log_again(wakers);
            return Ok(result.map(|()| None)?);
        }
        let answer = Arc::<Answer>::default();
        self.unanswered.insert(ticket, Arc::clone(&answer));
        Ok(Some(answer))
    }

    /// Runs the feed for up to so many outcomes; how many there were.
    fn feed(&mut self, at_most: usize, wakers: &mut Vec<Waker>) -> usize {
        let mut fed = 0;
        while fed < at_most
            && let Some(outcome) = self.history.next_outcome()
        {
            if let Some((answers, result)) = self.take(outcome, wakers) {
                self.answer(answers, result, wakers);
            }
            fed += 1;
        }
        fed
    }

    /// Hands an update on; the answer that is due with it.
    fn take(
        &mut self,
        outcome: Outcome,
        wakers: &mut Vec<Waker>,
    ) -> Option<(Ticket, Result<(), HistoryError>)> {
        match outcome {
            Outcome::Refused(ticket, error) => {
                if let Some(book) = &mut self.book {
                    book.refused(ticket);
                }
                Some((ticket, Err(error)))
            }
            Outcome::Sign(sign) => {
                self.pass_on(&sign, wakers);
                None
            }
            Outcome::Committed(committed) => {
                if let Some(book) = &mut self.book {
                    book.committed(&committed.update, committed.answers);
                }
                self.fan_out(&committed, wakers);
                committed.answers.map(|ticket| (ticket, Ok(())))
            }
        }
    }

    fn fan_out(&mut self, committed: &Committed, wakers: &mut Vec<Waker>) {
        self.counting.published += 1;
        // Nothing follows the end of a stream. Who comes back finds the update in the log.
        if self.closed.is_some() {
            return;
        }
        let queued = fan_out(&mut self.listening, committed, wakers);
        self.counting.queued += queued.subscribers;
        self.counting.queue_high_water = self.counting.queue_high_water.max(queued.longest);
        let lanes = self.lanes.iter();
        wakers.extend(lanes.filter_map(|lane| lane.committed(committed)));
    }

    fn answer(
        &mut self,
        ticket: Ticket,
        result: Result<(), HistoryError>,
        wakers: &mut Vec<Waker>,
    ) {
        if let Some(answer) = self.unanswered.remove(&ticket) {
            wakers.extend(answer.give(result));
        }
    }

    fn register(&mut self, interest: &Interest, settings: &HubSettings) -> Phase {
        let queue = Arc::new(Queue::new(QueueBounds {
            updates: settings.queued_updates,
            bytes: settings.queued_bytes,
        }));
        let listing = self.listening.insert(interest, || Arc::clone(&queue));
        Phase::Live { listing, queue }
    }

    pub(crate) fn end(&self) -> Position {
        self.history.end()
    }

    /// A subscriber with a queue is gone.
    pub(crate) fn unregister(&mut self, listing: Listing, queue: &Arc<Queue>) {
        self.listening
            .remove(listing, |listed| Arc::ptr_eq(listed, queue));
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
    /// The history did not take it: it is not in the log, and nobody got it.
    #[error(transparent)]
    History(#[from] HistoryError),
}

/// Why a subscriber was not opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
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
    /// [`HubSettings::read_orders`] are out already: a 503.
    #[error("more than {limit} reads of the history wait")]
    HistoryBusy {
        /// The limit.
        limit: usize,
    },
    /// The history cannot tell where its cursor points to: a 503.
    #[error(transparent)]
    History(#[from] ArchiveError),
}

impl From<ReadError> for SubscribeError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Archive(error) => Self::History(error),
            ReadError::Closed(_) => Self::Closed,
        }
    }
}
