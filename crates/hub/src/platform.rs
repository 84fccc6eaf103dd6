//! What only the operating system can do for the hub. All `unsafe` of this crate stands here; where a system has no such call,
//! the same function exists and answers [`std::io::ErrorKind::Unsupported`].

use std::io;

/// Tells the system that the calling thread works through batches: it gets its share of the CPU as before, but when it wakes
/// it does not push aside whoever is running. The error is the system's refusal, and nothing changed.
pub(crate) fn batch_this_thread() -> io::Result<()> {
    imp::batch()
}

/// The same, and that its share is small: a tenth, about, of what another thread gets that wants the CPU too. Where none does,
/// it has all of it.
pub(crate) fn background_this_thread() -> io::Result<()> {
    imp::batch()?;
    imp::lower(BACKGROUND_NICENESS)
}

/// Each step costs a tenth of the share.
const BACKGROUND_NICENESS: i32 = 10;

#[cfg(target_os = "linux")]
#[allow(
    unsafe_code,
    reason = "sched_setscheduler and setpriority have no safe wrappers; their use carries its proof"
)]
mod imp {
    use std::io;

    /// Of the calling thread alone: on Linux niceness belongs to a thread.
    pub(super) fn lower(niceness: i32) -> io::Result<()> {
        // SAFETY: the call takes three integers, and changes only how the calling thread (0) is scheduled.
        let set = unsafe { libc::syscall(libc::SYS_setpriority, libc::PRIO_PROCESS, 0, niceness) };
        if set == 0 {
            Ok(())
        } else {
            Err(io::Error::last_os_error())
        }
    }

    pub(super) fn batch() -> io::Result<()> {
        // The priority, which of this policy is always zero.
        // SAFETY: `sched_param` is plain data of integers, for all of which zero is a valid value.
        let parameter: libc::sched_param = unsafe { std::mem::zeroed() };
        // The system call itself, since musl's function of that name does nothing.
        // SAFETY: the call reads one `sched_param`, which is alive, and changes only how the calling thread (0) is scheduled.
        let set = unsafe {
            libc::syscall(
                libc::SYS_sched_setscheduler,
                0,
                libc::SCHED_BATCH,
                &raw const parameter,
            )
        };
        if set == 0 {
            Ok(())
        } else {
            Err(io::Error::last_os_error())
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    use std::io;

    pub(super) fn batch() -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn lower(_niceness: i32) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs;

    use super::*;

    /// The field `policy` of the calling thread, as proc(5) numbers it from the name in brackets.
    fn policy() -> Option<String> {
        let stat = fs::read_to_string("/proc/thread-self/stat").ok()?;
        let (_, fields) = stat.rsplit_once(") ")?;
        fields.split(' ').nth(38).map(str::to_owned)
    }

    #[test]
    fn the_system_takes_the_request_for_this_thread_alone() {
        let before = policy();
        let batched = std::thread::spawn(|| {
            batch_this_thread().expect("Linux has this policy");
            policy()
        });
        assert_eq!(batched.join().ok().flatten().as_deref(), Some("3"));
        assert_eq!(policy(), before);
    }
}
