//! What HTTP runs over: the socket of a peer as it is, or TLS over it.

use std::io;
use std::sync::Arc;

use rustls::ServerConfig;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::either::Either;
use crate::limits;
use crate::peer_io::PeerIo;

/// See the module: left as it is, right TLS. The rule about peers that stop reading holds below TLS, where it sees what the peer has really taken.
/// Sessions are boxed: their state is large, and most hubs have none, or a proxy for it.
pub(crate) type Transport = Either<PeerIo, Box<TlsStream<PeerIo>>>;

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
        Ok(Either::Right(Box::new(session)))
    }
}

impl Transport {
    /// What was agreed on to speak, if TLS was asked to.
    pub(crate) fn protocol(&self) -> Option<&[u8]> {
        match self {
            Self::Left(_) => None,
            Self::Right(session) => session.get_ref().1.alpn_protocol(),
        }
    }
}
