//! How much memory this process may still take: of the machine, and of each control group that it is in.

use std::fs;
use std::path::Path;

/// The least of what the machine has available and what the limits of our control groups leave, in bytes; none where `/proc` does
/// not tell.
pub fn available_memory_bytes() -> Option<u64> {
    let of_machine = mem_available_bytes(&fs::read_to_string("/proc/meminfo").ok()?)?;
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let of_groups = left_in_groups_bytes(&groups, |path| fs::read_to_string(path).ok());
    Some(of_groups.map_or(of_machine, |left| left.min(of_machine)))
}

fn mem_available_bytes(meminfo: &str) -> Option<u64> {
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1_024)
}

/// The least that any group from ours up leaves, for cgroup v2 (`memory.max`) and v1; none where none has a limit.
fn left_in_groups_bytes(groups: &str, read: impl Fn(&Path) -> Option<String>) -> Option<u64> {
    let number = |path: &Path| read(path)?.trim().parse::<u64>().ok();
    let left = |group: &Path, limit: &str, used: &str| {
        let limit = number(&group.join(limit))?;
        Some(limit.saturating_sub(number(&group.join(used))?))
    };
    groups
        .lines()
        .filter_map(|line| {
            let mut fields = line.splitn(3, ':').skip(1);
            let (controllers, path) = (fields.next()?, fields.next()?);
            let (root, limit, used) = match controllers {
                "" => ("/sys/fs/cgroup", "memory.max", "memory.current"),
                "memory" => (
                    "/sys/fs/cgroup/memory",
                    "memory.limit_in_bytes",
                    "memory.usage_in_bytes",
                ),
                _ => return None,
            };
            let root = Path::new(root);
            let ours = root.join(path.trim_start_matches('/'));
            ours.ancestors()
                .take_while(|group| group.starts_with(root))
                // `max` is no number: no limit here.
                .filter_map(|group| left(group, limit, used))
                .min()
        })
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn available_memory_is_in_kib() {
        let text = "MemTotal:       24 kB\nMemFree: 1 kB\nMemAvailable:   12 kB\nBuffers: 0 kB\n";
        assert_eq!(mem_available_bytes(text), Some(12 * 1_024));
        for bad in ["", "MemAvailable: many kB", "MemFree: 1 kB"] {
            assert_eq!(mem_available_bytes(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn the_tightest_group_from_ours_up_counts() {
        let files = |path: &Path| {
            let text = match path.to_str()? {
                "/sys/fs/cgroup/a/b/memory.max" => "max",
                "/sys/fs/cgroup/a/memory.max" => "1000\n",
                "/sys/fs/cgroup/a/b/memory.current" | "/sys/fs/cgroup/a/memory.current" => "400\n",
                "/sys/fs/cgroup/memory/old/memory.limit_in_bytes" => "900",
                "/sys/fs/cgroup/memory/old/memory.usage_in_bytes" => "800",
                _ => return None,
            };
            Some(text.to_owned())
        };
        for (groups, left) in [
            ("0::/a/b\n", Some(600)),
            ("0::/\n", None),
            ("4:memory:/old\n2:cpu,cpuacct:/old\n0::/a\n", Some(100)),
            ("", None),
        ] {
            assert_eq!(left_in_groups_bytes(groups, files), left, "{groups:?}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_machine_tells() {
        assert!(available_memory_bytes().unwrap() > 1_000_000);
    }
}
