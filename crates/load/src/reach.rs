//! Finds the addresses at which a hub answers, before anything is timed: a name may have several (`localhost` may be `::1` as well,
//! with nobody there), and the search for the right one may take seconds. Not for asking the hub anything.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use assay_client::Destination;

use crate::target::Target;

/// How long each address has to accept a connection: the kernel repeats a lost SYN after 1 and 3 s.
const PATIENCE: Duration = Duration::from_secs(5);

/// The addresses that a run connects to. Each accepted a connection a moment ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Where subscribers connect to.
    pub hub: SocketAddr,
    /// Where publishers post.
    pub publish: SocketAddr,
}

/// The host has no address, or none of its addresses accepts a connection.
#[derive(Debug, thiserror::Error)]
#[error("cannot connect to {peer}: {source}; is the hub running there?")]
pub struct Unreachable {
    /// Host and port.
    pub peer: String,
    /// What the system said.
    pub source: io::Error,
}

impl Reach {
    /// Picks the first address of each destination that accepts a connection; blocks until then.
    pub fn find(target: &Target) -> Result<Self, Unreachable> {
        let (hub, publish) = (target.endpoint.hub(), target.endpoint.publish());
        let found = find(hub)?;
        Ok(Self {
            hub: found,
            publish: if publish.peer() == hub.peer() {
                found
            } else {
                find(publish)?
            },
        })
    }
}

fn find(destination: &Destination) -> Result<SocketAddr, Unreachable> {
    let (host, port) = destination.peer();
    let unreachable = |source| Unreachable {
        peer: format!("{host}:{port}"),
        source,
    };
    let mut refusal = io::ErrorKind::NotFound.into();
    for address in destination.socket_addrs().map_err(unreachable)? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(_) => return Ok(address),
            Err(error) => refusal = error,
        }
    }
    Err(unreachable(refusal))
}
