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

/// What is not the same for every hub.
pub(crate) struct Metadata<'a> {
    /// The resource identifier.
    pub(crate) resource: &'a str,
    /// The issuers that are authorization servers. A trusted issuer need not be one: a publisher who issues tokens with a
    /// key of its own has no metadata to fetch, so the member is left out then (discovery.metadata.optional-members).
    pub(crate) authorization_servers: &'a [String],
    /// The name of the cookie.
    pub(crate) cookie_name: &'a str,
    /// Whether there are active subscriptions.
    pub(crate) subscriptions: bool,
}

/// Answers with the document.
pub(crate) fn answer(metadata: &Metadata<'_>) -> Response<ResponseBody> {
    let mut document = Map::new();
    document.insert("resource".to_owned(), Value::from(metadata.resource));
    if !metadata.authorization_servers.is_empty() {
        let servers = json!(metadata.authorization_servers);
        document.insert("authorization_servers".to_owned(), servers);
    }
    document.insert(
        "authorization_details_types_supported".to_owned(),
        json!([DETAIL_TYPE]),
    );
    // discovery.metadata.bearer-methods: the cookie is not one of RFC 6750's
    document.insert("bearer_methods_supported".to_owned(), json!(["header"]));
    document.insert(
        "mercure_cookie".to_owned(),
        Value::from(metadata.cookie_name),
    );
    document.insert(
        "mercure_matcher_types_supported".to_owned(),
        json!(["exact", "urlpattern"]),
    );
    // discovery.metadata.subscriptions
    if metadata.subscriptions {
        document.insert("mercure_subscriptions".to_owned(), Value::from(true));
    }
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
