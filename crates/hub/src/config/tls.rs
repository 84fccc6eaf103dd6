//! The certificate of the hub and its key: whether they are such, and whether they fit each other.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::error::ConfigError;
use super::options::HubOptions;
use super::written::Written;

/// What the hub speaks over TLS, the better one first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// What the files in `options` amount to; none for a hub without TLS.
pub(super) fn check(options: &HubOptions) -> Result<Option<Arc<ServerConfig>>, ConfigError> {
    let (certificate, key) = match (&options.tls_cert, &options.tls_key) {
        (None, None) => return Ok(None),
        (Some(certificate), Some(key)) => (certificate, key),
        (Some(written), None) => return Err(half(written, "--tls-key")),
        (None, Some(written)) => return Err(half(written, "--tls-cert")),
    };
    let chain = chain(certificate)?;
    let private_key = private_key(key)?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| {
            builder
                .with_no_client_auth()
                .with_single_cert(chain, private_key)
        })
        .map_err(|error| unusable(certificate, does_not_fit(&error)))?;
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    // A crowd that comes back is known again without a memory of each peer.
    config.ticketer = aws_lc_rs::Ticketer::new()
        .map_err(|error| unusable(key, format!("there is no key for session tickets: {error}")))?;
    Ok(Some(Arc::new(config)))
}

fn half(written: &Written, missing: &'static str) -> ConfigError {
    ConfigError::TlsHalf {
        place: written.place(),
        missing,
    }
}

fn unusable(written: &Written, reason: impl Into<String>) -> ConfigError {
    ConfigError::TlsUnusable {
        place: written.place(),
        reason: reason.into(),
    }
}

fn does_not_fit(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InconsistentKeys(_) => {
            "the key of --tls-key is not that of the first certificate: the hub's own certificate comes first, then those that vouch for it".to_owned()
        }
        other => format!("it cannot be used with its key: {other}"),
    }
}

/// The certificates in a PEM, the hub's own first.
fn chain(written: &Written) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let certificates: Result<Vec<_>, _> =
        CertificateDer::pem_slice_iter(written.value().as_bytes()).collect();
    match certificates {
        Ok(chain) if chain.is_empty() => Err(unusable(
            written,
            "there is no certificate in it: pass the file with `-----BEGIN CERTIFICATE-----`",
        )),
        Ok(chain) => Ok(chain),
        Err(error) => Err(unusable(written, format!("it is no whole PEM: {error}"))),
    }
}

fn private_key(written: &Written) -> Result<PrivateKeyDer<'static>, ConfigError> {
    let pem = written.value();
    if pem.contains("ENCRYPTED") {
        return Err(unusable(
            written,
            "the key is encrypted, and nobody is there to type its password: `openssl pkey -in key.pem -out plain.pem` writes it plain",
        ));
    }
    // The error may quote nothing of the key.
    PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| {
        unusable(
            written,
            "there is no private key in it: pass the file with `-----BEGIN PRIVATE KEY-----`",
        )
    })
}
