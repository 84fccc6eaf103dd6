//! Opens the sockets of a crowd: to which address, and from which.

use crate::plan::Reads;
use crate::platform;
use crate::target::Target;
use mio::net::TcpStream;
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::Failure;
use super::limits::SLOW_READER_BUFFER_BYTES;
use super::wire::{TlsParts, Wire};

/// How many connections of the crowd share a source address, when one is not enough. Well under the ephemeral ports, since
/// those that others hold, and those that wait in `TIME_WAIT`, are taken as well.
const CONNECTIONS_PER_SOURCE: u32 = 20_000;

/// Where a crowd connects to.
pub(crate) struct Dialer {
    hub: SocketAddr,
    sources: Sources,
    tls: Option<TlsParts>,
}

/// Which source address a connection gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sources {
    /// The system's choice.
    System,
    /// 127.0.0.2 and up: on loopback all of 127.0.0.0/8 is ours without set-up.
    Loopback,
}

impl Dialer {
    /// For a target that answers at `hub`. `subscribers` decides whether one source address has ports enough.
    pub(crate) fn for_target(target: &Target, hub: SocketAddr, subscribers: usize) -> Self {
        let destination = target.endpoint.hub();
        Self {
            hub,
            sources: sources(hub, subscribers),
            tls: destination.tls_config().zip(destination.server_name()),
        }
    }

    /// Begins to connect subscriber `index`; the socket says when it is connected.
    pub(crate) fn dial(&self, index: u32, reads: Reads) -> Result<Wire, Failure> {
        let socket = TcpStream::from_std(self.connect(index, reads)?);
        Wire::new(socket, self.tls.as_ref())
    }

    /// What TLS is begun with, where the hub wants it.
    pub(crate) fn tls(&self) -> Option<&TlsParts> {
        self.tls.as_ref()
    }

    /// Begins connection `index`, which does not block; it is connected, or has failed, when it can be written to.
    pub(crate) fn connect(&self, index: u32, reads: Reads) -> io::Result<std::net::TcpStream> {
        let socket = Socket::new(
            Domain::for_address(self.hub),
            Type::STREAM,
            Some(Protocol::TCP),
        )?;
        socket.set_nonblocking(true)?;
        if reads != Reads::All {
            // Before it connects, since the window is agreed upon there.
            socket.set_recv_buffer_size(SLOW_READER_BUFFER_BYTES)?;
        }
        if self.sources == Sources::Loopback {
            platform::bind_source_address(&socket, loopback_source(index))?;
        }
        match socket.connect(&self.hub.into()) {
            Ok(()) => {}
            Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => {}
            Err(error) => return Err(error),
        }
        Ok(socket.into())
    }
}

fn sources(hub: SocketAddr, subscribers: usize) -> Sources {
    let is_loopback = matches!(hub.ip(), IpAddr::V4(address) if address.is_loopback());
    if is_loopback && subscribers > CONNECTIONS_PER_SOURCE as usize {
        Sources::Loopback
    } else {
        Sources::System
    }
}

fn loopback_source(index: u32) -> IpAddr {
    let host = 2 + index / CONNECTIONS_PER_SOURCE;
    IpAddr::V4(Ipv4Addr::from_bits(
        Ipv4Addr::new(127, 0, 0, 0).to_bits() + host,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_subscribers_on_loopback_get_several_sources() {
        let loopback: SocketAddr = "127.0.0.1:80".parse().unwrap();
        for (hub, subscribers, expected) in [
            (loopback, 20_000, Sources::System),
            (loopback, 20_001, Sources::Loopback),
            ("[::1]:80".parse().unwrap(), 50_000, Sources::System),
            ("192.0.2.1:80".parse().unwrap(), 50_000, Sources::System),
        ] {
            assert_eq!(sources(hub, subscribers), expected, "{hub} {subscribers}");
        }
        assert_eq!(
            loopback_source(19_999),
            "127.0.0.2".parse::<IpAddr>().unwrap()
        );
        assert_eq!(
            loopback_source(20_000),
            "127.0.0.3".parse::<IpAddr>().unwrap()
        );
        assert_eq!(
            loopback_source(10_000_000),
            "127.0.1.246".parse::<IpAddr>().unwrap()
        );
    }
}
