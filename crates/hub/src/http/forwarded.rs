//! What a proxy in front of the hub says of a request that it passes on: whose it is, and how it came there.
//!
//! It counts only where the operator trusts the proxy: everybody can write such fields. Of a chain of proxies the last one that
//! is not trusted is taken for the client, since what stands before it is its own word.

use std::net::IpAddr;

use http::header::FORWARDED;
use http::{HeaderMap, HeaderName, Request};

use super::refusal::Refusal;
use crate::config::TrustedProxies;
use crate::peer::Peer;

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// How a request came to a trusted proxy. An extension of the request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Forwarded {
    client: Option<IpAddr>,
    pub(crate) scheme: Option<&'static str>,
    pub(crate) authority: Option<String>,
}

/// Who sent a request: `peer`, or whom a trusted proxy names. What else the proxy says goes into the request.
pub(crate) fn sender<B>(
    trusted: &TrustedProxies,
    peer: Peer,
    request: &mut Request<B>,
) -> Result<Peer, Refusal> {
    if !trusted.include(peer) {
        return Ok(peer);
    }
    let by_standard = of_standard(request.headers(), trusted);
    let by_custom = of_custom(request.headers(), trusted);
    // A proxy writes the fields of one kind and passes on what a client wrote in the other.
    if let (Some(one), Some(other)) = (by_standard.client, by_custom.client)
        && one != other
    {
        return Err(Refusal::Forwarded);
    }
    let forwarded = Forwarded {
        client: by_standard.client.or(by_custom.client),
        scheme: by_standard.scheme.or(by_custom.scheme),
        authority: by_standard.authority.or(by_custom.authority),
    };
    let sender = forwarded.client.map_or(peer, Peer::Behind);
    request.extensions_mut().insert(forwarded);
    Ok(sender)
}

/// RFC 7239.
fn of_standard(headers: &HeaderMap, trusted: &TrustedProxies) -> Forwarded {
    let all = values(headers, &FORWARDED);
    let mut found = Forwarded::default();
    for element in all.rsplit(',') {
        let mut hop = Forwarded::default();
        for pair in element.split(';') {
            let Some((name, value)) = pair.split_once('=') else {
                continue;
            };
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "for" => hop.client = address(value),
                "proto" => hop.scheme = scheme(value),
                "host" => hop.authority = Some(value.to_owned()),
                _ => {}
            }
        }
        let Some(client) = hop.client else { break };
        found = hop;
        if !trusted.include_address(client) {
            break;
        }
    }
    found
}

/// The fields from before the standard, which most proxies write.
fn of_custom(headers: &HeaderMap, trusted: &TrustedProxies) -> Forwarded {
    let mut client = None;
    for hop in values(headers, &FOR).rsplit(',') {
        let Some(hop) = address(hop.trim()) else {
            break;
        };
        client = Some(hop);
        if !trusted.include_address(hop) {
            break;
        }
    }
    Forwarded {
        client,
        scheme: last(&values(headers, &PROTO)).and_then(scheme),
        authority: last(&values(headers, &HOST)).map(str::to_owned),
    }
}

/// All values of a field, as one list.
fn values(headers: &HeaderMap, name: &HeaderName) -> String {
    let values = headers.get_all(name).iter();
    let values: Vec<_> = values.filter_map(|value| value.to_str().ok()).collect();
    values.join(",")
}

/// What the nearest proxy wrote.
fn last(list: &str) -> Option<&str> {
    let last = list.rsplit(',').next().map(str::trim);
    last.filter(|last| !last.is_empty())
}

fn scheme(text: &str) -> Option<&'static str> {
    ["http", "https"]
        .into_iter()
        .find(|scheme| scheme.eq_ignore_ascii_case(text))
}

/// An address, with or without port and brackets.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').split(']').next()?;
    let without_port = || {
        text.parse()
            .ok()
            .map(|address: std::net::SocketAddr| address.ip())
    };
    let address: Option<IpAddr> = bare.parse().ok();
    address
        .or_else(without_port)
        .map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_is_the_last_who_is_not_trusted() {
        let trusted = TrustedProxies::parse(["10.0.0.0/8", "2001:db8::/32"]).expect("networks");
        let check = |fields: &[(&str, &str)], client: &str, scheme: Option<&str>| {
            let mut request = Request::new(());
            for (name, value) in fields {
                let name = HeaderName::try_from(*name).expect("a name");
                request
                    .headers_mut()
                    .append(name, value.parse().expect("a value"));
            }
            let peer = Peer::Tcp(([10, 0, 0, 1], 4000).into());
            let sender = sender(&trusted, peer, &mut request).map(|it| it.to_string());
            assert_eq!(
                sender.unwrap_or_else(|it| it.to_string()),
                client,
                "{fields:?}"
            );
            let said = request
                .extensions()
                .get::<Forwarded>()
                .and_then(|it| it.scheme);
            assert_eq!(said, scheme, "{fields:?}");
        };
        let (xff, std) = ("x-forwarded-for", "forwarded");
        check(&[], "10.0.0.1:4000", None);
        check(&[(xff, "192.0.2.1")], "192.0.2.1", None);
        check(&[(xff, "192.0.2.1:80")], "192.0.2.1", None);
        check(&[(xff, "6.6.6.6, 192.0.2.1")], "192.0.2.1", None);
        check(&[(xff, "6.6.6.6"), (xff, "192.0.2.1")], "192.0.2.1", None);
        check(&[(xff, "6.6.6.6, 192.0.2.1, 10.0.0.2")], "192.0.2.1", None);
        check(&[(xff, "192.0.2.1, nobody, 10.0.0.2")], "10.0.0.2", None);
        check(&[(xff, "nobody")], "10.0.0.1:4000", None);
        check(
            &[(xff, "192.0.2.1"), ("x-forwarded-proto", "http, https")],
            "192.0.2.1",
            Some("https"),
        );
        check(
            &[(std, "for=192.0.2.1;proto=https")],
            "192.0.2.1",
            Some("https"),
        );
        check(&[(std, "For=\"[2001:db9::1]:80\"")], "2001:db9::1", None);
        check(
            &[(
                std,
                "for=6.6.6.6;proto=http, for=192.0.2.1;proto=https, for=10.1.1.1",
            )],
            "192.0.2.1",
            Some("https"),
        );
        let both = [(std, "for=6.6.6.6"), (xff, "192.0.2.1")];
        check(&both, &Refusal::Forwarded.to_string(), None);
    }
}
