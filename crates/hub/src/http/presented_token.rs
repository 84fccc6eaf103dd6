//! Where a request carries its access token: header, cookie, or (0.x only) query. Whether the token is any good is
//! not decided here.
//!
//! The order is fixed by the drafts: a header decides alone, whatever else is there (auth.precedence.header-used,
//! auth.header-over-query), then the 0.x query parameter (auth.query-over-cookie), then the cookie.

use std::fmt;

use http::HeaderMap;
use http::header::{AUTHORIZATION, COOKIE};

/// The name of the 0.x query parameter that carries a token.
const QUERY_PARAMETER: &str = "authorization";

/// Which of the mechanisms carried the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mechanism {
    /// `Authorization: Bearer`.
    Header,
    /// A cookie: an ambient credential, so a publication with it has to prove where it comes from.
    Cookie,
    /// `?authorization=`, of 0.x.
    Query,
}

/// A token as it was presented. `Debug` leaves it out.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PresentedToken {
    /// The compact serialization, unverified.
    pub(crate) token: String,
    /// How it came.
    pub(crate) mechanism: Mechanism,
}

impl fmt::Debug for PresentedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PresentedToken")
            .field("mechanism", &self.mechanism)
            .finish_non_exhaustive()
    }
}

/// A token presented in a way that leaves open what was meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PresentationError {
    /// More than one `Authorization` field.
    #[error("several Authorization fields; send one")]
    SeveralHeaders,
    /// Another scheme than Bearer, or none.
    #[error("the Authorization field does not use the Bearer scheme")]
    NotBearer,
    /// `Bearer` without exactly one token in the characters that RFC 6750 allows.
    #[error("the Authorization field is not `Bearer` followed by one token")]
    NotOneToken,
    /// More than one `authorization` query parameter.
    #[error("several authorization query parameters; send one")]
    SeveralParameters,
}

impl PresentationError {
    /// The reason code for the log.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::SeveralHeaders => "several-headers",
            Self::NotBearer => "not-bearer",
            Self::NotOneToken => "not-one-token",
            Self::SeveralParameters => "several-parameters",
        }
    }
}

/// The token of the `Authorization` field, if there is such a field.
///
/// A field with another scheme is an error rather than no token: falling back to a cookie, or to an anonymous stream,
/// would hide the mistake from whoever wrote that field.
pub(crate) fn from_header(
    headers: &HeaderMap,
) -> Result<Option<PresentedToken>, PresentationError> {
    let mut fields = headers.get_all(AUTHORIZATION).iter();
    let Some(field) = fields.next() else {
        return Ok(None);
    };
    if fields.next().is_some() {
        return Err(PresentationError::SeveralHeaders);
    }
    let text = field.to_str().map_err(|_| PresentationError::NotOneToken)?;
    let (scheme, rest) = text.split_once(' ').unwrap_or((text, ""));
    // auth.scheme-case
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return Err(PresentationError::NotBearer);
    }
    let token = rest.trim_matches(' ');
    if !is_b64token(token) {
        return Err(PresentationError::NotOneToken);
    }
    Ok(Some(PresentedToken {
        token: token.to_owned(),
        mechanism: Mechanism::Header,
    }))
}

/// The token of the query component, as 0.x allows it. An empty value is a (wrong) token: its presence decides.
pub(crate) fn from_query(query: &str) -> Result<Option<PresentedToken>, PresentationError> {
    let mut values = form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name == QUERY_PARAMETER)
        .map(|(_, value)| value);
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(PresentationError::SeveralParameters);
    }
    Ok(Some(PresentedToken {
        token: value.into_owned(),
        mechanism: Mechanism::Query,
    }))
}

/// The token of the first cookie with one of `names`, in the order of `names`. An empty cookie is one that was cleared:
/// no token.
pub(crate) fn from_cookie(headers: &HeaderMap, names: &[String]) -> Option<PresentedToken> {
    names
        .iter()
        .find_map(|name| cookie(headers, name))
        .map(|value| PresentedToken {
            token: String::from_utf8_lossy(value).into_owned(),
            mechanism: Mechanism::Cookie,
        })
}

/// The mechanism whose credentials a browser would have sent along, without a look at them.
pub(crate) fn mechanism(headers: &HeaderMap, cookie_names: &[String]) -> Option<Mechanism> {
    if headers.contains_key(AUTHORIZATION) {
        return Some(Mechanism::Header);
    }
    from_cookie(headers, cookie_names).map(|presented| presented.mechanism)
}

/// The value of the first cookie called `name` (RFC 6265, section 5.4: user agents send the most specific path first).
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    headers
        .get_all(COOKIE)
        .iter()
        .flat_map(|field| field.as_bytes().split(|&byte| byte == b';'))
        .filter_map(|pair| {
            let equals = pair.iter().position(|&byte| byte == b'=')?;
            Some((pair[..equals].trim_ascii(), pair[equals + 1..].trim_ascii()))
        })
        .find(|(found, _)| *found == name.as_bytes())
        .map(|(_, value)| {
            value
                .strip_prefix(b"\"")
                .and_then(|v| v.strip_suffix(b"\""))
                .unwrap_or(value)
        })
        .filter(|value| !value.is_empty())
}

/// The grammar of RFC 6750, section 2.1.
fn is_b64token(token: &str) -> bool {
    let body = token.trim_end_matches('=');
    !body.is_empty()
        && body
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._~+/".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn headers(name: &http::HeaderName, values: &[&str]) -> HeaderMap {
        values
            .iter()
            .map(|value| (name.clone(), HeaderValue::from_str(value).unwrap()))
            .collect()
    }

    type Found<'a> = Result<Option<&'a str>, PresentationError>;

    #[test]
    fn authorization_field() {
        use PresentationError::{NotBearer, NotOneToken, SeveralHeaders};
        let cases: [(&[&str], Found<'_>); 12] = [
            (&[], Ok(None)),
            (&["Bearer a.b.c"], Ok(Some("a.b.c"))),
            (&["bearer a.b.c"], Ok(Some("a.b.c"))),
            (&["BEARER a-_~+/=="], Ok(Some("a-_~+/=="))),
            (&["Bearer  a.b.c "], Ok(Some("a.b.c"))),
            (&["Bearer"], Err(NotOneToken)),
            (&["Bearer "], Err(NotOneToken)),
            (&["Bearer a b"], Err(NotOneToken)),
            (&["Bearer, Bearer x"], Err(NotBearer)),
            (&["Basic eDp5"], Err(NotBearer)),
            (&[""], Err(NotBearer)),
            (&["Bearer a.b.c", "Bearer a.b.c"], Err(SeveralHeaders)),
        ];
        for (fields, expected) in cases {
            let found =
                from_header(&headers(&AUTHORIZATION, fields)).map(|found| found.map(|it| it.token));
            assert_eq!(
                found,
                expected.map(|it| it.map(str::to_owned)),
                "{fields:?}"
            );
        }
    }

    #[test]
    fn cookies() {
        let names = ["new".to_owned(), "old".to_owned()];
        let cases: [(&[&str], Option<&str>); 9] = [
            (&[], None),
            (&["a=1; new=x; b=2"], Some("x")),
            (&["a=1", "new=x"], Some("x")),
            (&["old=y; new=x"], Some("x")),
            (&["old=y"], Some("y")),
            (&["new=first; new=second"], Some("first")),
            (&["new=\"quoted\""], Some("quoted")),
            (&["new=; old=y"], Some("y")),
            (&["New=x; newer=y; new"], None),
        ];
        for (fields, expected) in cases {
            let found = from_cookie(&headers(&COOKIE, fields), &names).map(|it| it.token);
            assert_eq!(found.as_deref(), expected, "{fields:?}");
        }
    }

    #[test]
    fn query_parameter() {
        let cases: [(&str, Found<'_>); 5] = [
            ("", Ok(None)),
            ("topic=a&authorization=a.b.c", Ok(Some("a.b.c"))),
            ("authorization", Ok(Some(""))),
            ("Authorization=a.b.c", Ok(None)),
            (
                "authorization=a&authorization=b",
                Err(PresentationError::SeveralParameters),
            ),
        ];
        for (query, expected) in cases {
            let found = from_query(query).map(|found| found.map(|it| it.token));
            assert_eq!(found, expected.map(|it| it.map(str::to_owned)), "{query}");
        }
    }

    #[test]
    fn debug_hides_the_token() {
        let token = PresentedToken {
            token: "secret".to_owned(),
            mechanism: Mechanism::Cookie,
        };
        assert!(!format!("{token:?}").contains("secret"));
    }
}
