//! Certificates from an ACME directory (RFC 8555): asked for, kept in a folder, renewed ahead of their end.
//!
//! The settings give a [`Plan`] with the shelf on which the certificate is put. `cache` is the folder; `keeper` says when to
//! order, `order` does it once over `client`; `http01` is the listener for the one kind of challenge, and the handshakes of
//! the hub answer the other.

mod cache;
mod client;
mod http01;
mod keeper;
mod order;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::Notify;

use cache::Cache;
pub use cache::CertificateCacheError;
use client::Client;
pub(crate) use http01::serve as serve_http01;
use order::{Kind, OrderError};

use crate::certificate::{Certificate, Shelf};

/// What to ask for, where, and where to put it.
#[derive(Debug)]
pub(crate) struct Plan {
    /// In the order of the settings, at least one, as they are in DNS.
    pub(crate) hosts: Vec<String>,
    /// URLs of the kind `mailto:`.
    pub(crate) contacts: Vec<String>,
    pub(crate) directory: String,
    /// Whom to trust about the directory, in the place of the system's, in PEM.
    pub(crate) roots: Option<String>,
    pub(crate) folder: PathBuf,
    /// The listener for http-01 challenges; without one, none of them is taken.
    pub(crate) http01_listen: Option<SocketAddr>,
    pub(crate) shelf: Arc<Shelf>,
    /// Whoever waits after a failure need not wait any longer.
    pub(crate) hurry: Notify,
}

impl Plan {
    /// Makes sure that the folder can be used, and takes into use what it holds.
    pub(crate) fn open(&self) -> Result<(), CertificateCacheError> {
        let cache = self.cache();
        cache.open()?;
        if self.shelf.certificate().is_some() {
            return Ok(());
        }
        match cache.certificate() {
            Ok(None) => {}
            Ok(Some(certificate)) => {
                let until = until(&certificate);
                tracing::info!(hosts = %self.hosts.join(","), %until, "certificate taken from the folder");
                self.shelf.put(certificate);
            }
            Err(error) => {
                tracing::warn!(reason = %"certificate.cache", "another certificate is asked for: {error}");
            }
        }
        Ok(())
    }

    /// Keeps the certificate fresh, for ever. `failed` is told the code of each failure.
    pub(crate) async fn keep(&self, has_http01: bool, failed: impl Fn(&'static str)) {
        let client = match Client::new(self.roots.as_deref()) {
            Ok(client) => client,
            Err(error) => {
                // Checked with the settings; then it is the system that has no roots.
                tracing::error!(reason = %"certificate.directory", "no certificate will be asked for: {error}");
                return;
            }
        };
        let order = |attempt| self.order(&client, Kind::of_attempt(attempt, has_http01));
        let keeper = keeper::Keeper {
            shelf: &self.shelf,
            hurry: &self.hurry,
            now: SystemTime::now,
        };
        keeper.keep(order, failed).await;
    }

    /// One order, whose outcome is kept.
    async fn order(&self, client: &Client, kind: Kind) -> Result<Certificate, OrderError> {
        let cache = self.cache();
        let issued = order::once(self, client, &cache, kind).await?;
        let certificate = issued.certificate()?;
        if let Err(error) = cache.keep_certificate(&issued.pem()) {
            tracing::warn!(reason = %"certificate.not-stored", "the certificate serves until the hub ends, and is lost then: {error}");
        }
        Ok(certificate)
    }

    fn cache(&self) -> Cache {
        Cache::new(&self.folder, &self.directory, &self.hosts, &self.contacts)
    }
}

/// The end of a certificate, for a log line.
fn until(certificate: &Certificate) -> String {
    certificate.validity().map_or_else(
        || "unknown".to_owned(),
        |validity| httpdate::fmt_http_date(validity.not_after),
    )
}
