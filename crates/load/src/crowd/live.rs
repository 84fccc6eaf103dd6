//! What a crowd has seen so far, readable while it reads. Each counter has one writer, so that counting is a plain store.
//!
//! Not the record of a run: it is for progress, and for noticing early that a hub is gone.

use super::failure::Failure;
use crate::shard::Told;
use assay_results::ThreadShare;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A counter that one thread writes and any thread reads.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// By the one writer: no locked instruction is needed.
    pub(crate) fn add(&self, more: u64) {
        self.0
            .store(self.0.load(Relaxed).wrapping_add(more), Relaxed);
    }

    pub(crate) fn subtract(&self, less: u64) {
        self.0
            .store(self.0.load(Relaxed).wrapping_sub(less), Relaxed);
    }

    pub(crate) fn set(&self, value: u64) {
        self.0.store(value, Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// One publication as one thread has seen it so far.
#[derive(Debug, Default)]
struct Arrivals {
    receipts: AtomicU32,
    last_us: AtomicU32,
}

/// The counters of one reader thread.
#[derive(Debug)]
pub(crate) struct ThreadLive {
    pub(crate) connecting: Counter,
    pub(crate) connected: Counter,
    confirmed: Counter,
    pub(crate) gave_up: Counter,
    pub(crate) dropped_streams: Counter,
    pub(crate) receipts: Counter,
    pub(crate) corrupt: Counter,
    pub(crate) foreign: Counter,
    arrivals: Box<[Arrivals]>,
    /// By topic: how many of its followers are confirmed.
    confirmed_of: Box<[Counter]>,
    last_failure: Mutex<Option<Failure>>,
    /// The busiest thread of another process, where that counts.
    busiest_thread: Mutex<Option<ThreadShare>>,
}

impl ThreadLive {
    pub(crate) fn new(publications: usize, topics: usize) -> Self {
        Self {
            connecting: Counter::default(),
            connected: Counter::default(),
            confirmed: Counter::default(),
            gave_up: Counter::default(),
            dropped_streams: Counter::default(),
            receipts: Counter::default(),
            corrupt: Counter::default(),
            foreign: Counter::default(),
            arrivals: std::iter::repeat_with(Arrivals::default)
                .take(publications)
                .collect(),
            confirmed_of: std::iter::repeat_with(Counter::default)
                .take(topics)
                .collect(),
            last_failure: Mutex::new(None),
            busiest_thread: Mutex::new(None),
        }
    }

    /// Counts a subscriber of these topics that is confirmed from now on.
    pub(crate) fn confirm(&self, topics: &[u32]) {
        self.confirmed.add(1);
        for &topic in topics {
            if let Some(confirmed) = self.confirmed_of.get(topic as usize) {
                confirmed.add(1);
            }
        }
    }

    /// Counts one of these topics who was confirmed, and left.
    pub(crate) fn leave(&self, topics: &[u32]) {
        self.confirmed.subtract(1);
        for &topic in topics {
            if let Some(confirmed) = self.confirmed_of.get(topic as usize) {
                confirmed.subtract(1);
            }
        }
    }

    /// Counts a receipt of a publication, `latency_us` after its planned instant.
    pub(crate) fn arrived(&self, publication: u32, latency_us: u64) {
        self.receipts.add(1);
        let Some(arrivals) = self.arrivals.get(publication as usize) else {
            return;
        };
        arrivals
            .receipts
            .store(arrivals.receipts.load(Relaxed) + 1, Relaxed);
        let latency_us = u32::try_from(latency_us).unwrap_or(u32::MAX);
        if latency_us > arrivals.last_us.load(Relaxed) {
            arrivals.last_us.store(latency_us, Relaxed);
        }
    }

    /// Takes over what another process has counted.
    pub(crate) fn take_over(&self, told: Told) {
        for (counter, value) in [
            (&self.connecting, told.connecting),
            (&self.connected, told.connected),
            (&self.confirmed, told.confirmed),
            (&self.gave_up, told.gave_up),
            (&self.dropped_streams, told.dropped_streams),
            (&self.receipts, told.receipts),
            (&self.corrupt, told.corrupt),
            (&self.foreign, told.foreign),
        ] {
            counter.set(value);
        }
        for (topic, confirmed) in told.confirmed_of {
            if let Some(counter) = self.confirmed_of.get(topic as usize) {
                counter.set(confirmed);
            }
        }
        for (publication, receipts, last_us) in told.arrivals {
            if let Some(arrivals) = self.arrivals.get(publication as usize) {
                arrivals.receipts.store(receipts, Relaxed);
                arrivals.last_us.store(last_us, Relaxed);
            }
        }
        if let Some(failure) = &told.last_failure {
            self.failed(failure);
        }
        if let Some((thread, share)) = told.busiest_thread {
            *self.busiest() = Some(ThreadShare { thread, share });
        }
    }

    /// Whoever counted is gone: nobody is connected any more.
    pub(crate) fn is_gone(&self) {
        for counter in [&self.connecting, &self.connected, &self.confirmed] {
            counter.set(0);
        }
        for counter in &self.confirmed_of {
            counter.set(0);
        }
    }

    fn busiest(&self) -> MutexGuard<'_, Option<ThreadShare>> {
        self.busiest_thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn failed(&self, failure: &Failure) {
        let mut last = self
            .last_failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if last.as_ref() != Some(failure) {
            *last = Some(failure.clone());
        }
    }
}

/// How far the crowd has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CrowdProgress {
    /// Subscribers whose connection is being opened.
    pub connecting: u64,
    /// Subscribers whose stream is open.
    pub connected: u64,
    /// Subscribers that are confirmed: their canaries came, or the plan has none and their stream is open.
    pub confirmed: u64,
    /// Subscribers that failed for good.
    pub gave_up: u64,
    /// Streams that ended other than by plan.
    pub dropped_streams: u64,
    /// Events of this run, duplicates included.
    pub receipts: u64,
    /// Events that were damaged.
    pub corrupt: u64,
    /// Events without a stamp of this run.
    pub foreign: u64,
    /// The failure that was seen last, on any thread.
    pub last_failure: Option<Failure>,
}

/// A view of a crowd at work; copies see the same.
#[derive(Clone, Debug)]
pub struct CrowdLive {
    threads: Vec<Arc<ThreadLive>>,
}

impl CrowdLive {
    pub(crate) fn new(threads: Vec<Arc<ThreadLive>>) -> Self {
        Self { threads }
    }

    /// The same, and those of other processes.
    pub(crate) fn with(&self, elsewhere: &[Arc<ThreadLive>]) -> Self {
        Self {
            threads: [&*self.threads, elsewhere].concat(),
        }
    }

    /// The busiest thread that other processes have told of since this was asked last.
    pub(crate) fn take_busiest_elsewhere(&self) -> Option<ThreadShare> {
        let told = self.threads.iter().filter_map(|one| one.busiest().take());
        told.max_by(|a, b| a.share.total_cmp(&b.share))
    }

    /// How far the crowd has come.
    pub fn progress(&self) -> CrowdProgress {
        let sum = |counter: fn(&ThreadLive) -> &Counter| {
            self.threads
                .iter()
                .map(|thread| counter(thread).get())
                .sum()
        };
        CrowdProgress {
            connecting: sum(|thread| &thread.connecting),
            connected: sum(|thread| &thread.connected),
            confirmed: sum(|thread| &thread.confirmed),
            gave_up: sum(|thread| &thread.gave_up),
            dropped_streams: sum(|thread| &thread.dropped_streams),
            receipts: sum(|thread| &thread.receipts),
            corrupt: sum(|thread| &thread.corrupt),
            foreign: sum(|thread| &thread.foreign),
            last_failure: self.threads.iter().find_map(|thread| {
                thread
                    .last_failure
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .clone()
            }),
        }
    }

    /// How many followers of a topic are confirmed.
    pub(crate) fn confirmed_of(&self, topic: u32) -> u64 {
        self.threads
            .iter()
            .filter_map(|thread| thread.confirmed_of.get(topic as usize))
            .map(Counter::get)
            .sum()
    }

    /// How often a publication was received so far (duplicates included).
    pub fn receipts_of(&self, publication: u32) -> u64 {
        self.arrivals(publication)
            .map(|arrivals| u64::from(arrivals.receipts.load(Relaxed)))
            .sum()
    }

    /// R − I of the slowest receipt of a publication so far, in microseconds; none while there is none.
    pub fn last_us(&self, publication: u32) -> Option<u64> {
        self.arrivals(publication)
            .filter(|arrivals| arrivals.receipts.load(Relaxed) > 0)
            .map(|arrivals| u64::from(arrivals.last_us.load(Relaxed)))
            .max()
    }

    fn arrivals(&self, publication: u32) -> impl Iterator<Item = &Arrivals> {
        self.threads
            .iter()
            .filter_map(move |thread| thread.arrivals.get(publication as usize))
    }
}
