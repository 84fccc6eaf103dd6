//! Fan-out to subscribers whose connections one thread owns: without a queue, a lock or a waker for each of them.
//!
//! A lane is fed with the committed updates and with those who join, in the order of the log: who joins between two updates
//! gets exactly the later one. Its thread finds the listeners of an update in a registry of its own and writes to them; what
//! a connection cannot take at once is for the thread to keep, within bounds. Not here: sockets, clocks, and what waits.

mod feed;

use std::cell::Cell;
use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use crate::admission::Member;
use crate::audiences::{Audiences, Listing};
use crate::event_id::{LastEventId, ResponseCursor};
use crate::fan_out::Readers;
use crate::history::{Committed, Position, ReadError, Reading, Resumption};
use crate::hub::{Batch, Found, Hub, Newcomer, ReadOn, Subscribe, SubscribeError};
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
    /// The subscriber of this key can go on: [`Lane::advance`] it. It may have left since, and the key be another's; a call too
    /// many does nothing.
    Read(usize),
    /// The hub closes all subscribers; nothing follows but [`Self::Read`].
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

/// What [`Lane::advance`] came to.
#[derive(Debug)]
pub enum Advance {
    /// What the subscriber gets of a batch of the history, oldest first. Go on, unless it is live now.
    Batch(Vec<Arc<Update>>),
    /// The next batch is being read from an archive: [`Arrival::Read`] tells when to go on. Nothing waits for it but this
    /// subscriber.
    Reading,
}

#[derive(Debug)]
enum Phase {
    /// Everything from this position on comes through the feed.
    Joined(Position),
    /// It has read the history up to this position.
    Replaying {
        position: Position,
        /// It is to get all that is kept, and has got nothing yet: what is forgotten meanwhile is no gap.
        from_earliest: bool,
    },
    /// The next batch of the history is ordered.
    Reading {
        reading: Reading<Batch>,
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
    ///
    /// Ready at once, unless a cursor has to be looked up in an archive: then when the readers of the hub have done so, or when
    /// the hub is closed.
    pub async fn join(&self, subscribe: Subscribe, guest: G) -> Result<(), (SubscribeError, G)> {
        let newcomer = self.hub.shared().newcomer(subscribe);
        let Some(cursor) = newcomer.last_event_id.clone() else {
            return self.let_in(newcomer, None, guest);
        };
        // Boxed: who does not resume, as most do not, need not carry this along.
        Box::pin(self.join_behind(cursor, newcomer, guest)).await
    }

    /// Lets somebody in once it is known where it resumes; before, it has no place in the hub.
    async fn join_behind(
        &self,
        cursor: LastEventId,
        newcomer: Newcomer,
        guest: G,
    ) -> Result<(), (SubscribeError, G)> {
        let hub = self.hub.shared();
        match hub.look_up(&cursor, &newcomer.interest).await {
            Ok(found) => self.let_in(newcomer, Some(found), guest),
            Err(error) => Err((error, guest)),
        }
    }

    fn let_in(
        &self,
        newcomer: Newcomer,
        found: Option<Found>,
        guest: G,
    ) -> Result<(), (SubscribeError, G)> {
        let mut wakers = Vec::new();
        let joined = self.join_unwoken(newcomer, found, guest, &mut wakers);
        wakers.into_iter().for_each(Waker::wake);
        joined
    }

    fn join_unwoken(
        &self,
        mut newcomer: Newcomer,
        found: Option<Found>,
        guest: G,
        wakers: &mut Vec<Waker>,
    ) -> Result<(), (SubscribeError, G)> {
        let hub = self.hub.shared();
        let mut state = hub.lock();
        if self.feed.is_abandoned() {
            return Err((SubscribeError::Closed, guest));
        }
        if let Err(error) = state.enter(&mut newcomer, hub, wakers) {
            return Err((error, guest));
        }
        let member = Member::new(hub, newcomer.interest, newcomer.presence);
        let (phase, cursor) = match found.map(|found| state.place(found, member.interest())) {
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

/// Tells a lane that what was ordered for one of its subscribers has been read.
struct ReadNotice<G> {
    feed: Arc<Feed<G>>,
    key: usize,
}

impl<G: Send + 'static> Wake for ReadNotice<G> {
    fn wake(self: Arc<Self>) {
        self.feed.read(self.key).into_iter().for_each(Waker::wake);
    }
}

impl<G: Send + 'static> Lane<G> {
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

    /// Goes on with a subscriber that is not live yet: reads a bounded batch of the history for it, or orders one, and registers
    /// it when that was the last one.
    ///
    /// `key` is what [`Self::listeners`] and [`Arrival::Read`] call it. The error says why it gets nothing more: the history
    /// forgot what was still to be read, or cannot be read.
    pub fn advance(
        &mut self,
        subscriber: &mut LaneSubscriber,
        key: usize,
    ) -> Result<Advance, CloseReason> {
        match subscriber.phase {
            Phase::Live(_) => Ok(Advance::Batch(Vec::new())),
            Phase::Joined(from) => {
                self.register(subscriber, key, from);
                Ok(Advance::Batch(Vec::new()))
            }
            Phase::Replaying {
                position,
                from_earliest,
            } => match subscriber.member.hub().read(position, from_earliest)? {
                ReadOn::Batch(batch, is_all) => {
                    Ok(self.take(subscriber, key, batch, is_all, from_earliest))
                }
                ReadOn::Ordered(reading) => {
                    subscriber.phase = Phase::Reading {
                        reading,
                        from_earliest,
                    };
                    self.look_whether_read(subscriber, key)
                }
            },
            Phase::Reading { .. } => self.look_whether_read(subscriber, key),
        }
    }

    /// Takes what was ordered, if it has been read; is told when it has, if not.
    fn look_whether_read(
        &mut self,
        subscriber: &mut LaneSubscriber,
        key: usize,
    ) -> Result<Advance, CloseReason> {
        let Phase::Reading {
            reading,
            from_earliest,
        } = &mut subscriber.phase
        else {
            return Ok(Advance::Batch(Vec::new()));
        };
        let from_earliest = *from_earliest;
        match reading.take().or_else(|| self.wait_for(reading, key)) {
            // What was published meanwhile is still to be read: from memory, unless it is much.
            Some(read) => Ok(self.take(subscriber, key, read?, false, from_earliest)),
            None => Ok(Advance::Reading),
        }
    }

    fn wait_for(
        &self,
        reading: &mut Reading<Batch>,
        key: usize,
    ) -> Option<Result<Batch, ReadError>> {
        let feed = Arc::clone(&self.feed);
        let notice = Waker::from(Arc::new(ReadNotice { feed, key }));
        match Pin::new(reading).poll(&mut Context::from_waker(&notice)) {
            Poll::Ready(read) => Some(read),
            Poll::Pending => None,
        }
    }

    /// What a subscriber gets of a batch. It goes on behind that, or is live if that was all.
    fn take(
        &mut self,
        subscriber: &mut LaneSubscriber,
        key: usize,
        Batch { mut updates, next }: Batch,
        is_all: bool,
        from_earliest: bool,
    ) -> Advance {
        let interest = subscriber.member.interest();
        updates.retain(|update| interest.includes(update));
        if is_all {
            self.register(subscriber, key, next);
        } else {
            subscriber.phase = Phase::Replaying {
                position: next,
                from_earliest: from_earliest && updates.is_empty(),
            };
        }
        Advance::Batch(updates)
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
