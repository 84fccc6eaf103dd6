//! What a process has used: CPU time to the nanosecond, and memory of its own.

use std::{fs, io};

/// One look at a process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// CPU time of all its threads.
    pub(crate) cpu_ns: u64,
    /// Memory that it does not share with files: heap, stacks, buffers (`RssAnon`). Not the kernel's.
    pub(crate) anonymous_bytes: u64,
}

impl Usage {
    /// Of the process `pid` now. Threads that have ended are not counted: the hubs here keep theirs.
    pub(crate) fn of(pid: u32) -> io::Result<Self> {
        let mut cpu_ns = 0;
        for task in fs::read_dir(format!("/proc/{pid}/task"))? {
            let schedstat = fs::read_to_string(task?.path().join("schedstat"))?;
            cpu_ns += schedstat
                .split(' ')
                .next()
                .and_then(|number| number.parse::<u64>().ok())
                .ok_or(io::ErrorKind::InvalidData)?;
        }
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let anonymous_kib = status
            .lines()
            .find_map(|line| line.strip_prefix("RssAnon:"))
            .and_then(|rest| rest.trim().strip_suffix("kB"))
            .and_then(|number| number.trim().parse::<u64>().ok())
            .ok_or(io::ErrorKind::InvalidData)?;
        Ok(Self {
            cpu_ns,
            anonymous_bytes: anonymous_kib * 1_024,
        })
    }
}
