//! The one place where requests by hand are sent: reqwest, told how this endpoint is reached, and errors that name the cause.

use std::{error::Error as _, io, net::SocketAddr, sync::Arc, time::Duration};

use http::{HeaderName, HeaderValue, header::HOST};
use reqwest::{
    Client, Method, RequestBuilder,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::Policy,
};
use url::Url;

use crate::{BearerToken, Destination, Endpoint, HostPort};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// No answer came: the peer is not there, or speaks something else.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot reach {url}: {reason}{hint}")]
pub struct TransportError {
    /// What was tried, without query; only the origin where no connection came about.
    pub url: String,
    /// The innermost cause.
    pub reason: String,
    hint: &'static str,
}

impl TransportError {
    pub(crate) fn new(url: &Url, error: &reqwest::Error) -> Self {
        let mut reason = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            reason = cause.to_string();
            source = cause.source();
        }
        if error.is_timeout() {
            "no answer in time".clone_into(&mut reason);
        }
        let hint = hint(&reason);
        let url = if error.is_connect() {
            // The path had no part in it, and may be one that nobody typed.
            url.origin().ascii_serialization()
        } else {
            without_query(url)
        };
        Self { url, reason, hint }
    }

    /// The peer fell silent.
    pub(crate) fn timeout(url: &Url, after: Duration) -> Self {
        let reason = format!("no answer within {} s", after.as_secs_f64());
        Self {
            url: without_query(url),
            reason,
            hint: hint("no answer in time"),
        }
    }
}

fn without_query(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.to_string()
}

/// What a TLS port says to plain HTTP, often; and a hub in trouble.
const CLOSED: &str = "; it closed the connection instead of answering: is it a hub, and does it want https:// instead?";

fn hint(reason: &str) -> &'static str {
    // Texts of the standard library, rustls and hyper: a changed text only costs the hint.
    const HINTS: [(&str, &str); 10] = [
        (
            "onnection refused",
            "; nothing listens there: is the hub running, and is the port right?",
        ),
        (
            "InvalidContentType",
            "; the peer does not speak TLS on this port: try http://",
        ),
        (
            "UnknownIssuer",
            "; its certificate is not trusted: pass --cacert FILE, or --insecure",
        ),
        (
            "not valid for name",
            "; its certificate is for another name: check the URL, or pass --insecure",
        ),
        (
            "invalid HTTP version",
            "; the peer does not speak plain HTTP on this port: try https://",
        ),
        (
            "certificate",
            "; its certificate is not accepted: pass --cacert FILE, or --insecure",
        ),
        ("connection closed before message completed", CLOSED),
        ("onnection reset", CLOSED),
        ("failed to lookup", "; is the host name right?"),
        (
            "no answer in time",
            "; is the host right, and does a firewall let us through?",
        ),
    ];
    HINTS
        .iter()
        .find(|(text, _)| reason.contains(text))
        .map_or("", |(_, hint)| hint)
}

/// The HTTP client could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum ClientSetupError {
    /// reqwest connects to an address in the URL without asking a resolver, and the certificate must keep its name.
    #[error("--connect-to with https needs a host name in the URL, not the address {0:?}")]
    ConnectToAddress(String),
    /// reqwest refused.
    #[error("the HTTP client cannot be set up: {0}")]
    Reqwest(#[from] reqwest::Error),
}

/// Sends requests to one destination.
#[derive(Clone, Debug)]
pub(crate) struct HttpClient {
    client: Client,
    headers: Vec<(HeaderName, HeaderValue)>,
    connect_to: Option<HostPort>,
}

impl HttpClient {
    pub(crate) fn new(
        endpoint: &Endpoint,
        destination: &Destination,
    ) -> Result<Self, ClientSetupError> {
        let mut builder = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .user_agent(concat!("assay/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            // The environment is the command's to read, and a proxy would be measured along.
            .no_proxy();
        let mut headers = endpoint.headers().to_vec();
        if let Some(config) = destination.tls_config() {
            let mut config = (*config).clone();
            if destination.connect_to().is_none() {
                config.alpn_protocols.insert(0, b"h2".to_vec());
            }
            builder = builder.tls_backend_preconfigured(config);
        }
        if let Some(connect_to) = destination.connect_to() {
            if destination.url().is_https() {
                if !matches!(
                    destination.url().as_url().host(),
                    Some(url::Host::Domain(_))
                ) {
                    let address = destination.url().host().to_owned();
                    return Err(ClientSetupError::ConnectToAddress(address));
                }
                builder = builder.dns_resolver(Arc::new(Elsewhere(connect_to.clone())));
            }
            // `Host` is written by hand below, which HTTP/2 does not know.
            builder = builder.http1_only();
            let host = HeaderValue::try_from(destination.host_header())
                .expect("invariant: the URL parser leaves visible ASCII in a host");
            headers.push((HOST, host));
        }
        let connect_to = destination.connect_to().cloned();
        Ok(Self {
            client: builder.build()?,
            headers,
            connect_to,
        })
    }

    /// A request with the user's headers and the token. // auth.client.header-syntax
    pub(crate) fn request(
        &self,
        method: Method,
        url: &Url,
        token: Option<&BearerToken>,
    ) -> RequestBuilder {
        let mut request = self.client.request(method, self.wire_url(url));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(token) = token {
            request = request.header(http::header::AUTHORIZATION, token.header_value());
        }
        request
    }

    /// With `--connect-to`: for `http` the whole authority is exchanged; for `https` only the port, since the host names
    /// the certificate, and the resolver is told the rest.
    fn wire_url(&self, url: &Url) -> Url {
        let mut url = url.clone();
        if let Some(connect_to) = &self.connect_to {
            let invariant = "invariant: host and port were checked, and the scheme has both";
            if url.scheme() == "http" {
                let authority = connect_to.to_string();
                let host = authority.rsplit_once(':').map(|(host, _)| host);
                url.set_host(host).expect(invariant);
            }
            url.set_port(Some(connect_to.port())).expect(invariant);
        }
        url
    }
}

/// Every name is where `--connect-to` says.
#[derive(Debug)]
struct Elsewhere(HostPort);

impl Resolve for Elsewhere {
    fn resolve(&self, _: Name) -> Resolving {
        let (host, port) = (self.0.host().to_owned(), self.0.port());
        Box::pin(async move {
            let found: io::Result<Vec<SocketAddr>> = tokio::net::lookup_host((host, port))
                .await
                .map(Iterator::collect);
            let addrs: Addrs = Box::new(found?.into_iter());
            Ok(addrs)
        })
    }
}
