//! What a process, such as the hub under test, has used so far: `/proc/<pid>/stat` and `statm`.

use std::fs;
use std::path::Path;

/// One look at a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessSample {
    /// CPU time of all its threads in user space since it began, in microseconds (the kernel counts in steps of 10 ms).
    pub user_us: u64,
    /// The same in the kernel.
    pub system_us: u64,
    /// Resident set size, in bytes.
    pub resident_bytes: u64,
    /// How many threads it has.
    pub threads: u64,
    /// How many file descriptors it has open, where we may look.
    pub open_files: Option<u64>,
    /// How often its threads left their CPU, by themselves or not, as far as they still live.
    pub context_switches: u64,
}

/// Looks at process `pid`; none when it is gone, is a zombie, or the system does not tell.
pub fn sample_process(pid: u32) -> Option<ProcessSample> {
    let directory = Path::new("/proc").join(pid.to_string());
    let stat = fs::read_to_string(directory.join("stat")).ok()?;
    let statm = fs::read_to_string(directory.join("statm")).ok()?;
    let tick_us = 1_000_000 / rustix::param::clock_ticks_per_second().max(1);
    let sample = parse(&stat, &statm, tick_us, rustix::param::page_size() as u64)?;
    Some(ProcessSample {
        open_files: fs::read_dir(directory.join("fd"))
            .ok()
            .map(|entries| entries.count() as u64),
        context_switches: context_switches(&directory),
        ..sample
    })
}

/// How many CPUs process `pid` may run on; none when it is gone or the system does not tell.
pub fn cpus_of_process(pid: u32) -> Option<u32> {
    let status = fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("status"));
    allowed_cpus(&status.ok()?)
}

/// proc(5): `Cpus_allowed_list: 0-3,6`.
fn allowed_cpus(status: &str) -> Option<u32> {
    let list = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    let count = |range: &str| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last) = (first.parse::<u32>().ok()?, last.parse::<u32>().ok()?);
        last.checked_sub(first)?.checked_add(1)
    };
    list.trim().split(',').map(count).sum()
}

/// Of all threads: the process as a whole has no such counter.
fn context_switches(process: &Path) -> u64 {
    let Ok(threads) = fs::read_dir(process.join("task")) else {
        return 0;
    };
    threads
        .flatten()
        .filter_map(|thread| fs::read_to_string(thread.path().join("status")).ok())
        .map(|status| switches(&status))
        .sum()
}

/// proc(5): `voluntary_ctxt_switches` and `nonvoluntary_ctxt_switches`.
fn switches(status: &str) -> u64 {
    let counters = status
        .lines()
        .filter_map(|line| line.split_once("ctxt_switches:"));
    counters
        .filter_map(|(_, count)| count.trim().parse::<u64>().ok())
        .sum()
}

fn parse(stat: &str, statm: &str, tick_us: u64, page_bytes: u64) -> Option<ProcessSample> {
    // The second field is the name in brackets and may hold spaces and brackets itself: count from its end.
    let (_, after_name) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    if matches!(*fields.first()?, "Z" | "X") {
        return None;
    }
    // proc(5): utime is field 14, stime 15, num_threads 20; the first after the name is field 3.
    let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
    let resident_pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(ProcessSample {
        user_us: field(14)? * tick_us,
        system_us: field(15)? * tick_us,
        resident_bytes: resident_pages * page_bytes,
        threads: field(20)?,
        open_files: None,
        context_switches: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATM: &str = "1000 250 30 40 0 50 0\n";

    #[test]
    fn the_name_may_hold_spaces_and_brackets() {
        let stat = "7 (a) hub (b) S 1 7 7 0 -1 4194560 100 0 0 0 12 34 0 0 20 0 9 0 100 4096 250";
        assert_eq!(
            parse(stat, STATM, 10_000, 4_096),
            Some(ProcessSample {
                user_us: 120_000,
                system_us: 340_000,
                resident_bytes: 250 * 4_096,
                threads: 9,
                open_files: None,
                context_switches: 0,
            })
        );
    }

    #[test]
    fn what_is_dead_or_cut_short_is_none() {
        let zombie = "7 (hub) Z 1 7 7 0 -1 4194560 100 0 0 0 12 34 0 0 20 0 9 0 100 4096 250";
        for stat in [zombie, "", "7 (hub", "7 (hub) S 1 2"] {
            assert_eq!(parse(stat, STATM, 10_000, 4_096), None, "{stat:?}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_has_memory_and_threads() {
        let sample = sample_process(std::process::id()).unwrap();
        assert!(
            sample.resident_bytes > 0 && sample.threads >= 1,
            "{sample:?}"
        );
        assert!(
            sample.open_files >= Some(3),
            "the standard streams: {sample:?}"
        );
    }

    #[test]
    fn cpus_are_ranges_and_single_ones() {
        let cpus = |list: &str| allowed_cpus(&format!("Name:\tx\nCpus_allowed_list:\t{list}\n"));
        for (list, count) in [
            ("0", Some(1)),
            ("0-3,6", Some(5)),
            ("3-1", None),
            ("", None),
        ] {
            assert_eq!(cpus(list), count, "{list:?}");
        }
        assert_eq!(allowed_cpus(""), None);
    }

    #[test]
    fn switches_of_both_kinds_are_added() {
        let status = "Name:\thub\nvoluntary_ctxt_switches:\t40\nnonvoluntary_ctxt_switches:\t2\n";
        assert_eq!(switches(status), 42);
        assert_eq!(switches(""), 0);
    }
}
