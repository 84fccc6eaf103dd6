//! The publishers' event loop: what is due goes out, what comes back is written down.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use mio::{Events, Poll, Token};

use super::PublisherRecord;
use super::alarm::Alarm;
use super::connection::{Broken, Connection, Progress};
use super::limits::{AFTER_STOP, LOOK_FOR_STOP, READ_BUFFER_BYTES, REOPEN_AFTER};
use super::live::{PublisherLive, Standing};
use super::request::Requests;
use crate::clock::{Clock, Micros};
use crate::crowd::wire::TlsParts;
use crate::plan::Plan;
use crate::record::{PublicationOutcome, PublicationRecord};
use crate::stop::Stop;

const ALARM: Token = Token(usize::MAX - 1);

/// What the loop needs to begin.
pub(super) struct Parts {
    pub(super) plan: Arc<Plan>,
    pub(super) clock: Clock,
    pub(super) stop: Stop,
    pub(super) live: Arc<PublisherLive>,
    pub(super) requests: Requests,
    pub(super) hub: SocketAddr,
    pub(super) tls: Option<TlsParts>,
    pub(super) connections: usize,
}

/// The state of the loop.
pub(super) struct Timetable {
    parts: Parts,
    poll: Poll,
    alarm: Alarm,
    /// A place for each connection; none while it is to be opened again.
    connections: Vec<Option<Connection>>,
    /// Places of idle connections: the one used last comes first, so that few are warm and none is kept waiting.
    idle: Vec<usize>,
    /// Places to be opened again, and when.
    reopen: VecDeque<(Micros, usize)>,
    /// Why the last connection ended.
    broken: Option<String>,
    /// The next update of the plan.
    next: usize,
    /// Updates that are due and wait for a connection.
    waiting: VecDeque<u32>,
    in_flight: u64,
    record: PublisherRecord,
    buffers: Buffers,
}

struct Buffers {
    request: Vec<u8>,
    encrypted: Vec<u8>,
    plain: Vec<u8>,
}

impl Timetable {
    /// Begins to open all connections.
    pub(super) fn new(parts: Parts) -> io::Result<Self> {
        let poll = Poll::new()?;
        let alarm = Alarm::new(&parts.clock, &poll, ALARM)?;
        let publications = (0..parts.plan.publications.len() as u32)
            .map(|publication| PublicationRecord {
                publication,
                sent_at: None,
                answered_at: None,
                outcome: PublicationOutcome::NotSent("the run ended first".to_owned()),
            })
            .collect();
        let mut timetable = Self {
            poll,
            alarm,
            connections: Vec::new(),
            idle: Vec::new(),
            reopen: VecDeque::new(),
            broken: None,
            next: 0,
            waiting: VecDeque::new(),
            in_flight: 0,
            record: PublisherRecord {
                publications,
                ..PublisherRecord::default()
            },
            buffers: Buffers {
                request: Vec::new(),
                encrypted: vec![0; READ_BUFFER_BYTES],
                plain: vec![0; READ_BUFFER_BYTES],
            },
            parts,
        };
        timetable
            .connections
            .resize_with(timetable.parts.connections, || None);
        for place in 0..timetable.connections.len() {
            timetable.open(place);
        }
        Ok(timetable)
    }

    /// Carries the plan out.
    pub(super) fn run(mut self) -> PublisherRecord {
        let mut events = Events::with_capacity(256);
        let mut deadline = self.parts.plan.drain_deadline;
        let mut stopped = false;
        loop {
            let now = self.parts.clock.now();
            self.reopen_due(now);
            self.send_due();
            if !stopped && self.parts.stop.is_requested() {
                stopped = true;
                deadline = deadline.min(now.plus(AFTER_STOP));
                self.give_up_unsent("the run was stopped first");
            }
            let done = self.next == self.record.publications.len()
                && self.waiting.is_empty()
                && self.in_flight == 0;
            if done || now >= deadline {
                break;
            }
            if let Err(error) = self.wait(&mut events, deadline) {
                self.broken = Some(format!("the publishers' event queue failed: {error}"));
                break;
            }
            for event in &events {
                if event.token() != ALARM {
                    self.proceed(event.token().0);
                }
            }
        }
        self.finish()
    }

    fn wait(&mut self, events: &mut Events, deadline: Micros) -> io::Result<()> {
        let planned = self
            .parts
            .plan
            .publications
            .get(self.next)
            .map(|update| update.at);
        let reopen = self.reopen.front().map(|(at, _)| *at);
        let wake = [planned, reopen]
            .into_iter()
            .flatten()
            .fold(deadline, Micros::min);
        let at_most = self.alarm.set(wake, LOOK_FOR_STOP)?;
        match self.poll.poll(events, Some(at_most)) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            other => other,
        }
    }

    /// Sends everything whose instant is past, in the plan's order.
    fn send_due(&mut self) {
        let plan = Arc::clone(&self.parts.plan);
        while let Some(update) = plan.publications.get(self.next) {
            if update.at > self.parts.clock.now() {
                break;
            }
            self.waiting.push_back(self.next as u32);
            self.next += 1;
            add(&self.parts.live.due, 1);
            self.send_waiting(&plan, Some(self.next as u32 - 1));
        }
        self.send_waiting(&plan, None);
    }

    /// Sends what waits, as long as connections are free. All but `newest` were due before, and had to wait for one.
    fn send_waiting(&mut self, plan: &Plan, newest: Option<u32>) {
        while let Some(&publication) = self.waiting.front() {
            let Some(place) = self.idle.pop() else { return };
            let Some(connection) = &mut self.connections[place] else {
                continue;
            };
            self.waiting.pop_front();
            if Some(publication) != newest {
                self.record.held_back.push(publication);
            }
            let update = &plan.publications[publication as usize];
            self.parts
                .requests
                .write(&mut self.buffers.request, plan, update);
            let record = &mut self.record.publications[publication as usize];
            record.sent_at = Some(self.parts.clock.now());
            record.outcome =
                PublicationOutcome::Unanswered("no answer until the end of the run".to_owned());
            self.in_flight += 1;
            self.record.in_flight_most = self.record.in_flight_most.max(self.in_flight);
            add(&self.parts.live.sent, 1);
            let sent = connection.send(publication, &self.buffers.request);
            if let Err(broken) = sent {
                self.close(place, broken);
            }
        }
        self.parts.live.in_flight.store(self.in_flight, Relaxed);
    }

    fn proceed(&mut self, place: usize) {
        let Some(connection) = self.connections.get_mut(place).and_then(Option::as_mut) else {
            return;
        };
        match connection.proceed(&mut self.buffers.encrypted, &mut self.buffers.plain) {
            Ok(Progress::Nothing) => {}
            Ok(Progress::Opened) => self.idle.push(place),
            Ok(Progress::Answered(publication, answer)) => {
                let accepted = (200..300).contains(&answer.status);
                let live = &self.parts.live;
                add(
                    if accepted {
                        &live.accepted
                    } else {
                        &live.refused
                    },
                    1,
                );
                let outcome = if accepted {
                    PublicationOutcome::Accepted
                } else {
                    PublicationOutcome::Refused {
                        status: answer.status,
                    }
                };
                self.settle(publication, outcome);
                if answer.keeps_alive {
                    self.idle.push(place);
                } else {
                    self.connections[place] = None;
                    self.open(place);
                }
            }
            Err(broken) => self.close(place, broken),
        }
    }

    /// Writes down what became of an update that was awaited.
    fn settle(&mut self, publication: u32, outcome: PublicationOutcome) {
        let record = &mut self.record.publications[publication as usize];
        if !matches!(outcome, PublicationOutcome::Unanswered(_)) {
            record.answered_at = Some(self.parts.clock.now());
        }
        self.parts.live.settled(publication, standing(&outcome));
        record.outcome = outcome;
        self.in_flight -= 1;
        self.parts.live.in_flight.store(self.in_flight, Relaxed);
    }

    fn close(&mut self, place: usize, broken: Broken) {
        self.connections[place] = None;
        self.idle.retain(|idle| *idle != place);
        if let Some(publication) = broken.awaited {
            add(&self.parts.live.failed, 1);
            self.settle(
                publication,
                PublicationOutcome::Unanswered(broken.reason.clone()),
            );
        }
        self.broken = Some(broken.reason);
        self.reopen
            .push_back((self.parts.clock.now().plus(REOPEN_AFTER), place));
    }

    fn reopen_due(&mut self, now: Micros) {
        while self.reopen.front().is_some_and(|(at, _)| *at <= now) {
            if let Some((_, place)) = self.reopen.pop_front() {
                self.open(place);
            }
        }
    }

    fn open(&mut self, place: usize) {
        match Connection::open(
            self.parts.hub,
            self.parts.tls.as_ref(),
            self.poll.registry(),
            Token(place),
        ) {
            Ok(connection) => self.connections[place] = Some(connection),
            Err(failure) => self.close(
                place,
                Broken {
                    awaited: None,
                    reason: failure.to_string(),
                },
            ),
        }
    }

    /// Nothing more goes out.
    fn give_up_unsent(&mut self, reason: &str) {
        let unsent = self
            .waiting
            .drain(..)
            .chain(self.next as u32..self.record.publications.len() as u32);
        let mut count = 0;
        for publication in unsent {
            let outcome = PublicationOutcome::NotSent(reason.to_owned());
            self.parts.live.settled(publication, standing(&outcome));
            self.record.publications[publication as usize].outcome = outcome;
            count += 1;
        }
        self.next = self.record.publications.len();
        add(&self.parts.live.failed, count);
    }

    fn finish(mut self) -> PublisherRecord {
        let reason = match self.broken.take() {
            Some(broken) if !self.waiting.is_empty() => format!("no connection: {broken}"),
            Some(broken) if self.next < self.record.publications.len() => broken,
            _ => "no connection was free until the end of the run".to_owned(),
        };
        self.give_up_unsent(&reason);
        self.record
    }
}

fn standing(outcome: &PublicationOutcome) -> Standing {
    match outcome {
        PublicationOutcome::Accepted => Standing::Everywhere,
        PublicationOutcome::Unanswered(_) => Standing::WhereItCame,
        PublicationOutcome::Refused { .. } | PublicationOutcome::NotSent(_) => Standing::Nowhere,
    }
}

fn add(counter: &AtomicU64, more: u64) {
    counter.fetch_add(more, Relaxed);
}

const _: () = assert!(LOOK_FOR_STOP.as_millis() < Duration::from_secs(1).as_millis());
