//! See `cursors.rs`.
#![no_main]

#[path = "../cursors.rs"]
mod cursors;

libfuzzer_sys::fuzz_target!(|data: &[u8]| cursors::cursor(data));
