//! The one clock of a run: microseconds of the monotonic clock since the run's epoch, which every instant of a plan and of a
//! record counts from. Not for telling the time of day; kernel receive stamps, which are `CLOCK_REALTIME`, are brought here.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};
use serde::{Deserialize, Serialize};

const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// Between two samples a second apart, slewing moves the wall clock by 0.5 ms at most (500 ppm); more is a step.
const STEP_NS: i64 = 1_000_000;

/// An instant: microseconds since the epoch of the run's [`Clock`].
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Micros(pub u64);

impl Micros {
    /// The epoch.
    pub const ZERO: Self = Self(0);

    /// So long after the epoch; what does not fit is the last instant that there is.
    pub fn from_duration(since_epoch: Duration) -> Self {
        Self(u64::try_from(since_epoch.as_micros()).unwrap_or(u64::MAX))
    }

    /// How long after the epoch.
    pub fn since_epoch(self) -> Duration {
        Duration::from_micros(self.0)
    }

    /// Microseconds from `earlier` until here; 0 when `earlier` is later.
    pub fn micros_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The instant `later` from here.
    #[must_use]
    pub fn plus(self, later: Duration) -> Self {
        Self(self.0.saturating_add(Self::from_duration(later).0))
    }

    /// The whole second of the run in which the instant lies.
    pub fn second(self) -> u32 {
        u32::try_from(self.0 / 1_000_000).unwrap_or(u32::MAX)
    }
}

impl fmt::Display for Micros {
    /// Seconds with six decimals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06} s", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

/// The wall clock was set during the run: kernel stamps around it are not to be trusted, and the run is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockStep {
    /// When it was noticed.
    pub at: Micros,
    /// By how much the wall clock jumped, microseconds; positive is forward.
    pub by_us: i64,
}

/// A clock that all threads of a run share; copies tell the same time.
#[derive(Clone, Debug)]
pub struct Clock {
    epoch_ns: i64,
    /// The epoch by the wall clock, as that stood when this clock was made.
    epoch_unix_ns: i64,
    wall: Arc<Wall>,
}

#[derive(Debug)]
struct Wall {
    /// `CLOCK_REALTIME` minus `CLOCK_MONOTONIC`, nanoseconds, as last sampled.
    offset_ns: AtomicI64,
    steps: AtomicU32,
}

impl Clock {
    /// A clock whose epoch is `lead` from now, so that threads can be made before the first planned instant.
    pub fn starting_in(lead: Duration) -> Self {
        let lead_ns = i64::try_from(lead.as_nanos()).unwrap_or(i64::MAX);
        Self::with_epoch(monotonic_ns().saturating_add(lead_ns))
    }

    /// The clock of another process of this machine, which has told its [`Clock::epoch_ns`].
    pub fn with_epoch(epoch_ns: i64) -> Self {
        let offset_ns = wall_offset_ns();
        Self {
            epoch_ns,
            epoch_unix_ns: epoch_ns.saturating_add(offset_ns),
            wall: Arc::new(Wall {
                offset_ns: AtomicI64::new(offset_ns),
                steps: AtomicU32::new(0),
            }),
        }
    }

    /// The epoch on the monotonic clock, in nanoseconds: the same for all processes of a machine.
    pub fn epoch_ns(&self) -> i64 {
        self.epoch_ns
    }

    /// Now; the epoch itself while that has not come.
    pub fn now(&self) -> Micros {
        self.at_monotonic_ns(monotonic_ns())
    }

    /// The epoch in milliseconds of Unix time, by the wall clock as it stood when this clock was made.
    pub fn epoch_unix_ms(&self) -> u64 {
        u64::try_from(self.epoch_unix_ns / 1_000_000).unwrap_or(0)
    }

    /// Sleeps until `instant`; returns at once when it is past. Absolute, so that errors do not add up.
    pub fn sleep_until(&self, instant: Micros) {
        let instant_ns = i64::try_from(instant.0.saturating_mul(1_000)).unwrap_or(i64::MAX);
        sleep_until_monotonic_ns(self.epoch_ns.saturating_add(instant_ns));
    }

    /// A kernel stamp, nanoseconds of `CLOCK_REALTIME`, as an instant of the run, by the offset last sampled.
    pub fn at_realtime_ns(&self, realtime_ns: u64) -> Micros {
        let realtime_ns = i64::try_from(realtime_ns).unwrap_or(i64::MAX);
        self.at_monotonic_ns(
            realtime_ns.saturating_sub(self.wall.offset_ns.load(Ordering::Relaxed)),
        )
    }

    /// Samples the offset between the two clocks; to be called once a second by one thread. Says when the wall clock jumped.
    pub fn sample_wall_clock(&self) -> Option<ClockStep> {
        let sampled = wall_offset_ns();
        let moved_ns = sampled.saturating_sub(self.wall.offset_ns.swap(sampled, Ordering::Relaxed));
        (moved_ns.abs() > STEP_NS).then(|| {
            self.wall.steps.fetch_add(1, Ordering::Relaxed);
            ClockStep {
                at: self.now(),
                by_us: moved_ns / 1_000,
            }
        })
    }

    /// How many steps of the wall clock were noticed.
    pub fn wall_clock_steps(&self) -> u32 {
        self.wall.steps.load(Ordering::Relaxed)
    }

    /// An instant of the run as a time of `CLOCK_MONOTONIC`, for the kernel's absolute timers.
    pub(crate) fn monotonic_timespec(&self, instant: Micros) -> Timespec {
        let since_epoch_ns = i64::try_from(instant.0.saturating_mul(1_000)).unwrap_or(i64::MAX);
        timespec(self.epoch_ns.saturating_add(since_epoch_ns))
    }

    fn at_monotonic_ns(&self, monotonic_ns: i64) -> Micros {
        Micros(
            monotonic_ns
                .saturating_sub(self.epoch_ns)
                .max(0)
                .cast_unsigned()
                / 1_000,
        )
    }
}

fn monotonic_ns() -> i64 {
    nanoseconds(clock_gettime(ClockId::Monotonic))
}

fn nanoseconds(time: Timespec) -> i64 {
    time.tv_sec * NANOS_PER_SECOND + time.tv_nsec
}

fn timespec(nanoseconds: i64) -> Timespec {
    Timespec {
        tv_sec: nanoseconds / NANOS_PER_SECOND,
        tv_nsec: nanoseconds % NANOS_PER_SECOND,
    }
}

/// The wall clock is read between two readings of the monotonic one; of several tries the tightest pair counts.
fn wall_offset_ns() -> i64 {
    let one_try = || {
        let before = monotonic_ns();
        let wall = nanoseconds(clock_gettime(ClockId::Realtime));
        let after = monotonic_ns();
        (after - before, wall - (before + (after - before) / 2))
    };
    let (_, offset) = (0..8)
        .map(|_| one_try())
        .min_by_key(|(width, _)| *width)
        .expect("invariant: eight tries are more than none");
    offset
}

#[cfg(target_os = "linux")]
fn sleep_until_monotonic_ns(instant_ns: i64) {
    let until = timespec(instant_ns);
    // A signal wakes early; nothing else can fail, since the clock exists and the time is in range.
    while monotonic_ns() < instant_ns {
        if let Err(error) = rustix::thread::clock_nanosleep_absolute(ClockId::Monotonic, &until)
            && error != rustix::io::Errno::INTR
        {
            return;
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn sleep_until_monotonic_ns(instant_ns: i64) {
    loop {
        let left_ns = instant_ns.saturating_sub(monotonic_ns());
        if left_ns <= 0 {
            return;
        }
        std::thread::sleep(Duration::from_nanos(left_ns.cast_unsigned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn before_the_epoch_it_is_the_epoch() {
        let clock = Clock::starting_in(Duration::from_hours(1));
        assert_eq!(clock.now(), Micros::ZERO);
    }

    #[test]
    fn sleeping_never_wakes_before_the_instant() {
        let clock = Clock::starting_in(Duration::ZERO);
        let instant = clock.now().plus(Duration::from_millis(3));
        clock.sleep_until(instant);
        assert!(clock.now() >= instant);
        clock.sleep_until(Micros::ZERO);
    }

    #[test]
    fn a_wall_clock_stamp_taken_now_is_now() {
        let clock = Clock::starting_in(Duration::ZERO);
        clock.sleep_until(Micros(2_000));
        let before = clock.now();
        let stamp = nanoseconds(clock_gettime(ClockId::Realtime)).cast_unsigned();
        let after = clock.now();
        let converted = clock.at_realtime_ns(stamp);
        assert!(
            converted.0 + 500 >= before.0 && converted.0 <= after.0 + 500,
            "{before} {converted} {after}"
        );
    }

    #[test]
    fn a_step_of_the_wall_clock_is_noticed_once() {
        let clock = Clock::starting_in(Duration::ZERO);
        assert_eq!(clock.sample_wall_clock(), None);
        clock.wall.offset_ns.fetch_sub(5_000_000, Ordering::Relaxed);
        let step = clock.sample_wall_clock().unwrap();
        assert!((4_000..=6_000).contains(&step.by_us), "{step:?}");
        assert_eq!(clock.sample_wall_clock(), None);
        assert_eq!(clock.wall_clock_steps(), 1);
    }
}
