//! A thread of the crowd: one epoll, one read buffer, thousands of subscribers.
//!
//! It decides when each subscriber dials, gives up and dials again; what the bytes mean is [`Subscriber`]'s business.

mod drops;
mod leaving;
mod slowly;

use super::attempts::Attempts;
use super::dialer::Dialer;
use super::failure::Failure;
use super::limits;
use super::live::ThreadLive;
use super::receipt::{CrowdPart, ReadLag, SubscriberRecord};
use super::recorder::Recorder;
use super::remains;
use super::request::Requests;
use super::subscriber::{State, Subscriber};
use super::timers::Timers;
use super::wire::Stamping;
use crate::clock::{Clock, Micros};
use crate::plan::{Plan, PlannedSubscriber, Reads};
use crate::platform::{self, Received};
use crate::stop::Stop;
use drops::Drops;
use mio::{Events, Interest, Poll, Token};
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Longest sleep: a stop is noticed within it.
const NAP: Duration = Duration::from_millis(50);

/// Events taken from the kernel at a time.
const EVENTS_AT_A_TIME: usize = 1_024;

/// What all threads of a crowd share.
pub(crate) struct Shared {
    pub(crate) plan: Arc<Plan>,
    pub(crate) clock: Clock,
    pub(crate) stop: Stop,
    pub(crate) dialer: Dialer,
    pub(crate) requests: Requests,
}

/// How long to go on reading one socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Until {
    /// A read that did not fill the buffer has emptied the socket (epoll(7)).
    ShortRead,
    /// There is more than data to read: the end of the stream, or an error.
    WouldBlock,
}

pub(crate) struct Reader {
    shared: Arc<Shared>,
    live: Arc<ThreadLive>,
    recorder: Recorder,
    stamping: Stamping,
    poll: Poll,
    subscribers: Vec<Subscriber>,
    timers: Timers,
    /// Due to dial, in order.
    due: VecDeque<u32>,
    /// Not read to the end, because the others had to have their turn.
    unread: Vec<u32>,
    /// How many connections are being opened.
    opening: usize,
    attempts: Attempts,
    drops: Drops,
    received: Box<[u8]>,
    decrypted: Box<[u8]>,
    request: Vec<u8>,
}

impl Reader {
    /// A reader for the subscribers with these places in the plan. The error is the system's, for want of an epoll.
    pub(crate) fn new(
        shared: Arc<Shared>,
        live: Arc<ThreadLive>,
        stamping: Stamping,
        subscribers: &[u32],
    ) -> io::Result<Self> {
        let plan = &shared.plan;
        let mut timers = Timers::new(subscribers.len());
        for (place, &index) in (0_u32..).zip(subscribers) {
            timers.set(place, plan.subscribers[index as usize].connect_at);
        }
        Ok(Self {
            recorder: Recorder::new(Arc::clone(plan), shared.clock.clone(), Arc::clone(&live)),
            live,
            stamping,
            poll: Poll::new()?,
            subscribers: subscribers
                .iter()
                .map(|&index| Subscriber::new(index))
                .collect(),
            timers,
            due: VecDeque::new(),
            unread: Vec::new(),
            opening: 0,
            attempts: Attempts::of(plan, subscribers),
            drops: Drops::of(plan, subscribers),
            received: vec![0; limits::READ_BUFFER_BYTES].into(),
            decrypted: vec![0; limits::READ_BUFFER_BYTES].into(),
            request: Vec::new(),
            shared,
        })
    }

    /// Reads until the drain deadline or until it is stopped.
    pub(crate) fn run(mut self) -> CrowdPart {
        let mut events = Events::with_capacity(EVENTS_AT_A_TIME);
        loop {
            let now = self.shared.clock.now();
            if now >= self.shared.plan.drain_deadline || self.shared.stop.is_requested() {
                return self.finish(now);
            }
            self.on_timers(now);
            while let Some(place) = self.drops.pop_due(now) {
                self.drop_stream(place);
            }
            self.dial_due();
            match self.poll.poll(&mut events, Some(self.nap(now))) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                    // Without an epoll nothing can be read any more: what was read counts.
                    return self.finish(now);
                }
                _ => {}
            }
            for event in &events {
                self.on_event(event);
            }
            for place in std::mem::take(&mut self.unread) {
                self.read(place, Until::WouldBlock);
            }
        }
    }

    fn nap(&self, now: Micros) -> Duration {
        if !self.unread.is_empty() {
            return Duration::ZERO;
        }
        [self.timers.next_at(), self.drops.next_at()]
            .into_iter()
            .flatten()
            .map(|at| Duration::from_micros(at.micros_since(now)))
            .fold(NAP, Duration::min)
    }

    fn on_timers(&mut self, now: Micros) {
        while let Some(place) = self.timers.pop_due(now) {
            match self.subscribers[place as usize].state {
                State::Waiting => self.due.push_back(place),
                State::Connecting => self.fail(place, Failure::ConnectTimeout),
                State::Head(_) => self.fail(place, Failure::HeadTimeout),
                State::Streaming(_) => self.on_stream_timer(place, now),
                State::Over => {}
            }
        }
    }

    /// Its time to leave has come, or that to read on.
    fn on_stream_timer(&mut self, place: u32, now: Micros) {
        if self.leave_if_due(place, now) {
            return;
        }
        self.set_leaving(place);
        self.subscribers[place as usize].rests = false;
        self.read(place, Until::WouldBlock);
    }

    fn planned(&self, place: u32) -> &PlannedSubscriber {
        let index = self.subscribers[place as usize].index;
        &self.shared.plan.subscribers[index as usize]
    }

    fn dial_due(&mut self) {
        while self.opening < limits::CONNECTING_MAX {
            let Some(place) = self.due.pop_front() else {
                return;
            };
            self.opening += 1;
            self.live.connecting.add(1);
            self.subscribers[place as usize].state = State::Connecting;
            let deadline = self.shared.clock.now().plus(limits::CONNECT_TIMEOUT);
            self.timers.set(place, deadline);
            if let Err(failure) = self.dial(place) {
                self.fail(place, failure);
            }
        }
    }

    fn dial(&mut self, place: u32) -> Result<(), Failure> {
        let subscriber = &mut self.subscribers[place as usize];
        let reads = self.shared.plan.subscribers[subscriber.index as usize].reads;
        let mut wire = self.shared.dialer.dial(subscriber.index, reads)?;
        self.poll.registry().register(
            &mut wire.socket,
            Token(place as usize),
            Interest::READABLE | Interest::WRITABLE,
        )?;
        subscriber.wire = Some(wire);
        Ok(())
    }

    fn on_event(&mut self, event: &mio::event::Event) {
        let place = event.token().0 as u32;
        let progressed = match self.subscribers[place as usize].state {
            State::Connecting if event.is_writable() || event.is_error() => {
                self.on_connected(place)
            }
            State::Waiting | State::Connecting | State::Over => return,
            State::Head(_) | State::Streaming(_) if event.is_writable() => self.flush(place),
            State::Head(_) | State::Streaming(_) => Ok(()),
        };
        if let Err(failure) = progressed {
            self.fail(place, failure);
        } else if event.is_read_closed() || event.is_error() {
            self.read(place, Until::WouldBlock);
        } else if event.is_readable() {
            self.read(place, Until::ShortRead);
        }
    }

    fn flush(&mut self, place: u32) -> Result<(), Failure> {
        match &mut self.subscribers[place as usize].wire {
            Some(wire) => wire.flush(),
            None => Ok(()),
        }
    }

    fn on_connected(&mut self, place: u32) -> Result<(), Failure> {
        let now = self.shared.clock.now();
        let subscriber = &mut self.subscribers[place as usize];
        let planned = &self.shared.plan.subscribers[subscriber.index as usize];
        self.request.clear();
        self.shared.requests.write(
            &mut self.request,
            &self.shared.plan,
            subscriber.index,
            planned,
            subscriber.last_event_id(),
        );
        let Some(wire) = &mut subscriber.wire else {
            return Ok(());
        };
        if let Some(error) = wire.socket.take_error()? {
            return Err(error.into());
        }
        if self.stamping == Stamping::Kernel {
            // Where the kernel does not stamp, the receipts come without K, and the report says so.
            let _ = platform::enable_kernel_stamps(&wire.socket);
        }
        let since_planned_us = now.micros_since(planned.connect_at);
        subscriber.record.connect_us.get_or_insert(since_planned_us);
        subscriber.state = State::Head(Vec::new());
        self.timers.set(place, now.plus(limits::HEAD_TIMEOUT));
        wire.send(&self.request)
    }

    /// Reads what the socket has, a few buffers at most.
    fn read(&mut self, place: u32, until: Until) {
        let is_streaming = matches!(self.subscribers[place as usize].state, State::Streaming(_));
        match self.planned(place).reads {
            Reads::Never if is_streaming => {
                // Nothing is read; a hub that has had enough of that ends the connection.
                if until == Until::WouldBlock {
                    self.fail(place, Failure::Closed);
                }
                return;
            }
            Reads::Slowly(bytes_per_second) if is_streaming => {
                return self.read_slowly(place, bytes_per_second);
            }
            // The head is read by everyone.
            Reads::All | Reads::Never | Reads::Slowly(_) => {}
        }
        for _ in 0..limits::READS_IN_A_ROW_MAX {
            let Some(wire) = &mut self.subscribers[place as usize].wire else {
                return;
            };
            let received = match wire.receive(&mut self.received, self.stamping) {
                Ok(received) => received,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return self.fail(place, error.into()),
            };
            if received.bytes == 0 {
                return self.fail(place, Failure::Closed);
            }
            if let Err(failure) = self.take(place, received) {
                return self.fail(place, failure);
            }
            if self.planned(place).reads != Reads::All {
                return self.read_on_later(place);
            }
            if until == Until::ShortRead && received.bytes < self.received.len() {
                return;
            }
        }
        self.unread.push(place);
    }

    /// Hands a read on to its subscriber and keeps the books of what came of it.
    fn take(&mut self, place: u32, received: Received) -> Result<(), Failure> {
        let subscriber = &mut self.subscribers[place as usize];
        let Some(mut wire) = subscriber.wire.take() else {
            return Ok(());
        };
        let streams = subscriber.record.streams.len();
        let receipts = subscriber.record.receipts.len();
        let recorder = &mut self.recorder;
        let taken = wire.open(
            &self.received[..received.bytes],
            &mut self.decrypted,
            |bytes| subscriber.take(bytes, recorder),
        );
        subscriber.wire = Some(wire);
        if self.stamping == Stamping::Kernel {
            // The stamp is that of the last segment: it is the last event's only when nothing follows that event.
            let stamp_ns = received
                .kernel_realtime_ns
                .filter(|_| !subscriber.is_mid_event());
            let read_lag = read_lag(&self.shared, &subscriber.record, stamp_ns);
            subscriber.record.stamp_last(receipts, read_lag);
        }
        if subscriber.record.streams.len() > streams {
            self.on_opened(place);
        }
        taken
    }

    fn on_opened(&mut self, place: u32) {
        self.opening -= 1;
        self.live.connecting.subtract(1);
        self.live.connected.add(1);
        self.timers.clear(place);
        self.set_leaving(place);
        let subscriber = &mut self.subscribers[place as usize];
        subscriber.rests = false;
        let planned = &self.shared.plan.subscribers[subscriber.index as usize];
        if let [only] = subscriber.record.streams.as_slice() {
            subscriber.record.head_us = Some(only.opened_at.micros_since(planned.connect_at));
        }
    }

    /// Closes the connection, and plans the next attempt where there is hope and time.
    fn fail(&mut self, place: u32, failure: Failure) {
        let now = self.shared.clock.now();
        let subscriber = &mut self.subscribers[place as usize];
        subscriber.wire = None;
        match std::mem::replace(&mut subscriber.state, State::Waiting) {
            State::Connecting | State::Head(_) => {
                self.opening -= 1;
                self.live.connecting.subtract(1);
            }
            State::Streaming(_) => {
                self.live.connected.subtract(1);
                self.live.dropped_streams.add(1);
                if let Some(stream) = subscriber.record.streams.last_mut() {
                    stream.broke_at = Some(now);
                }
            }
            State::Waiting | State::Over => {}
        }
        self.live.failed(&failure);
        let planned = &self.shared.plan.subscribers[subscriber.index as usize];
        let again_at = self.attempts.after(subscriber, planned, &failure, now);
        subscriber.record.failure = Some(failure);
        if let Some(again_at) = again_at {
            self.timers.set(place, again_at);
        } else {
            subscriber.state = State::Over;
            self.timers.clear(place);
            self.live.gave_up.add(1);
        }
    }

    fn finish(self, now: Micros) -> CrowdPart {
        remains::of(self.subscribers, self.recorder, &self.shared.plan, now)
    }
}

/// R − K of the latest receipt; `kernel_ns` is K on the wall clock.
pub(crate) fn read_lag(
    shared: &Shared,
    record: &SubscriberRecord,
    kernel_ns: Option<u64>,
) -> ReadLag {
    let Some((kernel_ns, receipt)) = kernel_ns.zip(record.receipts.last()) else {
        return ReadLag::UNKNOWN;
    };
    let planned_at = shared.plan.publications[receipt.publication as usize].at;
    let received_at = Micros(planned_at.0 + receipt.latency_us());
    ReadLag::of_us(received_at.micros_since(shared.clock.at_realtime_ns(kernel_ns)))
}
