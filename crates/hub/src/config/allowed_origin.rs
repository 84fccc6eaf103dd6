//! What `--cors-origin` and `--publish-origin` list: an origin, the subdomains of one, or `null`.

use super::origin::{Origin, OriginError};

/// One item of such a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AllowedOrigin {
    /// This origin.
    Exact(Origin),
    /// Every subdomain of a host, with its scheme and port: `https://*.example.com`.
    Subdomains {
        /// `https://`
        start: String,
        /// `.example.com`, with the port if there is one.
        end: String,
    },
    /// `null`: pages from a disk, and any page that is put into a sandbox.
    Null,
}

impl AllowedOrigin {
    /// Parses what a setting says; strict, so that the list in use is the list that was written.
    pub(super) fn parse(text: &str) -> Result<Self, OriginError> {
        if text == "null" {
            Ok(Self::Null)
        } else if text.contains('*') {
            Self::subdomains(text).ok_or(OriginError::Wildcard)
        } else {
            Origin::parse(text).map(Self::Exact)
        }
    }

    /// A wildcard is the first label: anywhere else it would admit hosts of others, as `https://*example.com` does. A name
    /// of one label is a registry's (`com`), or of this machine.
    fn subdomains(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://*.")?;
        let parent = Origin::parse(&format!("{scheme}://{rest}")).ok()?;
        let (scheme, rest) = parent.as_str().split_once("://")?;
        let host = rest.split(':').next()?;
        let is_name = host.contains('.') && host.parse::<std::net::Ipv4Addr>().is_err();
        (is_name || host == "localhost").then(|| Self::Subdomains {
            start: format!("{scheme}://"),
            end: format!(".{rest}"),
        })
    }

    /// Whether this admits an `origin`.
    pub(crate) fn admits(&self, origin: &Origin) -> bool {
        match self {
            Self::Exact(listed) => listed == origin,
            Self::Subdomains { start, end } => {
                let rest = origin.as_str().strip_prefix(start.as_str());
                let label = rest.and_then(|rest| rest.strip_suffix(end.as_str()));
                label.is_some_and(|label| !label.is_empty())
            }
            Self::Null => false,
        }
    }
}

/// The origin that an `Origin` field names, if the list admits it: as it may be sent back.
pub(crate) fn admitted(list: &[AllowedOrigin], field: &str) -> Option<String> {
    if field == "null" {
        return list
            .contains(&AllowedOrigin::Null)
            .then(|| field.to_owned());
    }
    let origin = Origin::from_header(field)?;
    list.iter()
        .any(|listed| listed.admits(&origin))
        .then(|| origin.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subdomains() {
        for (listed, origin, expected) in [
            ("https://*.example.com", "https://a.example.com", true),
            ("https://*.example.com", "https://a.b.example.com", true),
            ("HTTPS://*.Example.com:443", "https://A.example.com", true),
            ("https://*.example.com", "https://example.com", false),
            ("https://*.example.com", "https://.example.com", false),
            ("https://*.example.com", "https://evilexample.com", false),
            (
                "https://*.example.com",
                "https://a.example.com.evil.example",
                false,
            ),
            ("https://*.example.com", "http://a.example.com", false),
            ("https://*.example.com", "https://a.example.com:444", false),
            ("https://*.example.com", "https://a.example.com/", false),
            ("https://*.example.com", "https://u@a.example.com", false),
            ("https://*.example.com", "https://evil/.example.com", false),
            ("https://*.example.com", "null", false),
            ("https://*.example.com", "*", false),
            (
                "http://*.example.com:8080",
                "http://a.example.com:8080",
                true,
            ),
            ("http://*.localhost", "http://app.localhost", true),
            ("null", "null", true),
            ("null", "NULL", false),
            ("null", "https://null", false),
            ("https://null.example", "null", false),
        ] {
            let list = [AllowedOrigin::parse(listed).expect(listed)];
            let admitted = admitted(&list, origin).is_some();
            assert_eq!(admitted, expected, "{listed} {origin}");
        }
    }

    #[test]
    fn wildcards_that_would_admit_others() {
        for text in [
            "https://*",
            "https://*.com",
            "https://*example.com",
            "https://a*.example.com",
            "https://a.*.example.com",
            "https://*.*.example.com",
            "https://*.127.0.0.1",
            "https://*.example.com:*",
            "https://*.example.com/",
            "*://*.example.com",
            "*.example.com",
        ] {
            assert_eq!(
                AllowedOrigin::parse(text),
                Err(OriginError::Wildcard),
                "{text}"
            );
        }
    }
}
