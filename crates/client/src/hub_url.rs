//! The address of a hub, checked once. Not for connecting: that is [`crate::Endpoint`].

use std::{fmt, str::FromStr};

use url::Url;

/// An absolute `http` or `https` URL with a host, without credentials and fragment: so it may be shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HubUrl {
    url: Url,
    given: String,
}

/// Why a text is no hub URL. Each message says what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HubUrlError {
    /// `localhost:3000/…`, `//host`, `/path`.
    #[error(
        "hub URL {0:?} is not absolute: write http://HOST:PORT/.well-known/mercure, or https://…"
    )]
    NotAbsolute(String),
    /// `ftp://…`.
    #[error("hub URL {url:?} has the scheme {scheme:?}: a hub is reached over http or https")]
    Scheme {
        /// The text.
        url: String,
        /// What stands before the colon.
        scheme: String,
    },
    /// `https://user:password@…`; the URL is not repeated, since it holds a secret.
    #[error("hub URL carries a user name or a password: pass a key or a token instead")]
    Userinfo,
    /// `https://…?authorization=…`, as hubs of 0.x also take a token; not repeated either.
    #[error(
        "hub URL carries a token in its query: pass it as --publisher-token or --subscriber-token instead"
    )]
    Token,
    /// `https://…#…`.
    #[error("hub URL {0:?} has a fragment (#…), which is never sent: remove it")]
    Fragment(String),
    /// Whatever the URL parser refuses.
    #[error("hub URL {url:?} is not valid: {reason}")]
    Invalid {
        /// The text.
        url: String,
        /// The parser's words.
        reason: url::ParseError,
    },
}

impl HubUrl {
    /// The text as it was given: the default audience of tokens, since a resource identifier is compared byte by byte.
    pub fn as_given(&self) -> &str {
        &self.given
    }

    /// The URL in normal form.
    pub fn as_url(&self) -> &Url {
        &self.url
    }

    /// Whether TLS is spoken.
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The host, an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        self.url
            .host_str()
            .expect("invariant: from_str refuses a URL without host, and http URLs cannot lack one")
    }

    /// The port, the default of the scheme included.
    pub fn port(&self) -> u16 {
        self.url
            .port_or_known_default()
            .expect("invariant: http and https have a default port")
    }

    /// What stands in the `Host` field: the host, and the port unless it is the default one.
    pub fn host_header(&self) -> String {
        match self.url.port() {
            Some(port) => format!("{}:{port}", self.host()),
            None => self.host().to_owned(),
        }
    }

    /// Path and query: the request target of HTTP/1.1, without matchers.
    pub fn request_target(&self) -> String {
        match self.url.query() {
            Some(query) => format!("{}?{query}", self.url.path()),
            None => self.url.path().to_owned(),
        }
    }

    /// Where the hub serves its protected resource metadata: the well-known name put before the path of its own URL.
    ///
    /// // discovery.metadata.published (RFC 9728, section 3.1)
    pub fn metadata_url(&self) -> Url {
        let mut url = self.url.clone();
        let path = if self.url.path() == "/" {
            ""
        } else {
            self.url.path()
        };
        url.set_path(&format!("/.well-known/oauth-protected-resource{path}"));
        url
    }
}

impl FromStr for HubUrl {
    type Err = HubUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let given = text.trim();
        let url = Url::parse(given).map_err(|reason| match reason {
            url::ParseError::RelativeUrlWithoutBase => HubUrlError::NotAbsolute(shown(given)),
            reason => HubUrlError::Invalid {
                url: shown(given),
                reason,
            },
        })?;
        // `localhost:3000/x` parses, with the scheme `localhost`.
        if url.cannot_be_a_base() || !given.contains("://") {
            return Err(HubUrlError::NotAbsolute(shown(given)));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(HubUrlError::Userinfo);
        }
        if url
            .query_pairs()
            .any(|(name, _)| matches!(&*name, "authorization" | "access_token"))
        {
            return Err(HubUrlError::Token);
        }
        if !matches!(url.scheme(), "http" | "https") {
            return Err(HubUrlError::Scheme {
                url: shown(given),
                scheme: url.scheme().to_owned(),
            });
        }
        if url.fragment().is_some() {
            return Err(HubUrlError::Fragment(shown(given)));
        }
        Ok(Self {
            url,
            given: given.to_owned(),
        })
    }
}

/// A text that is no hub URL as errors repeat it: without what may be a password, or a token among parameters.
fn shown(given: &str) -> String {
    let (address, hidden) = match given.find(['?', '#']) {
        Some(at) => (&given[..at], &given[at..=at]),
        None => (given, ""),
    };
    let scheme_end = address.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = address.split_at(scheme_end);
    let authority_end = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(authority_end);
    let (userinfo, host) = match authority.rsplit_once('@') {
        Some((_, host)) => ("…@", host),
        None => ("", authority),
    };
    let rest = if hidden.is_empty() { "" } else { "…" };
    format!("{scheme}{userinfo}{host}{path}{hidden}{rest}")
}

impl fmt::Display for HubUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.given)
    }
}
