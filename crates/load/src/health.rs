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
        let own = self.threads.busiest_since(elapsed_us);
        let busiest: Vec<ThreadShare> = own.into_iter().chain(busiest_elsewhere).collect();
        for thread in &busiest {
            give_back(&mut self.seconds, thread);
        }
        let busiest_thread = busiest
            .into_iter()
            .map(|thread| ThreadShare {
                share: thread.share.min(1.0),
                ..thread
            })
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

/// A thread that waits for its CPU is only known to have waited when it comes to it: what is more than the last second can hold
/// belongs to those before, in which it seemed to do nothing.
fn give_back(seconds: &mut [SystemSecond], thread: &ThreadShare) {
    let mut excess = thread.share - 1.0;
    for second in seconds.iter_mut().rev() {
        if excess <= 0.0 {
            return;
        }
        let share = excess.min(1.0);
        if second
            .busiest_thread
            .as_ref()
            .is_none_or(|one| one.share < share)
        {
            second.busiest_thread = Some(ThreadShare {
                thread: thread.thread.clone(),
                share,
            });
        }
        excess -= share;
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

    /// The one that ran, or waited for a CPU, longest since it was seen last, `elapsed_us` ago; its share is more than 1 where it had
    /// waited since before.
    pub(crate) fn busiest_since(&mut self, elapsed_us: f64) -> Option<ThreadShare> {
        let before = std::mem::replace(self, Self::seen_now());
        let shares = self.0.values().filter_map(|thread| {
            let before = before.0.get(&thread.thread_id)?;
            let used_ns = (thread.running_ns + thread.waiting_ns)
                .saturating_sub(before.running_ns + before.waiting_ns);
            let share = used_ns as f64 / 1e3 / elapsed_us;
            Some(ThreadShare {
                thread: thread.name.clone(),
                share: (share * 1e3).round() / 1e3,
            })
        });
        shares.max_by(|a, b| a.share.total_cmp(&b.share))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_thread_had_waited_is_of_the_seconds_in_which_it_waited() {
        let second = |share: Option<f64>| SystemSecond {
            busiest_thread: share.map(|share| ThreadShare {
                thread: "publishers".to_owned(),
                share,
            }),
            ..SystemSecond::default()
        };
        for (share, expected) in [
            (0.4, [Some(0.2), None, Some(0.9)]),
            (1.002, [Some(0.2), None, Some(0.9)]),
            (2.5, [Some(0.2), Some(0.5), Some(1.0)]),
            (3.1, [Some(0.2), Some(1.0), Some(1.0)]),
            (9.0, [Some(1.0), Some(1.0), Some(1.0)]),
        ] {
            let mut seconds = [second(Some(0.2)), second(None), second(Some(0.9))];
            let starved = ThreadShare {
                thread: "crowd-0".to_owned(),
                share,
            };
            give_back(&mut seconds, &starved);
            let shares = seconds.map(|second| second.busiest_thread.map(|thread| thread.share));
            assert_eq!(shares, expected, "{share}");
        }
    }
}
