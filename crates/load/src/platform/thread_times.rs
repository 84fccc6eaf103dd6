//! How long each of our threads ran, and waited for a CPU: `/proc/self/task/*/schedstat`.
//!
//! A starved thread never looks busy, so running time alone says nothing: the gate of measuring.md adds the waiting.

use std::fs;

/// What the scheduler has counted for one thread since it began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadTimes {
    /// The kernel's id of the thread.
    pub thread_id: u32,
    /// The thread's name as the kernel keeps it: the first 15 bytes.
    pub name: String,
    /// Time on a CPU, in nanoseconds.
    pub running_ns: u64,
    /// Time ready to run, but waiting for a CPU, in nanoseconds.
    pub waiting_ns: u64,
}

/// All threads of this process, ascending by id; empty where the system does not tell. A thread that ends meanwhile is left out.
pub fn threads_of_self() -> Vec<ThreadTimes> {
    let Ok(tasks) = fs::read_dir("/proc/self/task") else {
        return Vec::new();
    };
    let mut threads: Vec<ThreadTimes> = tasks
        .filter_map(|task| {
            let path = task.ok()?.path();
            let (running_ns, waiting_ns) =
                parse_schedstat(&fs::read_to_string(path.join("schedstat")).ok()?)?;
            let name = fs::read_to_string(path.join("comm")).ok()?;
            Some(ThreadTimes {
                thread_id: path.file_name()?.to_str()?.parse().ok()?,
                name: name.trim_end().to_owned(),
                running_ns,
                waiting_ns,
            })
        })
        .collect();
    threads.sort_unstable_by_key(|thread| thread.thread_id);
    threads
}

/// `running waiting timeslices`, the times in nanoseconds.
fn parse_schedstat(text: &str) -> Option<(u64, u64)> {
    let mut numbers = text.split_whitespace().map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedstat_is_running_then_waiting() {
        assert_eq!(parse_schedstat("204623 17 1\n"), Some((204_623, 17)));
        for bad in ["", "1", "a b c", "1 -2 3"] {
            assert_eq!(parse_schedstat(bad), None, "{bad:?}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_thread_that_works_is_seen_by_name_with_its_running_time() {
        let spun = std::thread::Builder::new()
            .name("spinner".into())
            .spawn(|| {
                let own = || threads_of_self().into_iter().find(|t| t.name == "spinner");
                let before = own()?.running_ns;
                let mut rounds = 0_u32;
                while own()?.running_ns < before + 1_000_000 {
                    rounds += 1;
                }
                Some(rounds)
            })
            .unwrap()
            .join()
            .unwrap();
        assert!(spun.is_some(), "the thread did not find itself");
    }
}
