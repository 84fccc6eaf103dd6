//! Blocks of an event stream: cut at blank lines, changed line by line, written again.
//!
//! Enough of `text/event-stream` for what hubs send. Not an SSE reader: no block is interpreted that no mutant asks about.

/// Bytes held while no blank line comes; beyond this they pass as they are.
const MAX_BLOCK_BYTES: usize = 4 * 1024 * 1024;

/// One block of an event stream, without its blank line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    lines: Vec<String>,
    ends: bool,
}

impl Event {
    /// The value of the last field of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.lines.iter().rev().find_map(|line| value(line, name))
    }

    /// Leaves one field of that name, first in the block if it is new.
    pub(crate) fn set(&mut self, name: &str, to: &str) {
        let at = self
            .lines
            .iter()
            .position(|line| value(line, name).is_some());
        self.remove(name);
        self.lines.insert(at.unwrap_or(0), format!("{name}: {to}"));
    }

    /// Leaves no field of that name.
    pub(crate) fn remove(&mut self, name: &str) {
        self.lines.retain(|line| value(line, name).is_none());
    }

    /// Replaces a text in the lines of that name, even by what ends a line.
    pub(crate) fn replace(&mut self, name: &str, from: &str, to: &str) {
        let of_that_name = self.lines.iter_mut();
        for line in of_that_name.filter(|line| value(line, name).is_some()) {
            *line = line.replace(from, to);
        }
    }

    /// Leaves the blank line out that would end it.
    pub(crate) fn leave_open(&mut self) {
        self.ends = false;
    }

    /// Takes the field name off each line of that name but the first.
    pub(crate) fn keep_first_prefix(&mut self, name: &str) {
        let of_that_name = self
            .lines
            .iter_mut()
            .filter(|line| value(line, name).is_some());
        for line in of_that_name.skip(1) {
            *line = value(line, name).unwrap_or_default().to_owned();
        }
    }

    /// Whether a client would dispatch this, rather than a comment or a lone `retry`.
    pub(crate) fn is_update(&self) -> bool {
        self.get("id").is_some() || self.get("data").is_some()
    }

    /// The bytes, blank line included.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut text = self.lines.join("\n");
        text.push_str(if self.ends { "\n\n" } else { "\n" });
        text.into_bytes()
    }
}

/// The blocks of a stream that comes in pieces.
#[derive(Default)]
pub(crate) struct Blocks {
    pending: Vec<u8>,
}

impl Blocks {
    /// Takes bytes in, and gives out each block that they complete.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.pending.extend_from_slice(bytes);
        let mut events = Vec::new();
        while let Some(end) = self.block_end() {
            let block: Vec<u8> = self.pending.drain(..end).collect();
            let text = String::from_utf8_lossy(&block);
            let lines: Vec<String> = text.lines().map(str::to_owned).collect();
            let lines: Vec<String> = lines.into_iter().filter(|line| !line.is_empty()).collect();
            if !lines.is_empty() {
                events.push(Event { lines, ends: true });
            }
        }
        events
    }

    /// What never became a block.
    pub(crate) fn rest(self) -> Vec<u8> {
        self.pending
    }

    fn block_end(&self) -> Option<usize> {
        let ends_at = |blank: &[u8]| {
            let at = self
                .pending
                .windows(blank.len())
                .position(|window| window == blank);
            at.map(|at| at + blank.len())
        };
        // A comment is passed on by its line, as it is often alone and meant to be seen at once.
        let comment = (self.pending.first() == Some(&b':'))
            .then(|| ends_at(b"\n"))
            .flatten();
        let too_long = (self.pending.len() > MAX_BLOCK_BYTES).then_some(self.pending.len());
        [comment, ends_at(b"\n\n"), ends_at(b"\r\n\r\n"), too_long]
            .into_iter()
            .flatten()
            .min()
    }
}

fn value<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let rest = line.strip_prefix(name)?;
    if rest.is_empty() {
        return Some("");
    }
    let value = rest.strip_prefix(':')?;
    Some(value.strip_prefix(' ').unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use super::Blocks;

    #[test]
    fn blocks_do_not_depend_on_how_the_bytes_came() {
        let stream = b":\nid: 1\ndata: a\n\nretry: 5\n\nid:2\r\ndata: b\r\n\r\n";
        let mut whole = Blocks::default();
        let expected = whole.push(stream);
        assert_eq!(expected.len(), 4);
        assert_eq!(expected[1].get("id"), Some("1"));
        assert_eq!(expected[3].get("data"), Some("b"));

        let mut bytewise = Blocks::default();
        let got: Vec<_> = stream
            .iter()
            .flat_map(|byte| bytewise.push(&[*byte]))
            .collect();
        assert_eq!(got, expected);
    }

    #[test]
    fn a_field_is_changed_in_its_place() {
        let mut event = Blocks::default().push(b"id: 1\ndata: a\n\n").remove(0);
        event.set("id", "2");
        assert_eq!(event.bytes(), b"id: 2\ndata: a\n\n");
        event.remove("id");
        assert_eq!(event.bytes(), b"data: a\n\n");
    }
}
