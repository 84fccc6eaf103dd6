//! TLS 1.3 over HTTP/1.1: the memory of a subscriber.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::figure::Figure;
use crate::publisher::TOPIC;
use crate::readers::subscribe_on;
use crate::side::{Cpus, Feature, Side};

const FEW: usize = 500;
const SUBSCRIBERS: usize = 5_000;

type Stream = StreamOwned<ClientConnection, TcpStream>;

/// A round of one side.
pub(crate) fn measure(side: &Side, cpus: Cpus) -> io::Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]);
    let rcgen::CertifiedKey { cert, signing_key } = made.map_err(io::Error::other)?;
    let (chain, key) = (
        folder.path().join("cert.pem"),
        folder.path().join("key.pem"),
    );
    std::fs::write(&chain, cert.pem())?;
    std::fs::write(&key, signing_key.serialize_pem())?;
    let hub = side.start_with(cpus, &Feature::Tls { chain, key })?;
    let client = Arc::new(trusting(&cert)?);
    let mut streams = Vec::with_capacity(SUBSCRIBERS);
    for _ in 0..FEW {
        streams.push(subscribe(hub.address, &client)?);
    }
    let few = hub.usage()?;
    for _ in FEW..SUBSCRIBERS {
        streams.push(subscribe(hub.address, &client)?);
    }
    let many = hub.usage()?;
    let more = (SUBSCRIBERS - FEW) as f64;
    let of = |row, unit, value| Figure {
        row,
        side: side.name().to_owned(),
        subscribers: SUBSCRIBERS,
        unit,
        value,
    };
    Ok(vec![
        of(
            "TLS 1.3: memory, idle",
            "B each",
            many.anonymous_bytes.saturating_sub(few.anonymous_bytes) as f64 / more,
        ),
        of(
            "TLS 1.3: CPU a connect",
            "µs",
            (many.cpu_ns - few.cpu_ns) as f64 / 1e3 / more,
        ),
    ])
}

fn trusting(certificate: &rcgen::Certificate) -> io::Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots
        .add(certificate.der().clone())
        .map_err(io::Error::other)?;
    Ok(
        ClientConfig::builder_with_protocol_versions(&[&rustls::version::TLS13])
            .with_root_certificates(roots)
            .with_no_client_auth(),
    )
}

fn subscribe(hub: SocketAddr, client: &Arc<ClientConfig>) -> io::Result<Stream> {
    let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
    let session = ClientConnection::new(Arc::clone(client), name).map_err(io::Error::other)?;
    let stream = StreamOwned::new(session, TcpStream::connect(hub)?);
    subscribe_on(stream, TOPIC, "")
}
