//! The content of an answer, freed from its framing: chunked, counted, or until the connection ends.

use super::{Answer, Deadline, Io, WireError, http2::Content, read_some};

/// Longest line that may announce a chunk, extensions and trailer fields included.
const CHUNK_LINE_BYTES_AT_MOST: usize = 4 << 10;

/// How the end of a body is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// So many bytes are still to come.
    Counted(u64),
    /// `Transfer-Encoding: chunked`.
    Chunked(Chunk),
    /// The end of the connection.
    UntilClosed,
}

/// Where in the chunked coding the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chunk {
    /// In the line that gives the size.
    Size,
    /// So many bytes before the end of the content of a chunk.
    Content(u64),
    /// In the line break after the content.
    Break,
    /// After the last chunk, in the trailer.
    Trailer,
    /// Behind everything.
    End,
}

impl Framing {
    /// `Transfer-Encoding: chunked`, before its first byte.
    pub(crate) const fn chunked() -> Self {
        Self::Chunked(Chunk::Size)
    }

    /// RFC 9112, section 6.3.
    pub(crate) fn of(
        answer: &Answer,
        method: &str,
        content_length: Option<u64>,
    ) -> Result<Self, WireError> {
        if method == "HEAD" || matches!(answer.status, 204 | 304) {
            return Ok(Self::Counted(0));
        }
        match answer.header("transfer-encoding") {
            Some(coding) if coding.trim().eq_ignore_ascii_case("chunked") => Ok(Self::chunked()),
            Some(_) => Err(WireError::Malformed("a transfer coding other than chunked")),
            None => Ok(content_length.map_or(Self::UntilClosed, Self::Counted)),
        }
    }
}

/// The rest of an answer, read piece by piece.
pub(crate) struct Body(Source);

enum Source {
    Http1(Framed),
    Http2(Content),
}

/// Content in the framing of HTTP/1.1.
struct Framed {
    io: Box<dyn Io>,
    buffer: Vec<u8>,
    framing: Framing,
}

impl Body {
    /// Behind a head, so many bytes of it having come with the head.
    pub(super) fn http1(io: Box<dyn Io>, buffer: Vec<u8>, framing: Framing) -> Self {
        Self(Source::Http1(Framed {
            io,
            buffer,
            framing,
        }))
    }

    /// In the frames of HTTP/2.
    pub(super) fn http2(content: Content) -> Self {
        Self(Source::Http2(content))
    }

    /// The next piece of content, or none at its proper end.
    pub(crate) async fn next(&mut self, deadline: Deadline) -> Result<Option<Vec<u8>>, WireError> {
        match &mut self.0 {
            Source::Http1(framed) => framed.next(deadline).await,
            Source::Http2(content) => content.next(deadline).await,
        }
    }
}

impl Framed {
    async fn next(&mut self, deadline: Deadline) -> Result<Option<Vec<u8>>, WireError> {
        loop {
            match decode(&mut self.framing, &mut self.buffer)? {
                Decoded::Content(content) => return Ok(Some(content)),
                Decoded::End => return Ok(None),
                Decoded::NeedsMore => {}
            }
            let read = read_some(&mut self.io, &mut self.buffer, "content", deadline).await?;
            if read == 0 {
                return match self.framing {
                    Framing::UntilClosed => Ok(None),
                    Framing::Counted(_) => Err(WireError::Closed("before the announced length")),
                    Framing::Chunked(_) => Err(WireError::Closed("in the middle of a chunk")),
                };
            }
        }
    }
}

/// Reads along with a body that is passed on in its framing: what is its content, and where it ends.
#[derive(Debug)]
pub(crate) struct Along {
    framing: Framing,
    buffer: Vec<u8>,
}

impl Along {
    pub(crate) fn new(framing: Framing) -> Self {
        Self {
            framing,
            buffer: Vec::new(),
        }
    }

    /// Whether no byte is to come.
    pub(crate) fn is_over(&self) -> bool {
        matches!(
            self.framing,
            Framing::Counted(0) | Framing::Chunked(Chunk::End)
        )
    }

    /// Whether the end of the connection is the proper end of the body.
    pub(crate) fn may_end_here(&self) -> bool {
        self.is_over() || self.framing == Framing::UntilClosed
    }

    /// Takes the next bytes of the connection; says how many of them are part of the body, which are all unless it is over.
    pub(crate) fn take(
        &mut self,
        bytes: &[u8],
        content: &mut impl FnMut(&[u8]),
    ) -> Result<usize, WireError> {
        self.buffer.extend_from_slice(bytes);
        loop {
            match decode(&mut self.framing, &mut self.buffer)? {
                Decoded::Content(piece) => content(&piece),
                Decoded::NeedsMore => return Ok(bytes.len()),
                Decoded::End => {
                    let behind = std::mem::take(&mut self.buffer).len();
                    return Ok(bytes.len().saturating_sub(behind));
                }
            }
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Decoded {
    Content(Vec<u8>),
    NeedsMore,
    End,
}

fn decode(framing: &mut Framing, buffer: &mut Vec<u8>) -> Result<Decoded, WireError> {
    match framing {
        Framing::UntilClosed if buffer.is_empty() => Ok(Decoded::NeedsMore),
        Framing::UntilClosed => Ok(Decoded::Content(std::mem::take(buffer))),
        Framing::Counted(0) => Ok(Decoded::End),
        Framing::Counted(left) => Ok(take(left, buffer)),
        Framing::Chunked(chunk) => decode_chunk(chunk, buffer),
    }
}

fn take(left: &mut u64, buffer: &mut Vec<u8>) -> Decoded {
    if buffer.is_empty() {
        return Decoded::NeedsMore;
    }
    let count = usize::try_from(*left).map_or(buffer.len(), |left| left.min(buffer.len()));
    *left -= count as u64;
    let rest = buffer.split_off(count);
    Decoded::Content(std::mem::replace(buffer, rest))
}

fn decode_chunk(chunk: &mut Chunk, buffer: &mut Vec<u8>) -> Result<Decoded, WireError> {
    loop {
        *chunk = match chunk {
            Chunk::End => return Ok(Decoded::End),
            Chunk::Content(0) => Chunk::Break,
            Chunk::Content(left) => return Ok(take(left, buffer)),
            Chunk::Break => match take_line(buffer)? {
                None => return Ok(Decoded::NeedsMore),
                Some(line) if line.is_empty() => Chunk::Size,
                Some(_) => return Err(WireError::Malformed("a chunk is longer than its size")),
            },
            Chunk::Size => match take_line(buffer)? {
                None => return Ok(Decoded::NeedsMore),
                Some(line) => match chunk_size(&line)? {
                    0 => Chunk::Trailer,
                    size => Chunk::Content(size),
                },
            },
            Chunk::Trailer => match take_line(buffer)? {
                None => return Ok(Decoded::NeedsMore),
                Some(line) if line.is_empty() => Chunk::End,
                Some(_) => Chunk::Trailer,
            },
        };
    }
}

fn chunk_size(line: &[u8]) -> Result<u64, WireError> {
    let invalid = WireError::Malformed("a chunk size is no hexadecimal number");
    let Ok(line) = std::str::from_utf8(line) else {
        return Err(invalid);
    };
    let digits = line.split(';').next().unwrap_or(line).trim();
    u64::from_str_radix(digits, 16).map_err(|_| invalid)
}

fn take_line(buffer: &mut Vec<u8>) -> Result<Option<Vec<u8>>, WireError> {
    let Some(end) = buffer.iter().position(|&byte| byte == b'\n') else {
        if buffer.len() > CHUNK_LINE_BYTES_AT_MOST {
            return Err(WireError::TooLarge {
                what: "a chunk header",
                bytes: CHUNK_LINE_BYTES_AT_MOST,
            });
        }
        return Ok(None);
    };
    let rest = buffer.split_off(end + 1);
    let mut line = std::mem::replace(buffer, rest);
    line.truncate(end);
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(Some(line))
}

#[cfg(test)]
mod tests {
    use super::{Along, Chunk, Decoded, Framing, decode};
    use proptest::prelude::*;

    fn encode(chunks: &[Vec<u8>]) -> Vec<u8> {
        let mut wire = Vec::new();
        for chunk in chunks.iter().filter(|chunk| !chunk.is_empty()) {
            wire.extend(format!("{:X};x=y\r\n", chunk.len()).bytes());
            wire.extend(chunk);
            wire.extend(b"\r\n");
        }
        wire.extend(b"0\r\nTrailer: x\r\n\r\n");
        wire
    }

    proptest! {
        #[test]
        fn chunks_are_joined_however_the_bytes_are_split(
            chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..8),
            piece in 1_usize..9,
        ) {
            let (mut framing, mut buffer, mut content) = (Framing::Chunked(Chunk::Size), Vec::new(), Vec::new());
            let mut ended = false;
            for bytes in encode(&chunks).chunks(piece) {
                buffer.extend_from_slice(bytes);
                loop {
                    match decode(&mut framing, &mut buffer).unwrap() {
                        Decoded::Content(bytes) => content.extend(bytes),
                        Decoded::NeedsMore => break,
                        Decoded::End => { ended = true; break; }
                    }
                }
            }
            prop_assert!(ended);
            prop_assert_eq!(content, chunks.concat());
        }

        #[test]
        fn who_reads_along_sees_the_content_and_where_it_ends(
            chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..8),
            behind in prop::collection::vec(any::<u8>(), 0..9),
            piece in 1_usize..9,
        ) {
            let counted = chunks.concat();
            let framings = [
                (Framing::chunked(), encode(&chunks)),
                (Framing::Counted(counted.len() as u64), counted.clone()),
            ];
            for (framing, mut wire) in framings {
                let (mut along, mut content, mut taken) = (Along::new(framing), Vec::new(), 0);
                let whole = wire.len();
                wire.extend_from_slice(&behind);
                for bytes in wire.chunks(piece) {
                    if along.is_over() {
                        break;
                    }
                    taken += along.take(bytes, &mut |piece| content.extend_from_slice(piece)).unwrap();
                }
                prop_assert!(along.is_over());
                prop_assert_eq!(taken, whole);
                prop_assert_eq!(&content, &counted);
            }
        }

        #[test]
        fn no_bytes_make_the_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let (mut framing, mut buffer) = (Framing::Chunked(Chunk::Size), bytes);
            while let Ok(Decoded::Content(_)) = decode(&mut framing, &mut buffer) {}
        }
    }
}
