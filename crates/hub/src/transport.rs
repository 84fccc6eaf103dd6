//! What HTTP runs over: the socket of a peer as it is, or TLS over it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::limits;
use crate::peer_io::PeerIo;

/// See the module. The rule about peers that stop reading holds below TLS, where it sees what the peer has really taken.
pub(crate) enum Transport {
    /// As it is.
    Plain(PeerIo),
    /// Boxed: the state of a session is large, and most hubs have none, or a proxy for it.
    Tls(Box<TlsStream<PeerIo>>),
}

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HandshakeError {
    /// The peer did not finish in time, or never got its turn.
    #[error("it took longer than {} s", limits::HANDSHAKE_TIMEOUT.as_secs())]
    Timeout,
    /// It is not TLS, or not with what the hub offers.
    #[error(transparent)]
    Failed(#[from] io::Error),
}

/// Begins TLS with peers, a bounded number of them at once.
#[derive(Debug)]
pub(crate) struct Handshakes(Semaphore);

impl Default for Handshakes {
    fn default() -> Self {
        Self(Semaphore::new(limits::HANDSHAKES))
    }
}

impl Handshakes {
    /// A session with the peer of `io`, who knows the hub by the certificate in `config`.
    pub(crate) async fn begin(
        &self,
        io: PeerIo,
        config: Arc<ServerConfig>,
    ) -> Result<Transport, HandshakeError> {
        let begun = timeout(limits::HANDSHAKE_TIMEOUT, async {
            // An error would mean that it was closed, which nobody does.
            let _turn = self.0.acquire().await;
            TlsAcceptor::from(config).accept(io).await
        });
        let session = begun.await.map_err(|_| HandshakeError::Timeout)??;
        Ok(Transport::Tls(Box::new(session)))
    }
}

impl Transport {
    /// What was agreed on to speak, if TLS was asked to.
    pub(crate) fn protocol(&self) -> Option<&[u8]> {
        match self {
            Self::Plain(_) => None,
            Self::Tls(session) => session.get_ref().1.alpn_protocol(),
        }
    }
}

impl AsyncRead for Transport {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_read(cx, buf),
            Self::Tls(session) => Pin::new(session).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Transport {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_write(cx, buf),
            Self::Tls(session) => Pin::new(session).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_write_vectored(cx, bufs),
            Self::Tls(session) => Pin::new(session).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(io) => io.is_write_vectored(),
            Self::Tls(session) => session.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_flush(cx),
            Self::Tls(session) => Pin::new(session).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_shutdown(cx),
            Self::Tls(session) => Pin::new(session).poll_shutdown(cx),
        }
    }
}
