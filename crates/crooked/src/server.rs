//! Listens on a free loopback port and hands each connection to a task; all end with the handle.

use std::future::Future;
use std::io::Result;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

/// A listener at work; dropping it ends the listener and each of its connections.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    accepting: AbortHandle,
}

impl Server {
    /// Takes a free port of 127.0.0.1; nothing is accepted before `serve`.
    pub(crate) async fn bind() -> Result<(TcpListener, SocketAddr)> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    }

    /// Runs `serve` for each connection.
    pub(crate) fn serve<F>(
        listener: TcpListener,
        address: SocketAddr,
        serve: impl Fn(TcpStream) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let accepting = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream));
                // A connection that ended, well or not, is no matter of the others.
                while connections.try_join_next().is_some() {}
            }
        });
        Self {
            address,
            accepting: accepting.abort_handle(),
        }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}
