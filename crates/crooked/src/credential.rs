//! Where a request carries its token: the header, a cookie, and in 0.x the query.
//!
//! Knows places, not meanings: what a token allows is `grant`'s matter.

use crate::form;
use crate::message::Request;
use crate::token::Token;

/// The query parameter of 0.x (auth.query).
pub(crate) const QUERY_PARAMETER: &str = "authorization";

/// The value of the `Authorization` header, with the scheme cut off in any letter case.
pub(crate) fn bearer(request: &Request) -> Option<String> {
    let value = request.headers.get("authorization")?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim().to_owned())
}

/// Presents a token in the header, in the place of any other there.
pub(crate) fn present(request: &mut Request, token: &str) {
    request
        .headers
        .set("Authorization", format!("Bearer {token}"));
}

/// The cookies whose value is a token, by name.
pub(crate) fn cookies(request: &Request) -> Vec<(String, String)> {
    let pairs = cookie_pairs(request);
    let is_token = |(_, value): &(String, String)| value.matches('.').count() == 2;
    pairs.into_iter().filter(is_token).collect()
}

/// Whether any cookie is sent.
pub(crate) fn has_cookie(request: &Request) -> bool {
    request.headers.count("cookie") > 0
}

/// Takes all cookies away.
pub(crate) fn drop_cookies(request: &mut Request) {
    request.headers.remove("cookie");
}

/// Takes the `Authorization` header away.
pub(crate) fn drop_bearer(request: &mut Request) {
    request.headers.remove("authorization");
}

/// The token of the query, as 0.x presents it.
pub(crate) fn in_query(request: &Request) -> Option<String> {
    form::first(&form::query(request), QUERY_PARAMETER).map(str::to_owned)
}

/// Whether no token is presented anywhere.
pub(crate) fn is_anonymous(request: &Request) -> bool {
    request.headers.count("authorization") == 0
        && cookies(request).is_empty()
        && in_query(request).is_none()
}

/// The token that decides: of the header, else of the query, else of a cookie.
pub(crate) fn token(request: &Request) -> Option<Token> {
    let compact = match bearer(request).or_else(|| in_query(request)) {
        Some(compact) => compact,
        None => cookies(request).into_iter().next()?.1,
    };
    Token::parse(&compact)
}

/// Rewrites each presented token for which `edit` returns another.
pub(crate) fn rewrite(request: &mut Request, mut edit: impl FnMut(&str) -> Option<String>) {
    if let Some(changed) = bearer(request).and_then(|token| edit(&token)) {
        let value = request.headers.get("authorization").unwrap_or_default();
        let scheme = value.split(' ').next().unwrap_or_default();
        request
            .headers
            .set("Authorization", format!("{scheme} {changed}"));
    }
    if let Some(changed) = in_query(request).and_then(|token| edit(&token)) {
        form::drop_from_query(request, QUERY_PARAMETER);
        form::add_to_query(request, QUERY_PARAMETER, &changed);
    }
    let before = cookie_pairs(request);
    let mut after = before.clone();
    for (_, value) in &mut after {
        if let Some(changed) = edit(value) {
            *value = changed;
        }
    }
    if before != after {
        let written: Vec<String> = after.iter().map(|(n, v)| format!("{n}={v}")).collect();
        request.headers.set("Cookie", written.join("; "));
    }
}

fn cookie_pairs(request: &Request) -> Vec<(String, String)> {
    let header = request.headers.get("cookie").unwrap_or_default();
    header
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
