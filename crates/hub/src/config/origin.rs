//! Web origins: what browsers send in `Origin`, and what settings list. Origins are compared whole.

use std::fmt;

use url::Url;

/// One web origin in its ASCII serialization, `scheme://host[:port]`, in lower case and without a default port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin(String);

/// Why a text is not an origin, with what to write instead where that can be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// Neither a URL nor anything near one.
    #[error("it is not an origin such as https://app.example.com")]
    NotAUrl,
    /// A scheme that has no tuple origin (`file:`, `data:`) or the opaque `null`, which any sandboxed page can send.
    #[error(
        "it has no scheme and host that a browser could send as an origin; write one such as https://app.example.com"
    )]
    Opaque,
    /// More than scheme, host and port: a path, a trailing slash, a user, a query.
    #[error("an origin ends after its host and port; write {0}")]
    MoreThanAnOrigin(Origin),
    /// A wildcard in another place than that of the first label.
    #[error(
        "a wildcard stands for the first labels of a host with a name; write such as https://*.example.com"
    )]
    Wildcard,
}

impl Origin {
    /// Parses what a setting says; strict, so that the list in use is the list that was written.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        if text.contains('*') {
            return Err(OriginError::Wildcard);
        }
        if text == "null" {
            return Err(OriginError::Opaque);
        }
        let url = Url::parse(text).map_err(|_| OriginError::NotAUrl)?;
        let origin = Self::of_url(&url).ok_or(OriginError::Opaque)?;
        let same_text = text.eq_ignore_ascii_case(&origin.0);
        let only_default_port_more = !same_text && {
            let port = url.port_or_known_default().unwrap_or_default();
            text.eq_ignore_ascii_case(&format!("{}:{port}", origin.0))
        };
        if same_text || only_default_port_more {
            Ok(origin)
        } else {
            Err(OriginError::MoreThanAnOrigin(origin))
        }
    }

    /// The origin of a URL, when its scheme has one.
    pub fn of_url(url: &Url) -> Option<Self> {
        let origin = url.origin();
        origin
            .is_tuple()
            .then(|| Self(origin.ascii_serialization()))
    }

    /// The value of an `Origin` request header, when it is exactly an origin. `null` is none.
    pub(crate) fn from_header(text: &str) -> Option<Self> {
        Self::parse(text).ok()
    }

    /// As it goes into `Access-Control-Allow-Origin`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins() {
        let ok = |text: &str| Ok(Origin(text.to_owned()));
        let more = |text: &str| Err(OriginError::MoreThanAnOrigin(Origin(text.to_owned())));
        for (text, expected) in [
            ("https://app.example.com", ok("https://app.example.com")),
            ("HTTPS://App.Example.COM", ok("https://app.example.com")),
            ("https://app.example.com:443", ok("https://app.example.com")),
            ("http://localhost:8080", ok("http://localhost:8080")),
            ("http://[::1]:8080", ok("http://[::1]:8080")),
            ("https://app.example.com/", more("https://app.example.com")),
            (
                "https://app.example.com/path",
                more("https://app.example.com"),
            ),
            (
                "https://user@app.example.com",
                more("https://app.example.com"),
            ),
            ("https://app.example.com?x", more("https://app.example.com")),
            (" https://app.example.com", more("https://app.example.com")),
            ("app.example.com", Err(OriginError::NotAUrl)),
            ("localhost:8080", Err(OriginError::Opaque)),
            ("null", Err(OriginError::Opaque)),
            ("file:///tmp", Err(OriginError::Opaque)),
            ("https://*.example.com", Err(OriginError::Wildcard)),
            ("", Err(OriginError::NotAUrl)),
        ] {
            assert_eq!(Origin::parse(text), expected, "{text:?}");
        }
    }
}
