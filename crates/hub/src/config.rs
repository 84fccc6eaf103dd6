//! What was written (flags, environment, a file) becomes what is used: [`HubOptions`] in, [`HubConfig`] out, once, at start.
//! The settings of each place are a [`Layer`]; put over each other they give the options. `setting.rs` lists them all.
//!
//! Every mistake is refused with the place where it was written and what to write instead; what is allowed but easily
//! misunderstood comes back as [`ConfigWarning`]s. Nothing is read from the environment here, no file, no clock.

mod acme;
mod allowed_origin;
mod check;
mod configured_keys;
mod duration;
mod error;
mod file;
mod history;
mod identity;
mod issuer_table;
mod issuers;
mod keys;
mod layer;
mod legacy;
mod options;
mod origin;
mod print;
mod proxies;
mod setting;
mod tls;
mod written;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use assay_hub_core::history::{History, OpenError};
use assay_hub_core::{Dialects, Limits};

pub(crate) use allowed_origin::{AllowedOrigin, admitted};
pub(crate) use check::COOKIE_V0;
use check::{invalid, items};
pub(crate) use configured_keys::ConfiguredKeys;
pub use error::{ConfigError, ConfigWarning};
pub use file::At;
pub(crate) use history::HistoryConfig;
pub(crate) use identity::{FixedIdentity, Identity};
pub use layer::{Layer, SecretFile};
pub use legacy::Legacy;
pub use options::{HubOptions, IssuerOptions, KeyOptions};
pub use origin::{Origin, OriginError};
pub(crate) use proxies::TrustedProxies;
pub use setting::{Fallback, Group, Kind, SETTINGS, Setting};
pub(crate) use tls::Tls;
pub use written::{Place, Source, Written};

use crate::acme::{CertificateCacheError, Plan};

/// Where the first versions of the Mercure.rocks hub were: 0.2 to 0.7, and 0.1 in two halves.
const LEGACY_PATHS: [&str; 3] = ["/hub", "/publish", "/subscribe"];

/// Everything that the server needs, checked. Made by [`HubOptions::check`].
#[derive(Debug, Clone)]
pub struct HubConfig {
    pub(crate) listen: SocketAddr,
    /// None for a hub without TLS.
    pub(crate) tls: Option<Tls>,
    /// How its certificate is got; none for one from files.
    pub(crate) acme: Option<Arc<Plan>>,
    /// A file to listen on in the place of `listen`.
    pub(crate) listen_unix: Option<PathBuf>,
    pub(crate) metrics_listen: Option<SocketAddr>,
    pub(crate) path: String,
    /// Whether the hub is at [`LEGACY_PATHS`] too.
    pub(crate) legacy_paths: bool,
    /// Whether there is a page to try the hub with.
    pub(crate) demo: bool,
    pub(crate) dialects: Dialects,
    pub(crate) keys: Arc<ConfiguredKeys>,
    /// Where clients get tokens: the issuers that are servers of the OAuth kind.
    pub(crate) authorization_servers: Vec<String>,
    pub(crate) identity: Identity,
    pub(crate) anonymous: Anonymous,
    /// Whether subscriptions are announced and listed.
    pub(crate) subscriptions: bool,
    pub(crate) cookie_names: Vec<String>,
    pub(crate) cors: CorsPolicy,
    pub(crate) publish_origins: Vec<AllowedOrigin>,
    pub(crate) history: HistoryConfig,
    pub(crate) heartbeat: Option<Duration>,
    pub(crate) write_timeout: Option<Duration>,
    pub(crate) max_lifetime: Option<Duration>,
    pub(crate) max_subscribers: usize,
    pub(crate) max_per_address: Option<usize>,
    /// Threads that write streams over HTTP/1.1.
    pub(crate) stream_threads: usize,
    pub(crate) drain_timeout: Duration,
    pub(crate) trusted_proxies: TrustedProxies,
    /// Files that the system lets the process open, if that is known.
    pub(crate) descriptors: Option<usize>,
    pub(crate) limits: Limits,
}

impl HubConfig {
    /// Whether the hub is at `path`.
    pub(crate) fn is_hub(&self, path: &str) -> bool {
        path == self.path || (self.legacy_paths && LEGACY_PATHS.contains(&path))
    }

    /// The address to listen on; port 0 asks the system for one.
    pub fn listen(&self) -> SocketAddr {
        self.listen
    }

    /// Opens the history: in memory an empty one, else what is in its file. Reads all of the file, so better before the hub is
    /// announced.
    pub fn open_history(&self) -> Result<Box<dyn History>, OpenError> {
        self.history.open()
    }

    /// Takes the certificate that was kept into use, where the hub gets its certificate by itself, and makes sure that the next
    /// one can be kept. Better before the hub is announced; without effect on a hub that has its certificate from files.
    pub fn open_certificates(&self) -> Result<(), CertificateCacheError> {
        self.acme.as_ref().map_or(Ok(()), |plan| plan.open())
    }

    /// The address for http-01 challenges; see [`Server::with_http01`](crate::Server::with_http01).
    pub fn acme_http01_listen(&self) -> Option<SocketAddr> {
        self.acme.as_ref()?.http01_listen
    }

    /// The Unix socket to listen on, if it is one: see [`bind_unix`](crate::bind_unix).
    pub fn listen_unix(&self) -> Option<&Path> {
        self.listen_unix.as_deref()
    }

    /// Tells how many files the process may have open. Where they are fewer than the connections that the settings allow, some
    /// are kept back for publishers and operators: whoever subscribes on those is told to come back later.
    pub fn limit_descriptors(&mut self, descriptors: usize) {
        self.descriptors = Some(descriptors);
    }

    /// The address for operators; see [`Server::with_operators`](crate::Server::with_operators).
    pub fn metrics_listen(&self) -> Option<SocketAddr> {
        self.metrics_listen
    }

    /// The scheme of what the hub itself serves.
    pub(crate) fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// These settings with those of `new` that a running hub can change: who is trusted, and by which certificate the hub is
    /// known. What decides how the hub listens, what it keeps and how much it bears stays.
    pub(crate) fn reloaded(&self, new: &Self) -> Self {
        Self {
            tls: self.reloaded_tls(new),
            keys: new.keys.clone(),
            authorization_servers: new.authorization_servers.clone(),
            anonymous: new.anonymous,
            cookie_names: new.cookie_names.clone(),
            cors: new.cors.clone(),
            publish_origins: new.publish_origins.clone(),
            ..self.clone()
        }
    }

    /// A listener speaks TLS, or it does not; and whoever gets a certificate goes on as it began.
    fn reloaded_tls(&self, new: &Self) -> Option<Tls> {
        let current = self.tls.as_ref()?;
        let from_files = self.acme.is_none() && new.acme.is_none();
        let new = new.tls.as_ref().filter(|_| from_files);
        Some(new.unwrap_or(current).clone())
    }

    /// The URL of a hub that listens on `local`, which may differ from [`Self::listen`] in its port. A wildcard address is
    /// shown as the loopback address of its family, so that the URL can be used as it stands; a host with a certificate that
    /// the hub gets by itself as that host.
    pub fn url(&self, local: SocketAddr) -> String {
        if let Some(host) = self.acme.as_ref().and_then(|plan| plan.hosts.first()) {
            let port = Some(local.port()).filter(|&port| port != 443);
            let port = port.map_or_else(String::new, |port| format!(":{port}"));
            return format!("https://{host}{port}{}", self.path);
        }
        let mut shown = local;
        if local.ip().is_unspecified() {
            let loopback = if local.is_ipv4() {
                [127, 0, 0, 1].into()
            } else {
                std::net::Ipv6Addr::LOCALHOST.into()
            };
            shown.set_ip(loopback);
        }
        format!("{}://{shown}{}", self.scheme(), self.path)
    }
}

/// Who may subscribe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anonymous {
    /// Subscribers without a token get public updates (auth.anonymous.accepted).
    Accepted,
    /// Every subscriber needs a token (auth.anonymous.refused).
    Refused,
}

/// Which other origins' pages may read responses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CorsPolicy {
    /// None.
    Off,
    /// All, without credentials.
    Any,
    /// These, with credentials.
    Listed(Vec<AllowedOrigin>),
}
