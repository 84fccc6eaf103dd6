//! The fuzz targets on a stable compiler: seeded mutations of input that is good, or nearly.
//!
//! A failure prints the input; `cargo fuzz` (see `fuzz/`) looks for longer.

use crate::bodies;
use crate::cursors;
use crate::mint::{SECRET, Signer, claims_v1, detail, header_v1};
use crate::mutations::check;
use assay_hub_core::access_token::Algorithm;
use serde_json::json;

#[test]
fn forms() {
    check(
        bodies::form,
        &[
            b"topic=https://example.com/a&topic=/b&data=one%0Atwo&private=on&id=urn:x:1&type=t&retry=100",
            b"topic=a",
            b"",
        ],
    );
}

#[test]
fn subscriptions() {
    check(
        bodies::subscription,
        &[
            b"match=a&match_urlpattern=/books/:id&last_event_id=urn:uuid:1",
            b"topic=https://example.com/{id}&lastEventID=1&Last-Event-ID=2",
            b"match=*",
        ],
    );
}

#[test]
fn tokens() {
    // Good but for its key, so that a whole one never verifies.
    let other = "another secret of thirty-two bytes";
    assert_ne!(other, SECRET);
    let signer = Signer::hmac(aws_lc_rs::hmac::HMAC_SHA256, other.as_bytes());
    let details = json!([detail(&json!(["publish"]), &json!([{"match": "*"}]))]);
    let v1 = signer.mint(&header_v1(Algorithm::HS256), &claims_v1(&details));
    let v0 = signer.mint(
        &json!({"alg": "HS256"}),
        &json!({"mercure": {"publish": ["*"]}}),
    );
    let unsigned = signer.mint(
        &json!({"alg": "none"}),
        &json!({"mercure": {"publish": ["*"]}}),
    );
    let seeds = [v1.as_bytes(), v0.as_bytes(), unsigned.as_bytes(), b".."];
    check(bodies::token, &seeds);
}

#[test]
fn matchers() {
    check(
        bodies::matcher,
        &[
            b"/books/:id\nhttps://hub.example/books/1",
            b"https://:sub.example.com/(\\d+)/*\nhttps://a.example.com/1/b",
            b"https://example.com/{a,b}{?c,d}\nhttps://example.com/1,2?c=3",
            b"{+path}{#fragment}\na/b#c",
            b"*\na",
        ],
    );
}

#[test]
fn cursors() {
    check(
        cursors::cursor,
        &[
            b"\nb\n\n\na\nb\nc\nb\nd",
            b"urn:x:1\nb\nc\nd\na\nb\nurn:x:1\nc",
            b"\n\n\nb\na\nb\n\nearliest\n#b",
            b"earliest\n\n\n\na\nb\nc\nd\ne\nf",
            b"\n\nb\n\n\xc3\xa9\nb\nb",
        ],
    );
}
