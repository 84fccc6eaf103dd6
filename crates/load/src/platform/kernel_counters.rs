//! What the kernel dropped and how long it held us back, for the whole machine (network namespace, control group).
//!
//! Growth of any of these during the measured phase is a reason to doubt a run (measuring.md, "Is it us?").

use std::fs;
use std::path::{Path, PathBuf};

/// Counters since the machine, or the control group, began. A counter that the system does not have is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KernelCounters {
    /// Segments dropped for want of room in a listener's queue, a socket's backlog or its receive buffer.
    pub dropped_segments: u64,
    /// Segments that TCP sent again.
    pub retransmitted_segments: u64,
    /// Packets dropped because a CPU's input queue was full.
    pub dropped_packets: u64,
    /// How long the control group's CPU quota held us back, in microseconds.
    pub throttled_us: u64,
}

impl KernelCounters {
    /// What was added since `earlier`.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self {
            dropped_segments: self
                .dropped_segments
                .saturating_sub(earlier.dropped_segments),
            retransmitted_segments: self
                .retransmitted_segments
                .saturating_sub(earlier.retransmitted_segments),
            dropped_packets: self.dropped_packets.saturating_sub(earlier.dropped_packets),
            throttled_us: self.throttled_us.saturating_sub(earlier.throttled_us),
        }
    }
}

/// Reads the counters; none where the system has no `/proc/net/netstat`.
pub fn kernel_counters() -> Option<KernelCounters> {
    let netstat = fs::read_to_string("/proc/net/netstat").ok()?;
    let snmp = fs::read_to_string("/proc/net/snmp").unwrap_or_default();
    let softnet = fs::read_to_string("/proc/net/softnet_stat").unwrap_or_default();
    let cpu_stat = fs::read_to_string("/proc/self/cgroup")
        .ok()
        .and_then(|groups| {
            cpu_stat_files(&groups)
                .into_iter()
                .find_map(|path| fs::read_to_string(path).ok())
        })
        .unwrap_or_default();
    Some(KernelCounters {
        dropped_segments: [
            "ListenDrops",
            "TCPBacklogDrop",
            "TCPRcvQDrop",
            "PruneCalled",
            "TCPZeroWindowDrop",
        ]
        .iter()
        .filter_map(|name| named_column(&netstat, "TcpExt:", name))
        .sum(),
        retransmitted_segments: named_column(&snmp, "Tcp:", "RetransSegs").unwrap_or(0),
        dropped_packets: softnet_drops(&softnet),
        throttled_us: throttled_us(&cpu_stat),
    })
}

/// `/proc/net/netstat` and `snmp` are pairs of lines: names, then values, both begun by the protocol.
fn named_column(text: &str, protocol: &str, name: &str) -> Option<u64> {
    let mut lines = text.lines().filter(|line| line.starts_with(protocol));
    let (names, values) = (lines.next()?, lines.next()?);
    let column = names.split_whitespace().position(|found| found == name)?;
    values.split_whitespace().nth(column)?.parse().ok()
}

/// A line a CPU of hexadecimal numbers; the second counts drops.
fn softnet_drops(text: &str) -> u64 {
    text.lines()
        .filter_map(|line| line.split_whitespace().nth(1))
        .filter_map(|drops| u64::from_str_radix(drops, 16).ok())
        .sum()
}

/// Where the CPU statistics of our control group may stand, for cgroup v2 and v1, as `/proc/self/cgroup` names it.
fn cpu_stat_files(groups: &str) -> Vec<PathBuf> {
    groups
        .lines()
        .filter_map(|line| {
            let mut fields = line.splitn(3, ':').skip(1);
            let (controllers, path) = (fields.next()?, fields.next()?);
            let root = if controllers.is_empty() {
                Path::new("/sys/fs/cgroup").to_owned()
            } else if controllers.split(',').any(|name| name == "cpu") {
                Path::new("/sys/fs/cgroup").join(controllers)
            } else {
                return None;
            };
            Some(root.join(path.trim_start_matches('/')).join("cpu.stat"))
        })
        .collect()
}

/// v2 says `throttled_usec`, v1 `throttled_time` in nanoseconds.
fn throttled_us(cpu_stat: &str) -> u64 {
    cpu_stat
        .lines()
        .find_map(|line| {
            let (name, value) = line.split_once(' ')?;
            let value: u64 = value.trim().parse().ok()?;
            match name {
                "throttled_usec" => Some(value),
                "throttled_time" => Some(value / 1_000),
                _ => None,
            }
        })
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_found_by_its_name_within_its_protocol() {
        let text =
            "TcpExt: SyncookiesSent ListenDrops\nTcpExt: 3 14\nIpExt: ListenDrops\nIpExt: 9\n";
        assert_eq!(named_column(text, "TcpExt:", "ListenDrops"), Some(14));
        assert_eq!(named_column(text, "TcpExt:", "Absent"), None);
        assert_eq!(named_column("TcpExt: A\n", "TcpExt:", "A"), None);
    }

    #[test]
    fn softnet_counts_in_hexadecimal_over_all_cpus() {
        assert_eq!(
            softnet_drops("0000aaaa 0000000a 0\n00000001 00000010 0\n"),
            26
        );
        assert_eq!(softnet_drops("garbage\n"), 0);
    }

    #[test]
    fn throttling_is_in_microseconds_under_both_versions() {
        for (text, expected) in [
            ("usage_usec 5\nthrottled_usec 70\n", 70),
            ("nr_periods 0\nthrottled_time 70000\n", 70),
            ("", 0),
        ] {
            assert_eq!(throttled_us(text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_control_group_is_found_under_both_versions() {
        assert_eq!(
            cpu_stat_files("4:memory:/a\n1:cpu,cpuacct:/b\n0::/c\n"),
            [
                Path::new("/sys/fs/cgroup/cpu,cpuacct/b/cpu.stat"),
                Path::new("/sys/fs/cgroup/c/cpu.stat")
            ]
        );
    }

    #[test]
    fn growth_never_wraps() {
        let earlier = KernelCounters {
            dropped_segments: 5,
            ..KernelCounters::default()
        };
        assert_eq!(
            KernelCounters::default().since(earlier),
            KernelCounters::default()
        );
    }
}
