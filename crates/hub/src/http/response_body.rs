//! The body of any response of the hub: a few bytes, or a stream of events.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::Instant;

use super::event_stream::EventStream;
use crate::vitals::Underway;

/// What a response carries.
pub(crate) enum ResponseBody {
    /// The whole body; empty for none.
    Whole(Bytes),
    /// Events until the stream ends. Boxed: the other responses, and hyper's state for them, stay small.
    Events(Box<EventStream>),
}

impl ResponseBody {
    /// No body.
    pub(crate) const EMPTY: Self = Self::Whole(Bytes::new());

    /// When a peer that does not read it loses it, if ever.
    pub(crate) fn cut_at(&self) -> Option<Instant> {
        match self {
            Self::Whole(_) => None,
            Self::Events(stream) => stream.cut_at(),
        }
    }
}

/// A body, and the request that is under way as long as it lives.
pub(crate) struct Served {
    body: ResponseBody,
    _underway: Underway,
}

impl Served {
    /// `body` is the answer to what is `underway`.
    pub(crate) fn new(body: ResponseBody, underway: Underway) -> Self {
        Self {
            body,
            _underway: underway,
        }
    }
}

impl Body for Served {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::Events(stream) => stream
                .poll_bytes(cx)
                .map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_empty(),
            Self::Events(stream) => stream.is_ended(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Events(_) => SizeHint::default(),
        }
    }
}
