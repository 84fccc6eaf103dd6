//! One fetch of a JWK set: where it may go, how long it may take, how much it may bring. Who has the set already asks whether it
//! is still the same (RFC 9110, section 13.1.2): most fetches find no new keys.

use std::error::Error as _;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use http::StatusCode;
use http::header::{ACCEPT, ETAG, HeaderValue, IF_NONE_MATCH, LOCATION};
use reqwest::{Client, Response, redirect};
use tokio::time::timeout;
use url::{Host, Url};

use super::freshness::{fresh_for, renewed_for};
use super::internal::{Internal, is_public};
use super::shown;
use crate::limits::{JWKS_BYTES, JWKS_FETCH_TIMEOUT, JWKS_REDIRECTS};

/// What a fetch came to.
#[derive(Debug)]
pub(super) enum Fetched {
    /// A document came.
    Document {
        document: String,
        /// What to name when asking again, where its server gives such a thing.
        edition: Option<Edition>,
        fresh_for: Duration,
    },
    /// The edition that was named is still the one there is.
    Same {
        /// From now on; none if the answer leaves that as it was.
        fresh_for: Option<Duration>,
    },
}

/// Which edition of a document came from which URL. Redirects may lead elsewhere the next time, where the same entity tag would
/// say something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edition {
    url: Url,
    entity_tag: HeaderValue,
}

/// Why none came. No part of an answer is in it.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    /// Neither https nor an http that the operator allows.
    #[error(
        "{0} is not https; an internal host may be asked over http where --jwks-allow-internal names it"
    )]
    NotHttps(String),
    /// An address inside.
    #[error(
        "{host} leads to the internal address {address}; if that is meant, write --jwks-allow-internal {host}"
    )]
    Internal { host: String, address: IpAddr },
    /// No address.
    #[error("{host} cannot be resolved: {error}")]
    Resolve { host: String, error: io::Error },
    /// A redirect to nowhere, or one too many.
    #[error("redirected too often, or to what is no URL")]
    Redirect,
    /// No answer.
    #[error("no answer: {0}")]
    Request(String),
    /// Another status.
    #[error("the answer is {0}")]
    Status(StatusCode),
    /// Too much.
    #[error("the answer is longer than {JWKS_BYTES} bytes")]
    TooLong,
    /// No text.
    #[error("the answer is not UTF-8")]
    NotUtf8,
    /// Too slow.
    #[error("no whole answer within {JWKS_FETCH_TIMEOUT:?}")]
    Timeout,
}

impl From<reqwest::Error> for FetchError {
    fn from(error: reqwest::Error) -> Self {
        // The cause says more than the error; the URL may hold a secret.
        let error = error.without_url();
        let cause = std::iter::successors(error.source(), |&cause| cause.source()).last();
        Self::Request(cause.map_or_else(|| error.to_string(), ToString::to_string))
    }
}

/// Fetches documents.
#[derive(Debug)]
pub(super) struct Fetcher {
    allowed: Vec<Internal>,
}

impl Fetcher {
    pub(super) fn new(allowed: Vec<Internal>) -> Self {
        Self { allowed }
    }

    /// Fetches the document at `url`, or where that redirects to, unless it is the edition that is `known`.
    pub(super) async fn fetch(
        &self,
        url: &Url,
        known: Option<&Edition>,
    ) -> Result<Fetched, FetchError> {
        let fetching = timeout(JWKS_FETCH_TIMEOUT, self.follow(url.clone(), known));
        fetching.await.map_err(|_| FetchError::Timeout)?
    }

    async fn follow(&self, mut url: Url, known: Option<&Edition>) -> Result<Fetched, FetchError> {
        for _ in 0..=JWKS_REDIRECTS {
            let known_here = known.filter(|edition| edition.url == url);
            let response = self.ask(&url, known_here).await?;
            if response.status() == StatusCode::NOT_MODIFIED {
                let fresh_for = renewed_for(response.headers());
                let same = known_here.map(|_| Fetched::Same { fresh_for });
                return same.ok_or(FetchError::Status(StatusCode::NOT_MODIFIED));
            }
            if response.status().is_redirection() {
                // Checked like the first URL, in the next round.
                let location = response.headers().get(LOCATION);
                let location = location.and_then(|location| location.to_str().ok());
                let target = location.and_then(|location| url.join(location).ok());
                url = target.ok_or(FetchError::Redirect)?;
                continue;
            }
            if response.status() != StatusCode::OK {
                return Err(FetchError::Status(response.status()));
            }
            let fresh_for = fresh_for(response.headers());
            let entity_tag = response.headers().get(ETAG).cloned();
            return Ok(Fetched::Document {
                document: read(response).await?,
                edition: entity_tag.map(|entity_tag| Edition { url, entity_tag }),
                fresh_for,
            });
        }
        Err(FetchError::Redirect)
    }

    /// One request, on a connection of its own to an address that was checked.
    async fn ask(&self, url: &Url, known: Option<&Edition>) -> Result<Response, FetchError> {
        let (host, addresses) = self.resolve(url).await?;
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            // A proxy would resolve the name again.
            .no_proxy()
            .resolve_to_addrs(&host, &addresses)
            .user_agent(concat!("assay-hub/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let mut request = client
            .get(url.clone())
            .header(ACCEPT, "application/jwk-set+json, application/json");
        if let Some(known) = known {
            request = request.header(IF_NONE_MATCH, &known.entity_tag);
        }
        Ok(request.send().await?)
    }

    /// The addresses of the host of `url`, all of them allowed.
    async fn resolve(&self, url: &Url) -> Result<(String, Vec<SocketAddr>), FetchError> {
        let port = url.port_or_known_default().unwrap_or(443);
        let (host, addresses) = match url.host() {
            Some(Host::Ipv4(address)) => (address.to_string(), vec![(address, port).into()]),
            Some(Host::Ipv6(address)) => (address.to_string(), vec![(address, port).into()]),
            Some(Host::Domain(host)) => (host.to_owned(), lookup(host, port).await?),
            None => return Err(FetchError::NotHttps(shown(url))),
        };
        let is_allowed = |address: &SocketAddr| {
            let address = address.ip();
            self.allowed.iter().any(|it| it.names(&host, address))
        };
        // Encrypted, or within walls that the operator knows.
        let secure =
            url.scheme() == "https" || (url.scheme() == "http" && addresses.iter().all(is_allowed));
        if !secure {
            return Err(FetchError::NotHttps(shown(url)));
        }
        let inside = |address: &&SocketAddr| !is_public(address.ip()) && !is_allowed(address);
        match addresses.iter().find(inside) {
            Some(address) => Err(FetchError::Internal {
                address: address.ip(),
                host,
            }),
            None => Ok((host, addresses)),
        }
    }
}

async fn lookup(host: &str, port: u16) -> Result<Vec<SocketAddr>, FetchError> {
    let unresolved = |error| FetchError::Resolve {
        host: host.to_owned(),
        error,
    };
    let found = tokio::net::lookup_host((host, port)).await;
    let addresses: Vec<_> = found.map_err(unresolved)?.collect();
    if addresses.is_empty() {
        return Err(unresolved(io::ErrorKind::NotFound.into()));
    }
    Ok(addresses)
}

async fn read(mut response: Response) -> Result<String, FetchError> {
    let mut document = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if document.len() + chunk.len() > JWKS_BYTES {
            return Err(FetchError::TooLong);
        }
        document.extend_from_slice(&chunk);
    }
    String::from_utf8(document).map_err(|_| FetchError::NotUtf8)
}
