//! What must hold for the head of a request as a stream lane looks at it, whatever its bytes are: see `bodies.rs`.

use crate::request_head::plain_get;

/// What is taken for a whole plain request ends where the head ends, and has nothing behind it.
pub(crate) fn request_head(data: &[u8]) {
    if let Some(head) = plain_get(data) {
        assert_eq!(head.length, data.len());
        assert!(data.ends_with(b"\n"));
        assert_eq!(head.request.method(), http::Method::GET);
        assert!(head.request.uri().path().starts_with('/'));
    }
}
