//! The crowd: tens of thousands of subscribers on a thread or two, counted completely and timed in user space; and the probes,
//! about one in a hundred of them, on a thread of their own with kernel receive stamps (measuring.md, "Is it us?").
//!
//! One epoll a thread, one read buffer for all its connections, eight bytes a delivery; buffers for a connection only while an
//! event is cut in two. Who reads over HTTP/2 is on threads with a runtime instead (`http2`). Not for judging what was received: it
//! leaves a [`CrowdRecord`] to the ledger. Not a browser either: no redirects, no cookies, no compression.
//!
//! ```text
//! Plan ─ Reader: dial, poll, read ─ Wire (TLS) ─ response head, Framing ─ sse::Parser ─ Recorder (stamp, clock) ─ Receipt
//! ```

mod attempts;
mod body;
pub(crate) mod confirmation;
mod dialer;
pub(crate) mod failure;
mod http2;
mod limits;
mod live;
mod reader;
mod receipt;
mod recorder;
mod remains;
pub(crate) mod request;
mod response_head;
mod subscriber;
mod timers;
pub(crate) mod wire;

pub use failure::{Failure, Step};
pub use live::{CrowdLive, CrowdProgress};
pub(crate) use receipt::CrowdPart;
pub use receipt::{CrowdRecord, Oddity, ReadLag, Receipt, StreamRecord, SubscriberRecord};

use crate::clock::Clock;
use crate::plan::{Http, Plan};
use crate::platform;
use crate::stop::Stop;
use crate::target::Target;
use dialer::Dialer;
use http2::Http2Reader;
pub(crate) use live::ThreadLive;
use reader::{Reader, Shared};
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
    threads: Vec<JoinHandle<CrowdPart>>,
    live: CrowdLive,
    subscribers: usize,
}

/// Which of a plan's subscribers a crowd consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of them: the probes on a thread of their own, the others on so many (at least one).
    Whole {
        /// Threads for those who are no probes.
        reader_threads: usize,
    },
    /// The probes: all others are read by worker processes.
    Probes,
    /// Of those who are no probes, the ones whose number in the order of the plan leaves `number` when divided by `of`, on one
    /// thread.
    Shard {
        /// From 0.
        number: u32,
        /// How many shards there are.
        of: u32,
    },
}

impl Crowd {
    /// Starts the threads for a part of the plan's subscribers, and returns; they dial `hub`, where `target` answers, when the plan
    /// says, until its drain deadline or until `stop` is requested.
    pub fn start(
        plan: &Arc<Plan>,
        target: &Target,
        hub: SocketAddr,
        clock: &Clock,
        stop: &Stop,
        part: Part,
    ) -> Result<Self, StartError> {
        let shared = Arc::new(Shared {
            plan: Arc::clone(plan),
            clock: clock.clone(),
            stop: stop.clone(),
            dialer: Dialer::for_target(target, hub, plan.subscribers.len()),
            requests: Requests::to(target),
        });
        let (mut threads, mut live) = (Vec::new(), Vec::new());
        for share in shares(plan, part) {
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
        let mut record = CrowdRecord::of(self.subscribers);
        for part in self.join_parts() {
            record.add(part);
        }
        record
    }

    /// The same, a thread at a time.
    pub(crate) fn join_parts(self) -> impl Iterator<Item = CrowdPart> {
        self.threads.into_iter().map(|thread| {
            thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }
}

/// The subscribers of one thread.
struct Share {
    name: String,
    stamping: Stamping,
    /// Whether they share connections, over HTTP/2.
    shares_connections: bool,
    subscribers: Vec<u32>,
}

impl Share {
    /// A share whose subscribers may be of both versions, as one of each.
    fn by_version(self, plan: &Plan) -> [Self; 2] {
        let is_one = |index: &u32| plan.subscribers[*index as usize].http == Http::One;
        let (one, two) = self.subscribers.into_iter().partition(is_one);
        let of = |name, shares_connections, subscribers| Self {
            name,
            stamping: self.stamping,
            shares_connections,
            subscribers,
        };
        let name = format!("{}-h2", self.name);
        [of(self.name, false, one), of(name, true, two)]
    }
}

/// The subscribers of a plan, by their place in it, that are probes, or that are none.
fn with(plan: &Plan, probe: bool) -> impl Iterator<Item = u32> {
    (0_u32..)
        .zip(&plan.subscribers)
        .filter(move |(_, subscriber)| subscriber.probe == probe)
        .map(|(index, _)| index)
}

/// The subscribers of a shard, by their place in the plan.
pub(crate) fn of_shard(plan: &Plan, number: u32, of: u32) -> impl Iterator<Item = u32> {
    with(plan, false)
        .skip(number as usize)
        .step_by(of.max(1) as usize)
}

/// Deals the crowd out in turns, so that each thread has early and late joiners; the probes keep to themselves.
fn shares(plan: &Plan, part: Part) -> Vec<Share> {
    let crowd = |number: usize, of: usize| Share {
        name: format!("crowd-{number}"),
        stamping: Stamping::Off,
        shares_connections: false,
        subscribers: of_shard(plan, number as u32, of as u32).collect(),
    };
    let probes = || Share {
        name: "probes".to_owned(),
        stamping: Stamping::Kernel,
        shares_connections: false,
        subscribers: with(plan, true).collect(),
    };
    let shares: Vec<Share> = match part {
        Part::Whole { reader_threads } => {
            let threads = reader_threads.max(1);
            let crowds = (0..threads).map(|thread| crowd(thread, threads));
            crowds.chain([probes()]).collect()
        }
        Part::Probes => vec![probes()],
        Part::Shard { number, of } => vec![crowd(number as usize, of as usize)],
    };
    let shares = shares.into_iter();
    let mut shares: Vec<Share> = shares.flat_map(|share| share.by_version(plan)).collect();
    shares.retain(|share| !share.subscribers.is_empty());
    shares
}

fn spawn(
    shared: &Arc<Shared>,
    live: Arc<ThreadLive>,
    share: Share,
) -> Result<JoinHandle<CrowdPart>, StartError> {
    let Share {
        name,
        stamping,
        shares_connections,
        subscribers,
    } = share;
    let failed = |source| StartError {
        name: name.clone(),
        source,
    };
    let shared = Arc::clone(shared);
    let read: Box<dyn FnOnce() -> CrowdPart + Send> = if shares_connections {
        let reader = Http2Reader::new(shared, live, stamping, subscribers).map_err(failed)?;
        Box::new(move || reader.run())
    } else {
        let reader = Reader::new(shared, live, stamping, &subscribers).map_err(failed)?;
        Box::new(move || reader.run())
    };
    thread::Builder::new()
        .name(name.clone())
        .spawn(move || {
            if matches!(stamping, Stamping::Kernel) {
                // The probes carry the latencies. A refusal shows as read lag, which is measured.
                let _ = platform::wake_this_thread_promptly();
            }
            read()
        })
        .map_err(failed)
}
