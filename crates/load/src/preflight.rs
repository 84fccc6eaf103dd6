//! What is looked up before anything is opened, so that a run which cannot succeed ends with a sentence and not with a thousand
//! failures: the machine's limits here, the hub's answer to one publish and one subscriber in [`check_hub`]. Not for the load itself.

mod exchange;
mod hub;

use assay_client::Destination;

pub use hub::{HubAnswer, Refused, check_hub};

use crate::plan::Arithmetic;
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
}

/// Whether this process may open all that a plan needs. Raises the soft limit on descriptors to the hard one first.
pub fn check_resources(sums: &Arithmetic, hub: &Destination) -> Result<(), ResourceError> {
    // A refusal leaves the limit that is compared below.
    let limit = platform::raise_open_file_limit().unwrap_or_else(|_| platform::open_file_limit());
    let open = platform::open_files_of_self().unwrap_or(0);
    check_descriptors(sums, limit, open)?;
    let several_sources = hub.socket_addrs().is_ok_and(|addresses| {
        addresses
            .iter()
            .any(|address| matches!(address.ip(), std::net::IpAddr::V4(ip) if ip.is_loopback()))
    });
    if several_sources {
        return Ok(());
    }
    let ports = platform::ephemeral_ports().map(|range| u64::from(range.end() - range.start()) + 1);
    check_ports(sums, ports)
}

fn check_descriptors(
    sums: &Arithmetic,
    limit: Option<u64>,
    open: u64,
) -> Result<(), ResourceError> {
    let needed = sums.fds + open;
    match limit {
        Some(limit) if needed > limit => Err(ResourceError::Descriptors {
            needed,
            subscribers: sums.subscribers,
            in_flight: u64::from(sums.in_flight),
            others: needed - sums.sockets,
            limit,
            fits: rounded_down(limit.saturating_sub(needed - sums.subscribers)),
        }),
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
        assert_eq!(check_descriptors(&sums, None, 10), Ok(()));
        assert_eq!(check_descriptors(&sums, Some(sums.fds + 10), 10), Ok(()));
        let error = check_descriptors(&sums, Some(20_000), 10).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("needs 25110 file descriptors (25000 subscribers + 60 publishing connections + 50 others)"), "{text}");
        assert!(
            text.contains("may open 20000: use --subscribers 19800"),
            "{text}"
        );
    }

    #[test]
    fn what_fits_does_fit() {
        let ResourceError::Descriptors { fits, .. } =
            check_descriptors(&sums(25_000), Some(20_000), 10).unwrap_err()
        else {
            panic!("not about descriptors");
        };
        assert_eq!(check_descriptors(&sums(fits), Some(20_000), 10), Ok(()));
        let ResourceError::Ports { fits, .. } =
            check_ports(&sums(30_000), Some(28_232)).unwrap_err()
        else {
            panic!("not about ports");
        };
        assert_eq!(check_ports(&sums(fits), Some(28_232)), Ok(()));
        assert_eq!(check_ports(&sums(30_000), None), Ok(()));
    }
}
