//! Where a hub is reached and how: addresses, TLS, extra headers. Not for sending requests: it hands sockets what they need.

use std::{
    fmt, io,
    net::{SocketAddr, ToSocketAddrs as _},
    str::FromStr,
    sync::Arc,
};

use http::{HeaderName, HeaderValue};
use rustls::{ClientConfig, pki_types::ServerName};

use crate::{HubUrl, TlsError, TlsOptions, tls};

/// What a user says about a hub's address.
#[derive(Clone, Debug)]
pub struct EndpointOptions {
    /// The hub, where subscribers connect.
    pub url: HubUrl,
    /// Where publishers post, if elsewhere.
    pub publish_url: Option<HubUrl>,
    /// Connect there instead of to the host of `url` (and of `publish_url` when it has the same host and port); names in
    /// `Host`, SNI and certificates stay those of the URL.
    pub connect_to: Option<HostPort>,
    /// Sent with each request. Values never show in `Debug`.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// What to trust.
    pub tls: TlsOptions,
}

impl EndpointOptions {
    /// Only a URL: system certificates, no extra header.
    pub fn for_url(url: HubUrl) -> Self {
        Self {
            url,
            publish_url: None,
            connect_to: None,
            headers: Vec::new(),
            tls: TlsOptions::default(),
        }
    }
}

/// Why an endpoint cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// Certificates could not be read, or hold none.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A host that no certificate can name.
    #[error("host {0:?} of the hub URL cannot be checked against a certificate")]
    ServerName(String),
    /// `--header` without colon. All of it may be a secret, so none of it is repeated.
    #[error("a header has a colon: write NAME: VALUE in visible ASCII")]
    HeaderWithoutColon,
    /// `--header` with a name or value that HTTP forbids; the value is not repeated.
    #[error("header {name:?} is not valid: write NAME: VALUE in visible ASCII")]
    Header {
        /// What stands before the colon.
        name: String,
    },
    /// `Host` and the like are ours to write.
    #[error("header {0:?} is written by Assay itself: remove it")]
    ReservedHeader(HeaderName),
}

/// A hub that has been told how to be reached; cheap to clone.
#[derive(Clone, Debug)]
pub struct Endpoint {
    hub: Destination,
    publish: Destination,
    options: Arc<EndpointOptions>,
    insecure: bool,
}

impl Endpoint {
    /// Checks the options, and reads certificates when a URL is `https`.
    pub fn new(mut options: EndpointOptions) -> Result<Self, EndpointError> {
        for (name, value) in &mut options.headers {
            if RESERVED_HEADERS.contains(&name.as_str()) {
                return Err(EndpointError::ReservedHeader(name.clone()));
            }
            value.set_sensitive(true);
        }
        let EndpointOptions {
            url,
            publish_url,
            connect_to,
            tls,
            ..
        } = options.clone();
        let publish_url = publish_url.unwrap_or_else(|| url.clone());
        let secure = url.is_https() || publish_url.is_https();
        let config = if secure {
            Some(tls::client_config(&tls)?)
        } else {
            None
        };
        let same_server =
            |target: &HubUrl| (target.host(), target.port()) == (url.host(), url.port());
        let publish_connect_to = connect_to.clone().filter(|_| same_server(&publish_url));
        Ok(Self {
            publish: Destination::new(publish_url, publish_connect_to, config.as_ref())?,
            hub: Destination::new(url, connect_to, config.as_ref())?,
            options: Arc::new(options),
            insecure: secure && tls.insecure,
        })
    }

    /// Where subscribers connect; metadata and the subscription API are there too.
    pub fn hub(&self) -> &Destination {
        &self.hub
    }

    /// Where publishers post.
    pub fn publish(&self) -> &Destination {
        &self.publish
    }

    /// Headers of the user's, for each request.
    pub fn headers(&self) -> &[(HeaderName, HeaderValue)] {
        &self.options.headers
    }

    /// What it was made of: another process can make the same again.
    pub fn options(&self) -> &EndpointOptions {
        &self.options
    }

    /// Whether certificates go unchecked: a report has to say so.
    pub fn is_insecure(&self) -> bool {
        self.insecure
    }
}

// They frame the message or name the peer; a second one would make the request ambiguous.
const RESERVED_HEADERS: [&str; 4] = ["host", "content-length", "transfer-encoding", "connection"];

/// Parses `NAME: VALUE`, as `--header` takes it.
pub fn parse_header(text: &str) -> Result<(HeaderName, HeaderValue), EndpointError> {
    let (name, value) = text
        .split_once(':')
        .ok_or(EndpointError::HeaderWithoutColon)?;
    let invalid = || EndpointError::Header {
        name: name.trim().to_owned(),
    };
    let header_name = HeaderName::from_str(name.trim()).map_err(|_| invalid())?;
    let mut header_value = HeaderValue::from_str(value.trim()).map_err(|_| invalid())?;
    header_value.set_sensitive(true);
    Ok((header_name, header_value))
}

/// A URL and everything a socket needs to speak to it.
#[derive(Clone)]
pub struct Destination {
    url: HubUrl,
    connect_to: Option<HostPort>,
    tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
}

impl Destination {
    fn new(
        url: HubUrl,
        connect_to: Option<HostPort>,
        config: Option<&Arc<ClientConfig>>,
    ) -> Result<Self, EndpointError> {
        let tls = match config {
            Some(config) if url.is_https() => {
                let host = url.host().trim_start_matches('[').trim_end_matches(']');
                let name = ServerName::try_from(host.to_owned())
                    .map_err(|_| EndpointError::ServerName(host.to_owned()))?;
                Some((Arc::clone(config), name))
            }
            _ => None,
        };
        Ok(Self {
            url,
            connect_to,
            tls,
        })
    }

    /// The URL.
    pub fn url(&self) -> &HubUrl {
        &self.url
    }

    /// Another address that was given instead of the URL's.
    pub fn connect_to(&self) -> Option<&HostPort> {
        self.connect_to.as_ref()
    }

    /// Host and port that a socket connects to, an IPv6 address without brackets.
    pub fn peer(&self) -> (&str, u16) {
        match &self.connect_to {
            Some(HostPort { host, port }) => (host, *port),
            None => (
                self.url
                    .host()
                    .trim_start_matches('[')
                    .trim_end_matches(']'),
                self.url.port(),
            ),
        }
    }

    /// Looks the peer up; blocks while the resolver works. Never empty.
    pub fn socket_addrs(&self) -> io::Result<Vec<SocketAddr>> {
        let (host, port) = self.peer();
        let addrs: Vec<_> = (host, port)
            .to_socket_addrs()
            .map_err(|error| {
                io::Error::new(error.kind(), format!("cannot look up {host:?}: {error}"))
            })?
            .collect();
        if addrs.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::NotFound,
                format!("{host:?} has no address"),
            ));
        }
        Ok(addrs)
    }

    /// The value of `Host`.
    pub fn host_header(&self) -> String {
        self.url.host_header()
    }

    /// Path and query of the URL.
    pub fn request_target(&self) -> String {
        self.url.request_target()
    }

    /// The TLS configuration (ALPN `http/1.1`), or none for `http`.
    pub fn tls_config(&self) -> Option<Arc<ClientConfig>> {
        self.tls.as_ref().map(|(config, _)| Arc::clone(config))
    }

    /// The name for SNI and for the certificate, or none for `http`.
    pub fn server_name(&self) -> Option<ServerName<'static>> {
        self.tls.as_ref().map(|(_, name)| name.clone())
    }
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Destination")
            .field("url", &self.url.as_given())
            .field("connect_to", &self.connect_to)
            .finish_non_exhaustive()
    }
}

/// `HOST:PORT`, the host a name, an IPv4 address, or an IPv6 address in brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPort {
    host: String,
    port: u16,
}

impl HostPort {
    /// The host, an IPv6 address without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }
}

/// The text is not `HOST:PORT`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not HOST:PORT: write for example 127.0.0.1:3000 or [::1]:3000")]
pub struct HostPortError(String);

impl FromStr for HostPort {
    type Err = HostPortError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || HostPortError(text.to_owned());
        let (host, port) = text.rsplit_once(':').ok_or_else(invalid)?;
        let port = port.parse().map_err(|_| invalid())?;
        let bare = match host.strip_prefix('[') {
            Some(v6) => v6.strip_suffix(']').ok_or_else(invalid)?,
            None if host.contains(':') => return Err(invalid()),
            None => host,
        };
        // Whatever a URL takes as a host, and nothing else.
        let valid = url::Host::parse(host).is_ok();
        if port == 0 || !valid {
            return Err(invalid());
        }
        Ok(Self {
            host: bare.to_owned(),
            port,
        })
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}
