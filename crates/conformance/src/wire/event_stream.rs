//! An event stream as it came: blocks of fields, read strictly by the WHATWG rules, nothing normalised away, so that a check can
//! see what a browser would hide. Not for long life: caps end a flood.

use std::fmt;

use super::{Answer, Body, Deadline, WireError};

/// Longest stream that a check reads; above what any check has sent to it, also where eight suites at once make a hub tell of their
/// subscriptions (256 KiB were too few). Dozens are open at once, each is kept as bytes and as events, and buffers double: a bound at
/// a power of two would let a flood take twice as much.
const STREAM_BYTES_AT_MOST: usize = 384 << 10;
/// Most events of a stream, the fields of one that has no end yet included, each of which takes more memory than on the wire: a flood
/// of small ones ends here.
const EVENTS_AT_MOST: usize = 4096;

/// One event: the fields of a block that has at least one, in the order of the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// Names and values.
    pub(crate) fields: Vec<(String, String)>,
}

impl Event {
    /// The lines of `data`, joined by line feeds; none when there is no such field.
    pub(crate) fn data(&self) -> Option<String> {
        let lines: Vec<_> = self.values("data").collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// The last value of a field.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.values(name).last()
    }

    /// The event id; empty when there is none.
    pub(crate) fn id(&self) -> &str {
        self.field("id").unwrap_or_default()
    }

    /// How often a field stands in it.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.values(name).count()
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.fields
            .iter()
            .filter(move |(field, _)| field == name)
            .map(|(_, value)| value.as_str())
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields: Vec<_> = self
            .fields
            .iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        write!(f, "the event {:?}", fields.join("\n"))
    }
}

/// Cuts decoded bytes into events, however they are split.
#[derive(Debug, Default)]
pub(crate) struct Blocks {
    line: Vec<u8>,
    after_cr: bool,
    begun: bool,
    fields: Vec<(String, String)>,
}

impl Blocks {
    /// Takes the next bytes; each event that they end goes to the sink.
    pub(crate) fn push(&mut self, bytes: &[u8], sink: &mut impl FnMut(Event)) {
        for &byte in bytes {
            let feed_of_crlf = std::mem::take(&mut self.after_cr) && byte == b'\n';
            match byte {
                _ if feed_of_crlf => {}
                b'\r' | b'\n' => {
                    self.after_cr = byte == b'\r';
                    self.end_line(sink);
                }
                other => self.line.push(other),
            }
        }
    }

    fn end_line(&mut self, sink: &mut impl FnMut(Event)) {
        let mut line = std::mem::take(&mut self.line);
        if !std::mem::replace(&mut self.begun, true) && line.starts_with("\u{feff}".as_bytes()) {
            line.drain(..3);
        }
        if line.is_empty() {
            let mut fields = std::mem::take(&mut self.fields);
            if !fields.is_empty() {
                fields.shrink_to_fit();
                sink(Event { fields });
            }
            return;
        }
        let line = String::from_utf8_lossy(&line);
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        // A line that begins with a colon is a comment.
        if !name.is_empty() {
            let value = value.strip_prefix(' ').unwrap_or(value);
            self.fields.push((name.to_owned(), value.to_owned()));
        }
    }
}

/// An open stream.
pub(crate) struct EventStream {
    head: Answer,
    body: Body,
    blocks: Blocks,
    waiting: std::collections::VecDeque<Event>,
    events: usize,
    raw: Vec<u8>,
}

impl EventStream {
    pub(crate) fn new(head: Answer, body: Body) -> Self {
        Self {
            head,
            body,
            blocks: Blocks::default(),
            waiting: std::collections::VecDeque::new(),
            events: 0,
            raw: Vec::new(),
        }
    }

    /// Status and fields.
    pub(crate) fn head(&self) -> &Answer {
        &self.head
    }

    /// All bytes so far, freed from the transfer coding.
    pub(crate) fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Reads on until these bytes have come, whether or not they are part of an event; false when the stream ended before.
    pub(crate) async fn reads(
        &mut self,
        needle: &[u8],
        deadline: Deadline,
    ) -> Result<bool, WireError> {
        let mut searched = 0;
        loop {
            if self.raw[searched..]
                .windows(needle.len())
                .any(|window| window == needle)
            {
                return Ok(true);
            }
            // The needle may have begun to come.
            searched = self.raw.len().saturating_sub(needle.len());
            if !self.pull(deadline).await? {
                return Ok(false);
            }
        }
    }

    /// Reads on until a comment line has begun behind so many bytes; false when the stream ended before.
    pub(crate) async fn comments(
        &mut self,
        behind: usize,
        deadline: Deadline,
    ) -> Result<bool, WireError> {
        loop {
            let begins_line = |at: usize| at == 0 || matches!(self.raw[at - 1], b'\r' | b'\n');
            if (behind..self.raw.len()).any(|at| self.raw[at] == b':' && begins_line(at)) {
                return Ok(true);
            }
            if !self.pull(deadline).await? {
                return Ok(false);
            }
        }
    }

    /// Reads on until anything at all has come; false when the stream ended before. For streams in a coding that is not undone here.
    pub(crate) async fn grows(&mut self, deadline: Deadline) -> Result<bool, WireError> {
        self.pull(deadline).await
    }

    /// The events that have come and were not taken yet.
    pub(crate) fn take_parsed(&mut self) -> Vec<Event> {
        self.waiting.drain(..).collect()
    }

    /// The next event, or none when the hub ended the stream.
    pub(crate) async fn next(&mut self, deadline: Deadline) -> Result<Option<Event>, WireError> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Ok(Some(event));
            }
            if !self.pull(deadline).await? {
                return Ok(None);
            }
        }
    }

    // False at the end of the stream.
    async fn pull(&mut self, deadline: Deadline) -> Result<bool, WireError> {
        let Some(chunk) = deadline.bound("event", self.body.next(deadline)).await?? else {
            return Ok(false);
        };
        self.raw.extend_from_slice(&chunk);
        if self.raw.len() > STREAM_BYTES_AT_MOST {
            return Err(WireError::TooLarge {
                what: "a stream",
                bytes: STREAM_BYTES_AT_MOST,
            });
        }
        let (waiting, events) = (&mut self.waiting, &mut self.events);
        self.blocks.push(&chunk, &mut |event| {
            *events += 1;
            waiting.push_back(event);
        });
        if self.events + self.blocks.fields.len() > EVENTS_AT_MOST {
            return Err(WireError::TooMany {
                what: "events or fields of a stream",
                limit: EVENTS_AT_MOST,
            });
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::{Blocks, Event};

    type Fields<'a> = &'a [(&'a str, &'a str)];

    #[test]
    fn blocks_are_cut_alike_however_the_bytes_are_split() {
        let cases: [(&str, &[Fields<'_>]); 6] = [
            ("data: a\n\n", &[&[("data", "a")]]),
            (
                "\u{feff}data:a\r\ndata:  b\r\n\r\n",
                &[&[("data", "a"), ("data", " b")]],
            ),
            (
                ": hello\n\nid: 1\rdata\r\r",
                &[&[("id", "1"), ("data", "")]],
            ),
            ("data: unfinished\n", &[]),
            (
                "data: a\n\n\ndata: b\n\n",
                &[&[("data", "a")], &[("data", "b")]],
            ),
            (
                "weird: x\nretry: 1\n\n",
                &[&[("weird", "x"), ("retry", "1")]],
            ),
        ];
        for (text, expected) in cases {
            for piece in 1..=text.len() {
                let (mut blocks, mut seen) = (Blocks::default(), Vec::new());
                for bytes in text.as_bytes().chunks(piece) {
                    blocks.push(bytes, &mut |event| seen.push(event));
                }
                let expected: Vec<_> = expected
                    .iter()
                    .map(|fields| Event {
                        fields: fields
                            .iter()
                            .map(|&(n, v)| (n.to_owned(), v.to_owned()))
                            .collect(),
                    })
                    .collect();
                assert_eq!(seen, expected, "{text:?} in pieces of {piece}");
            }
        }
    }
}
