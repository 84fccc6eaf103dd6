//! A thread's part in a lane, without the thread: takes what arrives when it is told to, and keeps what each of its
//! subscribers gets until that is asked for.

use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;

use assay_hub_core::{
    Advance, Arrival, CloseReason, Hub, Join, Lane, LaneDoor, LaneSubscriber, Next, ResponseCursor,
    Subscribe, SubscribeError,
};
use bytes::Bytes;

use crate::support::now;

/// A lane whose guests are numbers.
pub(crate) struct LaneHost {
    door: LaneDoor<usize>,
    lane: Lane<usize>,
    joined: usize,
    streams: BTreeMap<usize, Stream>,
}

/// Somebody at the door.
pub(crate) type Joining = Pin<Box<dyn Future<Output = Result<(), SubscribeError>>>>;

struct Stream {
    subscriber: LaneSubscriber,
    /// A batch is ordered for it.
    reads: bool,
    cursor: Option<ResponseCursor>,
    received: VecDeque<Bytes>,
    closed: Option<CloseReason>,
}

impl LaneHost {
    pub(crate) fn new(hub: &Hub, waker: std::task::Waker) -> Self {
        let (door, lane) = hub.add_lane(waker);
        Self {
            door,
            lane,
            joined: 0,
            streams: BTreeMap::new(),
        }
    }

    /// Its number.
    pub(crate) fn join(&mut self, subscribe: Subscribe) -> usize {
        let (key, joining) = self.begin_to_join(subscribe);
        now(joining).expect("room for one more");
        key
    }

    /// Its number, once it is in.
    pub(crate) fn begin_to_join(&mut self, subscribe: Subscribe) -> (usize, Joining) {
        self.joined += 1;
        let (door, key) = (self.door.clone(), self.joined);
        let joining = async move { door.join(subscribe, key).await.map_err(|(error, _)| error) };
        (key, Box::pin(joining))
    }

    /// Takes one arrival; false if there is none.
    pub(crate) fn take_one(&mut self) -> bool {
        match self.lane.next_arrival() {
            None => return false,
            Some(Arrival::Join(join)) => self.welcome(join),
            Some(Arrival::Update(committed)) => {
                let streams = &mut self.streams;
                self.lane.listeners(&committed, |key| {
                    let stream = streams.get_mut(&key).expect("listed only while here");
                    stream.received.push_back(committed.update.event().clone());
                });
            }
            Some(Arrival::Sign(sign)) => self.lane.receive(&sign),
            Some(Arrival::Read(key)) if self.streams.contains_key(&key) => self.advance(key),
            Some(Arrival::Read(_)) => {}
            Some(Arrival::Close(reason)) => {
                for stream in self.streams.values_mut() {
                    stream.closed.get_or_insert(reason);
                }
            }
        }
        true
    }

    pub(crate) fn take_all(&mut self) {
        while self.take_one() {}
    }

    fn welcome(&mut self, join: Join<usize>) {
        let stream = Stream {
            subscriber: join.subscriber,
            reads: false,
            cursor: join.cursor,
            received: VecDeque::new(),
            closed: None,
        };
        self.streams.insert(join.guest, stream);
        if self.streams[&join.guest].cursor.is_none() {
            self.advance(join.guest);
        }
    }

    fn advance(&mut self, key: usize) {
        let stream = self.streams.get_mut(&key).expect("joined");
        stream.reads = false;
        match self.lane.advance(&mut stream.subscriber, key) {
            Ok(Advance::Batch(batch)) => stream
                .received
                .extend(batch.iter().map(|update| update.event().clone())),
            Ok(Advance::Reading) => stream.reads = true,
            Err(reason) => stream.closed = Some(reason),
        }
    }

    /// Whether a batch is ordered for it, as far as the lane knows.
    pub(crate) fn reads(&self, key: usize) -> bool {
        self.streams.get(&key).is_some_and(|stream| stream.reads)
    }

    /// What its response says.
    pub(crate) fn cursor(&mut self, key: usize) -> Option<ResponseCursor> {
        self.take_all();
        self.streams[&key].cursor.clone()
    }

    /// What it gets next; none if that is nothing by now.
    pub(crate) fn next(&mut self, key: usize) -> Option<Next> {
        loop {
            if let Some(stream) = self.streams.get_mut(&key) {
                if let Some(event) = stream.received.pop_front() {
                    return Some(Next::Event(event));
                }
                if let Some(reason) = stream.closed {
                    return Some(Next::Closed(reason));
                }
                if !stream.subscriber.is_live() && !stream.reads {
                    self.advance(key);
                    continue;
                }
            }
            if !self.take_one() {
                return None;
            }
        }
    }

    pub(crate) fn leave(&mut self, key: usize) {
        self.take_all();
        let stream = self.streams.remove(&key).expect("joined");
        self.lane.leave(stream.subscriber);
    }
}
