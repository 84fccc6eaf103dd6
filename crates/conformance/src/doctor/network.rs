//! The rungs below HTTP: name, port, TLS. Not for what is said over the connection.

use std::{io, net::SocketAddr, time::Duration};

use assay_client::{Destination, Endpoint};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::Ladder;

/// A connection that takes longer is no basis for a live stream.
const CONNECT_AT_MOST: Duration = Duration::from_secs(10);

/// Climbs for subscribers, and for publishers where they go elsewhere.
pub(super) async fn climb(endpoint: &Endpoint, ladder: &mut Ladder<'_>) {
    one(endpoint.hub(), "", ladder).await;
    if endpoint.publish().peer() != endpoint.hub().peer() {
        one(endpoint.publish(), "publish ", ladder).await;
    }
}

async fn one(destination: &Destination, prefix: &str, ladder: &mut Ladder<'_>) {
    let url = destination.url();
    let addrs = look_up(destination.clone()).await;
    let name = addrs.as_ref().map(|addrs| listed(addrs)).map_err(|error| {
        format!("{error}: is the host of {url} spelt right, and can this machine see it? In a container the name is that of the service, not localhost")
    });
    ladder.push(&format!("{prefix}name"), name);
    let Ok(addrs) = addrs else { return };
    let connected = connect(&addrs).await;
    let port = connected.as_ref().map(|_| "open".to_owned()).map_err(|error| {
        format!("{error}: does the hub run, does it listen on that port, and on an address that is reachable from here (in a container not 127.0.0.1)?")
    });
    ladder.push(&format!("{prefix}port"), port);
    let Ok(stream) = connected else { return };
    if !url.is_https() {
        return ladder.push(
            &format!("{prefix}tls"),
            Ok("not used: the URL is http://".to_owned()),
        );
    }
    let seen = match handshake(destination, stream).await {
        Ok(stream) => Ok(described(&stream)),
        Err(error) => Err(tls_advice(&error)),
    };
    ladder.push(&format!("{prefix}tls"), seen);
}

async fn look_up(destination: Destination) -> io::Result<Vec<SocketAddr>> {
    let looked_up = tokio::task::spawn_blocking(move || destination.socket_addrs());
    looked_up
        .await
        .unwrap_or_else(|error| Err(io::Error::other(error)))
}

fn listed(addrs: &[SocketAddr]) -> String {
    let addrs: Vec<_> = addrs.iter().map(ToString::to_string).collect();
    addrs.join(", ")
}

async fn connect(addrs: &[SocketAddr]) -> io::Result<TcpStream> {
    timeout(CONNECT_AT_MOST, TcpStream::connect(addrs))
        .await
        .unwrap_or_else(|_| Err(timed_out("no connection")))
}

async fn handshake(
    destination: &Destination,
    stream: TcpStream,
) -> io::Result<TlsStream<TcpStream>> {
    let (Some(config), Some(name)) = (destination.tls_config(), destination.server_name()) else {
        return Err(io::Error::other("no TLS configuration for this URL"));
    };
    timeout(
        CONNECT_AT_MOST,
        TlsConnector::from(config).connect(name, stream),
    )
    .await
    .unwrap_or_else(|_| Err(timed_out("no TLS handshake")))
}

fn timed_out(what: &str) -> io::Error {
    let after_s = CONNECT_AT_MOST.as_secs();
    io::Error::new(
        io::ErrorKind::TimedOut,
        format!("{what} within {after_s} s"),
    )
}

fn described(stream: &TlsStream<TcpStream>) -> String {
    let (_, session) = stream.get_ref();
    let version = session
        .protocol_version()
        .and_then(|version| version.as_str())
        .unwrap_or("TLS");
    let protocol = session.alpn_protocol().map_or_else(
        || "no ALPN".to_owned(),
        |protocol| format!("ALPN {}", String::from_utf8_lossy(protocol)),
    );
    format!("{version}, certificate trusted, {protocol}")
}

// The words of the library name the defect; what to do about it depends on which it is.
fn tls_advice(error: &io::Error) -> String {
    let text = error.to_string();
    let has = |fragment: &str| text.contains(fragment);
    let advice = if has("CaUsedAsEndEntity") {
        "the server shows the certificate of an authority as its own, as `openssl req -x509` makes it, and TLS libraries refuse that: sign one for the host with it, or make it with `-addext basicConstraints=critical,CA:false`"
    } else if has("UnknownIssuer") || has("SelfSigned") {
        "its issuer is not trusted here: pass its root with --cacert FILE, or let the server send the whole chain (fullchain.pem, not cert.pem)"
    } else if has("NotValidForName") || has("not valid for name") {
        "the certificate is for another name: use a URL with the name that it is for"
    } else if has("Expired") || has("expired") {
        "the certificate has expired: renew it (and look whether the server was told to load it again)"
    } else if has("NotValidYet") {
        "the certificate is not valid yet: is the clock of this machine right?"
    } else if has("InvalidContentType") || has("corrupt message") {
        "that port does not speak TLS: is the URL http://?"
    } else {
        "does that port speak TLS?"
    };
    format!("{text}: {advice}")
}
