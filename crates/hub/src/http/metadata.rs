//! The metadata of the hub as a protected resource (RFC 9728): what a client needs to know to get a token.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response};
use serde_json::{Map, Value, json};

use super::response_body::ResponseBody;

/// The well-known prefix; the path of the hub follows it (RFC 9728, section 3.1).
pub(crate) const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// The authorization detail type of Mercure.
const DETAIL_TYPE: &str = "https://mercure.rocks/authorization-detail";

/// Answers with the document of the hub whose resource identifier and cookie name are given.
///
/// `authorization_servers` is left out: the trusted issuer is configured out of band and need not be a server
/// (discovery.metadata.optional-members). So is `mercure_subscriptions`, until there is that API.
pub(crate) fn answer(resource: &str, cookie_name: &str) -> Response<ResponseBody> {
    let mut document = Map::new();
    document.insert("resource".to_owned(), Value::from(resource));
    document.insert(
        "authorization_details_types_supported".to_owned(),
        json!([DETAIL_TYPE]),
    );
    // discovery.metadata.bearer-methods: the cookie is not one of RFC 6750's
    document.insert("bearer_methods_supported".to_owned(), json!(["header"]));
    document.insert("mercure_cookie".to_owned(), Value::from(cookie_name));
    document.insert(
        "mercure_matcher_types_supported".to_owned(),
        json!(["exact", "urlpattern"]),
    );
    let mut response = Response::new(ResponseBody::Whole(Bytes::from(
        Value::from(document).to_string(),
    )));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // By default the document depends on the Host of the request.
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}
