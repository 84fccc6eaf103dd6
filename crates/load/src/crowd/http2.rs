//! Subscribers over HTTP/2: streams that share connections, on a thread with a runtime of its own and a task for each of them.
//!
//! The protocol is the `h2` crate's business; what the bytes of a stream mean is [`Subscriber`]'s, as over HTTP/1.1. A probe has a
//! connection to itself, so that the kernel's stamp of a read is that of its events.

mod connections;
mod stamped_io;
mod stream;

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use tokio::task::LocalSet;

use super::attempts::Attempts;
use super::failure::Failure;
use super::limits;
use super::live::ThreadLive;
use super::reader::Shared;
use super::receipt::CrowdPart;
use super::recorder::Recorder;
use super::remains;
use super::subscriber::{State, Subscriber};
use super::wire::Stamping;
use crate::clock::Micros;
use crate::plan::PlannedSubscriber;
use connections::Connections;

/// A stop is noticed within it.
const NAP: Duration = Duration::from_millis(50);

/// The subscribers of a thread, before it runs.
pub(crate) struct Http2Reader {
    shared: Arc<Shared>,
    live: Arc<ThreadLive>,
    stamping: Stamping,
    subscribers: Vec<u32>,
    runtime: Runtime,
}

/// What the tasks of a thread share.
struct Thread {
    shared: Arc<Shared>,
    live: Arc<ThreadLive>,
    stamping: Stamping,
    recorder: RefCell<Recorder>,
    subscribers: RefCell<Vec<Subscriber>>,
    attempts: RefCell<Attempts>,
    connections: Connections,
    /// How many streams may be opened at a time.
    openings: Semaphore,
    /// When the streams of a place are dropped.
    drops: HashMap<u32, Vec<Micros>>,
}

impl Http2Reader {
    /// A reader for the subscribers with these places in the plan. The error is the system's, for want of an epoll.
    pub(crate) fn new(
        shared: Arc<Shared>,
        live: Arc<ThreadLive>,
        stamping: Stamping,
        subscribers: Vec<u32>,
    ) -> io::Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        Ok(Self {
            shared,
            live,
            stamping,
            subscribers,
            runtime,
        })
    }

    /// Reads until the drain deadline or until it is stopped.
    pub(crate) fn run(self) -> CrowdPart {
        let Self {
            shared,
            live,
            stamping,
            subscribers,
            runtime,
        } = self;
        let thread = Rc::new(Thread::of(shared, live, stamping, &subscribers));
        let tasks = LocalSet::new();
        for place in 0..subscribers.len() as u32 {
            tasks.spawn_local(stream::follow(Rc::clone(&thread), place));
        }
        let now = tasks.block_on(&runtime, thread.over());
        // The tasks end where they are: what they have read is written down already.
        drop(tasks);
        let record = |thread: Thread| {
            let subscribers = thread.subscribers.into_inner();
            let recorder = thread.recorder.into_inner();
            remains::of(subscribers, recorder, &thread.shared.plan, now)
        };
        // Invariant: the tasks, which held the others, are gone.
        Rc::into_inner(thread).map_or_else(CrowdPart::default, record)
    }
}

impl Thread {
    fn of(
        shared: Arc<Shared>,
        live: Arc<ThreadLive>,
        stamping: Stamping,
        subscribers: &[u32],
    ) -> Self {
        let plan = &shared.plan;
        let mut drops: HashMap<u32, Vec<Micros>> = HashMap::new();
        let places: HashMap<u32, u32> = subscribers.iter().copied().zip(0..).collect();
        for fault in &plan.faults {
            let dropped = fault.drops.iter().filter_map(|index| places.get(index));
            for &place in dropped {
                drops.entry(place).or_default().push(fault.at);
            }
        }
        Self {
            recorder: RefCell::new(Recorder::new(
                Arc::clone(plan),
                shared.clock.clone(),
                Arc::clone(&live),
            )),
            subscribers: RefCell::new(
                subscribers
                    .iter()
                    .map(|&index| Subscriber::new(index))
                    .collect(),
            ),
            attempts: RefCell::new(Attempts::of(plan, subscribers)),
            connections: Connections::default(),
            openings: Semaphore::new(limits::CONNECTING_MAX),
            drops,
            live,
            stamping,
            shared,
        }
    }

    /// Waits until no more is to be read; when that was.
    async fn over(&self) -> Micros {
        loop {
            let now = self.shared.clock.now();
            let deadline = self.shared.plan.drain_deadline;
            if now >= deadline || self.shared.stop.is_requested() {
                return now;
            }
            tokio::time::sleep(Duration::from_micros(deadline.micros_since(now)).min(NAP)).await;
        }
    }

    fn planned(&self, place: u32) -> &PlannedSubscriber {
        let index = self.subscribers.borrow()[place as usize].index;
        &self.shared.plan.subscribers[index as usize]
    }

    /// Does something with a subscriber and the recorder. Never across an await.
    fn with<T>(&self, place: u32, act: impl FnOnce(&mut Subscriber, &mut Recorder) -> T) -> T {
        act(
            &mut self.subscribers.borrow_mut()[place as usize],
            &mut self.recorder.borrow_mut(),
        )
    }

    async fn sleep_until(&self, instant: Micros) {
        // The runtime's timer counts milliseconds, and may be early by one.
        loop {
            let left_us = instant.micros_since(self.shared.clock.now());
            if left_us == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_micros(left_us)).await;
        }
    }

    /// Writes down that an attempt, or a stream, ended; when the next one begins, if there is one.
    fn fail(&self, place: u32, failure: Failure) -> Option<Micros> {
        let now = self.shared.clock.now();
        let planned = self.planned(place);
        self.live.failed(&failure);
        self.with(place, |subscriber, _| {
            match std::mem::replace(&mut subscriber.state, State::Waiting) {
                State::Connecting | State::Head(_) => self.live.connecting.subtract(1),
                State::Streaming(_) => {
                    self.live.connected.subtract(1);
                    self.live.dropped_streams.add(1);
                    if let Some(stream) = subscriber.record.streams.last_mut() {
                        stream.broke_at = Some(now);
                        stream.was_dropped = failure == Failure::Dropped;
                    }
                }
                State::Waiting | State::Over => {}
            }
            let mut attempts = self.attempts.borrow_mut();
            let again_at = attempts.after(subscriber, planned, &failure, now);
            subscriber.record.failure = Some(failure);
            if again_at.is_none() {
                subscriber.state = State::Over;
                self.live.gave_up.add(1);
            }
            again_at
        })
    }
}
