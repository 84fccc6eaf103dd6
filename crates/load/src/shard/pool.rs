//! The run's side of its worker processes: starts them, hears them, and ends them.

use std::io::{self, BufReader};
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::message::{Address, Call, News, Order, receive, send};
use crate::clock::Clock;
use crate::crowd::{CrowdPart, CrowdRecord, Failure, SubscriberRecord, ThreadLive, of_shard};
use crate::plan::Plan;
use crate::target::Target;

/// A worker tells something five times a second; one of which nothing was heard for so long, though its time is over, is gone.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// For a process whose pipe has ended to end as well.
const END_WITHIN: Duration = Duration::from_secs(1);
/// From one look whether something has ended to the next.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Where worker processes come from, and how many there are to be.
#[derive(Clone, Debug)]
pub struct WorkerPool {
    /// A program that calls [`super::work`] with its standard input and output.
    pub program: PathBuf,
    /// What makes it do so.
    pub arguments: Vec<String>,
    /// How many.
    pub count: NonZeroU32,
    /// The scenario of the plan, filled in: [`crate::scenario::Scenario::filled_in`].
    pub scenario_toml: String,
}

/// Why there are no workers.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    /// The system does not start the program, or it ended at once.
    #[error("cannot start worker process {number} of {of}: {source}")]
    Start {
        /// From 1.
        number: u32,
        /// How many there were to be.
        of: u32,
        /// What the system said.
        source: io::Error,
    },
    /// It said so.
    #[error("worker process {number} of {of} cannot do its part: {why}")]
    Refused {
        /// From 1.
        number: u32,
        /// How many there were to be.
        of: u32,
        /// In its words.
        why: String,
    },
}

/// A process, ended when this is dropped.
struct Process {
    number: u32,
    child: Mutex<Child>,
}

/// Workers that have their plan.
pub(super) struct Enlisted(Vec<(Arc<Process>, ChildStdin, BufReader<ChildStdout>)>);

/// Workers at work.
pub(super) struct Workers {
    plan: Arc<Plan>,
    each: Vec<Worker>,
    live: Vec<Arc<ThreadLive>>,
}

struct Worker {
    process: Arc<Process>,
    orders: ChildStdin,
    ear: Arc<Ear>,
    thread: JoinHandle<Vec<CrowdPart>>,
}

/// What the thread that hears a worker knows.
struct Ear {
    heard_at: Mutex<Instant>,
    /// How it ended, if that was too early.
    lost: OnceLock<String>,
}

impl Enlisted {
    /// Starts them, and waits until each has made its plan.
    pub(super) fn from(
        pool: &WorkerPool,
        plan: &Plan,
        target: &Target,
        hub: SocketAddr,
    ) -> Result<Self, PoolError> {
        let of = pool.count.get();
        let started: Vec<_> = (0..of)
            .map(|number| {
                start(pool, number, plan, target, hub).map_err(|source| PoolError::Start {
                    number: number + 1,
                    of,
                    source,
                })
            })
            .collect::<Result<_, _>>()?;
        let mut enlisted = Self(started);
        for (process, _, news) in &mut enlisted.0 {
            let number = process.number + 1;
            match receive(news) {
                Ok(News::Ready) => {}
                Ok(News::Refused(why)) => return Err(PoolError::Refused { number, of, why }),
                Ok(_) => {
                    let why = "it began before it was told to".to_owned();
                    return Err(PoolError::Refused { number, of, why });
                }
                Err(source) => return Err(PoolError::Start { number, of, source }),
            }
        }
        Ok(enlisted)
    }

    /// Lets them begin.
    pub(super) fn begin(self, plan: &Arc<Plan>, clock: &Clock) -> io::Result<Workers> {
        let mut workers = Workers {
            plan: Arc::clone(plan),
            each: Vec::new(),
            live: Vec::new(),
        };
        let call = Call::Begin {
            epoch_ns: clock.epoch_ns(),
        };
        for (process, mut orders, news) in self.0 {
            send(&mut orders, &call)?;
            let live = Arc::new(ThreadLive::new(plan.publications.len(), plan.topics.len()));
            workers.live.push(Arc::clone(&live));
            let ear = Arc::new(Ear {
                heard_at: Mutex::new(Instant::now()),
                lost: OnceLock::new(),
            });
            let thread = {
                let (process, ear) = (Arc::clone(&process), Arc::clone(&ear));
                std::thread::Builder::new()
                    .name(format!("worker-{}", process.number + 1))
                    .spawn(move || hear(news, &live, &ear, &process))?
            };
            workers.each.push(Worker {
                process,
                orders,
                ear,
                thread,
            });
        }
        Ok(workers)
    }
}

fn start(
    pool: &WorkerPool,
    number: u32,
    plan: &Plan,
    target: &Target,
    hub: SocketAddr,
) -> io::Result<(Arc<Process>, ChildStdin, BufReader<ChildStdout>)> {
    let mut child = Command::new(&pool.program)
        .args(&pool.arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // An interrupt from the terminal is for the run, which tells its workers when to end.
        .process_group(0)
        .spawn()?;
    let pipes = child.stdin.take().zip(child.stdout.take());
    let process = Arc::new(Process {
        number,
        child: Mutex::new(child),
    });
    let (mut orders, news) = pipes.ok_or(io::ErrorKind::BrokenPipe)?;
    let order = Order {
        scenario_toml: pool.scenario_toml.clone(),
        seed: plan.seed,
        run_id: plan.run_id,
        subscribers: plan.subscribers.len() as u64,
        updates: plan.publications.len() as u64,
        number,
        of: pool.count.get(),
        hub,
        address: Address::of(target),
    };
    send(&mut orders, &order)?;
    Ok((process, orders, BufReader::new(news)))
}

/// Hears a worker to its end.
fn hear(
    mut news: BufReader<ChildStdout>,
    live: &ThreadLive,
    ear: &Ear,
    process: &Process,
) -> Vec<CrowdPart> {
    let mut parts = Vec::new();
    let why = loop {
        let heard = receive(&mut news);
        *ear.heard_at() = Instant::now();
        match heard {
            Ok(News::Live(mut told)) => {
                if let Some((thread, _)) = &mut told.busiest_thread {
                    *thread = format!("{thread} of worker {}", process.number + 1);
                }
                live.take_over(*told);
            }
            Ok(News::Saw(part)) => parts.push(part),
            Ok(News::Ended) => return parts,
            Ok(News::Refused(why)) => break why,
            Ok(News::Ready) => break "it began anew".to_owned(),
            Err(_) => break process.end(),
        }
    };
    live.is_gone();
    // Set once: this is the only thread that does.
    let _ = ear.lost.set(why);
    Vec::new()
}

impl Workers {
    pub(super) fn live(&self) -> &[Arc<ThreadLive>] {
        &self.live
    }

    pub(super) fn are_finished(&self) -> bool {
        self.each.iter().all(|worker| worker.thread.is_finished())
    }

    /// See [`super::WholeCrowd::lost`].
    pub(super) fn lost(&self) -> Option<String> {
        let of = self.each.len() as u32;
        self.each.iter().find_map(|worker| {
            let why = worker.ear.lost.get()?;
            let number = worker.process.number;
            let subscribers = of_shard(&self.plan, number, of).count();
            Some(format!(
                "worker process {} of {of} ended in mid-run ({why}): what its {subscribers} subscribers, number {} of each {of} in \
                 the order of connecting without the probes, received is not known",
                number + 1,
                number + 1,
            ))
        })
    }

    /// Tells them to end, and adds what they saw.
    pub(super) fn join(self, record: &mut CrowdRecord) {
        let of = self.each.len() as u32;
        for mut worker in self.each {
            // One that is gone hears nothing.
            let _ = send(&mut worker.orders, &Call::Stop);
            while !worker.thread.is_finished() {
                if worker.ear.heard_at().elapsed() > SILENCE_MAX {
                    worker.process.kill();
                }
                std::thread::sleep(LOOK_EVERY);
            }
            let parts = worker
                .thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            for part in parts {
                record.add(part);
            }
            if worker.ear.lost.get().is_some() {
                let number = worker.process.number;
                let failure = Failure::WorkerLost {
                    number: number + 1,
                    of,
                };
                for index in of_shard(&self.plan, number, of) {
                    record.subscribers[index as usize] = SubscriberRecord {
                        failure: Some(failure.clone()),
                        ..SubscriberRecord::default()
                    };
                }
            }
        }
    }
}

impl Ear {
    fn heard_at(&self) -> MutexGuard<'_, Instant> {
        self.heard_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Process {
    fn child(&self) -> MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kill(&self) {
        // One that has ended need not be.
        let _ = self.child().kill();
    }

    /// Waits until a process whose pipe has ended does so too. How it did.
    fn end(&self) -> String {
        let until = Instant::now() + END_WITHIN;
        loop {
            match self.child().try_wait() {
                Ok(Some(status)) => return status.to_string(),
                Ok(None) if Instant::now() < until => {}
                Ok(None) => return "it stopped telling".to_owned(),
                Err(error) => return error.to_string(),
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let mut child = self.child();
        // Fails where it has ended by itself, which is as well.
        let _ = child.kill();
        let _ = child.wait();
    }
}
