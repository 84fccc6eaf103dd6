//! Finds out: which hub a resource names (`Link`), what a hub says about itself (RFC 9728 metadata), which dialect it speaks.
//! Not for judging the answers.

use std::time::Duration;

use reqwest::{Method, Response, StatusCode, header};
use serde::Deserialize;
use url::Url;

use crate::{
    ClientSetupError, Dialect, Endpoint, HubUrl, Refusal, TopicMatcher, TransportError,
    http_client::HttpClient,
    link::{Link, parse_links},
    refusal::{Request, read_body},
    request::subscribe_url,
};

const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
const METADATA_BYTES_MAX: usize = 64 * 1024;

/// Why nothing could be found out.
#[derive(Debug, thiserror::Error)]
pub enum DiscoveryError {
    /// The HTTP client could not be set up.
    #[error(transparent)]
    Setup(#[from] ClientSetupError),
    /// Nobody answered.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The resource was refused.
    #[error("the resource cannot be looked at: {0}")]
    Refused(Box<Refusal>),
    /// The resource names no hub.
    #[error("{0} sends no Link with rel=\"mercure\": give the URL of the hub itself")]
    NoHubLink(String),
    /// There is something at the URL, but it does not behave like a hub.
    #[error("{url} does not answer like a hub: {evidence}")]
    NotAHub {
        /// What was asked.
        url: String,
        /// What came.
        evidence: String,
    },
    /// It may be a hub, but neither dialect showed.
    #[error("cannot tell the dialect of {url} ({evidence}): pass --dialect 1.0 or --dialect 0.x")]
    Undecided {
        /// What was asked.
        url: String,
        /// What came.
        evidence: String,
    },
}

/// What the `Link` fields of a resource say about live updates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discovery {
    /// The hubs, at least one. // discovery.subscriber.multiple
    pub hubs: Vec<HubLink>,
    /// The topic to subscribe to: `rel=self`, else the URL that was asked. // discovery.self.canonical
    pub topic: String,
}

/// One hub that a resource names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubLink {
    /// The hub.
    pub url: HubUrl,
    /// The cursor at the time when the resource was made; it belongs into the query.
    ///
    /// // discovery.link.last-event-id-forwarded
    pub last_event_id: Option<String>,
    /// The media type of the updates, that of the resource when absent.
    pub content_type: Option<String>,
    /// The SSE event type of the updates (1.0).
    pub event_type: Option<String>,
}

/// Reads the hubs out of `Link` field values; relative targets are resolved against `base`, and those that are no hub URL
/// are passed over.
pub fn hub_links<'a>(base: &Url, fields: impl IntoIterator<Item = &'a str>) -> Vec<HubLink> {
    let links = fields.into_iter().flat_map(parse_links);
    links
        .filter(|link| link.has_relation("mercure"))
        .filter_map(|link| hub_link(base, &link))
        .collect()
}

fn hub_link(base: &Url, link: &Link) -> Option<HubLink> {
    let parameter = |name| link.parameter(name).map(str::to_owned);
    let url = base.join(&link.target).ok()?;
    // An absolute target is kept as written: it is the default audience, compared byte by byte.
    let url = if Url::parse(&link.target).is_ok() {
        link.target.parse()
    } else {
        url.as_str().parse()
    };
    Some(HubLink {
        url: url.ok()?,
        last_event_id: parameter("last-event-id"),
        content_type: parameter("content-type"),
        event_type: parameter("type"),
    })
}

/// Asks a resource which hubs tell of its updates. `resource` is an endpoint whose URL is the resource.
pub async fn discover(resource: &Endpoint) -> Result<Discovery, DiscoveryError> {
    let http = HttpClient::new(resource, resource.hub())?;
    let url = resource.hub().url().as_url();
    let response = look(&http, url).await?;
    if !response.status().is_success() {
        let refusal = Refusal::read(Request::Look, response, None).await;
        return Err(DiscoveryError::Refused(Box::new(refusal)));
    }
    let fields: Vec<_> = response
        .headers()
        .get_all(header::LINK)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    let hubs = hub_links(url, fields.iter().copied());
    if hubs.is_empty() {
        return Err(DiscoveryError::NoHubLink(url.to_string()));
    }
    let canonical = fields
        .iter()
        .flat_map(|field| parse_links(field))
        .find(|link| link.has_relation("self"))
        .and_then(|link| url.join(&link.target).ok());
    let topic = canonical.map_or_else(|| resource.hub().url().as_given().to_owned(), String::from);
    Ok(Discovery { hubs, topic })
}

/// The protected resource metadata of a hub, as far as a client uses it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Metadata {
    /// The resource identifier: the audience of tokens. // discovery.metadata.resource
    pub resource: String,
    /// Issuers of tokens, none when they are self-issued.
    #[serde(default)]
    pub authorization_servers: Vec<String>,
    /// The cookie in which the hub takes a token too.
    #[serde(default)]
    pub mercure_cookie: Option<String>,
    /// Matcher types, the two of the draft when absent.
    #[serde(default)]
    pub mercure_matcher_types_supported: Option<Vec<String>>,
    /// Whether active subscriptions can be asked for.
    #[serde(default)]
    pub mercure_subscriptions: bool,
}

impl Metadata {
    /// Whether the document speaks of this hub: a client must check it. // discovery.metadata.client-verifies-resource
    pub fn is_about(&self, hub: &HubUrl) -> bool {
        self.resource == hub.as_given() || self.resource == hub.as_url().as_str()
    }
}

/// Fetches the metadata; `None` when the hub publishes none, or something else in its place.
///
/// // discovery.metadata.published, discovery.metadata.legacy-hint
pub async fn fetch_metadata(endpoint: &Endpoint) -> Result<Option<Metadata>, DiscoveryError> {
    let http = HttpClient::new(endpoint, endpoint.hub())?;
    metadata(&http, endpoint.hub().url()).await
}

async fn metadata(http: &HttpClient, hub: &HubUrl) -> Result<Option<Metadata>, DiscoveryError> {
    let url = hub.metadata_url();
    let mut response = look(http, &url).await?;
    let content_type = response.headers().get(header::CONTENT_TYPE);
    // Whatever answers everything with a stream would keep us waiting for the end of one.
    let is_stream = content_type.is_some_and(|it| it.as_bytes().starts_with(b"text/event-stream"));
    if response.status() != StatusCode::OK || is_stream {
        return Ok(None);
    }
    let body = tokio::time::timeout(ANSWER_TIMEOUT, read_body(&mut response, METADATA_BYTES_MAX))
        .await
        .map_err(|_| TransportError::timeout(&url, ANSWER_TIMEOUT))?
        .map_err(|error| TransportError::new(&url, &error))?;
    Ok(serde_json::from_slice(&body).ok())
}

/// What a hub turned out to speak, and how that showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detection {
    /// The dialect; 1.0 when the hub speaks both.
    pub dialect: Dialect,
    /// The observation that decided, for people.
    pub evidence: String,
    /// The metadata, when the hub publishes it.
    pub metadata: Option<Metadata>,
}

/// What a probe without token brought.
struct Probe {
    parameter: &'static str,
    status: StatusCode,
    stream: bool,
    challenge: bool,
}

impl Probe {
    fn describe(&self) -> String {
        let Self {
            parameter, status, ..
        } = self;
        let what = if self.stream {
            "an event stream"
        } else {
            "no event stream"
        };
        format!("{parameter}= gives status {} and {what}", status.as_u16())
    }
}

/// Finds the dialect without a token: 1.0 if the hub publishes metadata, otherwise by which subscription it opens, or by how it
/// asks for a token.
pub async fn detect_dialect(endpoint: &Endpoint) -> Result<Detection, DiscoveryError> {
    let http = HttpClient::new(endpoint, endpoint.hub())?;
    let hub = endpoint.hub().url();
    let metadata = metadata(&http, hub).await?;
    if metadata.is_some() {
        let evidence = format!(
            "it publishes protected resource metadata at {}",
            hub.metadata_url()
        );
        return Ok(Detection {
            dialect: Dialect::V1,
            evidence,
            metadata,
        });
    }
    let decided = |dialect, evidence| {
        Ok(Detection {
            dialect,
            evidence,
            metadata: None,
        })
    };
    let v1 = probe(&http, hub, Dialect::V1).await?;
    if v1.stream {
        return decided(Dialect::V1, v1.describe());
    }
    if v1.status == StatusCode::UNAUTHORIZED {
        // A 1.0 hub has to send the challenge; the stock 0.x hub never does. // auth.error.missing-401 (1.0)
        return if v1.challenge {
            decided(
                Dialect::V1,
                "it asks for a token with a Bearer challenge".to_owned(),
            )
        } else {
            let evidence =
                "it asks for a token without a Bearer challenge, and publishes no metadata";
            decided(Dialect::V0, evidence.to_owned())
        };
    }
    let v0 = probe(&http, hub, Dialect::V0).await?;
    if v0.stream || v0.status == StatusCode::UNAUTHORIZED {
        return decided(Dialect::V0, format!("{}, {}", v0.describe(), v1.describe()));
    }
    let (url, evidence) = (
        hub.to_string(),
        format!("{}, {}", v1.describe(), v0.describe()),
    );
    // Both dialects name the same refusal for a parameter that they do not take.
    if [v1.status, v0.status].contains(&StatusCode::BAD_REQUEST) {
        return Err(DiscoveryError::Undecided { url, evidence });
    }
    let evidence = format!("{evidence}; the usual path is /.well-known/mercure");
    Err(DiscoveryError::NotAHub { url, evidence })
}

async fn probe(http: &HttpClient, hub: &HubUrl, dialect: Dialect) -> Result<Probe, DiscoveryError> {
    let topic = TopicMatcher::Exact(format!("urn:uuid:{}", uuid::Uuid::new_v4()));
    let parameter = topic
        .parameter(dialect)
        .expect("invariant: both dialects have exact topics");
    let url = subscribe_url(hub, dialect, &[topic], None)
        .expect("invariant: both dialects have exact topics");
    let response = look(http, &url).await?;
    let field = |name| {
        response
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let content_type = field(header::CONTENT_TYPE).to_ascii_lowercase();
    let challenge = field(header::WWW_AUTHENTICATE).to_ascii_lowercase();
    Ok(Probe {
        parameter,
        status: response.status(),
        stream: response.status().is_success() && content_type.starts_with("text/event-stream"),
        challenge: challenge.starts_with("bearer"),
    })
}

/// Sends a GET without token and waits for the head of the answer.
async fn look(http: &HttpClient, url: &Url) -> Result<Response, TransportError> {
    tokio::time::timeout(ANSWER_TIMEOUT, http.request(Method::GET, url, None).send())
        .await
        .map_err(|_| TransportError::timeout(url, ANSWER_TIMEOUT))?
        .map_err(|error| TransportError::new(url, &error))
}
