//! The CORS protocol (Fetch, section 3.3): which other origins' pages may read what the hub answers.
//!
//! It protects readers, not the hub: whether a cookie may publish is decided in `forgery.rs`.

use assay_hub_core::{Dialect, Dialects};
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, Request};

use super::presented_token::Mechanism;
use crate::config::{CorsPolicy, admitted};

/// What browsers may send: the token, what `EventSource` sends by itself, the form type of publications, and the tag of a
/// list of subscriptions.
const ALLOWED_HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, cache-control, content-type, if-none-match, last-event-id",
);
/// The methods of the hub URL in 1.0.
const ALLOWED_METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, QUERY");
/// The methods of the hub URL in 0.x.
const ALLOWED_METHODS_V0: HeaderValue = HeaderValue::from_static("GET, HEAD, POST");
/// What scripts may read: the response cursor of either dialect, that of a list of subscriptions and its tag, and the reason
/// of a refusal. subscriptions.api.expose-link
const EXPOSED_HEADERS: HeaderValue = HeaderValue::from_static(
    "etag, last-event-id, link, mercure-last-event-id, retry-after, www-authenticate",
);
/// Two hours, the longest that any browser keeps the answer to a preflight (Chromium's cap).
const MAX_AGE_S: HeaderValue = HeaderValue::from_static("7200");

/// Whether this is a preflight; one without `Origin` or method is an ordinary `OPTIONS`.
pub(crate) fn is_preflight<B>(request: &Request<B>) -> bool {
    request.method() == Method::OPTIONS
        && request.headers().contains_key(ORIGIN)
        && request
            .headers()
            .contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// Adds to `response` what lets the page that sent `request` read it; nothing when its origin is not trusted.
///
/// `mechanism` is how the request presented a token, if it did.
pub(crate) fn allow(
    policy: &CorsPolicy,
    request: &HeaderMap,
    mechanism: Option<Mechanism>,
    response: &mut HeaderMap,
) {
    match policy {
        CorsPolicy::Off => return,
        // cors.no-wildcard: never `*` on a connection with credentials; such a page could not read it anyway.
        CorsPolicy::Any if mechanism == Some(Mechanism::Cookie) => return,
        CorsPolicy::Any => {
            response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        }
        CorsPolicy::Listed(origins) => {
            // Also without Origin, and for strangers: a cache must not hand one origin's answer to another.
            response.append(VARY, HeaderValue::from_static("origin"));
            // cors.no-reflection: only what the list admits is sent back.
            let field = request.get(ORIGIN).and_then(|field| field.to_str().ok());
            let Some(origin) = field.and_then(|field| admitted(origins, field)) else {
                return;
            };
            let Ok(origin) = HeaderValue::try_from(origin) else {
                return;
            };
            response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            response.insert(
                ACCESS_CONTROL_ALLOW_CREDENTIALS,
                HeaderValue::from_static("true"),
            );
        }
    }
    response.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
}

/// Adds what a preflight asks for on top of [`allow`], when its origin was allowed.
pub(crate) fn allow_preflight(dialects: Dialects, response: &mut HeaderMap) {
    if !response.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN) {
        return;
    }
    response.remove(ACCESS_CONTROL_EXPOSE_HEADERS);
    let methods = if dialects.contains(Dialect::V1) {
        ALLOWED_METHODS
    } else {
        ALLOWED_METHODS_V0
    };
    response.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
    response.insert(ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS);
    response.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE_S);
}
