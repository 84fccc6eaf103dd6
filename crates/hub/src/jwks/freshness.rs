//! How long a fetched set counts as fresh: what its server says in `Cache-Control` (RFC 9111), within our bounds.

use std::time::Duration;

use http::HeaderMap;
use http::header::{AGE, CACHE_CONTROL};

use crate::limits::{JWKS_FRESH_DEFAULT, JWKS_FRESH_LONGEST, JWKS_FRESH_SHORTEST};

/// From now on.
pub(super) fn fresh_for(headers: &HeaderMap) -> Duration {
    within_bounds(said(headers).unwrap_or(JWKS_FRESH_DEFAULT))
}

/// From now on, for a set that its server says to be the same (RFC 9111, section 4.3.4); none where it says nothing else.
pub(super) fn renewed_for(headers: &HeaderMap) -> Option<Duration> {
    said(headers).map(within_bounds)
}

fn within_bounds(fresh_for: Duration) -> Duration {
    fresh_for.clamp(JWKS_FRESH_SHORTEST, JWKS_FRESH_LONGEST)
}

fn said(headers: &HeaderMap) -> Option<Duration> {
    let directives = headers
        .get_all(CACHE_CONTROL)
        .iter()
        .filter_map(|field| field.to_str().ok())
        .flat_map(|field| field.split(','))
        .map(str::trim);
    let mut longest = None;
    for directive in directives {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" => return Some(Duration::ZERO),
            "max-age" => longest = longest.or(seconds(value)),
            _ => {}
        }
    }
    let age = headers.get(AGE).and_then(|age| seconds(age.to_str().ok()?));
    Some(longest?.saturating_sub(age.unwrap_or_default()))
}

fn seconds(text: &str) -> Option<Duration> {
    let digits = text.trim().trim_matches('"');
    digits.parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn what_servers_say() {
        let (shortest, longest) = (JWKS_FRESH_SHORTEST, JWKS_FRESH_LONGEST);
        let s = Duration::from_secs;
        for (control, age, expected) in [
            (None, None, JWKS_FRESH_DEFAULT),
            (Some("public"), None, JWKS_FRESH_DEFAULT),
            (Some("max-age=x"), None, JWKS_FRESH_DEFAULT),
            (Some("public, max-age=900, must-revalidate"), None, s(900)),
            (Some("MAX-AGE=\"900\""), None, s(900)),
            (Some("max-age=900"), Some("300"), s(600)),
            (Some("max-age=900"), Some("1000"), shortest),
            (Some("max-age=0"), None, shortest),
            (Some("no-cache, max-age=900"), None, shortest),
            (Some("max-age=900, no-store"), None, shortest),
            (Some("max-age=31536000"), None, longest),
            (
                Some("max-age=99999999999999999999"),
                None,
                JWKS_FRESH_DEFAULT,
            ),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in [(CACHE_CONTROL, control), (AGE, age)] {
                if let Some(value) = value {
                    headers.insert(name, HeaderValue::from_static(value));
                }
            }
            assert_eq!(fresh_for(&headers), expected, "{control:?} {age:?}");
        }
    }
}
