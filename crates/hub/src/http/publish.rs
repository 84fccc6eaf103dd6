//! POST on the hub URL: a form becomes an update, if its sender may publish it.

use assay_hub_core::authorization::Decision;
use assay_hub_core::{Publication, Role};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::{Instant, timeout};

use super::presented_token::Mechanism;
use super::refusal::Refusal;
use super::request_body::RequestBody;
use super::response_body::ResponseBody;
use super::site::Site;
use super::{Endpoints, forgery, is_form};
use crate::limits::REQUEST_BODY_TIMEOUT;

impl Endpoints {
    /// Publishes, and answers with the id of the update (publish.success.body).
    ///
    /// The order of the checks: the token, whether a cookie was meant, the form, and last whether the token covers it, so
    /// that a topic of the reserved namespace is a 400 for every token (publish.reserved-namespace.any-token).
    pub(super) async fn publish(
        &self,
        request: &Request<()>,
        body: impl RequestBody,
    ) -> Result<Response<ResponseBody>, Refusal> {
        let site = Site::of(&self.config, request)?;
        let bearer = self.bearer(request, &site, Role::Publisher).await?;
        let bearer = bearer.ok_or_else(|| Refusal::TokenMissing {
            would_be: self.shown_dialect(request),
        })?;
        if bearer.mechanism == Mechanism::Cookie {
            forgery::check(
                request.headers(),
                site.origin.as_ref(),
                &self.config.publish_origins,
            )?;
        }
        let form = self.form(request, body).await?;
        if self.config.legacy_paths && has_targets(&form) {
            return Err(Refusal::Targets);
        }
        let publication = Publication::from_form(
            &form,
            bearer.token.dialect(),
            &site.url,
            &self.config.limits,
        )?;
        if let Decision::Denied(denial) = bearer.token.may_publish(publication.topics()) {
            return Err(Refusal::Scope(denial));
        }
        let begun = Instant::now();
        let published = self.hub.publish(publication).await;
        self.metrics.publish.record(begun.elapsed(), 1);
        let id = published?;
        let mut response = Response::new(ResponseBody::Whole(Bytes::copy_from_slice(
            id.as_str().as_bytes(),
        )));
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        );
        // auth.query-cache-private
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
        Ok(response)
    }

    /// The whole body of a request whose content is a form.
    pub(super) async fn form(
        &self,
        request: &Request<()>,
        body: impl RequestBody,
    ) -> Result<Bytes, Refusal> {
        if !is_form(request.headers()) {
            return Err(Refusal::ContentType);
        }
        let limit_bytes = self.config.limits.publish_body_bytes;
        // Before anything is read, where the length is known: a peer that expects `100 Continue` then keeps its body.
        if body.size_hint().lower() > limit_bytes as u64 {
            return Err(Refusal::BodyTooLong { limit_bytes });
        }
        let mut closing = self.closing();
        let read = tokio::select! {
            biased;
            read = timeout(REQUEST_BODY_TIMEOUT, Limited::new(body, limit_bytes).collect()) => read,
            // A hub that is closing refuses it anyway: its peer need not send the rest, nor the end wait for it.
            _ = closing.wait_for(|&closing| closing) => return Err(Refusal::ShuttingDown),
        };
        match read.map_err(|_| Refusal::BodyTimeout)? {
            Ok(body) => Ok(body.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => {
                Err(Refusal::BodyTooLong { limit_bytes })
            }
            Err(_) => Err(Refusal::BodyBroken),
        }
    }
}

/// Whether a form names the audience of an update as hubs before 0.10 took it. Passed over, it would be public.
fn has_targets(form: &[u8]) -> bool {
    form_urlencoded::parse(form).any(|(name, _)| name == "target")
}
