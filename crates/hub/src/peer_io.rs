//! The socket of one peer as hyper uses it, with the one rule that hyper lacks: a peer that stops reading is given up.
//!
//! Over HTTP/1.1 this covers a stream whose reader stalls. Over HTTP/2 a stalled stream shares a live connection; there the
//! bounded queue of the subscriber closes the stream, and this rule covers a peer whose whole connection stalls.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::peer::Peer;
use crate::socket::Socket;
use crate::vitals::Vitals;

/// A connection on which a write that makes no progress for `write_timeout` fails with [`io::ErrorKind::TimedOut`].
pub(crate) struct PeerIo {
    socket: Socket,
    peer: Peer,
    write_timeout: Option<Duration>,
    vitals: Arc<Vitals>,
    /// Whether a write waits for the peer.
    stalls: bool,
    /// Runs meanwhile. Made when that first happens: most peers always read.
    patience: Option<Pin<Box<Sleep>>>,
}

impl PeerIo {
    /// `write_timeout` none: wait for ever, unless `vitals` say otherwise.
    pub(crate) fn new(
        socket: Socket,
        peer: Peer,
        write_timeout: Option<Duration>,
        vitals: Arc<Vitals>,
    ) -> Self {
        Self {
            socket,
            peer,
            write_timeout,
            vitals,
            stalls: false,
            patience: None,
        }
    }

    /// Turns "not now" into an error once it has lasted for the write timeout, or is pointless.
    fn watch<T>(
        &mut self,
        cx: &mut Context<'_>,
        progress: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if progress.is_ready() {
            if self.stalls {
                self.stalls = false;
                self.patience = None;
                self.vitals.reads_again();
            }
            return self.report(progress);
        }
        self.stalls = true;
        if !self.vitals.stalls(cx.waker()) {
            let Some(write_timeout) = self.write_timeout else {
                return Poll::Pending;
            };
            let patience = self
                .patience
                .get_or_insert_with(|| Box::pin(sleep(write_timeout)));
            ready!(patience.as_mut().poll(cx));
        }
        self.report(Poll::Ready(Err(io::ErrorKind::TimedOut.into())))
    }

    /// Logs that the peer is given up. Here, since HTTP/2 hides the error; and whoever comes first: we, or the system, which
    /// knows the same time limit for bytes that are not acknowledged (`TCP_USER_TIMEOUT`).
    fn report<T>(&self, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if let Poll::Ready(Err(error)) = &result
            && error.kind() == io::ErrorKind::TimedOut
        {
            tracing::warn!(reason = %"connection.write-timeout", peer = %self.peer, "connection closed: the peer stopped reading");
        }
        result
    }
}

impl Drop for PeerIo {
    fn drop(&mut self) {
        if self.stalls {
            self.socket.abandon();
        }
    }
}

impl AsyncRead for PeerIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let progress = Pin::new(&mut self.socket).poll_read(cx, buf);
        self.report(progress)
    }
}

impl AsyncWrite for PeerIo {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let progress = Pin::new(&mut self.socket).poll_write(cx, buf);
        self.watch(cx, progress)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let progress = Pin::new(&mut self.socket).poll_write_vectored(cx, bufs);
        self.watch(cx, progress)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
