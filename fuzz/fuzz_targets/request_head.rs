//! See `heads.rs`.
#![no_main]

#[path = "../heads.rs"]
mod heads;
#[path = "../../crates/hub/src/limits.rs"]
#[allow(dead_code, reason = "only two of the bounds")]
mod limits;
#[path = "../../crates/hub/src/request_head.rs"]
mod request_head;

libfuzzer_sys::fuzz_target!(|data: &[u8]| heads::request_head(data));
