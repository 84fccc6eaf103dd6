//! Why a subscriber is not (or no longer) connected.

use super::limits;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::time::Duration;
use std::{fmt, io};

/// Why an attempt to connect, or a stream, ended. The text names what the hub did and, where there is one, the next step.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error, Serialize, Deserialize)]
pub enum Failure {
    /// The system would not connect, or the connection broke: the text of its error.
    #[error("{0}")]
    Io(String),
    /// No connection within the bound.
    #[error("no connection within {} s", limits::CONNECT_TIMEOUT.as_secs())]
    ConnectTimeout,
    /// The TLS handshake or a TLS record was wrong.
    #[error("TLS: {0}")]
    Tls(String),
    /// The request was sent, and no complete response head came within the bound.
    #[error("no response head within {} s", limits::HEAD_TIMEOUT.as_secs())]
    HeadTimeout,
    /// An answer other than 200, with its `WWW-Authenticate` or `Location` if it has one.
    #[error(
        "status {code}{}{}",
        explanation.as_deref().map(|text| format!(" ({text})")).unwrap_or_default(),
        retry_after_s.map(|seconds| format!(", to be asked again after {seconds} s")).unwrap_or_default()
    )]
    Status {
        /// The status code.
        code: u16,
        /// The field that explains it.
        explanation: Option<String>,
        /// `Retry-After`, in seconds; a date is not understood.
        retry_after_s: Option<u32>,
    },
    /// A 200 whose content type is not `text/event-stream`.
    #[error("the answer is no event stream (content type {0:?}): is this the URL of the hub?")]
    NotEventStream(String),
    /// A body that is compressed or encoded in a way that was not asked for.
    #[error("body encoded as {0:?}, which was not asked for")]
    Encoded(String),
    /// The answer is no HTTP/1.1.
    #[error("not an HTTP/1.1 answer: {0}")]
    NotHttp(String),
    /// The response head is longer than the bound.
    #[error("response head longer than {} bytes", limits::HEAD_BYTES_MAX)]
    HeadTooLong,
    /// The chunked framing of the body is broken.
    #[error("broken chunked framing: {0}")]
    BadChunk(Cow<'static, str>),
    /// An event is larger than the bound.
    #[error("event longer than {} bytes", limits::EVENT_BYTES_MAX)]
    EventTooLong,
    /// Much was sent, and nothing of it belonged to this run.
    #[error(
        "{} bytes in a row without an event of this run",
        limits::IDLE_BYTES_MAX
    )]
    Garbage,
    /// Far more events of this run than were to be published to its topics.
    #[error(
        "flooded: more events than {} times all updates of its topics",
        limits::RECEIPTS_PER_DELIVERY_MAX
    )]
    Flood,
    /// The hub ended the stream.
    #[error("the hub closed the stream")]
    Closed,
    /// The run dropped the stream, as its scenario says.
    #[error("dropped on purpose, as the scenario says")]
    Dropped,
    /// Connected in time, but the canary of the settling phase came for none, or not for all, of its topics.
    #[error("the hub did not deliver its canary, though it was connected in time")]
    NoCanary,
    /// The same, of a private topic.
    #[error(
        "the hub did not deliver its canary, a private update, though it was connected in time: does its token allow to receive \
         private updates of its topics?"
    )]
    NoPrivateCanary,
    /// The hub took no canary of one of its topics.
    #[error("the hub took no canary of its topic: see what became of publishes")]
    CanaryNotTaken,
    /// The response head came when no further canary of one of its topics was planned.
    #[error(
        "the hub sent the response head only after the last canary: too late to be confirmed by one"
    )]
    LateHead,
    /// The stream ended before the last canary of one of its topics was planned, for the reason given.
    #[error("the stream ended before its canary came: {0}")]
    BrokeBeforeCanary(Box<Failure>),
    /// The run ended while its connection was being opened.
    #[error("the hub had not {0} when the run ended")]
    Opening(Step),
    /// The run ended while it waited for others to be let in.
    #[error(
        "not dialled: {most} are opened at a time on a thread, and of those before it the hub had not {0} when the run ended",
        most = limits::CONNECTING_MAX
    )]
    Queued(Step),
    /// The worker process that it belonged to was gone before it told what came.
    #[error("worker process {number} of {of}, to which it belonged, ended in mid-run")]
    WorkerLost {
        /// Which one, from 1.
        number: u32,
        /// How many there were.
        of: u32,
    },
    /// The run ended before this subscriber was due.
    #[error("the run ended before it was due to connect")]
    RunEnded,
}

/// What a hub does to let a subscriber in, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Step {
    /// The TCP connection.
    Accept,
    /// The TLS handshake.
    Handshake,
    /// The response head.
    Head,
}

impl fmt::Display for Step {
    /// As in "the hub had not …".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Accept => "accepted the connection",
            Self::Handshake => "finished the TLS handshake",
            Self::Head => "sent a response head",
        })
    }
}

impl Failure {
    /// How long the hub wants to be left alone.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status {
                retry_after_s: Some(seconds),
                ..
            } => Some(Duration::from_secs(u64::from(*seconds))),
            _ => None,
        }
    }

    /// Whether a further attempt could go otherwise: true for what the network, or a busy hub, may do now and then.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Io(..)
            | Self::ConnectTimeout
            | Self::HeadTimeout
            | Self::Closed
            | Self::Dropped => true,
            Self::Status { code, .. } => matches!(code, 408 | 429 | 500 | 502 | 503 | 504),
            _ => false,
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error.to_string())
    }
}
