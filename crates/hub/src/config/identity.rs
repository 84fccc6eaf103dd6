//! Under which names the hub goes: from each request, one resource identifier, or several public URLs.

use assay_hub_core::HubUrl;
use http::uri::Authority;
use url::Url;

use super::error::ConfigError;
use super::options::HubOptions;
use super::written::Written;
use super::{Origin, invalid, items};

/// Under which name the hub goes: the audience of its tokens, and the base of relative topics.
#[derive(Debug, Clone)]
pub(crate) enum Identity {
    /// The URL of each request, the default: right for a hub that clients reach directly.
    Request,
    /// A fixed resource identifier, whatever the request names.
    Fixed(FixedIdentity),
    /// That of the public URL whose authority the request names; there are no others.
    Listed(Vec<PublicUrl>),
}

/// A configured resource identifier.
#[derive(Debug, Clone)]
pub(crate) struct FixedIdentity {
    /// As tokens have it in `aud`. token.aud.configured
    pub(crate) resource: String,
    /// The identifier as the hub's URL, with its origin, when it is an HTTP URL (it is only recommended to be).
    pub(crate) url: Option<(HubUrl, Origin)>,
}

/// A URL under which clients know the hub.
#[derive(Debug, Clone)]
pub(crate) struct PublicUrl {
    pub(crate) url: HubUrl,
    pub(crate) origin: Origin,
    /// As tokens have it in `aud`: the URL, or the one resource identifier of all of them.
    pub(crate) resource: String,
}

impl PublicUrl {
    /// Whether a request that names `authority`, which has no user, was sent to this URL. Where it names no port, that of the URL's scheme is meant.
    pub(crate) fn is_at(&self, authority: &Authority) -> bool {
        let url = self.url.url();
        let same_host = url
            .host_str()
            .is_some_and(|host| host.eq_ignore_ascii_case(authority.host()));
        let port = authority.as_str().get(authority.host().len()..);
        let same_port = match port.map(|port| port.trim_start_matches(':')) {
            Some("") => url.port().is_none(),
            Some(port) => port.parse().ok() == url.port_or_known_default(),
            None => false,
        };
        same_host && same_port
    }
}

pub(super) fn check(options: &HubOptions, path: &str) -> Result<Identity, ConfigError> {
    let resource = options
        .resource_identifier
        .as_ref()
        .map(resource)
        .transpose()?;
    let mut listed: Vec<PublicUrl> = Vec::new();
    for (written, item) in items(&options.public_urls) {
        let public = public_url(written, item, path, resource)?;
        if listed.iter().any(|it| it.origin == public.origin) {
            return Err(invalid(
                written,
                "has a host and port twice: write each of them once",
            ));
        }
        listed.push(public);
    }
    Ok(match resource {
        _ if !listed.is_empty() => Identity::Listed(listed),
        None => Identity::Request,
        Some(resource) => {
            let url = HubUrl::parse(resource)
                .ok()
                .and_then(|url| Origin::of_url(url.url()).map(|origin| (url, origin)));
            Identity::Fixed(FixedIdentity {
                resource: resource.to_owned(),
                url,
            })
        }
    })
}

fn resource(written: &Written) -> Result<&str, ConfigError> {
    let resource = written.value();
    let is_broken = |c: char| c.is_control() || c.is_whitespace();
    if resource.is_empty() || resource.chars().any(is_broken) {
        return Err(invalid(
            written,
            "is no resource identifier: write the URL under which clients know the hub, such as https://hub.example.com/.well-known/mercure",
        ));
    }
    Ok(resource)
}

/// A URL with the path of the hub, or with none, which means the same.
fn public_url(
    written: &Written,
    item: &str,
    path: &str,
    resource: Option<&str>,
) -> Result<PublicUrl, ConfigError> {
    let plain =
        |url: &Url| url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    let with_path = |mut url: Url| {
        if url.path() == "/" {
            url.set_path(path);
        }
        (url.path() == path).then_some(url)
    };
    let url = Url::parse(item).ok().filter(plain).and_then(with_path);
    let url = url.and_then(|url| HubUrl::parse(url.as_str()).ok());
    let public = url.and_then(|url| {
        Some(PublicUrl {
            origin: Origin::of_url(url.url())?,
            resource: resource.unwrap_or(url.as_str()).to_owned(),
            url,
        })
    });
    public.ok_or_else(|| {
        invalid(
            written,
            "is no public URL of this hub: write http or https, a host, and the path that --path names or none, such as https://hub.example.com",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities() {
        let check = |url: &str, authority: &str, expected: bool| {
            let url = HubUrl::parse(url).expect("a URL");
            let public = PublicUrl {
                origin: Origin::of_url(url.url()).expect("an origin"),
                resource: url.as_str().to_owned(),
                url,
            };
            let authority: Authority = authority.parse().expect("an authority");
            let found = public.is_at(&authority);
            assert_eq!(found, expected, "{:?} {authority}", public.url);
        };
        check("https://hub.example/", "hub.example", true);
        check("https://hub.example/", "HUB.example", true);
        check("https://hub.example/", "hub.example:443", true);
        check("https://hub.example/", "hub.example:80", false);
        check("https://hub.example/", "hub.example:", true);
        check("https://hub.example/", "hub.example:99999", false);
        check("https://hub.example/", "hub.example.evil.example", false);
        check("https://hub.example/", "sub.hub.example", false);
        check("http://hub.example/", "hub.example:80", true);
        check("https://hub.example:8443/", "hub.example:8443", true);
        check("https://hub.example:8443/", "hub.example", false);
        check("http://127.0.0.1:3000/", "127.0.0.1:3000", true);
        check("http://[::1]:3000/", "[::1]:3000", true);
    }
}
