//! Whether a process may open what a plan needs, and how many have to share the crowd where one may not.

use std::num::NonZeroU32;

use super::{ResourceError, rounded_down};
use crate::plan::Arithmetic;

/// What a worker opens besides its subscribers: its pipes, event queues, libraries.
const WORKER_FDS: u64 = 40;
/// The pipes of a worker, here.
const FDS_PER_WORKER: u64 = 2;
/// Of those who come and go, a worker may have a few more than its share at a time.
const UNEVEN_SHARE: f64 = 0.05;
/// More processes would be about something else than descriptors.
const WORKERS_MOST: u32 = 64;
/// A hub's own: its `OWN_DESCRIPTORS`.
const HUB_FDS: u64 = 96;
/// What it keeps back from subscribers: a tenth, and a thousand at most.
const HUB_KEEPS_BACK: (u64, u64) = (10, 1_000);

/// How many workers a plan needs; none where this process, which has `open` descriptors already, is enough.
pub(super) fn workers_needed(
    sums: &Arithmetic,
    limit: Option<u64>,
    open: u64,
) -> Option<NonZeroU32> {
    let limit = limit?;
    if sums.fds + open <= limit {
        return None;
    }
    let (crowd, room) = (uneven(crowd(sums)), limit.saturating_sub(WORKER_FDS).max(1));
    let workers = u32::try_from(crowd.div_ceil(room)).unwrap_or(u32::MAX);
    NonZeroU32::new(workers.clamp(1, WORKERS_MOST))
}

/// Whether this process may open all of it.
pub(super) fn check(sums: &Arithmetic, limit: Option<u64>, open: u64) -> Result<(), ResourceError> {
    let needed = sums.fds + open;
    match limit {
        Some(limit) if needed > limit => Err(ResourceError::Descriptors {
            needed,
            subscribers: sums.subscriber_sockets,
            in_flight: u64::from(sums.in_flight),
            others: needed - sums.sockets,
            limit,
            fits: rounded_down(limit.saturating_sub(needed - sums.subscriber_sockets)),
        }),
        _ => Ok(()),
    }
}

/// Whether each of so many workers may open its share, and this process the rest.
pub(super) fn check_spread(
    sums: &Arithmetic,
    limit: Option<u64>,
    open: u64,
    workers: NonZeroU32,
) -> Result<(), ResourceError> {
    let Some(limit) = limit else { return Ok(()) };
    let of = u64::from(workers.get());
    let share = uneven(crowd(sums).div_ceil(of));
    if share + WORKER_FDS > limit {
        let room = limit.saturating_sub(WORKER_FDS) as f64 / (1.0 + UNEVEN_SHARE);
        return Err(ResourceError::Workers {
            workers: of,
            needed: share + WORKER_FDS,
            limit,
            fits: rounded_down((room as u64).saturating_mul(of)),
        });
    }
    let rest = Arithmetic {
        subscriber_sockets: sums.probes,
        sockets: sums.probes + u64::from(sums.in_flight),
        fds: sums.fds - crowd(sums) + of * FDS_PER_WORKER,
        ..*sums
    };
    check(&rest, Some(limit), open)
}

/// Whether a hub of ours, in a process of its own, lets all subscribers in.
pub(super) fn check_hub(sums: &Arithmetic, limit: Option<u64>) -> Result<(), ResourceError> {
    let Some(limit) = limit else { return Ok(()) };
    let possible = limit.saturating_sub(HUB_FDS);
    let (share, most) = HUB_KEEPS_BACK;
    let room = possible - (possible / share).min(most);
    let needed = sums.subscriber_sockets;
    if needed <= room {
        return Ok(());
    }
    Err(ResourceError::Hub {
        needed,
        limit,
        fits: rounded_down(room),
    })
}

/// Connections at a time that are not of probes.
fn crowd(sums: &Arithmetic) -> u64 {
    sums.subscriber_sockets.saturating_sub(sums.probes)
}

fn uneven(share: u64) -> u64 {
    share + (share as f64 * UNEVEN_SHARE) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::schedule;
    use crate::scenario::{Overrides, Scenario, preset};

    fn sums(subscribers: u64) -> Arithmetic {
        let overrides = Overrides {
            subscribers: Some(subscribers),
            ..Overrides::default()
        };
        let scenario = Scenario::parse("x", preset("live-score").unwrap())
            .unwrap()
            .with(overrides)
            .unwrap();
        Arithmetic::of(&schedule(&scenario, 1, 1), Some(60))
    }

    #[test]
    fn too_few_descriptors_are_named_with_the_arithmetic_and_what_fits() {
        let sums = sums(25_000);
        assert_eq!(check(&sums, None, 10), Ok(()));
        assert_eq!(check(&sums, Some(sums.fds + 10), 10), Ok(()));
        let error = check(&sums, Some(20_000), 10).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("needs 25110 file descriptors (25000 subscribers + 60 publishing connections + 50 others)"), "{text}");
        assert!(
            text.contains("may open 20000: use --subscribers 19800"),
            "{text}"
        );
    }

    /// Those who come when others leave take no descriptors of their own.
    #[test]
    fn only_those_who_are_there_at_a_time_take_descriptors() {
        let scenario = Scenario::parse("x", preset("churn").unwrap()).unwrap();
        let quick = scenario.with_settings(&["subscribers.visitors.stays=1s".to_owned()]);
        let sums = Arithmetic::of(&schedule(&quick.unwrap(), 1, 1), None);
        assert!(
            sums.subscribers > 10_000 && sums.subscribers_at_once < 3_000,
            "{sums:?}"
        );
        assert_eq!(check(&sums, Some(4_000), 0), Ok(()));
        let ResourceError::Descriptors {
            subscribers, fits, ..
        } = check(&sums, Some(1_000), 0).unwrap_err()
        else {
            panic!("not about descriptors");
        };
        assert!(
            subscribers == sums.subscribers_at_once && fits < 1_000,
            "{fits}"
        );
    }

    #[test]
    fn what_fits_does_fit() {
        let ResourceError::Descriptors { fits, .. } =
            check(&sums(25_000), Some(20_000), 10).unwrap_err()
        else {
            panic!("not about descriptors");
        };
        assert_eq!(check(&sums(fits), Some(20_000), 10), Ok(()));
        let two = NonZeroU32::new(2).unwrap();
        let ResourceError::Workers { fits, .. } =
            check_spread(&sums(50_000), Some(20_000), 10, two).unwrap_err()
        else {
            panic!("not about workers");
        };
        assert!((38_000..39_920).contains(&fits), "{fits}");
        assert_eq!(check_spread(&sums(fits), Some(20_000), 10, two), Ok(()));
        let ResourceError::Hub { fits, .. } = check_hub(&sums(25_000), Some(20_000)).unwrap_err()
        else {
            panic!("not about the hub");
        };
        assert_eq!(check_hub(&sums(fits), Some(20_000)), Ok(()));
    }

    #[test]
    fn there_are_as_many_workers_as_it_takes() {
        for (subscribers, limit, workers) in [
            (10_000, Some(20_000), None),
            (100_000, None, None),
            (19_890, Some(20_000), None),
            (19_950, Some(20_000), Some(2)),
            (25_000, Some(20_000), Some(2)),
            (100_000, Some(20_000), Some(6)),
            (100_000, Some(1_024), Some(64)),
        ] {
            let sums = sums(subscribers);
            let needed = workers_needed(&sums, limit, 10);
            assert_eq!(needed.map(NonZeroU32::get), workers, "{subscribers}");
            if let Some(needed) = needed.filter(|needed| needed.get() < WORKERS_MOST) {
                assert_eq!(check_spread(&sums, limit, 10, needed), Ok(()));
            }
        }
    }
}
