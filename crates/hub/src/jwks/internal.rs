//! Which addresses a fetch may reach: those of the public Internet, and the internal ones that the operator named.
//!
//! A URL, or a redirect, that leads inwards would make the hub ask machines that trust whoever can reach them. So each name
//! is resolved first, every address that it has is checked, and the connection goes to the checked addresses alone.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// What `--jwks-allow-internal` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Internal {
    /// A host, as URLs name it, in lower case.
    Host(String),
    /// The addresses that begin with so many bits of this one.
    Network(IpAddr, u8),
}

impl FromStr for Internal {
    type Err = ();

    fn from_str(written: &str) -> Result<Self, ()> {
        if let Some((address, bits)) = written.split_once('/') {
            let address: IpAddr = address.parse().map_err(|_| ())?;
            let most = if address.is_ipv4() { 32 } else { 128 };
            let bits = bits.parse().ok().filter(|bits| *bits <= most);
            return Ok(Self::Network(address, bits.ok_or(())?));
        }
        if let Ok(address) = written.trim_matches(['[', ']']).parse::<IpAddr>() {
            let bits = if address.is_ipv4() { 32 } else { 128 };
            return Ok(Self::Network(address, bits));
        }
        let is_host = |c: u8| c.is_ascii_alphanumeric() || b"-._".contains(&c);
        if written.is_empty() || !written.bytes().all(is_host) {
            return Err(());
        }
        Ok(Self::Host(written.to_ascii_lowercase()))
    }
}

impl Internal {
    /// Whether it names `host`, which leads to `address`.
    pub(super) fn names(&self, host: &str, address: IpAddr) -> bool {
        match self {
            Self::Host(named) => named.eq_ignore_ascii_case(host),
            Self::Network(network, bits) => contains(*network, *bits, address),
        }
    }
}

fn contains(network: IpAddr, bits: u8, address: IpAddr) -> bool {
    match (network, address.to_canonical()) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            let shift = 32 - u32::from(bits);
            let prefix = |address: Ipv4Addr| u32::from(address).checked_shr(shift);
            prefix(network) == prefix(address)
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            let shift = 128 - u32::from(bits);
            let prefix = |address: Ipv6Addr| u128::from(address).checked_shr(shift);
            prefix(network) == prefix(address)
        }
        _ => false,
    }
}

/// Whether an address is one of the public Internet (the registries of RFC 6890 for special purposes, and multicast).
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// What is not public, as network and bits.
const SPECIAL_V4: [([u8; 4], u8); 15] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    // Shared by carriers for NAT.
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    // Where clouds tell a machine its credentials, too.
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

fn is_public_v4(address: Ipv4Addr) -> bool {
    let inside = |(network, bits): &([u8; 4], u8)| {
        contains(Ipv4Addr::from(*network).into(), *bits, address.into())
    };
    !SPECIAL_V4.iter().any(inside)
}

/// Only `2000::/3` is given out for the Internet. Within it, an address that holds one of IPv4 counts as that one.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match segments {
        // `::ffff:0:0/96`, mapped, and 64:ff9b::/96, of NAT64.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            is_public_v4(v4(high, low))
        }
        // 2002::/16, 6to4.
        [0x2002, high, low, ..] => is_public_v4(v4(high, low)),
        // Teredo and other special uses (2001::/23), documentation (2001:db8::/32, 3fff::/20).
        [0x2001, 0..=0x01ff | 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let check = |address: &str, public: bool| {
            assert_eq!(is_public(address.parse().unwrap()), public, "{address}");
        };
        for public in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00::1",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
            "2002:101:101::1",
        ] {
            check(public, true);
        }
        for internal in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:a00:1::1",
            "3fff::1",
            "fc00::1",
            "fdff::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            check(internal, false);
        }
    }

    #[test]
    fn what_is_allowed() {
        let check = |written: &str, host: &str, address: &str, allowed: bool| {
            let internal: Internal = written.parse().expect(written);
            let names = internal.names(host, address.parse().unwrap());
            assert_eq!(names, allowed, "{written}: {host} at {address}");
        };
        check("keycloak", "keycloak", "10.0.0.1", true);
        check("Keycloak", "KEYCLOAK", "10.0.0.1", true);
        check("keycloak", "keycloak.evil.example", "10.0.0.1", false);
        check("10.0.0.0/8", "a", "10.255.0.1", true);
        check("10.0.0.0/8", "a", "::ffff:10.255.0.1", true);
        check("10.0.0.0/8", "a", "11.0.0.1", false);
        check("10.0.0.1", "a", "10.0.0.1", true);
        check("10.0.0.1", "a", "10.0.0.2", false);
        check("0.0.0.0/0", "a", "192.168.0.1", true);
        check("0.0.0.0/0", "a", "::1", false);
        check("::/0", "a", "::1", true);
        check("fd00::/8", "a", "fd12::1", true);
        check("fd00::/8", "a", "fe80::1", false);
        check("[::1]", "a", "::1", true);
        for wrong in [
            "",
            "10.0.0.0/33",
            "::/129",
            "a/8",
            "10.0.0.0/",
            "http://a",
            "a:80",
            "a b",
        ] {
            assert_eq!(wrong.parse::<Internal>(), Err(()), "{wrong}");
        }
    }
}
