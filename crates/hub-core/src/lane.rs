//! Fan-out to subscribers whose connections one thread owns: without a queue, a lock or a waker for each of them.
//!
//! A lane is fed with the committed updates and with those who join, in the order of the log: who joins between two updates
//! gets exactly the later one. Its thread finds the listeners of an update in a registry of its own and writes to them; what
//! a connection cannot take at once is for the thread to keep, within bounds. Not here: sockets, clocks, and what waits.

mod feed;

use std::cell::Cell;
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::task::Waker;

use crate::admission::Member;
use crate::audiences::{Audiences, Listing};
use crate::event_id::{LastEventId, ResponseCursor};
use crate::fan_out::Readers;
use crate::history::{Committed, Position, Resumption};
use crate::hub::{Hub, Subscribe, SubscribeError};
use crate::sign::Sign;
use crate::subscriber::CloseReason;
use crate::update::Update;

pub(crate) use feed::{Feed, LaneFeed};

/// What comes to a lane.
#[derive(Debug)]
pub enum Arrival<G> {
    /// An update is in the log; see [`Lane::listeners`].
    Update(Committed),
    /// A subscriber joins. It gets what is published from here on, after what it resumes.
    Join(Join<G>),
    /// A sign of [`Hub::probe`]; see [`Lane::receive`].
    Sign(Sign),
    /// The hub closes all subscribers; nothing follows.
    Close(CloseReason),
}

/// Somebody who joins a lane.
#[derive(Debug)]
pub struct Join<G> {
    /// What the caller of [`LaneDoor::join`] gave, such as a connection.
    pub guest: G,
    /// Its place in the hub.
    pub subscriber: LaneSubscriber,
    /// For the response; there if one was asked with.
    pub cursor: Option<ResponseCursor>,
}

/// A subscriber of a lane. Give it back to [`Lane::leave`].
pub struct LaneSubscriber {
    member: Member,
    phase: Phase,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    /// Everything from this position on comes through the feed.
    Joined(Position),
    /// It has read the history up to this position.
    Replaying {
        position: Position,
        /// It is to get all that is kept, and has got nothing yet: what is forgotten meanwhile is no gap.
        from_earliest: bool,
    },
    /// It is registered.
    Live(Listing),
}

impl LaneSubscriber {
    /// Whether all that it still gets comes through [`Lane::listeners`].
    pub fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Live(_))
    }
}

impl fmt::Debug for LaneSubscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LaneSubscriber({:?})", self.phase)
    }
}

/// Where subscribers enter a lane, from any thread.
pub struct LaneDoor<G> {
    hub: Hub,
    feed: Arc<Feed<G>>,
}

impl<G> Clone for LaneDoor<G> {
    fn clone(&self) -> Self {
        Self {
            hub: self.hub.clone(),
            feed: Arc::clone(&self.feed),
        }
    }
}

impl<G> fmt::Debug for LaneDoor<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LaneDoor({} members)", self.members())
    }
}

impl<G: Send + 'static> LaneDoor<G> {
    /// Lets a subscriber in; its lane hears of it as [`Arrival::Join`]. Who is refused gets the guest back.
    pub fn join(&self, subscribe: Subscribe, guest: G) -> Result<(), (SubscribeError, G)> {
        let mut wakers = Vec::new();
        let joined = self.join_unwoken(subscribe, guest, &mut wakers);
        wakers.into_iter().for_each(Waker::wake);
        joined
    }

    fn join_unwoken(
        &self,
        subscribe: Subscribe,
        guest: G,
        wakers: &mut Vec<Waker>,
    ) -> Result<(), (SubscribeError, G)> {
        let hub = self.hub.shared();
        let mut newcomer = hub.newcomer(subscribe);
        // Before the lock: it may take a look at a disk, for which others need not wait.
        let mut resumed = match newcomer.last_event_id.as_ref().map(|it| hub.resume(it)) {
            Some(Err(error)) => return Err((error.into(), guest)),
            Some(Ok(resumption)) => Some(resumption),
            None => None,
        };
        let mut state = hub.lock();
        if self.feed.is_abandoned() {
            return Err((SubscribeError::Closed, guest));
        }
        if let Err(error) = state.enter(&mut newcomer, hub, wakers) {
            return Err((error, guest));
        }
        let member = Member::new(hub, newcomer.interest, newcomer.presence);
        if let Some(resumption) = &mut resumed
            && state.is_missing(member.interest(), resumption.position)
        {
            drop(state);
            match hub.resume(&LastEventId::Earliest) {
                Ok(earliest) => *resumption = earliest,
                Err(error) => return Err((error.into(), guest)),
            }
            state = hub.lock();
            if self.feed.is_abandoned() {
                // The member gives its place back under that lock.
                drop(state);
                return Err((SubscribeError::Closed, guest));
            }
        }
        let (phase, cursor) = match resumed {
            None => (Phase::Joined(state.end()), None),
            Some(Resumption { position, cursor }) => {
                let from_earliest = cursor == ResponseCursor::Earliest;
                let phase = Phase::Replaying {
                    position,
                    from_earliest,
                };
                (phase, Some(cursor))
            }
        };
        let watches = member.interest().watches;
        let join = Join {
            guest,
            subscriber: LaneSubscriber { member, phase },
            cursor,
        };
        match self.feed.join(join, watches) {
            Ok(waker) => wakers.extend(waker),
            Err(refused) => {
                // Abandoned since it was looked at above.
                drop(state);
                let Arrival::Join(Join { guest, .. }) = refused else {
                    unreachable!("what comes back is what was given")
                };
                return Err((SubscribeError::Closed, guest));
            }
        }
        if let Some(arrival) = newcomer.arrival {
            state.announce(arrival, hub, wakers);
        }
        Ok(())
    }
}

impl<G> LaneDoor<G> {
    pub(crate) fn new(hub: Hub, feed: Arc<Feed<G>>) -> Self {
        Self { hub, feed }
    }

    /// How many subscribers the lane has.
    pub fn members(&self) -> usize {
        self.feed.members()
    }
}

/// One lane, for the thread that owns its connections.
pub struct Lane<G> {
    feed: Arc<Feed<G>>,
    /// Taken from the feed and not yet handed on.
    taken: VecDeque<Arrival<G>>,
    listening: Audiences<Listener>,
}

#[derive(Debug)]
struct Listener {
    /// What the lane's thread calls it.
    key: usize,
    /// The first position that it has not got; an update that several matchers select comes once.
    next: Cell<Position>,
}

impl<G> Lane<G> {
    pub(crate) fn new(feed: Arc<Feed<G>>) -> Self {
        Self {
            feed,
            taken: VecDeque::new(),
            listening: Audiences::default(),
        }
    }

    /// What comes next. None if nothing is there now: the waker of the lane is woken when something is.
    pub fn next_arrival(&mut self) -> Option<Arrival<G>> {
        if self.taken.is_empty() {
            self.feed.take(&mut self.taken);
        }
        self.taken.pop_front()
    }

    /// Whether something is at hand that arrived together with the last one.
    pub fn has_more(&self) -> bool {
        !self.taken.is_empty()
    }

    /// Goes on with a subscriber that is not live yet: reads a bounded batch of the history for it, and registers it when that
    /// was the last one. Returns what it gets of the batch, oldest first.
    ///
    /// `key` is what [`Self::listeners`] calls it. The error says that the history forgot what was still to be read.
    pub fn advance(
        &mut self,
        subscriber: &mut LaneSubscriber,
        key: usize,
    ) -> Result<Vec<Arc<Update>>, CloseReason> {
        match subscriber.phase {
            Phase::Live(_) => Ok(Vec::new()),
            Phase::Joined(from) => {
                self.register(subscriber, key, from);
                Ok(Vec::new())
            }
            Phase::Replaying {
                position,
                from_earliest,
            } => {
                let hub = subscriber.member.hub();
                let mut batch = Vec::new();
                let (is_all, next) = if from_earliest {
                    hub.read_earliest(position, &mut batch)?
                } else {
                    hub.read(position, &mut batch)?
                };
                let interest = subscriber.member.interest();
                batch.retain(|update| interest.includes(update));
                if is_all {
                    self.register(subscriber, key, next);
                } else {
                    subscriber.phase = Phase::Replaying {
                        position: next,
                        from_earliest: from_earliest && batch.is_empty(),
                    };
                }
                Ok(batch)
            }
        }
    }

    fn register(&mut self, subscriber: &mut LaneSubscriber, key: usize, from: Position) {
        let listener = || Listener {
            key,
            next: Cell::new(from),
        };
        let interest = subscriber.member.interest();
        subscriber.phase = Phase::Live(self.listening.insert(interest, listener));
    }

    /// Calls `visit` with the key of each live subscriber that gets an update, once.
    pub fn listeners(&self, committed: &Committed, mut visit: impl FnMut(usize)) {
        let Some(registry) = self.listening.of(&committed.update) else {
            return;
        };
        let mut readers = Readers::of(&committed.update);
        let topics = committed.update.topics();
        registry.for_each_listener(topics, |_, entry| {
            let listener = &entry.listener;
            if committed.position >= listener.next.get() && readers.include(entry, registry) {
                listener.next.set(committed.position.next());
                visit(listener.key);
            }
        });
    }

    /// Receives a sign, once all that arrived before it is handed on.
    pub fn receive(&mut self, sign: &Sign) {
        let listener = Listener {
            key: usize::MAX,
            next: Cell::new(Position::FIRST),
        };
        if self.listening.reach(sign, listener) {
            sign.received();
        }
    }

    /// Takes a subscriber out.
    pub fn leave(&mut self, subscriber: LaneSubscriber) {
        let LaneSubscriber { member, phase } = subscriber;
        if let Phase::Live(listing) = phase {
            self.listening.remove(listing, |_| true);
        }
        self.feed.left(member.interest().watches);
        drop(member);
    }
}

impl<G> Drop for Lane<G> {
    fn drop(&mut self) {
        self.feed.abandon();
    }
}

impl<G> fmt::Debug for Lane<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lane({} members)", self.feed.members())
    }
}
