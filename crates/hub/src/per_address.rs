//! How many connections, or streams, each client address has (limits.connections.per-client).
//!
//! An address is what a peer can have many of at no cost: one IPv4 address, or one IPv6 network of 64 bits, which is the least
//! that a site gets. Behind a proxy all peers share the address of the proxy, and one bound for all is right.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What one address may have at most, and what each has now.
#[derive(Debug)]
pub(crate) struct PerAddress {
    most: usize,
    taken: Mutex<HashMap<IpAddr, usize>>,
}

/// One place that an address has taken, free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    of: Arc<PerAddress>,
    client: IpAddr,
}

impl PerAddress {
    /// At most `most` for each address.
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            taken: Mutex::default(),
        })
    }

    /// A place for a client at `address`; none if it has all that it may have.
    pub(crate) fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let client = client(address);
        let mut taken = self.taken();
        let count = taken.entry(client).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Place {
            of: Arc::clone(self),
            client,
        })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.of.taken();
        if let Some(count) = taken.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.client);
            }
        }
    }
}

/// The address that stands for all that one client can have.
fn client(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let network = u128::from(address) & (u128::MAX << 64);
            std::net::Ipv6Addr::from(network).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn each_client_has_places_of_its_own_and_gives_them_back() {
        let places = PerAddress::new(2);
        let enter = |text| places.enter(address(text));
        let first = enter("192.0.2.1").expect("room");
        let _second = enter("::ffff:192.0.2.1").expect("room");
        assert!(enter("192.0.2.1").is_none(), "the same in other words");
        let _other = enter("192.0.2.2").expect("room");
        drop(first);
        let _third = enter("192.0.2.1").expect("room again");
        let _v6 = [enter("2001:db8::1"), enter("2001:db8::2")];
        assert!(enter("2001:db8::3").is_none(), "the same network");
        assert!(enter("2001:db8:0:1::1").is_some());
    }

    #[test]
    fn who_left_is_forgotten() {
        let places = PerAddress::new(1);
        drop(places.enter(address("192.0.2.1")));
        assert!(places.taken().is_empty());
    }
}
