//! The endpoints of the hub: which request goes where, and what all of them have in common.
//!
//! Each endpoint turns a request into a response or a [`Refusal`]; only here do refusals become responses and log lines.

pub(crate) mod cors;
mod current;
pub(crate) mod event_stream;
mod forgery;
pub(crate) mod forwarded;
mod health;
mod home;
mod lane_stream;
mod metadata;
mod operators;
mod presented_token;
mod publish;
mod refusal;
mod request_body;
pub(crate) mod response_body;
mod site;
mod subscribe;
mod subscriptions;

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use assay_hub_core::access_token::TokenFault;
use assay_hub_core::history::History;
use assay_hub_core::limits::UNWATCHED_EVENTS;
use assay_hub_core::subscribe_query::{DialectHints, request_dialect};
use assay_hub_core::{
    AccessToken, CloseReason, Dialect, Dialects, Hub, HubSettings, RandomEventIds, Role,
    SubscriptionSettings, TokenContext, TokenError, TrustedKeys, access_token,
};
use http::header::ALLOW;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use rustls::ServerConfig;
use tokio::sync::watch;

use crate::archive_readers::ArchiveReaders;
use crate::config::{COOKIE_V0, HubConfig, Identity};
use crate::farewell::Farewell;
use crate::jwks::KeyRing;
use crate::metrics::Metrics;
use crate::peer::Peer;
use crate::per_address::PerAddress;
use crate::readiness::Readiness;
use crate::stream_lane::{LaneEnds, StreamLanes, StreamSettings};
pub(crate) use current::Current;
pub(crate) use lane_stream::NotTaken;
use metadata::Metadata;
use presented_token::{Mechanism, PresentedToken};
use refusal::Refusal;
use request_body::RequestBody;
use response_body::ResponseBody;
use site::Site;

/// The methods of the hub URL in 1.0.
const HUB_METHODS: &str = "GET, HEAD, OPTIONS, POST, QUERY";
/// The methods of the hub URL in 0.x.
const HUB_METHODS_V0: &str = "GET, HEAD, OPTIONS, POST";
/// What a QUERY takes, as the field of that name says it.
const ACCEPT_QUERY: HeaderName = HeaderName::from_static("accept-query");
/// The type of publications, and of the content of a QUERY.
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
/// The methods of documents.
const DOCUMENT_METHODS: &str = "GET, HEAD, OPTIONS";

/// Everything that answers requests, shared by all connections.
#[derive(Debug)]
pub(crate) struct Endpoints {
    config: HubConfig,
    metadata_path: String,
    keys: KeyRing,
    /// None if the hub does not keep track of subscriptions.
    subscriptions: Option<subscriptions::Api>,
    hub: Hub,
    /// The streams of each address; over HTTP/2 they are more than its connections.
    streams: Option<Arc<PerAddress>>,
    lanes: Arc<StreamLanes>,
    metrics: Arc<Metrics>,
    farewell: Arc<Farewell>,
    readiness: Arc<Readiness>,
    closing: watch::Sender<bool>,
}

/// A verified token, and how it came.
#[derive(Debug)]
struct Bearer {
    token: AccessToken,
    mechanism: Mechanism,
}

impl Endpoints {
    /// A hub with what is in `history`, and its lanes, whose threads run from now on.
    pub(crate) fn new(
        config: HubConfig,
        history: Box<dyn History>,
    ) -> io::Result<(Self, LaneEnds)> {
        let settings = HubSettings {
            subscribers: config.max_subscribers,
            subscriptions: config.subscriptions.then(|| SubscriptionSettings {
                hub_path: subscriptions::public_path(&config).to_owned(),
                dialects: config.dialects,
                unwatched_events: UNWATCHED_EVENTS,
            }),
            ..HubSettings::default()
        };
        let farewell = Arc::<Farewell>::default();
        let streams = StreamSettings {
            heartbeat: config.heartbeat,
            write_timeout: config.write_timeout,
            unsent_updates: settings.queued_updates,
            unsent_bytes: settings.queued_bytes,
            farewell: Arc::clone(&farewell),
        };
        let event_ids = RandomEventIds::from_seed(rand::random());
        let readers = Arc::<ArchiveReaders>::default();
        let hub = Hub::with_readers(settings, history, Box::new(event_ids), readers);
        let (lanes, ends) = StreamLanes::start(&hub, config.stream_threads, &streams)?;
        let endpoints = Self {
            metadata_path: format!("{}{}", metadata::WELL_KNOWN, config.path),
            keys: KeyRing::new(Arc::clone(&config.keys)),
            readiness: Arc::new(Readiness::new(hub.clone())),
            metrics: Arc::default(),
            subscriptions: config
                .subscriptions
                .then(|| subscriptions::Api::of(&config)),
            farewell,
            hub,
            lanes: Arc::new(lanes),
            streams: config.max_per_address.map(PerAddress::new),
            closing: watch::Sender::new(false),
            config,
        };
        Ok((endpoints, ends))
    }

    /// The same hub, with the settings of `config` that can change while it runs.
    fn reloaded(&self, config: &HubConfig) -> Self {
        Self {
            // What is behind URLs is fetched again: its URL may be another one.
            keys: self.keys.reloaded(Arc::clone(&config.keys)),
            config: self.config.reloaded(config),
            metadata_path: self.metadata_path.clone(),
            subscriptions: self.subscriptions.clone(),
            hub: self.hub.clone(),
            streams: self.streams.clone(),
            lanes: Arc::clone(&self.lanes),
            metrics: Arc::clone(&self.metrics),
            farewell: Arc::clone(&self.farewell),
            readiness: Arc::clone(&self.readiness),
            closing: self.closing.clone(),
        }
    }

    /// The certificate with its key; none for a hub without TLS.
    pub(crate) fn tls(&self) -> Option<Arc<ServerConfig>> {
        self.config.tls.as_ref().map(|tls| Arc::clone(&tls.server))
    }

    /// A certificate was not got.
    pub(crate) fn count_certificate_failure(&self, code: &'static str) {
        self.metrics.certificates.add("certificate", code);
    }

    /// A connection was refused.
    pub(crate) fn count_connection(&self, code: &'static str) {
        self.metrics.connections.add("connection", code);
    }

    /// See [`HubConfig`].
    pub(crate) fn write_timeout(&self) -> Option<Duration> {
        self.config.write_timeout
    }

    /// Ends all streams, and refuses what comes after.
    pub(crate) fn close(&self) {
        self.farewell
            .plan(self.hub.subscriber_count(), self.config.drain_timeout);
        self.hub.close_all(CloseReason::ShuttingDown);
        self.closing.send_replace(true);
    }

    /// Becomes true with [`Self::close`].
    pub(crate) fn closing(&self) -> watch::Receiver<bool> {
        self.closing.subscribe()
    }

    /// Whether a request for `path` is for one of the endpoints that an application around the hub has not itself.
    pub(crate) fn takes(&self, path: &str) -> bool {
        let lists = self.subscriptions.as_ref();
        self.config.is_hub(path) || self.is_metadata(path) || lists.is_some_and(|api| api.has(path))
    }

    /// A hub of 0.x alone has no metadata.
    fn is_metadata(&self, path: &str) -> bool {
        path == self.metadata_path && self.speaks(Dialect::V1)
    }

    /// Answers one request of `peer`.
    pub(crate) async fn answer(
        &self,
        peer: Peer,
        request: Request<impl RequestBody>,
    ) -> Response<ResponseBody> {
        let (head, body) = request.into_parts();
        let mut request = Request::from_parts(head, ());
        let answered = match self.sender(peer, &mut request) {
            Ok(sender) => {
                let answered = self.route(sender, &request, body).await;
                return self.complete(sender, &request, answered);
            }
            Err(refusal) => Err(refusal),
        };
        self.complete(peer, &request, answered)
    }

    /// Who sent a request that came from `peer`.
    fn sender(&self, peer: Peer, request: &mut Request<()>) -> Result<Peer, Refusal> {
        forwarded::sender(&self.config.trusted_proxies, peer, request)
    }

    /// Turns a refusal into a response, and adds to any response what all have in common.
    fn complete(
        &self,
        peer: Peer,
        request: &Request<()>,
        answered: Result<Response<ResponseBody>, Refusal>,
    ) -> Response<ResponseBody> {
        let mut response = answered.unwrap_or_else(|refusal| {
            let (area, code) = refusal.reason();
            self.metrics.refusals.add(area, code);
            refusal.log(peer, request.method(), request.uri().path());
            refusal.response(self.metadata_url(request).as_deref())
        });
        let mechanism = presented_token::mechanism(request.headers(), &self.config.cookie_names);
        cors::allow(
            &self.config.cors,
            request.headers(),
            mechanism,
            response.headers_mut(),
        );
        if cors::is_preflight(request) {
            cors::allow_preflight(self.config.dialects, response.headers_mut());
        }
        if request.method() == Method::HEAD {
            *response.body_mut() = ResponseBody::EMPTY;
        }
        response
    }

    async fn route(
        &self,
        peer: Peer,
        request: &Request<()>,
        body: impl RequestBody,
    ) -> Result<Response<ResponseBody>, Refusal> {
        let path = request.uri().path();
        let method = request.method();
        // Whoever asks about health may do so by address.
        if health::Probe::of_path(path).is_none()
            && matches!(self.config.identity, Identity::Listed(_))
        {
            Site::of(&self.config, request)?;
        }
        if self.config.is_hub(path) {
            match method.as_str() {
                "GET" | "HEAD" => self.subscribe(peer, request).await,
                "QUERY" if self.speaks(Dialect::V1) => {
                    self.subscribe_with_body(peer, request, body).await
                }
                "POST" => self.publish(request, body).await,
                "OPTIONS" => Ok(self.hub_options()),
                _ => Err(Refusal::UnknownMethod {
                    allow: self.hub_methods(),
                }),
            }
        } else if self.is_metadata(path) {
            match *method {
                Method::GET | Method::HEAD => {
                    let site = Site::of(&self.config, request)?;
                    Ok(metadata::answer(&Metadata {
                        resource: &site.resource,
                        authorization_servers: &self.config.authorization_servers,
                        cookie_name: &self.config.cookie_names[0],
                        subscriptions: self.config.subscriptions,
                    }))
                }
                Method::OPTIONS => Ok(options(DOCUMENT_METHODS)),
                _ => Err(Refusal::UnknownMethod {
                    allow: DOCUMENT_METHODS,
                }),
            }
        } else if let Some(api) = self.subscriptions.as_ref().filter(|api| api.has(path)) {
            match *method {
                Method::GET | Method::HEAD => self.active_subscriptions(api, request).await,
                Method::OPTIONS => Ok(options(DOCUMENT_METHODS)),
                _ => Err(Refusal::UnknownMethod {
                    allow: DOCUMENT_METHODS,
                }),
            }
        } else if let Some(probe) = health::Probe::of_path(path) {
            match *method {
                Method::GET | Method::HEAD => Ok(self.health(probe).await),
                _ => Err(Refusal::UnknownMethod { allow: "GET, HEAD" }),
            }
        } else if path == home::PATH {
            match *method {
                Method::GET | Method::HEAD => Ok(home::answer(&self.config)),
                _ => Err(Refusal::UnknownMethod { allow: "GET, HEAD" }),
            }
        } else {
            Err(Refusal::UnknownPath)
        }
    }

    async fn health(&self, probe: health::Probe) -> Response<ResponseBody> {
        match probe {
            health::Probe::Ready => health::readiness(self.readiness.verdict().await),
            alive => health::alive(alive),
        }
    }

    /// RFC 10008: what the content of a QUERY may be.
    fn hub_options(&self) -> Response<ResponseBody> {
        let mut response = options(self.hub_methods());
        if self.speaks(Dialect::V1) {
            response.headers_mut().insert(ACCEPT_QUERY, FORM);
        }
        response
    }

    fn hub_methods(&self) -> &'static str {
        if self.speaks(Dialect::V1) {
            HUB_METHODS
        } else {
            HUB_METHODS_V0
        }
    }

    fn speaks(&self, dialect: Dialect) -> bool {
        self.config.dialects.contains(dialect)
    }

    /// Where the metadata document is, for challenges; a hub of 0.x alone has none.
    fn metadata_url(&self, request: &Request<()>) -> Option<String> {
        let site = self
            .speaks(Dialect::V1)
            .then(|| Site::of(&self.config, request).ok())??;
        site.url
            .url()
            .join(&self.metadata_path)
            .ok()
            .map(Into::into)
    }

    /// The dialect that a request without a usable token shows, whether or not it is enabled: for the log line of its 401.
    fn shown_dialect(&self, request: &Request<()>) -> Dialect {
        let query = request.uri().query().unwrap_or_default();
        let in_query = !matches!(presented_token::from_query(query), Ok(None));
        let in_cookie =
            presented_token::from_cookie(request.headers(), &[COOKIE_V0.to_owned()]).is_some();
        if in_query || in_cookie {
            return Dialect::V0;
        }
        let hints = DialectHints::of(query, None);
        match request_dialect(Dialects::Both, None, hints) {
            Ok(shown) if hints != DialectHints::default() => shown,
            _ if self.speaks(Dialect::V1) => Dialect::V1,
            _ => Dialect::V0,
        }
    }

    /// The token of a request, verified for `role`; none if the request presents none.
    async fn bearer(
        &self,
        request: &Request<()>,
        site: &Site,
        role: Role,
    ) -> Result<Option<Bearer>, Refusal> {
        if let Some(presented) = presented_token::from_header(request.headers())? {
            return self.verify(&presented, site, role).await.map(Some);
        }
        if self.speaks(Dialect::V0)
            && let Some(presented) =
                presented_token::from_query(request.uri().query().unwrap_or_default())?
        {
            let bearer = self.verify(&presented, site, role).await?;
            // auth.query-token.not-accepted: in 1.0 such a token gives no rights, nor does it get in the way
            if bearer.token.dialect() == Dialect::V0 {
                return Ok(Some(bearer));
            }
        }
        let presented = presented_token::from_cookie(request.headers(), &self.config.cookie_names);
        match presented {
            Some(presented) => self.verify(&presented, site, role).await.map(Some),
            None => Ok(None),
        }
    }

    async fn verify(
        &self,
        presented: &PresentedToken,
        site: &Site,
        role: Role,
    ) -> Result<Bearer, Refusal> {
        let token = match self.verify_with(&self.keys.snapshot(), presented, site, role) {
            Err((fault, Some(issuer))) => {
                // The keys of its issuer may have changed.
                if !self.keys.look_again(&issuer, role).await {
                    return Err(fault.into());
                }
                let again = self.verify_with(&self.keys.snapshot(), presented, site, role);
                again.map_err(|(fault, _)| fault)?
            }
            first => first.map_err(|(fault, _)| fault)?,
        };
        Ok(Bearer {
            token,
            mechanism: presented.mechanism,
        })
    }

    /// Verifies a token; where newer keys of its issuer might help, an error names the issuer.
    fn verify_with(
        &self,
        keys: &TrustedKeys,
        presented: &PresentedToken,
        site: &Site,
        role: Role,
    ) -> Result<AccessToken, (TokenError, Option<String>)> {
        let context = TokenContext {
            keys,
            audiences: std::slice::from_ref(&site.resource),
            dialects: self.config.dialects,
            hub_url: &site.url,
            limits: &self.config.limits,
            now_unix_s: since_epoch().as_secs(),
        };
        let verified = self.keys.verified();
        let outcome = verified.verify(&presented.token, role, &context);
        outcome.map_err(|error| {
            let may_help = matches!(
                error.fault(),
                TokenFault::UnknownKey | TokenFault::KeysAwaited
            );
            let issuer = may_help
                .then(|| access_token::addressed_issuer(&presented.token, &context))
                .flatten();
            (error, issuer.map(|issuer| issuer.identifier.clone()))
        })
    }
}

/// The answer to `OPTIONS`, preflight or not.
fn options(allow: &'static str) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::EMPTY);
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static(allow));
    response
}

/// Whether a body of this type is a form; parameters such as `charset` change nothing.
fn is_form(headers: &HeaderMap) -> bool {
    let media_type = headers
        .get(http::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = media_type.and_then(|media_type| media_type.split(';').next());
    essence.is_some_and(|essence| {
        let essence = essence.trim().as_bytes();
        essence.eq_ignore_ascii_case(FORM.as_bytes())
    })
}

/// The present, as tokens count it.
fn since_epoch() -> Duration {
    // A clock before 1970 makes every token with `nbf` fail, which is the safe side.
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}
