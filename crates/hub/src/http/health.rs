//! Tells a supervisor that the process answers requests, and whether the hub hands on what is published.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use serde_json::json;

use super::response_body::ResponseBody;
use crate::readiness::Verdict;

/// A path of the health of the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Probe {
    /// Is the process alive? As the Mercure.rocks hub of 0.x has it.
    Healthz,
    /// The same, in JSON.
    Live,
    /// Does the hub do what it is there for?
    Ready,
}

impl Probe {
    /// What a path asks for; none if it is not of this endpoint.
    pub(crate) fn of_path(path: &str) -> Option<Self> {
        match path {
            "/healthz" => Some(Self::Healthz),
            "/health/live" => Some(Self::Live),
            "/health/ready" => Some(Self::Ready),
            _ => None,
        }
    }
}

/// 200: whoever reads it knows.
pub(crate) fn alive(probe: Probe) -> Response<ResponseBody> {
    match probe {
        Probe::Healthz => answer("ok\n".to_owned(), "text/plain; charset=utf-8"),
        Probe::Live | Probe::Ready => json("live"),
    }
}

/// 200, or 503 with what is the matter.
pub(crate) fn readiness(verdict: Verdict) -> Response<ResponseBody> {
    let mut response = json(verdict.word());
    if verdict != Verdict::Ready {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    response
}

fn json(status: &str) -> Response<ResponseBody> {
    let body = json!({ "status": status });
    answer(format!("{body}\n"), "application/json")
}

/// A page for machines, which nobody keeps.
pub(super) fn answer(body: String, media_type: &'static str) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::Whole(Bytes::from(body)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
