//! The hub's own URL: base of relative topics and patterns, and owner of the reserved namespace.
//!
//! Not here: the resource identifier of tokens, which need not be this URL.

use std::sync::Arc;

use url::Url;

/// The absolute URL under which the hub is known, e.g. `https://example.com/.well-known/mercure`.
///
/// Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubUrl {
    inner: Arc<Inner>,
}

#[derive(Debug, PartialEq, Eq)]
struct Inner {
    url: Url,
    /// The path with its unreserved characters decoded, as the reserved-namespace test compares it.
    path: String,
}

/// Where a topic lies with respect to the reserved namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NamespacePlace {
    /// Elsewhere, or nowhere: the topic does not resolve to a URL.
    Outside,
    /// The very path of the hub.
    HubPath,
    /// A path below that of the hub, where subscription events live.
    Below,
}

impl HubUrl {
    /// Takes an absolute `http` or `https` URL; a query or fragment is dropped.
    pub fn parse(written: &str) -> Result<Self, HubUrlError> {
        let mut url =
            Url::parse(written).map_err(|error| HubUrlError::Syntax(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(HubUrlError::Scheme(url.scheme().to_owned()));
        }
        url.set_query(None);
        url.set_fragment(None);
        let path = decode_unreserved(url.path());
        Ok(Self {
            inner: Arc::new(Inner { url, path }),
        })
    }

    /// The URL in its canonical spelling.
    pub fn as_str(&self) -> &str {
        self.inner.url.as_str()
    }

    /// The URL itself.
    pub fn url(&self) -> &Url {
        &self.inner.url
    }

    /// Resolves a topic against the hub's URL; none if it is no URL reference.
    pub(crate) fn resolve(&self, reference: &str) -> Option<Url> {
        self.inner.url.join(reference).ok()
    }

    /// Whether a resolved topic addresses the namespace that only the hub itself may publish on.
    ///
    /// The URL parser has removed dot segments, also encoded ones, before unreserved characters are decoded, once.
    /// publish.reserved-namespace.percent-encoded, .decode-scope, .dot-segments
    pub(crate) fn place(&self, resolved: &Url) -> NamespacePlace {
        let path = decode_unreserved(resolved.path());
        match path.strip_prefix(self.inner.path.as_str()) {
            Some("") => NamespacePlace::HubPath,
            Some(rest) if rest.starts_with('/') || self.inner.path.ends_with('/') => {
                NamespacePlace::Below
            }
            _ => NamespacePlace::Outside,
        }
    }
}

/// Decodes the percent-encoded octets of `path` that stand for unreserved characters (RFC 3986 section 2.3), once.
fn decode_unreserved(path: &str) -> String {
    let mut decoded = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(percent) = rest.find('%') {
        decoded.push_str(&rest[..percent]);
        rest = &rest[percent..];
        let octet = rest
            .get(1..3)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if let Some(unreserved @ ('A'..='Z' | 'a'..='z' | '0'..='9' | '-' | '.' | '_' | '~')) =
            octet.map(char::from)
        {
            decoded.push(unreserved);
            rest = &rest[3..];
        } else {
            decoded.push('%');
            rest = &rest[1..];
        }
    }
    decoded.push_str(rest);
    decoded
}

/// Why a URL cannot be the hub's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HubUrlError {
    /// Not an absolute URL.
    #[error("not an absolute URL ({0}): write e.g. https://example.com/.well-known/mercure")]
    Syntax(String),
    /// Neither http nor https.
    #[error("scheme {0:?} cannot be served: write an http or https URL")]
    Scheme(String),
}
