//! The body of a subscription: what the hub core hands out for a subscriber, as body frames, with comments while there
//! is nothing to say and an end when its time has come.
//!
//! Matching, queueing and encoding are the core's; nothing here looks into an event.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use assay_hub_core::{CloseReason, Next, Subscriber};
use bytes::{Bytes, BytesMut};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::farewell::Farewell;
use crate::limits::{COALESCED_BYTES, LAST_READ_TIMEOUT};
use crate::metrics::Metrics;
use crate::peer::Peer;
use crate::per_address::Place;

/// A comment line: says that the stream is open, or still alive, and dispatches nothing (sse.keep-alive).
const COMMENT: Bytes = Bytes::from_static(b":\n");

/// A stream of server-sent events to one subscriber.
pub(crate) struct EventStream {
    subscriber: Subscriber,
    peer: Peer,
    /// Among the streams of its address, where those are bounded.
    _place: Option<Place>,
    /// Fires when a comment may be due, or the end; none when neither ever is.
    timer: Option<Pin<Box<Sleep>>>,
    heartbeat: Option<Duration>,
    end: Option<PlannedEnd>,
    last_sent: Instant,
    state: State,
    metrics: Arc<Metrics>,
    farewell: Arc<Farewell>,
    /// The hub ends, and the end of this stream is planned.
    is_leaving: bool,
}

/// When a stream ends although nothing is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PlannedEnd {
    /// The last instant of the stream.
    pub(crate) at: Instant,
    /// When a peer that has not read that end loses it.
    pub(crate) cut_at: Instant,
    /// Why then: the reason code for the log, such as `token-expired`.
    pub(crate) reason: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing was sent yet.
    Opening,
    Open,
    /// The subscriber is closed for this reason, and a last frame went out first.
    Closing(&'static str),
    Ended,
}

impl EventStream {
    /// Streams what `subscriber` receives to `peer`, with a comment whenever nothing was sent for `heartbeat`, until `end`.
    pub(crate) fn new(
        subscriber: Subscriber,
        peer: Peer,
        place: Option<Place>,
        heartbeat: Option<Duration>,
        end: Option<PlannedEnd>,
        (metrics, farewell): (Arc<Metrics>, Arc<Farewell>),
    ) -> Self {
        let mut stream = Self {
            subscriber,
            peer,
            _place: place,
            timer: None,
            heartbeat,
            end,
            last_sent: Instant::now(),
            state: State::Opening,
            metrics,
            farewell,
            is_leaving: false,
        };
        stream.timer = stream.next_alarm().map(|at| Box::pin(sleep_until(at)));
        stream
    }

    /// See [`PlannedEnd`]; none if no end is planned.
    pub(crate) fn cut_at(&self) -> Option<Instant> {
        self.end.map(|end| end.cut_at)
    }

    /// Whether the last frame was handed out.
    pub(crate) fn is_ended(&self) -> bool {
        self.state == State::Ended
    }

    /// The next bytes of the stream; none at its end.
    pub(crate) fn poll_bytes(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        match self.state {
            State::Ended => return Poll::Ready(None),
            // In the same write as the response head: peers that wait for a first byte see the stream open.
            State::Opening => {
                self.state = State::Open;
                return Poll::Ready(Some(COMMENT));
            }
            State::Closing(reason) => return self.finish(reason),
            State::Open => {}
        }
        let now = Instant::now();
        // Also under a constant flow of events (private.exp-closes-connection).
        if let Some(end) = self.end
            && end.at <= now
        {
            return self.finish(end.reason);
        }
        match self.subscriber.poll_next(cx) {
            Poll::Ready(Next::Event(event)) => {
                self.last_sent = now;
                Poll::Ready(Some(self.with_what_else_is_due(cx, event)))
            }
            Poll::Ready(Next::Closed(CloseReason::ShuttingDown)) => self.leave(cx, now),
            Poll::Ready(Next::Closed(reason)) => self.finish(reason.code()),
            Poll::Pending => self.poll_timer(cx),
        }
    }

    /// Joins `first` with the events that are ready now. A single event, the usual case, is passed on uncopied.
    fn with_what_else_is_due(&mut self, cx: &mut Context<'_>, first: Bytes) -> Bytes {
        let mut joined: Option<BytesMut> = None;
        while joined.as_ref().map_or(first.len(), BytesMut::len) < COALESCED_BYTES {
            match self.subscriber.poll_next(cx) {
                Poll::Ready(Next::Event(event)) => {
                    joined
                        .get_or_insert_with(|| BytesMut::from(&first[..]))
                        .extend_from_slice(&event);
                }
                // Asked again, the subscriber says it again.
                Poll::Ready(Next::Closed(CloseReason::ShuttingDown)) | Poll::Pending => break,
                Poll::Ready(Next::Closed(reason)) => {
                    self.state = State::Closing(reason.code());
                    break;
                }
            }
        }
        joined.map_or(first, BytesMut::freeze)
    }

    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        while let Some(timer) = &mut self.timer {
            if timer.as_mut().poll(cx).is_pending() {
                break;
            }
            let now = Instant::now();
            if let Some(end) = self.end
                && end.at <= now
            {
                return self.finish(end.reason);
            }
            let silent = self
                .heartbeat
                .is_some_and(|heartbeat| self.last_sent + heartbeat <= now);
            if silent {
                self.last_sent = now;
            }
            // Events do not touch the timer; it is only here that it learns of them.
            if let (Some(at), Some(timer)) = (self.next_alarm(), &mut self.timer) {
                timer.as_mut().reset(at);
            }
            if silent {
                return Poll::Ready(Some(COMMENT));
            }
        }
        Poll::Pending
    }

    fn next_alarm(&self) -> Option<Instant> {
        let heartbeat = self.heartbeat.map(|heartbeat| self.last_sent + heartbeat);
        let end = self.end.map(|end| end.at);
        heartbeat.into_iter().chain(end).min()
    }

    /// Ends the stream in its turn, with the time to come back.
    fn leave(&mut self, cx: &mut Context<'_>, now: Instant) -> Poll<Option<Bytes>> {
        let reason = CloseReason::ShuttingDown.code();
        if !std::mem::replace(&mut self.is_leaving, true) {
            let at = now + self.farewell.delay();
            if self.end.is_none_or(|end| end.at > at) {
                self.end = Some(PlannedEnd {
                    at,
                    cut_at: at + LAST_READ_TIMEOUT,
                    reason,
                });
            }
            let at = self.next_alarm().unwrap_or(at);
            self.timer = Some(Box::pin(sleep_until(at)));
        }
        self.poll_timer(cx)
    }

    fn finish(&mut self, reason: &'static str) -> Poll<Option<Bytes>> {
        self.state = State::Ended;
        self.timer = None;
        self.metrics.ends.add("stream", reason);
        tracing::info!(reason = %format_args!("stream.{reason}"), peer = %self.peer, "stream ended by the hub");
        // Nothing follows it: the state says so.
        let retry = self.is_leaving.then(|| self.farewell.retry()).flatten();
        Poll::Ready(retry)
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        if self.is_ended() {
            return;
        }
        let closed = self.subscriber.closed().map(CloseReason::code);
        let planned = self.end.filter(|end| end.at <= Instant::now());
        // A peer that reads nothing more never polls the end out of here: the log has it all the same.
        let reason = closed.or(planned.map(|end| end.reason));
        self.metrics
            .ends
            .add("stream", reason.unwrap_or("connection-gone"));
        if let Some(reason) = reason {
            tracing::info!(reason = %format_args!("stream.{reason}"), peer = %self.peer, "stream ended by the hub; its connection was gone before the end was sent");
        } else {
            tracing::debug!(reason = %"stream.connection-gone", peer = %self.peer, "stream ended with its connection");
        }
    }
}
