//! Who is at the other end, for the log and for the bounds of an address.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// The sender of requests, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    /// It connected itself.
    Tcp(SocketAddr),
    /// A process of this machine, over a Unix socket.
    Unix,
    /// A trusted proxy names it.
    Behind(IpAddr),
}

impl Peer {
    /// Its address, where it has one.
    pub(crate) fn ip(self) -> Option<IpAddr> {
        match self {
            Self::Tcp(address) => Some(address.ip()),
            Self::Behind(address) => Some(address),
            Self::Unix => None,
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Behind(address) => address.fmt(f),
            Self::Unix => f.write_str("unix"),
        }
    }
}
