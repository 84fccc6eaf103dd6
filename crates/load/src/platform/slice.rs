//! How soon a thread that wakes gets a CPU that others are using. Not a priority: the share of the CPU stays the same.
//!
//! Linux hands CPUs out by deadline; a thread that asks for a short slice has an early one and is let in sooner, at the
//! price of being interrupted more often (EEVDF, custom slices since 6.12). Older kernels take the request and ignore it.

use std::io;

/// Asks for slices of 0.1 ms for the calling thread, the shortest that the kernel grants, and for timers that are not
/// rounded. For threads that sleep until an instant or measure one; the error is the system's refusal, and nothing changed.
pub fn wake_this_thread_promptly() -> io::Result<()> {
    imp::short_slice()
}

#[cfg(target_os = "linux")]
#[allow(
    unsafe_code,
    reason = "sched_setattr has no safe wrapper; each use carries its proof"
)]
mod imp {
    use std::io;
    use std::mem::MaybeUninit;

    /// The kernel's lower bound of a custom slice.
    const SLICE_NS: u64 = 100_000;
    /// The least that a thread may have; 50 µs is the default.
    const TIMER_SLACK_NS: libc::c_ulong = 1;

    pub(super) fn short_slice() -> io::Result<()> {
        // SAFETY: `sched_attr` is plain data of integers, for all of which zero is a valid value; zero is SCHED_OTHER.
        let mut attributes: libc::sched_attr = unsafe { MaybeUninit::zeroed().assume_init() };
        attributes.size = size_of::<libc::sched_attr>() as u32;
        // As it is: the call sets all parameters at once.
        attributes.sched_nice = rustix::process::getpriority_process(None)?;
        attributes.sched_policy = libc::SCHED_OTHER as u32;
        attributes.sched_runtime = SLICE_NS;
        // SAFETY: the call reads `size` bytes of `attributes`, which is alive and of that size, and changes only how the
        // calling thread (0) is scheduled.
        let set = unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const attributes, 0) };
        // SAFETY: the option takes one integer and changes only the calling thread's timers.
        let slack = unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, TIMER_SLACK_NS) };
        if set == 0 && slack == 0 {
            Ok(())
        } else {
            Err(io::Error::last_os_error())
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    use std::io;

    pub(super) fn short_slice() -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_takes_the_request() {
        std::thread::spawn(|| wake_this_thread_promptly().unwrap())
            .join()
            .unwrap();
    }
}
