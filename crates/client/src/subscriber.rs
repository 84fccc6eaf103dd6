//! Follows topics by hand: one connection, read at ease, taken up again where it broke. Not for crowds.

use std::{collections::VecDeque, time::Duration};

use reqwest::{Method, Response, StatusCode, header};
use tokio::time::{Instant, sleep_until, timeout};
use url::Url;

use crate::{
    BearerToken, ClientSetupError, Dialect, Endpoint, Refusal, TopicMatcher, TransportError,
    UnsupportedMatcher,
    http_client::HttpClient,
    reconnection::Reconnection,
    refusal::Request,
    request::{Cursor, CursorPlace, subscribe_url},
    sse::{self, Item, Parser, SseError},
};

const HEADERS_TIMEOUT: Duration = Duration::from_secs(30);

/// What to follow, and how.
#[derive(Clone, Debug)]
pub struct SubscriberOptions {
    /// The dialect of the subscription.
    pub dialect: Dialect,
    /// The subscriptions.
    pub matchers: Vec<TopicMatcher>,
    /// The token, if any.
    pub token: Option<BearerToken>,
    /// Where to begin; live events only when absent.
    pub cursor: Option<Cursor>,
    /// Reconnect after this much silence, keep-alives counted as sound; wait for ever when absent.
    pub idle_timeout: Option<Duration>,
    /// Give the stream up at a longer line or event, in bytes.
    pub event_limit_bytes: u32,
}

impl SubscriberOptions {
    /// Live events without a token.
    pub fn new(dialect: Dialect, matchers: Vec<TopicMatcher>) -> Self {
        Self {
            dialect,
            matchers,
            token: None,
            cursor: None,
            idle_timeout: None,
            event_limit_bytes: sse::DEFAULT_LIMIT_BYTES,
        }
    }
}

/// An event, owned; bytes that are not UTF-8 have been replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedEvent {
    /// The last event id when it came.
    pub id: String,
    /// `message` unless the publisher said otherwise.
    pub event_type: String,
    /// The data.
    pub data: String,
}

/// What a subscriber lives through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubscriberItem {
    /// The stream is open.
    Connected {
        /// The event that precedes the first one sent, if the hub says so. // replay.response-field.present
        response_cursor: Option<String>,
    },
    /// The hub starts elsewhere than asked: updates may be missing. // replay.client.detect-loss
    Gap {
        /// The cursor that was sent.
        requested: String,
        /// The one that the hub answered.
        answered: String,
    },
    /// An update.
    Event(ReceivedEvent),
    /// A keep-alive.
    Comment(String),
    /// The stream ended or a connection failed; the next call waits, then connects again.
    Disconnected {
        /// Why, in words.
        reason: String,
        /// For how long.
        retry_in: Duration,
    },
}

/// Why following ended for good.
#[derive(Debug, thiserror::Error)]
pub enum SubscriberError {
    /// The HTTP client could not be set up.
    #[error(transparent)]
    Setup(#[from] ClientSetupError),
    /// The dialect cannot express a matcher.
    #[error(transparent)]
    Matcher(#[from] UnsupportedMatcher),
    /// A cursor with characters that a header cannot carry.
    #[error("cursor {0:?} cannot stand in a header: send it in the query")]
    Cursor(String),
    /// The very first connection failed; later ones are tried again.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The hub refused in a way that trying again does not change.
    #[error("the hub refused the subscription: {0}")]
    Refused(Box<Refusal>),
    /// The hub sent more than it may.
    #[error(transparent)]
    Stream(#[from] SseError),
}

#[derive(Debug)]
enum State {
    Connecting,
    Open(Response),
    Waiting(Instant),
    // The hub said 204: no content, do not come back.
    Over,
}

/// A subscriber. Call [`Subscriber::next`] until it gives `None` or an error.
#[derive(Debug)]
pub struct Subscriber {
    http: HttpClient,
    hub: crate::HubUrl,
    options: SubscriberOptions,
    parser: Parser,
    state: State,
    ready: VecDeque<SubscriberItem>,
    reconnection: Reconnection,
    was_connected: bool,
}

impl Subscriber {
    /// Prepares; the first [`Subscriber::next`] connects.
    pub fn new(endpoint: &Endpoint, options: SubscriberOptions) -> Result<Self, SubscriberError> {
        let hub = endpoint.hub().url().clone();
        subscribe_url(&hub, options.dialect, &options.matchers, None)?;
        Ok(Self {
            http: HttpClient::new(endpoint, endpoint.hub())?,
            hub,
            parser: Parser::with_limit(options.event_limit_bytes),
            options,
            state: State::Connecting,
            ready: VecDeque::new(),
            reconnection: Reconnection::new(),
            was_connected: false,
        })
    }

    /// The next thing that happens; `None` once the hub has said that there is nothing to come (204).
    ///
    /// Dropping the future loses nothing but a connection attempt, so it may stand in a `select!`.
    pub async fn next(&mut self) -> Result<Option<SubscriberItem>, SubscriberError> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Ok(Some(item));
            }
            match &mut self.state {
                State::Over => return Ok(None),
                State::Waiting(until) => {
                    sleep_until(*until).await;
                    self.state = State::Connecting;
                }
                State::Connecting => self.connect().await?,
                State::Open(_) => self.read().await?,
            }
        }
    }

    /// The cursor of the next connection: the last event seen, else the one asked for. // replay.client.resend-id
    fn cursor(&self) -> Option<Cursor> {
        let seen = self.parser.last_event_id();
        if seen.is_empty() {
            return self.options.cursor.clone();
        }
        Some(Cursor::header(&String::from_utf8_lossy(seen)))
    }

    async fn connect(&mut self) -> Result<(), SubscriberError> {
        let cursor = self.cursor();
        let url = subscribe_url(
            &self.hub,
            self.options.dialect,
            &self.options.matchers,
            cursor.as_ref(),
        )?;
        match self.open(&url, cursor.as_ref()).await {
            Ok(response) => self.judge(response, cursor).await,
            Err(SubscriberError::Transport(error)) if self.was_connected => {
                self.disconnect(error.to_string());
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    async fn open(&self, url: &Url, cursor: Option<&Cursor>) -> Result<Response, SubscriberError> {
        let mut request = self
            .http
            .request(Method::GET, url, self.options.token.as_ref())
            .header(header::ACCEPT, "text/event-stream")
            .header(header::CACHE_CONTROL, "no-store");
        if let Some(cursor) = cursor.filter(|cursor| cursor.place == CursorPlace::Header) {
            let value = http::HeaderValue::from_bytes(cursor.id.as_bytes())
                .map_err(|_| SubscriberError::Cursor(cursor.id.clone()))?;
            request = request.header("last-event-id", value);
        }
        let answer = timeout(HEADERS_TIMEOUT, request.send())
            .await
            .map_err(|_| TransportError::timeout(url, HEADERS_TIMEOUT))?;
        Ok(answer.map_err(|error| TransportError::new(url, &error))?)
    }

    /// Takes the stream, or finds out whether it is worth coming back.
    async fn judge(
        &mut self,
        response: Response,
        cursor: Option<Cursor>,
    ) -> Result<(), SubscriberError> {
        let status = response.status();
        if status == StatusCode::NO_CONTENT {
            self.state = State::Over;
            return Ok(());
        }
        if status == StatusCode::OK && is_event_stream(&response) {
            self.accept(response, cursor);
            return Ok(());
        }
        let passing = status.is_server_error()
            || matches!(
                status,
                StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS
            );
        let token = self.options.token.as_ref();
        let refusal = timeout(
            HEADERS_TIMEOUT,
            Refusal::read(Request::Subscribe, response, token),
        )
        .await
        .map_err(|_| TransportError::timeout(self.hub.as_url(), HEADERS_TIMEOUT))?;
        if passing && self.was_connected {
            self.disconnect(refusal.to_string());
            return Ok(());
        }
        Err(SubscriberError::Refused(Box::new(refusal)))
    }

    fn accept(&mut self, response: Response, cursor: Option<Cursor>) {
        let response_cursor = response
            .headers()
            .get(self.options.dialect.cursor_response_header())
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        self.was_connected = true;
        self.parser.restart();
        self.ready.push_back(SubscriberItem::Connected {
            response_cursor: response_cursor.clone(),
        });
        if let (Some(Cursor { id: requested, .. }), Some(answered)) = (cursor, response_cursor)
            && requested != answered
        {
            self.ready.push_back(SubscriberItem::Gap {
                requested,
                answered,
            });
        }
        self.state = State::Open(response);
    }

    async fn read(&mut self) -> Result<(), SubscriberError> {
        let State::Open(response) = &mut self.state else {
            return Ok(());
        };
        let limit = self.options.idle_timeout.unwrap_or(Duration::MAX);
        let Ok(read) = timeout(limit, response.chunk()).await else {
            self.disconnect(format!("silent for {} s", limit.as_secs_f64()));
            return Ok(());
        };
        match read {
            Ok(Some(chunk)) => self.take(&chunk)?,
            Ok(None) => self.disconnect("the hub closed the stream".to_owned()),
            Err(error) => {
                self.disconnect(TransportError::new(self.hub.as_url(), &error).reason);
            }
        }
        Ok(())
    }

    fn take(&mut self, chunk: &[u8]) -> Result<(), SubscriberError> {
        let Self {
            parser,
            ready,
            reconnection,
            ..
        } = self;
        // Whoever sends bytes is there: only a hub that refuses or falls silent is approached ever more slowly.
        reconnection.succeeded();
        parser.push(chunk, &mut |item| match item {
            Item::Event(event) => ready.push_back(SubscriberItem::Event(ReceivedEvent {
                id: event.id_lossy().into_owned(),
                event_type: event.event_type_lossy().into_owned(),
                data: event.data_lossy().into_owned(),
            })),
            Item::Comment(text) => ready.push_back(SubscriberItem::Comment(
                String::from_utf8_lossy(text).into_owned(),
            )),
            Item::Retry(retry_ms) => reconnection.set_time_ms(retry_ms),
        })?;
        Ok(())
    }

    fn disconnect(&mut self, reason: String) {
        let retry_in = self.reconnection.next_delay(random());
        self.state = State::Waiting(Instant::now() + retry_in);
        self.ready
            .push_back(SubscriberItem::Disconnected { reason, retry_in });
    }
}

fn random() -> u32 {
    let mut bytes = [0; 4];
    // Without randomness there is only less jitter.
    aws_lc_rs::rand::fill(&mut bytes).ok();
    u32::from_ne_bytes(bytes)
}

fn is_event_stream(response: &Response) -> bool {
    response
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("text/event-stream"))
}
