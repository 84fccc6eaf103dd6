//! The publishing side of a run: an open loop on the plan's absolute timetable.
//!
//! One thread owns every publisher's connections (HTTP/1.1, kept alive, opened before they are needed). A timer fires at each
//! planned instant, to the microsecond; the update is written at once on an idle connection and its answer is read when it
//! comes. No update is ever skipped: when every connection awaits an answer, the update is held back until one is free, and that
//! is counted. Not for deliveries, and not for judging answers: it leaves a [`PublisherRecord`].
//!
//! ```text
//! Plan ─ Alarm (I) ─ Request ─ Connection ─ write (S) … read ─ Answer (A) ─ PublicationRecord
//! ```

mod alarm;
mod answer;
mod connection;
mod limits;
mod live;
mod request;
mod timetable;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

pub use live::{PublisherLive, PublisherProgress};

use crate::clock::Clock;
use crate::plan::Plan;
use crate::platform;
use crate::record::PublicationRecord;
use crate::stop::Stop;
use crate::target::Target;
pub(crate) use request::Requests as PublishRequests;
use request::Requests;
use timetable::Timetable;

/// Why publishers could not begin.
#[derive(Debug, thiserror::Error)]
pub enum PublisherError {
    /// The host has no address, or none of its addresses accepts a connection.
    #[error("cannot connect to {peer} to publish: {source}; is the hub running there?")]
    Unreachable {
        /// Host and port.
        peer: String,
        /// What the system said.
        source: io::Error,
    },
    /// The system has no thread, timer or event queue for us.
    #[error("cannot start the publishers: {0}")]
    System(#[from] io::Error),
}

/// What the publishers did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublisherRecord {
    /// One for each planned update, in the plan's order.
    pub publications: Vec<PublicationRecord>,
    /// The updates that were written after their instant because no connection was free: indices into the plan, ascending.
    pub held_back: Vec<u32>,
    /// The most answers that were awaited at once.
    pub in_flight_most: u64,
}

/// Publishers at work.
#[derive(Debug)]
pub struct Publishers {
    thread: JoinHandle<PublisherRecord>,
    live: Arc<PublisherLive>,
}

impl Publishers {
    /// Finds the hub, opens `in_flight` connections and returns; updates go out when the plan says, until its end or until
    /// `stop` is requested. Answers are awaited until the plan's drain deadline, or for a moment after `stop`.
    pub fn start(
        plan: &Arc<Plan>,
        target: &Target,
        clock: &Clock,
        stop: &Stop,
        in_flight: u32,
    ) -> Result<Self, PublisherError> {
        let hub = pick_address(target)?;
        let live = Arc::new(PublisherLive::default());
        let destination = target.endpoint.publish();
        let timetable = Timetable::new(timetable::Parts {
            plan: Arc::clone(plan),
            clock: clock.clone(),
            stop: stop.clone(),
            live: Arc::clone(&live),
            requests: Requests::to(target),
            hub,
            tls: destination.tls_config().zip(destination.server_name()),
            connections: in_flight.max(1) as usize,
        })?;
        let thread = std::thread::Builder::new()
            .name("publishers".to_owned())
            .spawn(move || {
                // A refusal shows as schedule lag, which is measured.
                let _ = platform::wake_this_thread_promptly();
                timetable.run()
            })?;
        Ok(Self { thread, live })
    }

    /// A view of how far they have come.
    pub fn live(&self) -> &Arc<PublisherLive> {
        &self.live
    }

    /// Whether every update has been sent and answered, or given up.
    pub fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    /// Waits until they end (see [`Publishers::start`]). A thread that panicked is a defect of ours: the panic goes on.
    pub fn join(self) -> PublisherRecord {
        self.thread
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

/// The first address that accepts a connection: `localhost` may be `::1` as well, with nobody there.
fn pick_address(target: &Target) -> Result<SocketAddr, PublisherError> {
    let destination = target.endpoint.publish();
    let (host, port) = destination.peer();
    let unreachable = |source| PublisherError::Unreachable {
        peer: format!("{host}:{port}"),
        source,
    };
    let mut refusal = io::ErrorKind::NotFound.into();
    for address in destination.socket_addrs().map_err(unreachable)? {
        match std::net::TcpStream::connect_timeout(&address, limits::CONNECT_TIMEOUT) {
            Ok(_) => return Ok(address),
            Err(error) => refusal = error,
        }
    }
    Err(unreachable(refusal))
}
