//! What a control group, such as the container of the hub under test, has used so far (cgroup v2: `cpu.stat`, `memory.current`,
//! `memory.stat`).

use std::fs;
use std::path::Path;

/// One look at a control group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CgroupSample {
    /// CPU time of all its processes, in microseconds.
    pub cpu_us: u64,
    /// How long they were kept from a CPU by the group's quota, in microseconds.
    pub throttled_us: u64,
    /// Memory that is charged to it, the kernel's on its behalf included.
    pub memory_bytes: u64,
    /// Of which buffers of its sockets.
    pub socket_bytes: u64,
}

/// Looks at the control group of this folder, such as `/sys/fs/cgroup/system.slice/docker-….scope`; none when it is none of version 2.
pub fn sample_cgroup(folder: &Path) -> Option<CgroupSample> {
    let read = |file: &str| fs::read_to_string(folder.join(file)).ok();
    let (cpu, memory) = (read("cpu.stat")?, read("memory.stat")?);
    Some(CgroupSample {
        cpu_us: field(&cpu, "usage_usec")?,
        throttled_us: field(&cpu, "throttled_usec").unwrap_or(0),
        memory_bytes: read("memory.current")?.trim().parse().ok()?,
        socket_bytes: field(&memory, "sock").unwrap_or(0),
    })
}

/// What a control group may use; none where it has no limit of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CgroupLimits {
    /// CPUs, by its quota.
    pub cpus: Option<f64>,
    /// Memory.
    pub memory_bytes: Option<u64>,
}

/// The limits of the control group of this folder (`cpu.max`, `memory.max`).
pub fn cgroup_limits(folder: &Path) -> CgroupLimits {
    let read = |file: &str| fs::read_to_string(folder.join(file)).unwrap_or_default();
    // `200000 100000` is two CPUs; `max` is no number: no limit.
    let cpu = read("cpu.max");
    let mut quota = cpu.split_whitespace().map(str::parse::<f64>);
    let cpus = match (quota.next(), quota.next()) {
        (Some(Ok(quota)), Some(Ok(period))) if period > 0.0 => Some(quota / period),
        _ => None,
    };
    CgroupLimits {
        cpus,
        memory_bytes: read("memory.max").trim().parse().ok(),
    }
}

/// The value of a line `name value`.
fn field(text: &str, name: &str) -> Option<u64> {
    let mut fields = text.lines().filter_map(|line| line.split_once(' '));
    let (_, value) = fields.find(|(found, _)| *found == name)?;
    value.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_what_its_files_say() {
        let folder = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| fs::write(folder.path().join(file), text).unwrap();
        assert_eq!(sample_cgroup(folder.path()), None);
        write(
            "cpu.stat",
            "usage_usec 1200\nuser_usec 1000\nnr_throttled 3\nthrottled_usec 70\n",
        );
        write("memory.stat", "anon 4096\nsock 8192\nshmem 0\n");
        assert_eq!(sample_cgroup(folder.path()), None);
        write("memory.current", "65536\n");
        let expected = CgroupSample {
            cpu_us: 1_200,
            throttled_us: 70,
            memory_bytes: 65_536,
            socket_bytes: 8_192,
        };
        assert_eq!(sample_cgroup(folder.path()), Some(expected));
    }

    #[test]
    fn a_limit_is_a_number() {
        let folder = tempfile::tempdir().unwrap();
        let limits = |cpu: &str, memory: &str| {
            fs::write(folder.path().join("cpu.max"), cpu).unwrap();
            fs::write(folder.path().join("memory.max"), memory).unwrap();
            let limits = cgroup_limits(folder.path());
            (limits.cpus, limits.memory_bytes)
        };
        assert_eq!(cgroup_limits(folder.path()), CgroupLimits::default());
        assert_eq!(limits("max 100000\n", "max\n"), (None, None));
        assert_eq!(
            limits("150000 100000\n", "65536\n"),
            (Some(1.5), Some(65_536))
        );
    }
}
