//! The certificate of the hub and its key: whether they are such, and whether they fit each other.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::error::ConfigError;
use super::options::HubOptions;
use super::written::Written;
use crate::acme::Plan;
use crate::certificate::{self, ACME_PROTOCOL, Certificate, Shelf};

/// How the hub speaks TLS, and where its certificate is.
#[derive(Debug, Clone)]
pub(crate) struct Tls {
    pub(crate) server: Arc<ServerConfig>,
    pub(crate) shelf: Arc<Shelf>,
}

/// What the files in `options` amount to, or a certificate that is asked for; none for a hub without TLS.
pub(super) fn check(options: &HubOptions, acme: Option<&Plan>) -> Result<Option<Tls>, ConfigError> {
    let (certificate, key) = match (&options.tls_cert, &options.tls_key) {
        (None, None) => {
            let host = acme.and_then(|plan| Some((plan, options.acme_hosts.first()?)));
            let asked = |(plan, host): (&Plan, _)| tls(host, &plan.shelf, Some(ACME_PROTOCOL));
            return host.map(asked).transpose();
        }
        (Some(certificate), Some(key)) => (certificate, key),
        (Some(written), None) => return Err(half(written, "--tls-key")),
        (None, Some(written)) => return Err(half(written, "--tls-cert")),
    };
    let chain = chain(certificate)?;
    let private_key = private_key(key)?;
    let usable = Certificate::new(chain, private_key)
        .map_err(|error| unusable(certificate, does_not_fit(&error)))?;
    tls(key, &Arc::new(Shelf::new(Some(usable))), None).map(Some)
}

/// `written` is what asks for it.
fn tls(written: &Written, shelf: &Arc<Shelf>, further: Option<&[u8]>) -> Result<Tls, ConfigError> {
    let server = certificate::server_config(shelf, further);
    let server =
        server.map_err(|error| unusable(written, format!("TLS cannot be spoken: {error}")))?;
    Ok(Tls {
        server: Arc::new(server),
        shelf: Arc::clone(shelf),
    })
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
