//! What is at `/`: a line that says what this is, or with `--demo` a page that publishes and subscribes.
//!
//! The page holds no secret and mints no token: who opens it may do what their own token allows, and nothing else.

use assay_hub_core::Dialect;
use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, LINK, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, Response};

use super::response_body::ResponseBody;
use crate::config::HubConfig;

/// Its path.
pub(crate) const PATH: &str = "/";

/// The page, as it works from a disk too. What it says of the hub, and where its nonces are, are replaced.
const PAGE: &str = include_str!("home.html");
const PAGE_PATH: &str = "content=\"/.well-known/mercure\"";
const PAGE_DIALECTS: &str = "content=\"1.0 0.x\"";
const PAGE_NONCE: &str = "nonce=\"\"";

/// Answers with the line or the page, and the hub's URL as a link (discovery).
pub(crate) fn answer(config: &HubConfig) -> Response<ResponseBody> {
    let (media_type, body, policy) = if config.demo {
        // 128 bits: not to be guessed by what a page could be made to show.
        let nonce = format!("{:032x}", rand::random::<u128>());
        let policy = format!(
            "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        ("text/html; charset=utf-8", page(config, &nonce), policy)
    } else {
        let line = format!("This is a Mercure hub; its URL ends in {}\n", config.path);
        let policy = "default-src 'none'; frame-ancestors 'none'".to_owned();
        ("text/plain; charset=utf-8", line, policy)
    };
    let mut response = Response::new(ResponseBody::Whole(Bytes::from(body)));
    let fields: [(HeaderName, &str); 6] = [
        (CONTENT_TYPE, media_type),
        (CONTENT_SECURITY_POLICY, &policy),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
        (LINK, &format!("<{}>; rel=\"mercure\"", config.path)),
    ];
    for (name, value) in fields {
        // Each of them is ASCII: the path is checked to be as it stands in a URL.
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn page(config: &HubConfig, nonce: &str) -> String {
    let dialects: Vec<_> = [Dialect::V1, Dialect::V0]
        .into_iter()
        .filter(|dialect| config.dialects.contains(*dialect))
        .map(|dialect| dialect.to_string())
        .collect();
    let path = config.path.replace('&', "&amp;");
    PAGE.replace(PAGE_PATH, &format!("content=\"{path}\""))
        .replace(
            PAGE_DIALECTS,
            &format!("content=\"{}\"", dialects.join(" ")),
        )
        .replace(PAGE_NONCE, &format!("nonce=\"{nonce}\""))
}
