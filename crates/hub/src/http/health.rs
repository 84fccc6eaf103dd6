//! Tells a supervisor that the process answers requests.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response};

use super::response_body::ResponseBody;

/// The path of this endpoint.
pub(crate) const PATH: &str = "/healthz";

/// 200 and `ok`.
pub(crate) fn answer() -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::Whole(Bytes::from_static(b"ok\n")));
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
