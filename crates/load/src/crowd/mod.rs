//! The crowd: tens of thousands of subscribers on a thread or two, counted completely and timed in user space; and the probes,
//! about one in a hundred of them, on a thread of their own with kernel receive stamps (measuring.md, "Is it us?").
//!
//! One epoll a thread, one read buffer for all its connections, eight bytes a delivery; buffers for a connection only while an
//! event is cut in two. Not for judging what was received: it leaves a [`CrowdRecord`] to the ledger. Not a browser either: HTTP/1.1,
//! no redirects, no cookies, no compression.
//!
//! ```text
//! Plan ─ Reader: dial, poll, read ─ Wire (TLS) ─ response head, Framing ─ sse::Parser ─ Recorder (stamp, clock) ─ Receipt
//! ```

mod body;
pub(crate) mod confirmation;
mod dialer;
pub(crate) mod failure;
mod limits;
mod live;
mod reader;
mod receipt;
mod recorder;
pub(crate) mod request;
mod response_head;
mod subscriber;
mod timers;
pub(crate) mod wire;

pub use failure::{Failure, Step};
pub use live::{CrowdLive, CrowdProgress};
pub use receipt::{CrowdRecord, Oddity, ReadLag, Receipt, StreamRecord, SubscriberRecord};

use crate::clock::Clock;
use crate::plan::Plan;
use crate::platform;
use crate::stop::Stop;
use crate::target::Target;
use dialer::Dialer;
pub(crate) use live::ThreadLive;
use reader::{Reader, Shared, ThreadRecord};
use request::Requests;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use wire::Stamping;

/// The system has no thread or no epoll for a crowd.
#[derive(Debug, thiserror::Error)]
#[error("cannot start reader {name:?}: {source}")]
pub struct StartError {
    /// The thread's name.
    pub name: String,
    /// What the system said.
    pub source: io::Error,
}

/// A crowd at work.
#[derive(Debug)]
pub struct Crowd {
    threads: Vec<JoinHandle<ThreadRecord>>,
    live: CrowdLive,
    subscribers: usize,
}

impl Crowd {
    /// Starts `reader_threads` (at least one) for the crowd and one for the probes, and returns; they dial `hub`, where `target`
    /// answers, when the plan says, until its drain deadline or until `stop` is requested.
    pub fn start(
        plan: &Arc<Plan>,
        target: &Target,
        hub: SocketAddr,
        clock: &Clock,
        stop: &Stop,
        reader_threads: usize,
    ) -> Result<Self, StartError> {
        let shared = Arc::new(Shared {
            plan: Arc::clone(plan),
            clock: clock.clone(),
            stop: stop.clone(),
            dialer: Dialer::for_target(target, hub, plan.subscribers.len()),
            requests: Requests::to(target),
        });
        let (mut threads, mut live) = (Vec::new(), Vec::new());
        for share in shares(plan, reader_threads.max(1)) {
            let counters = Arc::new(ThreadLive::new(plan.publications.len(), plan.topics.len()));
            live.push(Arc::clone(&counters));
            threads.push(spawn(&shared, counters, share).inspect_err(|_| stop.request())?);
        }
        Ok(Self {
            threads,
            live: CrowdLive::new(live),
            subscribers: plan.subscribers.len(),
        })
    }

    /// A view of how far it has come.
    pub fn live(&self) -> &CrowdLive {
        &self.live
    }

    /// Whether all its threads have ended.
    pub fn is_finished(&self) -> bool {
        self.threads.iter().all(JoinHandle::is_finished)
    }

    /// Waits until it ends (see [`Crowd::start`]) and returns what it saw. A thread that panicked is a defect of ours: the panic goes on.
    pub fn join(self) -> CrowdRecord {
        let mut record = CrowdRecord {
            subscribers: vec![SubscriberRecord::default(); self.subscribers],
            ..CrowdRecord::default()
        };
        for thread in self.threads {
            let left = thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            for (index, subscriber) in left.subscribers {
                record.subscribers[index as usize] = subscriber;
            }
            record.unattributed_named.extend(left.unattributed_named);
            record.unattributed += left.unattributed;
            record.foreign += left.foreign;
            record.ended_at = record.ended_at.max(left.ended_at);
        }
        record
    }
}

/// The subscribers of one thread.
struct Share {
    name: String,
    stamping: Stamping,
    subscribers: Vec<u32>,
}

/// Deals the crowd out in turns, so that each thread has early and late joiners; the probes keep to themselves.
fn shares(plan: &Plan, reader_threads: usize) -> Vec<Share> {
    let with = |probe: bool| {
        (0_u32..)
            .zip(&plan.subscribers)
            .filter(move |(_, subscriber)| subscriber.probe == probe)
            .map(|(index, _)| index)
    };
    let mut shares: Vec<Share> = (0..reader_threads)
        .map(|thread| Share {
            name: format!("crowd-{thread}"),
            stamping: Stamping::Off,
            subscribers: with(false).skip(thread).step_by(reader_threads).collect(),
        })
        .collect();
    shares.push(Share {
        name: "probes".to_owned(),
        stamping: Stamping::Kernel,
        subscribers: with(true).collect(),
    });
    shares.retain(|share| !share.subscribers.is_empty());
    shares
}

fn spawn(
    shared: &Arc<Shared>,
    live: Arc<ThreadLive>,
    share: Share,
) -> Result<JoinHandle<ThreadRecord>, StartError> {
    let Share {
        name,
        stamping,
        subscribers,
    } = share;
    let failed = |source| StartError {
        name: name.clone(),
        source,
    };
    let reader = Reader::new(Arc::clone(shared), live, stamping, &subscribers).map_err(failed)?;
    thread::Builder::new()
        .name(name.clone())
        .spawn(move || {
            if matches!(stamping, Stamping::Kernel) {
                // The probes carry the latencies. A refusal shows as read lag, which is measured.
                let _ = platform::wake_this_thread_promptly();
            }
            reader.run()
        })
        .map_err(failed)
}
