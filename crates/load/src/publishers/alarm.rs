//! Wakes the event loop at an absolute instant, to some microseconds: on Linux a timer file descriptor in the same epoll, since
//! poll's own time-out counts whole milliseconds. Not for anything that may be late.

use std::io;
use std::time::Duration;

use mio::{Poll, Token};

use crate::clock::{Clock, Micros};

/// An alarm clock within a [`Poll`].
pub(super) struct Alarm {
    clock: Clock,
    #[cfg(target_os = "linux")]
    timer: std::os::fd::OwnedFd,
    #[cfg(target_os = "linux")]
    set_to: Option<Micros>,
}

#[cfg(target_os = "linux")]
impl Alarm {
    /// An alarm that wakes `poll` with `token`.
    pub(super) fn new(clock: &Clock, poll: &Poll, token: Token) -> io::Result<Self> {
        use rustix::time::{TimerfdClockId, TimerfdFlags, timerfd_create};
        use std::os::fd::AsRawFd as _;
        let timer = timerfd_create(
            TimerfdClockId::Monotonic,
            TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC,
        )?;
        poll.registry().register(
            &mut mio::unix::SourceFd(&timer.as_raw_fd()),
            token,
            mio::Interest::READABLE,
        )?;
        Ok(Self {
            clock: clock.clone(),
            timer,
            set_to: None,
        })
    }

    /// Sets it to `instant`; one that is past wakes at once. Returns the longest that poll may wait besides.
    pub(super) fn set(&mut self, instant: Micros, at_most: Duration) -> io::Result<Duration> {
        use rustix::time::{Itimerspec, TimerfdTimerFlags, timerfd_settime};
        if self.set_to != Some(instant) {
            let spec = Itimerspec {
                it_interval: rustix::time::Timespec {
                    tv_sec: 0,
                    tv_nsec: 0,
                },
                it_value: self.clock.monotonic_timespec(instant),
            };
            timerfd_settime(&self.timer, TimerfdTimerFlags::ABSTIME, &spec)?;
            self.set_to = Some(instant);
        }
        Ok(at_most)
    }
}

#[cfg(not(target_os = "linux"))]
impl Alarm {
    /// An alarm that limits how long `poll` waits.
    pub(super) fn new(clock: &Clock, _poll: &Poll, _token: Token) -> io::Result<Self> {
        Ok(Self {
            clock: clock.clone(),
        })
    }

    /// The longest that poll may wait for `instant`. Below a millisecond the rest is slept here, since poll would round it.
    pub(super) fn set(&mut self, instant: Micros, at_most: Duration) -> io::Result<Duration> {
        let left_us = instant.micros_since(self.clock.now());
        if left_us >= 1_000 {
            return Ok(Duration::from_millis(left_us / 1_000).min(at_most));
        }
        self.clock.sleep_until(instant);
        Ok(Duration::ZERO)
    }
}
