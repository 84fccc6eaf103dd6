//! GET below the hub URL: lists of active subscriptions, and single ones.
//!
//! What they contain, and at which point of the log, is the core's; here are who may see them, fields, and validation of
//! cached copies.

mod validator;

use assay_hub_core::authorization::Decision;
use assay_hub_core::{ActiveSubscriptions, Dialect, HubUrl, Role};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LINK, VARY};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};

use super::Endpoints;
use super::refusal::Refusal;
use super::response_body::ResponseBody;
use super::site::Site;
use crate::config::{FixedIdentity, HubConfig, Identity};
use validator::Validator;

/// Where the API is.
#[derive(Debug, Clone)]
pub(super) struct Api {
    /// The path of the list of all, as requests have it.
    root: String,
    /// The path of the hub, as requests have it and as clients know it.
    hub_path: [String; 2],
}

impl Api {
    pub(super) fn of(config: &HubConfig) -> Self {
        Self {
            root: format!("{}/subscriptions", config.path),
            hub_path: [config.path.clone(), public_path(config).to_owned()],
        }
    }

    /// Whether it is asked for.
    pub(super) fn has(&self, path: &str) -> bool {
        path.strip_prefix(&self.root)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The path of a request as clients know it. subscriptions.api.query-ignored
    fn public(&self, request: &Request<()>) -> String {
        let [requested, public] = &self.hub_path;
        let path = request.uri().path();
        path.strip_prefix(requested)
            .map_or_else(|| path.to_owned(), |rest| format!("{public}{rest}"))
    }
}

/// The path of the hub as clients know it: behind a proxy it may be another one.
pub(super) fn public_path(config: &HubConfig) -> &str {
    match &config.identity {
        Identity::Fixed(FixedIdentity {
            url: Some((url, _)),
            ..
        }) => url.url().path(),
        // All of them have one path.
        Identity::Listed(urls) => urls.first().map_or(&config.path, |it| it.url.url().path()),
        Identity::Fixed(_) | Identity::Request => &config.path,
    }
}

impl Endpoints {
    /// Answers with the document at this path, for whom may subscribe to the topic of that name.
    ///
    /// Whether there is anything is only said to who may know. subscriptions.api.unauthenticated, .forbidden
    pub(super) async fn active_subscriptions(
        &self,
        api: &Api,
        request: &Request<()>,
    ) -> Result<Response<ResponseBody>, Refusal> {
        let site = Site::of(&self.config, request)?;
        let bearer = self.bearer(request, &site, Role::Subscriber).await?;
        let bearer = bearer.ok_or_else(|| Refusal::TokenMissing {
            would_be: self.shown_dialect(request),
        })?;
        let path = api.public(request);
        if let Decision::Denied(denial) = bearer.token.may_look_at(&path) {
            return Err(Refusal::Scope(denial));
        }
        let found = self
            .hub
            .active_subscriptions(&path, bearer.token.dialect())
            .ok_or(Refusal::NoSubscription)?;
        let validator = Validator::of(&found);
        let mut response = Response::new(ResponseBody::EMPTY);
        set_fields(response.headers_mut(), &found, &validator, &site.url);
        if validator.is_met(request.headers().get_all(IF_NONE_MATCH)) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return Ok(response);
        }
        response
            .headers_mut()
            .insert(CONTENT_TYPE, media_type(found.dialect()));
        if request.method() != Method::HEAD {
            *response.body_mut() = ResponseBody::Whole(written(found).await);
        }
        Ok(response)
    }
}

/// The document. A list may have a hundred thousand members: not on a thread that serves others meanwhile.
async fn written(found: ActiveSubscriptions) -> Bytes {
    let written = tokio::task::spawn_blocking(move || found.document());
    // It neither panics nor is it aborted, unless the runtime ends and nobody reads the answer.
    written.await.map(Bytes::from).unwrap_or_default()
}

/// subscriptions.api.content-type, subscriptions.api-content-type
fn media_type(dialect: Dialect) -> HeaderValue {
    HeaderValue::from_static(match dialect {
        Dialect::V0 => "application/ld+json",
        Dialect::V1 => "application/json",
    })
}

fn set_fields(
    headers: &mut HeaderMap,
    found: &ActiveSubscriptions,
    validator: &Validator,
    hub_url: &HubUrl,
) {
    // auth.query-cache-private; what is cached has to be validated each time, as the examples of both drafts ask.
    headers.insert(
        CACHE_CONTROL,
        HeaderValue::from_static("private, max-age=0, must-revalidate"),
    );
    // The dialect of the document is that of the token.
    headers.insert(VARY, HeaderValue::from_static("authorization, cookie"));
    if let Ok(tag) = HeaderValue::from_bytes(validator.tag().as_bytes()) {
        headers.insert(ETAG, tag);
    }
    if let Ok(link) = HeaderValue::from_bytes(link(found, hub_url).as_bytes()) {
        headers.insert(LINK, link);
    }
}

/// subscriptions.api.cursor, .link-attributes; in 0.x the cursor is in the document.
fn link(found: &ActiveSubscriptions, hub_url: &HubUrl) -> String {
    let link = format!("<{}>; rel=\"mercure\"", hub_url.as_str());
    match found.dialect() {
        Dialect::V0 => link,
        Dialect::V1 => {
            let cursor = found.cursor().as_str();
            let cursor = cursor.replace('\\', "\\\\").replace('"', "\\\"");
            format!(
                "{link}; last-event-id=\"{cursor}\"; type=\"mercure\"; content-type=\"application/json\""
            )
        }
    }
}
