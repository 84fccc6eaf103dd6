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

pub(crate) use live::Standing;
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

/// The system has no thread, timer or event queue for publishers.
#[derive(Debug, thiserror::Error)]
#[error("cannot start the publishers: {0}")]
pub struct PublisherError(#[from] io::Error);

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
    /// Opens `in_flight` connections to `hub`, where `target` takes publishes, and returns; updates go out when the plan says,
    /// until its end or until `stop` is requested. Answers are awaited until the plan's drain deadline, or for a moment after `stop`.
    pub fn start(
        plan: &Arc<Plan>,
        target: &Target,
        hub: SocketAddr,
        clock: &Clock,
        stop: &Stop,
        in_flight: u32,
    ) -> Result<Self, PublisherError> {
        let live = Arc::new(PublisherLive::new(plan.publications.len()));
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
