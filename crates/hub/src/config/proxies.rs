//! The proxies whose word about their clients counts.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::peer::Peer;

/// Networks, and whether what comes over a Unix socket comes from a proxy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TrustedProxies {
    networks: Vec<IpNet>,
    unix: bool,
}

impl TrustedProxies {
    /// Of addresses, networks (`10.0.0.0/8`) and `unix`. The error is the item that is none.
    pub(crate) fn parse<'a>(items: impl IntoIterator<Item = &'a str>) -> Result<Self, &'a str> {
        let mut proxies = Self::default();
        for item in items {
            if item == "unix" {
                proxies.unix = true;
                continue;
            }
            let network = item.parse::<IpNet>().ok();
            let network = network.or_else(|| item.parse::<IpAddr>().ok().map(IpNet::from));
            proxies.networks.push(network.ok_or(item)?);
        }
        Ok(proxies)
    }

    /// Whether a connection is that of such a proxy.
    pub(crate) fn include(&self, peer: Peer) -> bool {
        match peer {
            Peer::Tcp(address) => self.include_address(address.ip()),
            Peer::Unix => self.unix,
            Peer::Behind(_) => false,
        }
    }

    /// Whether one of them has this address.
    pub(crate) fn include_address(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks
            .iter()
            .any(|network| network.contains(&address))
    }
}
