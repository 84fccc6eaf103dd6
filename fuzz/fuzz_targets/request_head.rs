//! The head of a request, as a stream lane looks at it: what is taken for a whole plain one ends where the head ends.
#![no_main]

#[path = "../../crates/hub/src/limits.rs"]
#[allow(dead_code, reason = "only two of the bounds")]
mod limits;
#[path = "../../crates/hub/src/request_head.rs"]
mod request_head;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Some(head) = request_head::plain_get(data) {
        assert_eq!(head.length, data.len());
        assert!(data.ends_with(b"\n"));
        assert_eq!(head.request.method(), http::Method::GET);
    }
});
