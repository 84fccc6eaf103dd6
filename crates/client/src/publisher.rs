//! Publishes updates, one at a time, by hand. Not for load: `assay-load` keeps an absolute timetable on its own sockets.

use std::time::Duration;

use reqwest::{Method, header};
use url::Url;

use crate::{
    BearerToken, ClientSetupError, Endpoint, Refusal, TransportError,
    http_client::HttpClient,
    refusal::{Request, excerpt, read_body},
};

const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
// An id is some dozens of bytes; a hub that honours ours may send a long one back.
const ID_BYTES_MAX: usize = 16 * 1024;

/// The media type of a publication. // publish.form-urlencoded (0.x)
pub const FORM_CONTENT_TYPE: &str = "application/x-www-form-urlencoded";

/// The fields of a publication, the same in both dialects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublishForm {
    /// The canonical topic, then the alternate ones.
    pub topics: Vec<String>,
    /// The new version of the topic; `None` leaves the field out.
    pub data: Option<String>,
    /// Only for subscribers whose token grants one of the topics.
    pub private: bool,
    /// The id of the event, which the hub may take over.
    pub id: Option<String>,
    /// The SSE event type.
    pub event_type: Option<String>,
    /// The reconnection time for subscribers, in milliseconds.
    pub retry_ms: Option<u64>,
}

impl PublishForm {
    /// A public update of one topic.
    pub fn new(topic: &str, data: &str) -> Self {
        Self {
            topics: vec![topic.to_owned()],
            data: Some(data.to_owned()),
            ..Self::default()
        }
    }

    /// The form as it stands in the body. // publish.form-urlencoded (0.x)
    pub fn encode(&self) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        for topic in &self.topics {
            form.append_pair("topic", topic);
        }
        let retry = self.retry_ms.map(|ms| ms.to_string());
        let private = self.private.then_some("on");
        let fields = [
            ("data", self.data.as_deref()),
            ("private", private),
            ("id", self.id.as_deref()),
            ("type", self.event_type.as_deref()),
            ("retry", retry.as_deref()),
        ];
        for (name, value) in fields {
            if let Some(value) = value {
                form.append_pair(name, value);
            }
        }
        form.finish()
    }
}

/// Why an update is not published, or may not be.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// No connection, or no answer: in the latter case the hub may have published the update.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The hub refused.
    #[error("the hub refused the update: {0}")]
    Refused(Box<Refusal>),
}

/// Publishes to one hub.
#[derive(Debug)]
pub struct Publisher {
    http: HttpClient,
    url: Url,
    token: Option<BearerToken>,
}

impl Publisher {
    /// Prepares; nothing is sent yet.
    pub fn new(endpoint: &Endpoint, token: Option<BearerToken>) -> Result<Self, ClientSetupError> {
        let destination = endpoint.publish();
        let http = HttpClient::new(endpoint, destination)?;
        Ok(Self {
            http,
            url: destination.url().as_url().clone(),
            token,
        })
    }

    /// Posts the update. Gives the id that the hub answers, empty if it answers none.
    ///
    /// // publish.response-body-id (0.x)
    pub async fn publish(&self, form: &PublishForm) -> Result<String, PublishError> {
        let request = self
            .http
            .request(Method::POST, &self.url, self.token.as_ref())
            .header(header::CONTENT_TYPE, FORM_CONTENT_TYPE)
            .timeout(ANSWER_TIMEOUT)
            .body(form.encode());
        let failed = |error| TransportError::new(&self.url, &error);
        let mut response = request.send().await.map_err(failed)?;
        if !response.status().is_success() {
            let refusal = Refusal::read(Request::Publish, response, self.token.as_ref()).await;
            return Err(PublishError::Refused(Box::new(refusal)));
        }
        let body = read_body(&mut response, ID_BYTES_MAX)
            .await
            .map_err(failed)?;
        Ok(match String::from_utf8(body) {
            Ok(id) => id,
            Err(garbage) => excerpt(garbage.as_bytes(), self.token.as_ref()),
        })
    }
}
