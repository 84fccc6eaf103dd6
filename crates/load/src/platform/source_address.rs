//! Connecting from a source address of our choice, when the ports of one are too few.

use std::io;
use std::net::IpAddr;
use std::os::fd::AsFd;

/// Binds a socket that is not yet connected to `address`, and leaves the choice of a port to `connect`
/// (`IP_BIND_ADDRESS_NO_PORT`), which then needs a port free for that destination only, instead of one free for all.
/// The error is the system's refusal.
pub fn bind_source_address(socket: &socket2::Socket, address: IpAddr) -> io::Result<()> {
    imp::defer_port(socket.as_fd())?;
    socket.bind(&std::net::SocketAddr::new(address, 0).into())
}

#[cfg(target_os = "linux")]
mod imp {
    use crate::platform::socket_option::switch_on;
    use std::io;
    use std::os::fd::BorrowedFd;

    pub(super) fn defer_port(socket: BorrowedFd<'_>) -> io::Result<()> {
        switch_on(socket, libc::IPPROTO_IP, libc::IP_BIND_ADDRESS_NO_PORT)
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    use std::io;
    use std::os::fd::BorrowedFd;

    pub(super) fn defer_port(_socket: BorrowedFd<'_>) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use socket2::{Domain, Socket, Type};
    use std::net::{Ipv4Addr, TcpListener};

    #[test]
    fn the_hub_sees_the_source_address() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let source = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 7));
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        bind_source_address(&socket, source).unwrap();
        socket
            .connect(&listener.local_addr().unwrap().into())
            .unwrap();
        assert_eq!(listener.accept().unwrap().1.ip(), source);
    }
}
