//! What is looked up before anything is opened, so that a run which cannot succeed ends with a sentence and not with a thousand
//! failures: the machine's limits here, the hub's answer to one publish and one subscriber in [`check_hub`]. Not for the load itself.

mod descriptors;
mod exchange;
mod grants;
mod hub;

use std::num::NonZeroU32;

use assay_client::Destination;

pub use grants::{Ungranted, check_grants};
pub use hub::{HubAnswer, Refused, check_hub};

use crate::plan::{Arithmetic, Memory};
use crate::platform;

/// Ports of a source address that others hold, or that wait after an earlier run.
const PORTS_LEFT_TO_OTHERS: u64 = 1_000;

/// The machine cannot carry a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResourceError {
    /// Too few file descriptors.
    #[error(
        "needs {needed} file descriptors ({subscribers} subscribers + {in_flight} publishing connections + {others} others), \
         but this process may open {limit}: use --subscribers {fits}, or raise the limit (ulimit -n {needed})"
    )]
    Descriptors {
        /// How many the run opens, with those that are open already.
        needed: u64,
        /// One each.
        subscribers: u64,
        /// One each.
        in_flight: u64,
        /// Open already, and what readers and timers take.
        others: u64,
        /// What the system allows.
        limit: u64,
        /// How many subscribers would do.
        fits: u64,
    },
    /// Too few file descriptors in a worker.
    #[error(
        "each of {workers} worker processes needs {needed} file descriptors, but may open {limit}: use --workers {more}, or \
         --subscribers {fits}",
        more = needed * workers / limit + 1
    )]
    Workers {
        /// How many there were to be.
        workers: u64,
        /// By each.
        needed: u64,
        /// What the system allows.
        limit: u64,
        /// How many subscribers would do.
        fits: u64,
    },
    /// A hub of ours is one process.
    #[error(
        "the built-in hub is one process, which may open {limit} file descriptors: too few for {needed} connections of subscribers; use \
         --http 2, by which a hundred share one, or --subscribers {fits}"
    )]
    Hub {
        /// Connections of subscribers.
        needed: u64,
        /// What the system allows.
        limit: u64,
        /// How many of them would do.
        fits: u64,
    },
    /// Too few ports for one source address.
    #[error(
        "needs {needed} connections to one address of the hub, but a source address has {ports} ports, of which {left} are left \
         to others: use --subscribers {fits}"
    )]
    Ports {
        /// Connections.
        needed: u64,
        /// The system's range.
        ports: u64,
        /// Kept back.
        left: u64,
        /// How many subscribers would do.
        fits: u64,
    },
    /// Too little memory for what a run writes down.
    #[error(
        "needs about {} MB of memory for its records ({} deliveries take {} MB, {} updates {} MB, {} connections {} MB), but {} MB are \
         available here: use --for {fits_s}s, or fewer subscribers, or a lower --rate",
        megabytes(needed.bytes()),
        needed.deliveries,
        megabytes(needed.deliveries_bytes),
        needed.updates,
        megabytes(needed.updates_bytes),
        needed.subscribers,
        megabytes(needed.subscribers_bytes),
        megabytes(*available_bytes)
    )]
    Memory {
        /// By what it is for.
        needed: Memory,
        /// What the machine, or a control group, leaves to this process.
        available_bytes: u64,
        /// How long the measured phase may be at most, about, in seconds.
        fits_s: u64,
    },
}

fn megabytes(bytes: u64) -> u64 {
    bytes.div_ceil(1_000_000)
}

/// Whether this machine bears what a plan needs: the crowd in `asked` worker processes, or in as many as it takes, which is
/// returned; none where this process is enough. Raises the soft limit on descriptors to the hard one first.
pub fn check_resources(
    sums: &Arithmetic,
    hub: &Destination,
    asked: Option<NonZeroU32>,
) -> Result<Option<NonZeroU32>, ResourceError> {
    // A refusal leaves the limit that is compared below.
    let limit = platform::raise_open_file_limit().unwrap_or_else(|_| platform::open_file_limit());
    let open = platform::open_files_of_self().unwrap_or(0);
    let workers = asked.or_else(|| descriptors::workers_needed(sums, limit, open));
    match workers {
        Some(workers) => descriptors::check_spread(sums, limit, open, workers)?,
        None => descriptors::check(sums, limit, open)?,
    }
    let needed = Memory::of(sums, hub.tls_config().is_some());
    check_memory(
        needed,
        sums.measured_seconds,
        platform::available_memory_bytes(),
    )?;
    let several_sources = hub.socket_addrs().is_ok_and(|addresses| {
        addresses
            .iter()
            .any(|address| matches!(address.ip(), std::net::IpAddr::V4(ip) if ip.is_loopback()))
    });
    if !several_sources {
        let ports = platform::ephemeral_ports();
        let ports = ports.map(|range| u64::from(range.end() - range.start()) + 1);
        check_ports(sums, ports)?;
    }
    Ok(workers)
}

/// Whether a hub that is a process of ours may open all the connections of a plan.
pub fn check_own_hub(sums: &Arithmetic) -> Result<(), ResourceError> {
    descriptors::check_hub(sums, platform::open_file_limit())
}

/// The run's records alone: the hub, when it is on this machine, needs memory too.
fn check_memory(
    needed: Memory,
    measured_s: f64,
    available_bytes: Option<u64>,
) -> Result<(), ResourceError> {
    match available_bytes {
        Some(available_bytes) if needed.bytes() > available_bytes => {
            let fixed_bytes = needed.bytes() - needed.growing_bytes();
            let room_bytes = available_bytes.saturating_sub(fixed_bytes);
            let share = room_bytes as f64 / needed.growing_bytes().max(1) as f64;
            Err(ResourceError::Memory {
                needed,
                available_bytes,
                fits_s: (measured_s * share) as u64,
            })
        }
        _ => Ok(()),
    }
}

fn check_ports(sums: &Arithmetic, ports: Option<u64>) -> Result<(), ResourceError> {
    match ports {
        Some(ports) if sums.sockets + PORTS_LEFT_TO_OTHERS > ports => Err(ResourceError::Ports {
            needed: sums.sockets,
            ports,
            left: PORTS_LEFT_TO_OTHERS,
            fits: rounded_down(
                ports.saturating_sub(PORTS_LEFT_TO_OTHERS + u64::from(sums.in_flight)),
            ),
        }),
        _ => Ok(()),
    }
}

/// A number that is easy to type, and leaves some room.
fn rounded_down(subscribers: u64) -> u64 {
    if subscribers > 1_000 {
        subscribers / 100 * 100
    } else {
        subscribers
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
    fn too_little_memory_is_named_with_the_arithmetic_and_what_fits() {
        let hour = |measure_s| {
            let overrides = Overrides {
                rate: Some("50/s".parse().unwrap()),
                measure: Some(Duration::from_secs(measure_s)),
                ..Overrides::default()
            };
            let scenario = Scenario::parse("x", preset("live-score").unwrap()).unwrap();
            Arithmetic::of(&schedule(&scenario.with(overrides).unwrap(), 1, 1), None)
        };
        let sums = hour(3_600);
        let needed = Memory::of(&sums, false);
        assert!(
            (400..450).contains(&megabytes(needed.bytes())),
            "{needed:?}"
        );
        let check = |available_bytes| check_memory(needed, sums.measured_seconds, available_bytes);
        assert_eq!(check(None), Ok(()));
        assert_eq!(check(Some(needed.bytes())), Ok(()));
        let error = check(Some(200_000_000)).unwrap_err();
        let text = error.to_string();
        for part in [
            "needs about 440 MB of memory",
            "18011672 deliveries take 220 MB, 180070 updates 199 MB, 1000 connections 2 MB",
            "but 200 MB are available here: use --for 15",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let ResourceError::Memory { fits_s, .. } = error else {
            panic!("{error:?}")
        };
        let shorter = hour(fits_s);
        assert_eq!(
            check_memory(
                Memory::of(&shorter, false),
                shorter.measured_seconds,
                Some(205_000_000)
            ),
            Ok(())
        );
    }

    #[test]
    fn what_fits_does_fit() {
        let ResourceError::Ports { fits, .. } =
            check_ports(&sums(30_000), Some(28_232)).unwrap_err()
        else {
            panic!("not about ports");
        };
        assert_eq!(check_ports(&sums(fits), Some(28_232)), Ok(()));
        assert_eq!(check_ports(&sums(30_000), None), Ok(()));
    }
}
