//! A socket that keeps when the kernel had the bytes of its last read.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;

use crate::crowd::wire::Stamping;
use crate::platform;

/// See the module.
pub(super) struct StampedIo {
    socket: TcpStream,
    stamping: Stamping,
    stamp_ns: Rc<Cell<Option<u64>>>,
}

impl StampedIo {
    /// Keeps the stamps in `stamp_ns`, where they are asked for.
    pub(super) fn new(
        socket: TcpStream,
        stamping: Stamping,
        stamp_ns: Rc<Cell<Option<u64>>>,
    ) -> Self {
        Self {
            socket,
            stamping,
            stamp_ns,
        }
    }
}

impl AsyncRead for StampedIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.stamping == Stamping::Off {
            return Pin::new(&mut self.socket).poll_read(context, buffer);
        }
        loop {
            ready!(self.socket.poll_read_ready(context))?;
            let read = self.socket.try_io(Interest::READABLE, || {
                platform::receive_stamped(&self.socket, buffer.initialize_unfilled())
            });
            match read {
                Ok(received) => {
                    buffer.advance(received.bytes);
                    self.stamp_ns.set(received.kernel_realtime_ns);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for StampedIo {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}
