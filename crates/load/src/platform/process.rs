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
}

/// Looks at process `pid`; none when it is gone, is a zombie, or the system does not tell.
pub fn sample_process(pid: u32) -> Option<ProcessSample> {
    let directory = Path::new("/proc").join(pid.to_string());
    let stat = fs::read_to_string(directory.join("stat")).ok()?;
    let statm = fs::read_to_string(directory.join("statm")).ok()?;
    let tick_us = 1_000_000 / rustix::param::clock_ticks_per_second().max(1);
    parse(&stat, &statm, tick_us, rustix::param::page_size() as u64)
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
    }
}
