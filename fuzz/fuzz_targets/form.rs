//! See `bodies.rs`.
#![no_main]

#[path = "../bodies.rs"]
#[allow(dead_code, reason = "one of several targets")]
mod bodies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| bodies::form(data));
