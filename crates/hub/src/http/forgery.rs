//! Cross-site request forgery: a publication that is authorized by a cookie has to come from a trusted page.
//!
//! Header and query tokens need no such proof: a browser never adds them by itself (csrf.header-exempt).

use http::HeaderMap;
use http::header::{ORIGIN, REFERER};
use url::Url;

use crate::config::{AllowedOrigin, Origin};

/// Why a publication by cookie is not believed to be wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ForgeryError {
    /// Neither `Origin` nor `Referer` (csrf.no-origin).
    #[error("a publication authorized by a cookie needs an Origin or Referer field")]
    NoOrigin,
    /// The page is neither of the hub's own origin nor of a listed one (csrf.origin-mismatch).
    #[error(
        "pages of this origin may not publish with a cookie; list it with --publish-origin, or send the token in the Authorization field"
    )]
    ForeignOrigin,
}

impl ForgeryError {
    /// The reason code for the log.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::NoOrigin => "no-origin",
            Self::ForeignOrigin => "foreign-origin",
        }
    }
}

/// Passes a publication whose page is of the hub's `own` origin or of a `listed` one.
///
/// `Origin` counts before `Referer`; `null` is an origin, of whoever wants to hide theirs, and trusted only where it is
/// listed.
pub(crate) fn check(
    headers: &HeaderMap,
    own: Option<&Origin>,
    listed: &[AllowedOrigin],
) -> Result<(), ForgeryError> {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .filter(|text| !text.is_empty())
    };
    // No browser sends several, so nobody knows which of them counts.
    if headers.get_all(ORIGIN).iter().nth(1).is_some() {
        return Err(ForgeryError::ForeignOrigin);
    }
    let source = match text(ORIGIN) {
        Some("null") if listed.contains(&AllowedOrigin::Null) => return Ok(()),
        Some(origin) => Origin::from_header(origin),
        None => match text(REFERER) {
            Some(referer) => Url::parse(referer).ok().as_ref().and_then(Origin::of_url),
            None => return Err(ForgeryError::NoOrigin),
        },
    };
    match source {
        Some(source) if Some(&source) == own || listed.iter().any(|it| it.admits(&source)) => {
            Ok(())
        }
        _ => Err(ForgeryError::ForeignOrigin),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    /// No browser sends two; what a proxy makes of them is unknown.
    #[test]
    fn several_origins_are_no_origin() {
        let own = Origin::parse("https://hub.example.com").unwrap();
        let mut headers = HeaderMap::new();
        headers.append(ORIGIN, HeaderValue::from_static("https://hub.example.com"));
        headers.append(ORIGIN, HeaderValue::from_static("https://evil.example"));
        assert_eq!(
            check(&headers, Some(&own), &[]),
            Err(ForgeryError::ForeignOrigin)
        );
    }

    #[test]
    fn sources() {
        use ForgeryError::{ForeignOrigin, NoOrigin};
        let own = Origin::parse("https://hub.example.com").unwrap();
        let listed = [AllowedOrigin::Exact(
            Origin::parse("https://app.example.com").unwrap(),
        )];
        for (origin, referer, expected) in [
            (Some("https://app.example.com"), None, Ok(())),
            (Some("https://hub.example.com"), None, Ok(())),
            (Some("https://evil.example"), None, Err(ForeignOrigin)),
            (
                Some("https://app.example.com.evil.example"),
                None,
                Err(ForeignOrigin),
            ),
            (
                Some("https://evilapp.example.com"),
                None,
                Err(ForeignOrigin),
            ),
            (Some("http://app.example.com"), None, Err(ForeignOrigin)),
            (
                Some("https://app.example.com:444"),
                None,
                Err(ForeignOrigin),
            ),
            (Some("https://app.example.com/"), None, Err(ForeignOrigin)),
            (Some("null"), None, Err(ForeignOrigin)),
            (
                Some("null"),
                Some("https://app.example.com/page"),
                Err(ForeignOrigin),
            ),
            (
                Some("https://evil.example"),
                Some("https://app.example.com/"),
                Err(ForeignOrigin),
            ),
            (
                Some("https://app.example.com"),
                Some("https://evil.example/"),
                Ok(()),
            ),
            (Some(""), Some("https://app.example.com/page?q"), Ok(())),
            (None, Some("https://app.example.com/page?q"), Ok(())),
            (None, Some("https://hub.example.com/"), Ok(())),
            (None, Some("https://evil.example/x"), Err(ForeignOrigin)),
            (None, Some("no url"), Err(ForeignOrigin)),
            (None, None, Err(NoOrigin)),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in [(ORIGIN, origin), (REFERER, referer)] {
                if let Some(value) = value {
                    headers.insert(name, HeaderValue::from_static(value));
                }
            }
            assert_eq!(
                check(&headers, Some(&own), &listed),
                expected,
                "{origin:?} {referer:?}"
            );
        }
    }
}
