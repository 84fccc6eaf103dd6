//! Reads an event stream by the rules of WHATWG HTML, section 9.2 "Server-sent events", without a socket: bytes in, [`Item`]s out.
//!
//! It is the reader of the by-hand subscriber and of the crowd, so it is lean: an idle [`Parser`] holds its last event id and
//! nothing else, memory is taken only while an event is split between two reads, and an event that lies whole in the pushed
//! bytes with one `data` line is handed over borrowed. It is not for HTTP: chunks of a chunked body have been joined before.
//!
//! Values are bytes. The standard decodes the stream as UTF-8 with replacement first; since no field delimiter is part of a
//! multi-byte sequence, decoding each value afterwards (see [`Event::data_lossy`]) gives the same.

use std::{borrow::Cow, mem};

use memchr::{memchr, memchr2};

/// The largest event, and the longest line, that [`Parser::new`] accepts, in bytes.
pub const DEFAULT_LIMIT_BYTES: u32 = 8 * 1024 * 1024;

/// What the stream brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// An event was dispatched.
    Event(Event<'a>),
    /// A comment, usually a keep-alive: what follows the colon, unchanged.
    Comment(&'a [u8]),
    /// The hub set the reconnection time, in milliseconds (clamped to `u64::MAX`).
    Retry(u64),
}

/// A dispatched event. Its parts are borrowed for the duration of the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// The `data` lines, joined by line feeds.
    pub data: &'a [u8],
    /// The `event` field; empty means `message`.
    pub event_type: &'a [u8],
    /// The last event id at this point of the stream, which an event without `id` inherits.
    pub id: &'a [u8],
}

impl<'a> Event<'a> {
    /// The data as text; invalid UTF-8 is replaced, as the standard says.
    pub fn data_lossy(&self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.data)
    }

    /// The id as text.
    pub fn id_lossy(&self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.id)
    }

    /// The type as text, `message` when the hub sent none.
    pub fn event_type_lossy(&self) -> Cow<'a, str> {
        if self.event_type.is_empty() {
            "message".into()
        } else {
            String::from_utf8_lossy(self.event_type)
        }
    }
}

/// The peer sent more than it may. The stream must be given up: what the parser holds is undefined from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SseError {
    /// A line without end.
    #[error("the hub sent a line of more than {limit_bytes} bytes")]
    LineTooLong {
        /// The limit it broke.
        limit_bytes: u32,
    },
    /// An event that goes on and on.
    #[error("the hub sent an event of more than {limit_bytes} bytes")]
    EventTooLong {
        /// The limit it broke.
        limit_bytes: u32,
    },
}

/// How much of the byte order mark has been seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    Matched(u8),
    Over,
}

const BYTE_ORDER_MARK: [u8; 3] = [0xEF, 0xBB, 0xBF];

/// What is known of an event before its blank line.
#[derive(Debug, Default)]
struct Draft<'a> {
    data: Cow<'a, [u8]>,
    has_data: bool,
    event_type: Cow<'a, [u8]>,
    id: Option<Cow<'a, [u8]>>,
}

/// An event, or a line, that the last read cut in two.
#[derive(Debug, Default)]
struct Unfinished {
    draft: Draft<'static>,
    line: Vec<u8>,
}

/// The state of one stream between two reads; 48 bytes, and its last event id on the heap.
#[derive(Debug)]
pub struct Parser {
    unfinished: Option<Box<Unfinished>>,
    last_event_id: Vec<u8>,
    limit_bytes: u32,
    start: Start,
    // The last byte read was a CR: an LF right after it belongs to the same line end.
    after_cr: bool,
}

impl Default for Parser {
    fn default() -> Self {
        Self::new()
    }
}

impl Parser {
    /// A parser at the start of a stream, with [`DEFAULT_LIMIT_BYTES`].
    pub fn new() -> Self {
        Self::with_limit(DEFAULT_LIMIT_BYTES)
    }

    /// The same with a limit of the caller's on each line and on each event, in bytes.
    pub fn with_limit(limit_bytes: u32) -> Self {
        Self {
            unfinished: None,
            last_event_id: Vec::new(),
            limit_bytes,
            start: Start::Matched(0),
            after_cr: false,
        }
    }

    /// Starts over on a new connection: an unfinished event is discarded, the last event id stays (as in browsers), so
    /// that an event without `id` does not erase the cursor.
    pub fn restart(&mut self) {
        self.unfinished = None;
        self.start = Start::Matched(0);
        self.after_cr = false;
    }

    /// What to send as `Last-Event-ID`; empty before the first event that had an id.
    pub fn last_event_id(&self) -> &[u8] {
        &self.last_event_id
    }

    /// Whether the last read ended within an event or a line: at the end of the stream this is discarded.
    pub fn is_mid_event(&self) -> bool {
        self.unfinished.is_some()
    }

    /// Reads the next bytes, however they are cut, and hands `sink` each item that they complete.
    pub fn push(&mut self, chunk: &[u8], sink: &mut impl FnMut(Item<'_>)) -> Result<(), SseError> {
        if chunk.is_empty() {
            return Ok(());
        }
        let Unfinished {
            draft,
            line: mut head,
        } = self
            .unfinished
            .take()
            .map(|unfinished| *unfinished)
            .unwrap_or_default();
        let mut rest = chunk;
        if self.start != Start::Over {
            rest = self.skip_byte_order_mark(rest, &mut head);
        }
        if self.after_cr && !rest.is_empty() {
            self.after_cr = false;
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        }
        self.read(draft, head, rest, sink)
    }

    /// Returns what follows the mark; bytes that only looked like one become the start of the first line.
    fn skip_byte_order_mark<'c>(&mut self, mut rest: &'c [u8], head: &mut Vec<u8>) -> &'c [u8] {
        while let (Start::Matched(matched), Some((&byte, tail))) = (self.start, rest.split_first())
        {
            if byte == BYTE_ORDER_MARK[usize::from(matched)] {
                rest = tail;
                self.start = if matched == 2 {
                    Start::Over
                } else {
                    Start::Matched(matched + 1)
                };
            } else {
                head.extend_from_slice(&BYTE_ORDER_MARK[..usize::from(matched)]);
                self.start = Start::Over;
            }
        }
        rest
    }

    fn read(
        &mut self,
        draft: Draft<'static>,
        mut head: Vec<u8>,
        mut rest: &[u8],
        sink: &mut impl FnMut(Item<'_>),
    ) -> Result<(), SseError> {
        if !head.is_empty() {
            let Some(end) = memchr2(b'\n', b'\r', rest) else {
                head.extend_from_slice(rest);
                self.check_line(head.len())?;
                self.unfinished = Some(Box::new(Unfinished { draft, line: head }));
                return Ok(());
            };
            head.extend_from_slice(&rest[..end]);
            rest = self.after_line_end(rest, end);
        }
        // `draft` may borrow from `head` and from the chunk; both outlive it.
        let mut draft: Draft<'_> = draft;
        if !head.is_empty() {
            self.line(&mut draft, &head, sink)?;
        }
        while let Some(end) = memchr2(b'\n', b'\r', rest) {
            let line = &rest[..end];
            rest = self.after_line_end(rest, end);
            if line.is_empty() {
                self.dispatch(&mem::take(&mut draft), sink);
            } else {
                self.line(&mut draft, line, sink)?;
            }
        }
        self.check_line(rest.len())?;
        if !rest.is_empty() || !draft.is_empty() {
            self.unfinished = Some(Box::new(Unfinished {
                draft: draft.into_owned(),
                line: rest.to_vec(),
            }));
        }
        Ok(())
    }

    fn after_line_end<'c>(&mut self, rest: &'c [u8], end: usize) -> &'c [u8] {
        let tail = &rest[end + 1..];
        if rest[end] == b'\n' {
            return tail;
        }
        self.after_cr = tail.is_empty();
        tail.strip_prefix(b"\n").unwrap_or(tail)
    }

    fn check_line(&self, length: usize) -> Result<(), SseError> {
        if length > self.limit_bytes as usize {
            return Err(SseError::LineTooLong {
                limit_bytes: self.limit_bytes,
            });
        }
        Ok(())
    }

    /// Takes a line that is not blank.
    fn line<'c>(
        &self,
        draft: &mut Draft<'c>,
        line: &'c [u8],
        sink: &mut impl FnMut(Item<'_>),
    ) -> Result<(), SseError> {
        self.check_line(line.len())?;
        let (name, value) = match memchr(b':', line) {
            Some(0) => {
                sink(Item::Comment(&line[1..]));
                return Ok(());
            }
            Some(colon) => {
                let value = &line[colon + 1..];
                (&line[..colon], value.strip_prefix(b" ").unwrap_or(value))
            }
            None => (line, &line[line.len()..]),
        };
        match name {
            b"data" => draft.push_data(value),
            b"event" => draft.event_type = Cow::Borrowed(value),
            b"id" if memchr(0, value).is_none() => draft.id = Some(Cow::Borrowed(value)),
            b"retry" if !value.is_empty() && value.iter().all(u8::is_ascii_digit) => {
                sink(Item::Retry(saturating_number(value)));
            }
            _ => {}
        }
        if draft.stored_bytes() > self.limit_bytes as usize {
            return Err(SseError::EventTooLong {
                limit_bytes: self.limit_bytes,
            });
        }
        Ok(())
    }

    fn dispatch(&mut self, draft: &Draft<'_>, sink: &mut impl FnMut(Item<'_>)) {
        // The cursor moves even when there is no data, hence no event.
        if let Some(id) = &draft.id {
            self.last_event_id.clear();
            self.last_event_id.extend_from_slice(id);
        }
        if draft.has_data {
            sink(Item::Event(Event {
                data: &draft.data,
                event_type: &draft.event_type,
                id: &self.last_event_id,
            }));
        }
    }
}

impl<'a> Draft<'a> {
    fn push_data(&mut self, value: &'a [u8]) {
        if self.has_data {
            let data = self.data.to_mut();
            data.push(b'\n');
            data.extend_from_slice(value);
        } else {
            self.data = Cow::Borrowed(value);
            self.has_data = true;
        }
    }

    fn stored_bytes(&self) -> usize {
        self.data.len() + self.event_type.len() + self.id.as_ref().map_or(0, |id| id.len())
    }

    fn is_empty(&self) -> bool {
        !self.has_data && self.event_type.is_empty() && self.id.is_none()
    }

    fn into_owned(self) -> Draft<'static> {
        Draft {
            data: Cow::Owned(self.data.into_owned()),
            has_data: self.has_data,
            event_type: Cow::Owned(self.event_type.into_owned()),
            id: self.id.map(|id| Cow::Owned(id.into_owned())),
        }
    }
}

fn saturating_number(digits: &[u8]) -> u64 {
    digits.iter().fold(0_u64, |number, digit| {
        number
            .saturating_mul(10)
            .saturating_add(u64::from(digit - b'0'))
    })
}
