//! Is it us? What the workbench, and the hub's process where it is known, looked like each second of a run (measuring.md). Not
//! for judging: `assay_results::Health` holds the gates.

use std::collections::HashMap;

use assay_results::ThreadShare;

use crate::clock::{Clock, ClockStep, Micros};
use crate::hub_process::{HubGauge, HubSample};
use crate::platform::{self, KernelCounters, ThreadTimes};

/// Names, as the kernel keeps them, of the threads that carry the measurement.
const WORKBENCH_THREADS: [&str; 3] = ["crowd-", "probes", "publishers"];

/// One second, or what a late look made of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct SystemSecond {
    /// The second of the run at whose end this was looked up.
    pub(crate) second: u32,
    /// The busiest thread of the workbench.
    pub(crate) busiest_thread: Option<ThreadShare>,
    /// What the kernel added to its counters.
    pub(crate) kernel: KernelCounters,
    /// CPUs that the hub's process used, 1.0 for one.
    pub(crate) hub_cpu: Option<f64>,
    /// What it has used by then.
    pub(crate) hub: Option<HubSample>,
    /// How often its threads left their CPU in it.
    pub(crate) hub_context_switches: Option<u64>,
}

/// Looks once a second.
pub(crate) struct Monitor {
    clock: Clock,
    hub_gauge: HubGauge,
    looked_at: Micros,
    next_second: u32,
    threads: Threads,
    kernel: Option<KernelCounters>,
    hub: Option<HubSample>,
    pub(crate) seconds: Vec<SystemSecond>,
    pub(crate) steps: Vec<ClockStep>,
}

impl Monitor {
    pub(crate) fn new(clock: &Clock, hub_gauge: HubGauge) -> Self {
        Self {
            clock: clock.clone(),
            hub: hub_gauge.sample(),
            hub_gauge,
            looked_at: clock.now(),
            next_second: 0,
            threads: Threads::seen_now(),
            kernel: platform::kernel_counters(),
            seconds: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// Looks if a second of the run has ended since the last look.
    /// `busiest_elsewhere` asks for the busiest thread of the workbench's other processes.
    pub(crate) fn look_if_due(&mut self, busiest_elsewhere: impl FnOnce() -> Option<ThreadShare>) {
        let now = self.clock.now();
        if now.second() > self.next_second {
            self.look(now, busiest_elsewhere());
        }
    }

    /// Whether the hub's process was there at the start and is gone, and nobody is starting it again.
    pub(crate) fn hub_is_gone(&self) -> bool {
        self.hub.is_some() && self.hub_gauge.is_gone()
    }

    fn look(&mut self, now: Micros, busiest_elsewhere: Option<ThreadShare>) {
        let elapsed_us = now.micros_since(self.looked_at).max(1) as f64;
        self.steps.extend(self.clock.sample_wall_clock());
        let busiest_thread = self
            .threads
            .busiest_since(elapsed_us)
            .into_iter()
            .chain(busiest_elsewhere)
            .max_by(|a, b| a.share.total_cmp(&b.share));
        let kernel = platform::kernel_counters();
        let hub = self.hub_gauge.sample();
        let hub_cpu = self.hub.zip(hub).map(|(before, after)| {
            // Less than before is another process: it was started again.
            let used_us = after.cpu_us.saturating_sub(before.cpu_us);
            (used_us as f64 / elapsed_us * 1e3).round() / 1e3
        });
        self.seconds.push(SystemSecond {
            second: now.second() - 1,
            busiest_thread,
            kernel: kernel
                .zip(self.kernel)
                .map(|(after, before)| after.since(before))
                .unwrap_or_default(),
            hub_cpu,
            hub,
            hub_context_switches: hub.zip(self.hub).and_then(|(after, before)| {
                Some(
                    after
                        .context_switches?
                        .saturating_sub(before.context_switches?),
                )
            }),
        });
        (self.kernel, self.looked_at, self.next_second) = (kernel, now, now.second());
        self.hub = hub.or(self.hub);
    }
}

/// The threads of this process that carry the measurement, as they were seen last.
pub(crate) struct Threads(HashMap<u32, ThreadTimes>);

impl Threads {
    pub(crate) fn seen_now() -> Self {
        let named = |thread: &ThreadTimes| {
            WORKBENCH_THREADS
                .iter()
                .any(|name| thread.name.starts_with(name))
        };
        let threads = platform::threads_of_self().into_iter().filter(named);
        Self(threads.map(|thread| (thread.thread_id, thread)).collect())
    }

    /// The one that ran, or waited for a CPU, longest since it was seen last, `elapsed_us` ago.
    pub(crate) fn busiest_since(&mut self, elapsed_us: f64) -> Option<ThreadShare> {
        let before = std::mem::replace(self, Self::seen_now());
        let shares = self.0.values().filter_map(|thread| {
            let before = before.0.get(&thread.thread_id)?;
            let used_ns = (thread.running_ns + thread.waiting_ns)
                .saturating_sub(before.running_ns + before.waiting_ns);
            // Time is counted when a thread leaves its CPU, so that a look may see a bit more than has passed.
            let share = (used_ns as f64 / 1e3 / elapsed_us).min(1.0);
            Some(ThreadShare {
                thread: thread.name.clone(),
                share: (share * 1e3).round() / 1e3,
            })
        });
        shares.max_by(|a, b| a.share.total_cmp(&b.share))
    }
}
