//! Under which URL the sender of a request knows the hub, and under which name its tokens have to be issued.

use assay_hub_core::HubUrl;
use http::Request;
use http::header::HOST;

use super::forwarded::Forwarded;
use super::refusal::Refusal;
use crate::config::{FixedIdentity, HubConfig, Identity, Origin};

/// The hub as one request sees it.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    /// The base of relative topics and patterns.
    pub(crate) url: HubUrl,
    /// The audience of 1.0 tokens.
    pub(crate) resource: String,
    /// The origin of pages that the hub itself could have served (csrf.origin-mismatch).
    pub(crate) origin: Option<Origin>,
}

impl Site {
    /// A configured identity counts, or else the URL of the request: the scheme that the hub serves, the authority that the
    /// request names, the hub's path.
    ///
    /// Behind a proxy that speaks TLS, that URL is not the one clients know; hence `--resource-identifier`.
    pub(crate) fn of(config: &HubConfig, request: &Request<()>) -> Result<Self, Refusal> {
        // RFC 9112, section 3.2: a proxy may have taken another one of them for the host.
        if request.headers().get_all(HOST).iter().nth(1).is_some() {
            return Err(Refusal::Host);
        }
        match &config.identity {
            Identity::Fixed(FixedIdentity {
                resource,
                url: Some((url, origin)),
            }) => Ok(Self {
                url: url.clone(),
                resource: resource.clone(),
                origin: Some(origin.clone()),
            }),
            Identity::Fixed(FixedIdentity {
                resource,
                url: None,
            }) => Ok(Self {
                resource: resource.clone(),
                ..Self::of_request(config, request)?
            }),
            Identity::Request => Self::of_request(config, request),
            Identity::Listed(urls) => {
                let authority = authority(request)?.parse().map_err(|_| Refusal::Host)?;
                let named = urls.iter().find(|url| url.is_at(&authority));
                let named = named.ok_or(Refusal::Misdirected)?;
                Ok(Self {
                    url: named.url.clone(),
                    resource: named.resource.clone(),
                    origin: Some(named.origin.clone()),
                })
            }
        }
    }

    fn of_request(config: &HubConfig, request: &Request<()>) -> Result<Self, Refusal> {
        let authority = authority(request)?;
        let forwarded = request.extensions().get::<Forwarded>();
        let scheme = forwarded.and_then(|it| it.scheme);
        let scheme = scheme.unwrap_or(config.scheme());
        let url = HubUrl::parse(&format!("{scheme}://{authority}{}", config.path))
            .map_err(|_| Refusal::Host)?;
        let origin = Origin::of_url(url.url());
        Ok(Self {
            resource: url.as_str().to_owned(),
            url,
            origin,
        })
    }
}

/// The authority that a request names, as it stands there. HTTP/2, and HTTP/1.1 in absolute form, have it in the target.
fn authority(request: &Request<()>) -> Result<&str, Refusal> {
    let forwarded = request.extensions().get::<Forwarded>();
    if let Some(named) = forwarded.and_then(|it| it.authority.as_deref()) {
        return checked(named);
    }
    let authority = match request.uri().authority() {
        Some(authority) => authority.as_str(),
        None => request
            .headers()
            .get(HOST)
            .and_then(|host| host.to_str().ok())
            .ok_or(Refusal::Host)?,
    };
    checked(authority)
}

fn checked(authority: &str) -> Result<&str, Refusal> {
    if authority.is_empty() || authority.contains(['/', '?', '#', '@', '\\']) {
        return Err(Refusal::Host);
    }
    Ok(authority)
}
