//! GET (or QUERY) on the hub URL: a stream of the updates that match.

use std::sync::Arc;
use std::time::Duration;

use assay_hub_core::subscribe_query::{DialectHints, request_dialect};
use assay_hub_core::{Dialect, Role, Subscribe, SubscribeQuery};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Request, Response};
use tokio::time::Instant;

use super::event_stream::{EventStream, PlannedEnd};
use super::refusal::Refusal;
use super::request_body::RequestBody;
use super::response_body::ResponseBody;
use super::site::Site;
use super::{Bearer, Endpoints, since_epoch};
use crate::config::Anonymous;
use crate::connection::KeptBack;
use crate::limits;
use crate::peer::Peer;
use crate::per_address::Place;

/// The cursor of the request, which every `EventSource` sends when it comes back.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// The response cursor of 1.0; 0.x has it under the name of the request's.
const MERCURE_LAST_EVENT_ID: HeaderName = HeaderName::from_static("mercure-last-event-id");
/// Tells nginx, and others that follow it, to pass on each event at once (sse.no-buffering).
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Somebody who may subscribe.
struct Admitted {
    site: Site,
    bearer: Option<Bearer>,
}

/// A subscription that nothing stands against, before it has a place in the hub.
pub(super) struct Opening {
    pub(super) subscribe: Subscribe,
    pub(super) dialect: Dialect,
    /// Among the streams of its address, where those are bounded.
    pub(super) place: Option<Place>,
    pub(super) end: Option<PlannedEnd>,
}

impl Endpoints {
    /// Opens a stream whose matchers are in the query component.
    pub(super) async fn subscribe(
        &self,
        peer: Peer,
        request: &Request<()>,
    ) -> Result<Response<ResponseBody>, Refusal> {
        let opening = self.opening(peer, request).await?;
        self.open(peer, opening).await
    }

    /// What the query component asks for.
    pub(super) async fn opening(
        &self,
        peer: Peer,
        request: &Request<()>,
    ) -> Result<Opening, Refusal> {
        let admitted = self.admit(request).await?;
        self.read(peer, request, None, admitted)
    }

    /// Opens a stream whose matchers are in the body, the query component, or both (subscribe.query-method.union).
    pub(super) async fn subscribe_with_body(
        &self,
        peer: Peer,
        request: &Request<()>,
        body: impl RequestBody,
    ) -> Result<Response<ResponseBody>, Refusal> {
        // Before the body: who is not admitted has none of it read.
        let admitted = self.admit(request).await?;
        let form = self.form(request, body).await?;
        let opening = self.read(peer, request, Some(&form), admitted)?;
        self.open(peer, opening).await
    }

    /// The token of a subscriber. Without one the hub has to accept anonymous subscribers.
    async fn admit(&self, request: &Request<()>) -> Result<Admitted, Refusal> {
        if request.extensions().get::<KeptBack>().is_some() {
            return Err(Refusal::KeptBack);
        }
        let site = Site::of(&self.config, request)?;
        let bearer = self.bearer(request, &site, Role::Subscriber).await?;
        if bearer.is_none() && self.config.anonymous == Anonymous::Refused {
            return Err(Refusal::TokenMissing {
                would_be: self.shown_dialect(request),
            });
        }
        Ok(Admitted { site, bearer })
    }

    fn read(
        &self,
        peer: Peer,
        request: &Request<()>,
        body: Option<&[u8]>,
        Admitted { site, bearer }: Admitted,
    ) -> Result<Opening, Refusal> {
        let query = request.uri().query().unwrap_or_default();
        let token_dialect = bearer.as_ref().map(|bearer| bearer.token.dialect());
        // The dialect of the request, decided here once.
        let dialect = request_dialect(
            self.config.dialects,
            token_dialect,
            DialectHints::of(query, body),
        )?;
        let limits = &self.config.limits;
        let header_cursor = request
            .headers()
            .get(LAST_EVENT_ID)
            .map(|value| String::from_utf8_lossy(value.as_bytes()));
        let query = SubscribeQuery::parse(
            query,
            body,
            header_cursor.as_deref(),
            dialect,
            &site.url,
            limits,
        )?;
        let place = match (&self.streams, peer.ip()) {
            (Some(all), Some(ip)) => Some(all.enter(ip).ok_or(Refusal::TooManyOfAddress)?),
            _ => None,
        };
        let end = self.planned_end(bearer.as_ref());
        Ok(Opening {
            subscribe: Subscribe {
                matchers: query.matchers,
                token: bearer.map(|bearer| bearer.token),
                last_event_id: query.last_event_id,
            },
            dialect,
            place,
            end,
        })
    }

    async fn open(&self, peer: Peer, opening: Opening) -> Result<Response<ResponseBody>, Refusal> {
        let Opening {
            subscribe,
            dialect,
            place,
            end,
        } = opening;
        let (subscriber, cursor) = self.hub.subscribe(subscribe).await?;
        let stream = EventStream::new(
            subscriber,
            peer,
            place,
            self.config.heartbeat,
            end,
            (Arc::clone(&self.metrics), Arc::clone(&self.farewell)),
        );
        let mut response = Response::new(ResponseBody::Events(Box::new(stream)));
        set_fields(response.headers_mut());
        // replay.response-field.present, replay.response-header-on-header; ids hold no character that a field cannot have.
        if let Some(cursor) = cursor
            && let Ok(value) = HeaderValue::from_bytes(cursor.as_str().as_bytes())
        {
            response.headers_mut().insert(cursor_field(dialect), value);
        }
        tracing::debug!(%peer, %dialect, "subscribed");
        Ok(response)
    }

    /// When the stream has to end: at the expiry of its token, or at the end of its longest life, shortened by up to a
    /// fifth so that a crowd that came together does not come back together (private.max-lifetime).
    fn planned_end(&self, bearer: Option<&Bearer>) -> Option<PlannedEnd> {
        let now = Instant::now();
        let expiry = bearer
            .and_then(|bearer| bearer.token.expires_at_unix_s())
            .and_then(|exp| {
                let left = Duration::from_secs(exp).saturating_sub(since_epoch());
                // Beyond the range of the clock: never.
                Some(PlannedEnd {
                    at: now.checked_add(left.saturating_sub(limits::EXPIRY_MARGIN))?,
                    cut_at: now.checked_add(left.saturating_sub(limits::CUT_MARGIN))?,
                    reason: "token-expired",
                })
            });
        let lifetime = self.config.max_lifetime.map(|longest| {
            let at = now + longest.mul_f64(1.0 - 0.2 * rand::random::<f64>());
            PlannedEnd {
                at,
                cut_at: at + limits::LAST_READ_TIMEOUT,
                reason: "max-lifetime",
            }
        });
        let ends = [expiry, lifetime].into_iter().flatten();
        let cut_at = ends.clone().map(|end| end.cut_at).min()?;
        let first = ends.min_by_key(|end| end.at)?;
        Some(PlannedEnd { cut_at, ..first })
    }
}

/// The field that tells where a stream resumes.
pub(super) fn cursor_field(dialect: Dialect) -> HeaderName {
    match dialect {
        Dialect::V1 => MERCURE_LAST_EVENT_ID,
        Dialect::V0 => LAST_EVENT_ID,
    }
}

/// What the response of every stream says, but for its cursor.
pub(super) fn set_fields(headers: &mut HeaderMap) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
}
