//! What only the operating system knows: kernel receive stamps, scheduling times of threads, limits on descriptors,
//! ports and memory, drops and throttling.
//!
//! All `unsafe` of this crate and all that is peculiar to Linux stands here. Elsewhere the same functions exist and answer
//! `None` or [`std::io::ErrorKind::Unsupported`], so that the rest of the crate has no `cfg`. Not for measuring anything
//! itself: who calls these, and how often, is decided by the health monitor and the probes.

mod cgroup;
mod kernel_counters;
mod kernel_stamp;
mod limits;
mod machine_cpu;
mod memory;
mod pinning;
mod process;
mod slice;
#[cfg(target_os = "linux")]
mod socket_option;
mod source_address;
mod thread_times;

pub use cgroup::{CgroupLimits, CgroupSample, cgroup_limits, sample_cgroup};
pub use kernel_counters::{KernelCounters, kernel_counters};
pub use kernel_stamp::{Received, enable_kernel_stamps, receive_stamped};
pub use limits::{ephemeral_ports, open_file_limit, open_files_of_self, raise_open_file_limit};
pub use machine_cpu::{MachineCpu, machine_cpu};
pub use memory::available_memory_bytes;
pub use pinning::{allowed_cpus, pin_this_thread};
pub use process::{ProcessSample, cpus_of_process, sample_process};
pub use slice::wake_this_thread_promptly;
pub use source_address::bind_source_address;
pub use thread_times::{ThreadTimes, threads_of_self};
