//! One subscriber of the crowd: which state its connection is in, and its bytes on their way from the socket to a receipt.
//!
//! Not for when to dial or to give up: the reader thread decides that.

use super::body::Framing;
use super::failure::{Failure, Step};
use super::limits::{EVENT_BYTES_MAX, IDLE_BYTES_MAX, RECEIPTS_PER_DELIVERY_MAX, RECEIPTS_SLACK};
use super::receipt::{StreamRecord, SubscriberRecord};
use super::recorder::{Origin, Recorder};
use super::response_head;
use super::wire::Wire;
use assay_client::sse::{Item, Parser};

/// A subscriber, connected or not. Small: there are tens of thousands.
pub(crate) struct Subscriber {
    /// Its place in the plan.
    pub(crate) index: u32,
    pub(crate) state: State,
    pub(crate) wire: Option<Wire>,
    pub(crate) record: SubscriberRecord,
    /// Attempts and streams in a row that brought no event.
    pub(crate) fruitless: u32,
    /// The reconnection time that the hub has set, in milliseconds.
    pub(crate) retry_ms: Option<u64>,
    sse: Parser,
    /// Bytes since the last event of this run.
    idle_bytes: u32,
    /// Beyond so many it is being flooded.
    receipts_max: u32,
    /// Whether it has read as much as it may for now.
    pub(crate) rests: bool,
}

/// What a subscriber is waiting for.
#[derive(Debug)]
pub(crate) enum State {
    /// Its instant to connect.
    Waiting,
    /// The TCP connection.
    Connecting,
    /// The response head, of which the bytes so far are kept when it comes in pieces.
    Head(Vec<u8>),
    /// Events.
    Streaming(Framing),
    /// Nothing any more.
    Over,
}

impl Subscriber {
    pub(crate) fn new(index: u32) -> Self {
        Self {
            index,
            state: State::Waiting,
            wire: None,
            record: SubscriberRecord::default(),
            fruitless: 0,
            retry_ms: None,
            sse: Parser::with_limit(EVENT_BYTES_MAX as u32),
            idle_bytes: 0,
            receipts_max: 0,
            rests: false,
        }
    }

    /// What to send as `Last-Event-ID`; empty before the first event that had an id.
    pub(crate) fn last_event_id(&self) -> &[u8] {
        self.sse.last_event_id()
    }

    /// What the hub has still to do until the stream is open; none when it is, or nothing was asked.
    pub(crate) fn opening_step(&self) -> Option<Step> {
        match self.state {
            State::Connecting => Some(Step::Accept),
            State::Head(_) if self.wire.as_ref().is_some_and(|wire| !wire.is_ready()) => {
                Some(Step::Handshake)
            }
            State::Head(_) => Some(Step::Head),
            State::Waiting | State::Streaming(_) | State::Over => None,
        }
    }

    /// Whether the last read ended within an event.
    pub(crate) fn is_mid_event(&self) -> bool {
        self.sse.is_mid_event()
    }

    /// Takes bytes of the response. An error ends the connection; [`Failure::Closed`] is a body that is complete.
    pub(crate) fn take(&mut self, bytes: &[u8], recorder: &mut Recorder) -> Result<(), Failure> {
        match &mut self.state {
            State::Head(kept) if kept.is_empty() => self.take_head(bytes, recorder),
            State::Head(kept) => {
                let mut whole = std::mem::take(kept);
                whole.extend_from_slice(bytes);
                self.take_head(&whole, recorder)
            }
            State::Streaming(_) => self.take_body(bytes, recorder),
            State::Waiting | State::Connecting | State::Over => Ok(()),
        }
    }

    fn take_head(&mut self, bytes: &[u8], recorder: &mut Recorder) -> Result<(), Failure> {
        let Some(head) = response_head::parse(bytes)? else {
            self.state = State::Head(bytes.to_vec());
            return Ok(());
        };
        self.open(head.framing, recorder);
        self.take_body(&bytes[head.bytes..], recorder)
    }

    /// Begins a stream whose response head was read just now.
    pub(crate) fn open(&mut self, framing: Framing, recorder: &Recorder) {
        self.state = State::Streaming(framing);
        self.idle_bytes = 0;
        self.sse.restart();
        self.record.streams.push(StreamRecord {
            opened_at: recorder.now(),
            broke_at: None,
            was_dropped: false,
            first_receipt: self.record.receipts.len() as u32,
        });
        self.record.failure = None;
        recorder.opened(self.index, &self.record);
        let planned = recorder.receipts_planned(self.index);
        self.receipts_max = (planned * RECEIPTS_PER_DELIVERY_MAX + RECEIPTS_SLACK) as u32;
        let room = planned.saturating_sub(self.record.receipts.len());
        self.record.receipts.reserve_exact(room);
    }

    fn take_body(&mut self, bytes: &[u8], recorder: &mut Recorder) -> Result<(), Failure> {
        let Self {
            index,
            state: State::Streaming(framing),
            record,
            sse,
            fruitless,
            retry_ms,
            idle_bytes,
            receipts_max,
            ..
        } = self
        else {
            return Ok(());
        };
        let receipts_max = *receipts_max as usize;
        *idle_bytes = idle_bytes.saturating_add(bytes.len() as u32);
        framing.decode(bytes, &mut |payload| {
            let pushed = sse.push(payload, &mut |item| match item {
                // Beyond the bound nothing is kept; the stream ends after this push.
                Item::Event(event) if record.receipts.len() <= receipts_max => {
                    if recorder.event(*index, record, event.data) == Origin::ThisRun {
                        *fruitless = 0;
                        *idle_bytes = 0;
                    }
                }
                Item::Event(_) | Item::Comment(_) => {}
                Item::Retry(milliseconds) => *retry_ms = Some(milliseconds),
            });
            pushed.map_err(|_| Failure::EventTooLong)
        })?;
        if record.receipts.len() > receipts_max {
            return Err(Failure::Flood);
        }
        if *idle_bytes > IDLE_BYTES_MAX {
            return Err(Failure::Garbage);
        }
        if framing.is_complete() {
            return Err(Failure::Closed);
        }
        Ok(())
    }
}
