//! A connection as the system gives it: over TCP, or over a Unix socket.

use std::io;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpStream, UnixStream};

use crate::either::Either;
use crate::limits;

/// See the module: left over TCP, right from this machine.
pub(crate) type Socket = Either<TcpStream, UnixStream>;

impl Socket {
    /// Sets what the socket itself can do for latency and against peers that vanished. Failing to is no reason to refuse.
    pub(crate) fn prepare(&self, write_timeout: Option<Duration>) {
        let Self::Left(socket) = self else { return };
        let set = socket.set_nodelay(true);
        // A peer whose machine is gone acknowledges nothing: without this, the system tries again for a quarter of an hour.
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let set = set.and_then(|()| self.options().set_tcp_user_timeout(write_timeout));
        // And nobody notices one that is gone from a stream on which nothing is to be said, not even a comment.
        let keepalive = TcpKeepalive::new()
            .with_time(limits::KEEPALIVE_AFTER)
            .with_interval(limits::KEEPALIVE_INTERVAL);
        log_refused(set.and_then(|()| self.options().set_tcp_keepalive(&keepalive)));
    }

    /// Has the socket forget, when it is closed, what its peer has not taken: one that does not read is not waited for.
    /// Without this, the system would keep the socket, and what waits in it, for as long as the peer likes.
    pub(crate) fn abandon(&self) {
        log_refused(self.options().set_linger(Some(Duration::ZERO)));
    }

    /// For what the runtime has no name for.
    pub(crate) fn options(&self) -> SockRef<'_> {
        match self {
            Self::Left(socket) => SockRef::from(socket),
            Self::Right(socket) => SockRef::from(socket),
        }
    }
}

fn log_refused(set: io::Result<()>) {
    if let Err(error) = set {
        tracing::debug!(%error, "socket option refused");
    }
}
