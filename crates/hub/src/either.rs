//! A connection of one kind or of another, read and written as either of them is.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// See the module.
#[derive(Debug)]
pub(crate) enum Either<L, R> {
    /// Of the first kind.
    Left(L),
    /// Of the second kind.
    Right(R),
}

impl<L, R> AsyncRead for Either<L, R>
where
    L: AsyncRead + Unpin,
    R: AsyncRead + Unpin,
{
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Left(it) => Pin::new(it).poll_read(cx, buf),
            Self::Right(it) => Pin::new(it).poll_read(cx, buf),
        }
    }
}

impl<L, R> AsyncWrite for Either<L, R>
where
    L: AsyncWrite + Unpin,
    R: AsyncWrite + Unpin,
{
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Left(it) => Pin::new(it).poll_write(cx, buf),
            Self::Right(it) => Pin::new(it).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Left(it) => Pin::new(it).poll_write_vectored(cx, bufs),
            Self::Right(it) => Pin::new(it).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Left(it) => it.is_write_vectored(),
            Self::Right(it) => it.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Left(it) => Pin::new(it).poll_flush(cx),
            Self::Right(it) => Pin::new(it).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Left(it) => Pin::new(it).poll_shutdown(cx),
            Self::Right(it) => Pin::new(it).poll_shutdown(cx),
        }
    }
}
