//! The thread of a lane: one loop over what arrives from the hub, what the sockets say, and what is due.
//!
//! How streams get their history is in `replaying`, how they end in `ending`.

mod ending;
mod replaying;

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use assay_hub_core::history::Committed;
use assay_hub_core::{Arrival, CloseReason, Join, Lane, ResponseCursor};
use bytes::Bytes;
use mio::event::Event;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use slab::Slab;

use super::alarms::{Alarm, Alarms, StreamId};
use super::ends::log_gone;
use super::shared::{Shared, WAKE};
use super::stream::{Stream, Written};
use super::{Guest, StreamSettings};
use crate::limits::{LANE_EVENTS, LAST_READ_TIMEOUT, UPDATES_A_ROUND};

/// A comment line as a chunk: says that the stream is open, or still alive, and dispatches nothing (sse.keep-alive).
const COMMENT: Bytes = Bytes::from_static(b"2\r\n:\n\r\n");
/// The end of the body.
const LAST_CHUNK: Bytes = Bytes::from_static(b"0\r\n\r\n");

/// A lane and its connections.
pub(super) struct Worker {
    poll: Poll,
    shared: Arc<Shared>,
    lane: Lane<Box<Guest>>,
    settings: StreamSettings,
    streams: Slab<Stream>,
    serial: u32,
    alarms: Alarms,
    /// Streams to which several updates were given in this round.
    dirty: Vec<usize>,
    /// Streams that can go on with the history at once.
    replaying: Vec<StreamId>,
    is_closing: bool,
}

impl Worker {
    pub(super) fn new(
        poll: Poll,
        shared: Arc<Shared>,
        lane: Lane<Box<Guest>>,
        settings: StreamSettings,
    ) -> Self {
        Self {
            poll,
            shared,
            lane,
            settings,
            streams: Slab::new(),
            serial: 0,
            alarms: Alarms::default(),
            dirty: Vec::new(),
            replaying: Vec::new(),
            is_closing: false,
        }
    }

    /// Serves until the hub is closed and the last connection has ended.
    pub(super) fn run(mut self) {
        let mut events = Events::with_capacity(LANE_EVENTS);
        while !(self.is_closing && self.streams.is_empty()) {
            if let Err(error) = self.wait(&mut events) {
                tracing::error!(reason = %"lane.failed", %error, "a lane ended with its connections: its event queue failed");
                return;
            }
            let now = Instant::now();
            for event in &events {
                if event.token() != WAKE {
                    self.on_event(event, now);
                }
            }
            if self.shared.is_cut.load(Ordering::Relaxed) {
                return;
            }
            self.take_arrivals();
            self.ring(Instant::now());
            self.go_on_replaying();
        }
    }

    fn wait(&mut self, events: &mut Events) -> io::Result<()> {
        let at_most = if self.replaying.is_empty() && !self.lane.has_more() {
            let next = self.alarms.next();
            next.map(|at| at.saturating_duration_since(Instant::now()))
        } else {
            Some(Duration::ZERO)
        };
        match self.poll.poll(events, at_most) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            other => other,
        }
    }

    fn on_event(&mut self, event: &Event, now: Instant) {
        let Token(key) = event.token();
        let Some(stream) = self.streams.get_mut(key) else {
            return;
        };
        if event.is_read_closed() || event.is_error() {
            log_gone(
                &self.shared.counts,
                stream,
                stream.socket.take_error().ok().flatten(),
            );
            self.remove(key);
            return;
        }
        if event.is_writable() && stream.is_blocked() {
            stream.unblock();
            let written = stream.flush(now);
            self.wrote(key, written);
        }
    }

    /// Takes what arrived, up to a round of updates. A single update goes to each socket as it is; several are collected, so
    /// that each socket gets them in one write.
    fn take_arrivals(&mut self) {
        let mut updates = 0;
        let taken_at = Instant::now();
        let mut deliveries = 0;
        let mut signs = Vec::new();
        while updates < UPDATES_A_ROUND
            && let Some(arrival) = self.lane.next_arrival()
        {
            match arrival {
                Arrival::Join(join) => self.welcome(join),
                Arrival::Sign(sign) => signs.push(sign),
                Arrival::Read(key) => self.on_read(key),
                Arrival::Close(reason) => self.close(reason),
                Arrival::Update(committed) if updates == 0 && !self.lane.has_more() => {
                    deliveries += self.write_alone(&committed);
                    updates += 1;
                }
                Arrival::Update(committed) => {
                    deliveries += self.collect(&committed);
                    updates += 1;
                }
            }
        }
        let now = Instant::now();
        for key in std::mem::take(&mut self.dirty) {
            if let Some(stream) = self.streams.get_mut(key) {
                stream.is_dirty = false;
                let written = stream.flush(now);
                self.wrote(key, written);
            }
        }
        // Behind the last write of what came before.
        for sign in signs {
            self.lane.receive(&sign);
        }
        if deliveries > 0 {
            let counts = &self.shared.counts;
            counts.delivered.fetch_add(deliveries, Ordering::Relaxed);
            counts.fan_out.record(taken_at.elapsed(), updates as u64);
        }
    }

    /// How many got it. What a peer that does not read asks for is done while its stream is at hand: looking at a crowd of them
    /// again would let the next publisher wait.
    fn write_alone(&mut self, committed: &Committed) -> u64 {
        let mut deliveries = 0;
        let mut longest = 0;
        let now = Instant::now();
        let chunk = committed.update.chunk();
        let (streams, settings) = (&mut self.streams, &self.settings);
        let mut unfinished = Vec::new();
        self.lane.listeners(committed, |key| {
            if let Some(stream) = streams.get_mut(key) {
                deliveries += 1;
                match stream.send(chunk, now) {
                    Ok(Written::All) => {}
                    Ok(Written::Blocked) if stream.may_go_on_waiting(settings) => {
                        longest = longest.max(stream.unsent().0);
                    }
                    written => unfinished.push((key, written)),
                }
            }
        });
        let high_water = &self.shared.counts.high_water;
        high_water.fetch_max(longest, Ordering::Relaxed);
        for (key, written) in unfinished {
            self.wrote(key, written);
        }
        deliveries
    }

    /// How many will get it.
    fn collect(&mut self, committed: &Committed) -> u64 {
        let mut deliveries = 0;
        let (streams, dirty) = (&mut self.streams, &mut self.dirty);
        self.lane.listeners(committed, |key| {
            if let Some(stream) = streams.get_mut(key) {
                if !std::mem::replace(&mut stream.is_dirty, true) {
                    dirty.push(key);
                }
                deliveries += 1;
                stream.enqueue(committed.update.chunk().clone());
            }
        });
        deliveries
    }

    /// Takes a connection over: its request is read away, its response begins.
    fn welcome(&mut self, join: Join<Box<Guest>>) {
        let Join {
            guest,
            subscriber,
            cursor,
        } = join;
        let now = Instant::now();
        let mut socket = TcpStream::from_std(guest.socket);
        let entry = self.streams.vacant_entry();
        let interest = Interest::READABLE | Interest::WRITABLE;
        let registered = self
            .poll
            .registry()
            .register(&mut socket, Token(entry.key()), interest);
        self.serial = self.serial.wrapping_add(1);
        let id = StreamId {
            key: entry.key(),
            serial: self.serial,
        };
        let mut stream = Stream {
            socket,
            peer: guest.peer,
            subscriber: Some(subscriber),
            serial: id.serial,
            end: guest.end,
            _admission: guest.admission,
            _place: guest.place,
            last_sent: now,
            is_watched: false,
            is_dirty: false,
            unsent: None,
        };
        let opening = opening(guest.response, guest.cursor_field.as_str(), cursor.as_ref());
        let begun = registered
            .and_then(|()| stream.consume(guest.head_bytes))
            .and_then(|()| stream.send(&opening, now));
        entry.insert(stream);
        let end = guest.end.map(|end| end.at.into_std());
        self.alarms.set(end, Alarm::End, id);
        self.rest(id, now);
        self.wrote(id.key, begun);
    }

    /// After a write: a stream that failed is removed, one that waits is watched, one that has all goes on.
    fn wrote(&mut self, key: usize, written: io::Result<Written>) {
        let Some(stream) = self.streams.get_mut(key) else {
            return;
        };
        match written {
            Err(error) => {
                log_gone(&self.shared.counts, stream, Some(error));
                self.remove(key);
            }
            Ok(Written::Blocked) if stream.subscriber.is_none() => {}
            Ok(Written::Blocked) => {
                let (updates, _) = stream.unsent();
                let high_water = &self.shared.counts.high_water;
                high_water.fetch_max(updates, Ordering::Relaxed);
                if stream.is_too_far_behind(&self.settings) {
                    let cut_at = Instant::now().checked_add(LAST_READ_TIMEOUT);
                    self.finish(key, CloseReason::QueueFull.code(), cut_at);
                } else {
                    self.watch(key);
                }
            }
            Ok(Written::All) => match &stream.subscriber {
                None => self.remove(key),
                Some(subscriber) if subscriber.is_live() => {}
                Some(_) => self.replay(key),
            },
        }
    }

    /// Looks at a stream again when its peer has not read for too long.
    fn watch(&mut self, key: usize) {
        let stream = &mut self.streams[key];
        if let Some(timeout) = self.settings.write_timeout
            && !std::mem::replace(&mut stream.is_watched, true)
        {
            let due = stream.last_sent.checked_add(timeout);
            self.alarms.set(due, Alarm::Stall, stream.id(key));
        }
    }

    /// Looks at a stream again when it may have been silent for too long since `at`.
    fn rest(&mut self, id: StreamId, at: Instant) {
        let heartbeat = self.settings.heartbeat;
        let due = heartbeat.and_then(|longest| at.checked_add(id.silence(longest)));
        self.alarms.set(due, Alarm::Heartbeat, id);
    }

    /// Looks at every stream whose time has come.
    fn ring(&mut self, now: Instant) {
        while let Some((alarm, id)) = self.alarms.due(now) {
            let Some(stream) = self
                .streams
                .get(id.key)
                .filter(|stream| stream.serial == id.serial)
            else {
                continue;
            };
            match (alarm, stream.end) {
                (Alarm::Heartbeat, _) => self.beat(id, now),
                (Alarm::Stall, _) => self.check_stall(id.key, now),
                (Alarm::End, Some(end)) => {
                    self.finish(id.key, end.reason, Some(end.cut_at.into_std()));
                }
                (Alarm::End, None) => {}
                (Alarm::Farewell, _) => self.bid_farewell(id.key, CloseReason::ShuttingDown),
                (Alarm::Cut, _) => self.remove(id.key),
            }
        }
    }

    fn beat(&mut self, id: StreamId, now: Instant) {
        let stream = &mut self.streams[id.key];
        let spoken = stream.last_sent;
        let is_silent = self
            .settings
            .heartbeat
            .is_some_and(|longest| now.saturating_duration_since(spoken) >= id.silence(longest));
        if !is_silent {
            return self.rest(id, spoken);
        }
        self.rest(id, now);
        // A peer that takes nothing needs no comment.
        if self.streams[id.key].unsent() == (0, 0) {
            let written = self.streams[id.key].send(&COMMENT, now);
            self.wrote(id.key, written);
        }
    }
}

/// Bytes of the body in the framing of HTTP/1.1.
fn chunk(bytes: &[u8]) -> Bytes {
    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
    chunk.extend_from_slice(bytes);
    chunk.extend_from_slice(b"\r\n");
    chunk.into()
}

/// The response up to and including the first comment, in one write: peers that wait for a first byte see the stream open.
fn opening(mut head: Vec<u8>, cursor_field: &str, cursor: Option<&ResponseCursor>) -> Bytes {
    // replay.response-field.present, replay.response-header-on-header; ids hold no character that a field cannot have.
    if let Some(cursor) = cursor {
        for part in [cursor_field, ": ", cursor.as_str(), "\r\n"] {
            head.extend_from_slice(part.as_bytes());
        }
    }
    head.extend_from_slice(b"\r\n");
    head.extend_from_slice(&COMMENT);
    head.into()
}
