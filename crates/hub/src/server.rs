//! The server: takes connections from a bound listener until it is told to stop, then lets them end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use assay_hub_core::history::{History, OpenError};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::config::HubConfig;
use crate::http::Endpoints;
use crate::per_address::PerAddress;
use crate::surplus::{self, Surplus};
use crate::{connection, limits};

/// Why serving ended otherwise than it should.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The history was not opened.
    #[error(transparent)]
    History(#[from] OpenError),
    /// The threads that write streams did not start.
    #[error("cannot start the threads that write streams: {0}")]
    Lanes(#[source] io::Error),
    /// Some connections were still open when the time to end had passed, and were cut.
    #[error("{connections} connections did not end within {deadline:?} and were cut")]
    DrainTimeout {
        /// How many.
        connections: usize,
        /// The time they had.
        deadline: Duration,
    },
}

/// A listener on `address` whose queue holds a crowd that connects at once. Needs a tokio runtime.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    // A restarted hub does not wait for the old one's connections to be forgotten.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(limits::ACCEPT_BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Opens the history that `config` names, and serves as [`serve_with`] does.
pub async fn serve(
    listener: TcpListener,
    config: HubConfig,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let history = config.open_history()?;
    serve_with(listener, config, history, shutdown).await
}

/// Serves the hub, with what is in `history`, on `listener` until `shutdown` is ready; then accepts no more, ends every stream cleanly, answers
/// what is under way, and cuts what is left after the drain deadline of `config`.
pub async fn serve_with(
    listener: TcpListener,
    config: HubConfig,
    history: Box<dyn History>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let deadline = config.drain_timeout;
    let connections_max = config.max_subscribers + limits::CONNECTIONS_BESIDE_SUBSCRIBERS;
    let write_timeout = config.write_timeout;
    let per_address = config.max_per_address.map(PerAddress::new);
    let (endpoints, lane_ends) = Endpoints::new(config, history).map_err(ServeError::Lanes)?;
    let endpoints = Arc::new(endpoints);
    let protocol = Arc::new(connection::protocol());
    let mut connections = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let (socket, peer) = tokio::select! {
            accepted = accept(&listener) => accepted,
            // Reaps connections as they end, so that the set holds only live ones.
            Some(_) = connections.join_next() => continue,
            () = shutdown.as_mut() => break,
        };
        if connections.len() + endpoints.lane_connections() >= connections_max {
            tracing::warn!(reason = %"connection.surplus", %peer, connections_max, "connection refused: the hub is full");
            surplus::tell(&socket, Surplus::Hub);
            continue;
        }
        let place = per_address.as_ref().and_then(|all| all.enter(peer.ip()));
        if per_address.is_some() && place.is_none() {
            tracing::info!(reason = %"connection.surplus-of-address", %peer, "connection refused: its address has as many as it may have");
            connections.spawn(surplus::turn_away(socket));
            continue;
        }
        prepare(&socket, write_timeout);
        let (protocol, endpoints) = (Arc::clone(&protocol), Arc::clone(&endpoints));
        connections.spawn(connection::serve(socket, peer, place, protocol, endpoints));
    }
    drop(listener);
    tracing::info!(
        connections = connections.len() + endpoints.lane_connections(),
        "shutting down: ending streams"
    );
    endpoints.close();
    let drained = timeout(deadline, async {
        while connections.join_next().await.is_some() {}
        lane_ends.all().await;
    })
    .await;
    let left = connections.len() + endpoints.lane_connections();
    connections.shutdown().await;
    drained.map_err(|_| ServeError::DrainTimeout {
        connections: left,
        deadline,
    })
}

/// The next connection. A failure to accept is the system's (no descriptors) or of one peer that is already gone: neither
/// ends the server, nor makes it spin.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
                ) => {}
            Err(error) => {
                tracing::warn!(reason = %"connection.accept-failed", %error, "cannot accept: is the limit of open files reached?");
                sleep(limits::ACCEPT_REST).await;
            }
        }
    }
}

/// Sets what the socket itself can do for latency and against peers that vanished. Failing to is no reason to refuse.
fn prepare(socket: &TcpStream, write_timeout: Option<Duration>) {
    let options = socket2::SockRef::from(socket);
    let set = socket.set_nodelay(true);
    // A peer whose machine is gone acknowledges nothing: without this, the system tries again for a quarter of an hour.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let set = set.and_then(|()| options.set_tcp_user_timeout(write_timeout));
    if let Err(error) = set {
        tracing::debug!(%error, "socket option refused");
    }
}
