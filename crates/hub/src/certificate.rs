//! A certificate with its key, ready for handshakes, and from when until when it counts. Where handshakes find it is
//! `shelf`'s; where it comes from is that of the settings, or of `acme`.

mod shelf;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_parser::prelude::{FromDer, X509Certificate};

pub(crate) use shelf::{ACME_PROTOCOL, Offer, Shelf};

/// What the hub speaks over TLS, the better one first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// See the module.
#[derive(Debug)]
pub(crate) struct Certificate {
    key: Arc<CertifiedKey>,
    validity: Option<Validity>,
}

/// From when until when a certificate counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Validity {
    pub(crate) not_before: SystemTime,
    pub(crate) not_after: SystemTime,
}

impl Certificate {
    /// The first of `chain`, with the key that belongs to it.
    pub(crate) fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, rustls::Error> {
        let validity = chain.first().and_then(Validity::of);
        let key = CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider())?;
        Ok(Self {
            key: Arc::new(key),
            validity,
        })
    }

    /// What a handshake takes.
    pub(crate) fn key(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.key)
    }

    /// None if its dates cannot be read.
    pub(crate) fn validity(&self) -> Option<Validity> {
        self.validity
    }
}

impl Validity {
    fn of(certificate: &CertificateDer<'static>) -> Option<Self> {
        let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
        let dates = parsed.validity();
        Some(Self {
            not_before: at(dates.not_before.timestamp()),
            not_after: at(dates.not_after.timestamp()),
        })
    }

    /// When to ask for the next one: with a third of its time left, which is a month of the usual three.
    pub(crate) fn renew_at(&self) -> SystemTime {
        let life = self.not_after.duration_since(self.not_before);
        self.not_before + life.unwrap_or_default() * 2 / 3
    }
}

/// What was before 1970 is over in any case.
fn at(unix_s: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(u64::try_from(unix_s).unwrap_or_default())
}

/// How the hub speaks TLS, with the certificate that is on `shelf` at each handshake. `further` is one more protocol.
pub(crate) fn server_config(
    shelf: &Arc<Shelf>,
    further: Option<&[u8]>,
) -> Result<ServerConfig, rustls::Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let shelf = Arc::clone(shelf);
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(shelf);
    let protocols = PROTOCOLS.into_iter().chain(further);
    config.alpn_protocols = protocols.map(<[u8]>::to_vec).collect();
    // A crowd that comes back is known again without a memory of each peer.
    config.ticketer = aws_lc_rs::Ticketer::new()?;
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_third_before_its_end() {
        for (begins_s, ends_s, renewed_s) in [(0, 90, 60), (100, 106, 104), (7, 7, 7), (9, 8, 9)] {
            let validity = Validity {
                not_before: at(begins_s),
                not_after: at(ends_s),
            };
            assert_eq!(validity.renew_at(), at(renewed_s), "{begins_s} to {ends_s}");
        }
    }
}
