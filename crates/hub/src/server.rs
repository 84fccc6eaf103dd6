//! The server: takes connections from a bound listener until it is told to stop, then lets them end.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use assay_hub_core::history::{History, OpenError};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::acme::{self, CertificateCacheError};
use crate::config::HubConfig;
use crate::connection::Common;
use crate::http::{Current, Endpoints};
use crate::listener::Listener;
use crate::operators;
use crate::reception::Reception;
use crate::stream_lane::LaneEnds;

/// Why serving ended otherwise than it should.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The history was not opened.
    #[error(transparent)]
    History(#[from] OpenError),
    /// The folder of certificates cannot be used.
    #[error(transparent)]
    Certificates(#[from] CertificateCacheError),
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

/// Changes the settings of a hub while it runs.
#[derive(Debug, Clone)]
pub struct Reload(mpsc::Sender<Order>);

/// Settings, and who waits until they count.
type Order = (Box<HubConfig>, oneshot::Sender<()>);

impl Reload {
    /// Lets the settings of `config` count that a running hub can change, for requests from now on: the keys of both roles
    /// with their issuer, anonymous subscribers, the lists of origins, the name of the cookie, and a certificate from files. The
    /// others stay until the hub is started again. Streams are not touched. A hub that gets its certificate by itself, and failed
    /// to, tries again at once. Returns when they count, or the hub has ended.
    pub async fn send(&self, config: HubConfig) {
        let (done, in_force) = oneshot::channel();
        // An error of either means that it has ended.
        let _ = self.0.send((Box::new(config), done)).await;
        let _ = in_force.await;
    }
}

/// A hub that is about to run.
pub struct Server {
    config: HubConfig,
    history: Box<dyn History>,
    reload: Reload,
    reloads: mpsc::Receiver<Order>,
    operators: Option<TcpListener>,
    http01: Option<TcpListener>,
}

/// Opens the history that `config` names, and serves as [`Server::serve`] does.
pub async fn serve(
    listener: impl Into<Listener>,
    config: HubConfig,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let history = config.open_history()?;
    serve_with(listener, config, history, shutdown).await
}

/// Serves the hub, with what is in `history`, on `listener` until `shutdown` is ready; see [`Server::serve`].
pub async fn serve_with(
    listener: impl Into<Listener>,
    config: HubConfig,
    history: Box<dyn History>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    Server::new(config, history).serve(listener, shutdown).await
}

impl Server {
    /// A hub with these settings and what is in `history`.
    pub fn new(config: HubConfig, history: Box<dyn History>) -> Self {
        let (reload, reloads) = mpsc::channel(1);
        Self {
            config,
            history,
            reload: Reload(reload),
            reloads,
            operators: None,
            http01: None,
        }
    }

    /// Answers what operators ask, `/metrics` and `/health/…`, on a listener of their own, until the last stream has ended.
    #[must_use]
    pub fn with_operators(mut self, listener: TcpListener) -> Self {
        self.operators = Some(listener);
        self
    }

    /// Answers http-01 challenges on a listener of their own, and sends everybody else there to the hub; of use where the hub
    /// gets its certificate by itself.
    #[must_use]
    pub fn with_http01(mut self, listener: TcpListener) -> Self {
        self.http01 = Some(listener);
        self
    }

    /// Changes its settings once it runs.
    pub fn reload(&self) -> Reload {
        self.reload.clone()
    }

    /// Serves on `listener` until `shutdown` is ready; then accepts no more, ends every stream cleanly, answers what is under
    /// way, and cuts what is left after the drain deadline of the settings.
    pub async fn serve(
        self,
        listener: impl Into<Listener>,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), ServeError> {
        let Self {
            config,
            history,
            reload: _open,
            mut reloads,
            operators,
            http01,
        } = self;
        config.open_certificates()?;
        let certificates = config.acme.clone();
        let listener = listener.into();
        let deadline = config.drain_timeout;
        let mut reception = Reception::new(&config);
        let (endpoints, lane_ends) = Endpoints::new(config, history).map_err(ServeError::Lanes)?;
        let common = Arc::new(Common::new(Current::new(endpoints)));
        let mut beside = JoinSet::new();
        if let Some(listener) = operators {
            beside.spawn(operators::serve(listener, Arc::clone(&common)));
        }
        if let Some(plan) = &certificates {
            let (plan, common) = (Arc::clone(plan), Arc::clone(&common));
            let has_http01 = http01.is_some();
            beside.spawn(async move {
                let failed = |code| common.current.endpoints().count_certificate_failure(code);
                plan.keep(has_http01, failed).await;
            });
        }
        if let (Some(plan), Some(listener)) = (&certificates, http01) {
            beside.spawn(acme::serve_http01(listener, Arc::clone(plan)));
        }
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            tokio::select! {
                (socket, peer) = listener.accept() => reception.receive(socket, peer, &common),
                // Reaps connections as they end, so that the set holds only live ones.
                Some(_) = reception.connections.join_next() => {}
                Some((config, done)) = reloads.recv() => {
                    common.current.reload(&config);
                    if let Some(plan) = &certificates {
                        plan.hurry.notify_waiters();
                    }
                    tracing::info!("settings reloaded");
                    // Nobody need wait for it.
                    let _ = done.send(());
                }
                () = shutdown.as_mut() => break,
            }
        }
        drop(listener);
        drain(reception, &common, lane_ends, deadline).await
    }
}

/// Ends the streams and lets what is under way end, until `deadline` has passed.
async fn drain(
    mut reception: Reception,
    common: &Common,
    lane_ends: LaneEnds,
    deadline: Duration,
) -> Result<(), ServeError> {
    let endpoints = common.current.endpoints();
    tracing::info!(
        connections = reception.open.now(),
        "shutting down: ending streams"
    );
    endpoints.close();
    let drained = timeout(deadline, async {
        while reception.connections.join_next().await.is_some() {}
        lane_ends.all().await;
    })
    .await;
    let left = reception.open.now();
    reception.connections.shutdown().await;
    drained.map_err(|_| ServeError::DrainTimeout {
        connections: left,
        deadline,
    })
}
