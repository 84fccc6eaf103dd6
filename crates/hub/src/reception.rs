//! Lets connections in, or turns them away: how many there may be, in all and of one address.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::config::{HubConfig, TrustedProxies};
use crate::connection::{self, Accepted, Common};
use crate::connection_count::{ConnectionCount, Counted};
use crate::limits;
use crate::peer::Peer;
use crate::per_address::{PerAddress, Place};
use crate::socket::Socket;
use crate::surplus::{self, Surplus};

/// See the module.
pub(crate) struct Reception {
    /// Those that are not in a stream lane.
    pub(crate) connections: JoinSet<()>,
    /// All of them.
    pub(crate) open: ConnectionCount,
    connections_max: usize,
    /// With so many connections, nobody may subscribe on one more.
    kept_back_from: usize,
    trusted_proxies: TrustedProxies,
    write_timeout: Option<Duration>,
    per_address: Option<Arc<PerAddress>>,
    is_plain: bool,
}

/// What a connection holds as long as it is open, whoever serves it.
#[derive(Debug)]
pub(crate) struct Admission {
    _counted: Counted,
    /// Among the connections of its address, where those are bounded.
    _of_address: Option<Place>,
}

impl Reception {
    /// Nobody is there yet.
    pub(crate) fn new(config: &HubConfig) -> Self {
        let wanted = config.max_subscribers + limits::CONNECTIONS_BESIDE_SUBSCRIBERS;
        let possible = config.descriptors.map_or(usize::MAX, |descriptors| {
            descriptors.saturating_sub(limits::OWN_DESCRIPTORS)
        });
        let connections_max = wanted.min(possible);
        // Where the system sets the bound, streams must not take the last descriptor.
        let kept_back = if possible < wanted {
            (possible / limits::KEPT_BACK_SHARE).min(limits::CONNECTIONS_BESIDE_SUBSCRIBERS)
        } else {
            0
        };
        let kept_back_from = connections_max - kept_back;
        Self {
            connections: JoinSet::new(),
            open: ConnectionCount::default(),
            connections_max,
            kept_back_from,
            trusted_proxies: config.trusted_proxies.clone(),
            write_timeout: config.write_timeout,
            per_address: config.max_per_address.map(PerAddress::new),
            is_plain: config.tls.is_none(),
        }
    }

    /// Takes a connection that was accepted.
    pub(crate) fn receive(&mut self, socket: Socket, peer: Peer, common: &Arc<Common>) {
        let connections = self.open.now();
        if connections >= self.connections_max {
            let connections_max = self.connections_max;
            common.current.endpoints().count_connection("surplus");
            tracing::warn!(reason = %"connection.surplus", %peer, connections_max, "connection refused: the hub is full");
            // Before a handshake there is nothing that a peer who speaks TLS would understand.
            if self.is_plain {
                surplus::tell(&socket, Surplus::Hub);
            }
            return;
        }
        let place = match (&self.per_address, peer.ip()) {
            // All clients of a proxy share its address; their streams are bounded by their own.
            (Some(all), Some(address)) if !self.trusted_proxies.include(peer) => {
                let place = all.enter(address);
                if place.is_none() {
                    common
                        .current
                        .endpoints()
                        .count_connection("surplus-of-address");
                    return self.turn_away(socket, peer);
                }
                place
            }
            _ => None,
        };
        socket.prepare(self.write_timeout);
        let accepted = Accepted {
            socket,
            peer,
            admission: Admission {
                _counted: self.open.add(),
                _of_address: place,
            },
            is_kept_back: connections >= self.kept_back_from,
        };
        self.connections
            .spawn(connection::serve(accepted, Arc::clone(common)));
    }

    fn turn_away(&mut self, socket: Socket, peer: Peer) {
        tracing::info!(reason = %"connection.surplus-of-address", %peer, "connection refused: its address has as many as it may have");
        if self.is_plain {
            let counted = self.open.add();
            self.connections.spawn(async move {
                surplus::turn_away(socket).await;
                drop(counted);
            });
        }
    }
}
