//! The hub's own use of this machine, where it can be seen: its process, which faults may replace, and its control group. Not for ending or
//! starting it: that is [`crate::hub_control`].

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use assay_results::Room;

use crate::platform;

/// The hub's process, which may be another one after a fault; copies see the same.
#[derive(Clone, Debug)]
pub struct HubProcess(Arc<AtomicU32>);

/// No process has this id.
const BETWEEN_TWO: u32 = 0;

impl HubProcess {
    /// The process with this id.
    pub fn new(pid: u32) -> Self {
        Self(Arc::new(AtomicU32::new(pid)))
    }

    /// Its id; none while it is being started again.
    pub fn pid(&self) -> Option<u32> {
        Some(self.0.load(Relaxed)).filter(|pid| *pid != BETWEEN_TWO)
    }

    /// From now on it is this one, or none until the next one.
    pub fn set(&self, pid: Option<u32>) {
        self.0.store(pid.unwrap_or(BETWEEN_TWO), Relaxed);
    }
}

/// Where the hub's own use of the machine can be seen.
#[derive(Clone, Debug, Default)]
pub struct HubGauge {
    /// Its process.
    pub process: Option<HubProcess>,
    /// Its control group, which counts its sockets' memory too.
    pub cgroup: Option<PathBuf>,
}

/// What a hub has used so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HubSample {
    /// CPU time, in microseconds.
    pub cpu_us: u64,
    /// Resident memory of the process, or all that is charged to the control group.
    pub memory_bytes: u64,
    /// Of the control group: buffers of its sockets.
    pub socket_bytes: Option<u64>,
    /// Of the process: file descriptors.
    pub open_files: Option<u64>,
    /// Of the process: how often its threads left their CPU.
    pub context_switches: Option<u64>,
}

impl HubGauge {
    /// The process alone.
    pub fn of(process: HubProcess) -> Self {
        Self {
            process: Some(process),
            cgroup: None,
        }
    }

    /// Whether there is anything to look at.
    pub fn is_known(&self) -> bool {
        self.process.is_some() || self.cgroup.is_some()
    }

    /// Looks. CPU time and memory are the control group's where there is one.
    pub fn sample(&self) -> Option<HubSample> {
        let process = self.process.as_ref().and_then(HubProcess::pid);
        let process = process.and_then(platform::sample_process);
        let cgroup = self.cgroup.as_deref().and_then(platform::sample_cgroup);
        let of_process = process.map(|one| HubSample {
            cpu_us: one.user_us + one.system_us,
            memory_bytes: one.resident_bytes,
            socket_bytes: None,
            open_files: one.open_files,
            context_switches: Some(one.context_switches),
        });
        match cgroup {
            None => of_process,
            Some(group) => Some(HubSample {
                cpu_us: group.cpu_us,
                memory_bytes: group.memory_bytes,
                socket_bytes: Some(group.socket_bytes),
                open_files: of_process.and_then(|one| one.open_files),
                context_switches: of_process.and_then(|one| one.context_switches),
            }),
        }
    }

    /// What the hub may use: the CPUs of its process and the quota of its control group, whichever is less, and that group's memory.
    pub fn room(&self) -> Room {
        let process = self.process.as_ref().and_then(HubProcess::pid);
        let of_process = process.and_then(platform::cpus_of_process).map(f64::from);
        let group = self.cgroup.as_deref().map(platform::cgroup_limits);
        let group = group.unwrap_or_default();
        Room {
            hub_cpus: [of_process, group.cpus]
                .into_iter()
                .flatten()
                .reduce(f64::min),
            hub_memory_bytes: group.memory_bytes,
            machine_busy: None,
        }
    }

    /// Whether its process is gone, and nobody is starting it again.
    pub(crate) fn is_gone(&self) -> bool {
        let pid = self.process.as_ref().and_then(HubProcess::pid);
        pid.is_some_and(|pid| platform::sample_process(pid).is_none())
    }
}
