//! The framing of a response body, taken off: chunked, counted, or until the connection closes.
//!
//! Sans-io and without a buffer of its own: each call hands the payload bytes inside the given slice on, as slices of it.

use super::failure::Failure;
use super::limits::CHUNK_LINE_BYTES_MAX;

/// How a body is framed, and where in it we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// All bytes until the connection closes.
    UntilClose,
    /// So many bytes are still to come.
    Length(u64),
    /// `Transfer-Encoding: chunked`.
    Chunked(Chunk),
}

/// Where in the chunked framing the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chunk {
    /// In the size: the value so far, and how many digits it has.
    Size { size: u64, digits: u8 },
    /// After the size, in extensions which nobody uses, or the CR: how long the line is by now.
    Extension { size: u64, line_bytes: u32 },
    /// In the payload: so many bytes of it are still to come.
    Payload(u64),
    /// At the line end after the payload, of which the CR may have been seen.
    PayloadEnd,
    /// After the last chunk: how long the trailer is by now, and how many bytes its current line has.
    Trailer { bytes: u32, line_bytes: u32 },
    /// The body is complete.
    End,
}

const SIZE_START: Chunk = Chunk::Size { size: 0, digits: 0 };

impl Framing {
    /// At the beginning of a chunked body.
    pub(crate) fn chunked() -> Self {
        Self::Chunked(SIZE_START)
    }

    /// Whether the body is complete by its own account.
    pub(crate) fn is_complete(self) -> bool {
        matches!(self, Self::Length(0) | Self::Chunked(Chunk::End))
    }

    /// Takes the framing off `bytes` and gives each run of payload to `payload`, whose error ends the call. Bytes after the end
    /// of the body are ignored.
    pub(crate) fn decode(
        &mut self,
        bytes: &[u8],
        payload: &mut impl FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        match self {
            Self::UntilClose => payload(bytes),
            Self::Length(remaining) => {
                let ours = (*remaining).min(bytes.len() as u64);
                *remaining -= ours;
                payload(&bytes[..ours as usize])
            }
            Self::Chunked(chunk) => {
                let mut rest = bytes;
                while !rest.is_empty() && *chunk != Chunk::End {
                    rest = chunk.step(rest, payload)?;
                }
                Ok(())
            }
        }
    }
}

impl Chunk {
    /// Takes what it can from the front of `bytes`, which is not empty, and returns the rest.
    fn step<'bytes>(
        &mut self,
        bytes: &'bytes [u8],
        payload: &mut impl FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<&'bytes [u8], Failure> {
        if let Self::Payload(remaining) = self {
            let here = (*remaining).min(bytes.len() as u64);
            *remaining -= here;
            let (ours, rest) = bytes.split_at(here as usize);
            if *remaining == 0 {
                *self = Self::PayloadEnd;
            }
            payload(ours)?;
            return Ok(rest);
        }
        *self = self.after(bytes[0])?;
        Ok(&bytes[1..])
    }

    /// The state after one byte of framing.
    fn after(self, byte: u8) -> Result<Self, Failure> {
        match self {
            Self::Size { size, digits } => after_size(size, digits, byte),
            Self::Extension { size, line_bytes } => match byte {
                b'\n' => Ok(after_size_line(size)),
                _ if line_bytes >= CHUNK_LINE_BYTES_MAX => {
                    Err(Failure::BadChunk("an endless chunk-size line".into()))
                }
                _ => Ok(Self::Extension {
                    size,
                    line_bytes: line_bytes + 1,
                }),
            },
            Self::PayloadEnd => match byte {
                b'\r' => Ok(self),
                b'\n' => Ok(SIZE_START),
                _ => Err(Failure::BadChunk("no line end after the chunk".into())),
            },
            Self::Trailer { bytes, line_bytes } => match byte {
                b'\n' if line_bytes == 0 => Ok(Self::End),
                _ if bytes >= CHUNK_LINE_BYTES_MAX => {
                    Err(Failure::BadChunk("an endless trailer".into()))
                }
                b'\n' => Ok(Self::Trailer {
                    bytes: bytes + 1,
                    line_bytes: 0,
                }),
                b'\r' => Ok(Self::Trailer {
                    bytes: bytes + 1,
                    line_bytes,
                }),
                _ => Ok(Self::Trailer {
                    bytes: bytes + 1,
                    line_bytes: line_bytes + 1,
                }),
            },
            Self::Payload(_) | Self::End => Ok(self),
        }
    }
}

fn after_size(size: u64, digits: u8, byte: u8) -> Result<Chunk, Failure> {
    let digit = match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'f' => byte - b'a' + 10,
        b'A'..=b'F' => byte - b'A' + 10,
        b'\n' if digits > 0 => return Ok(after_size_line(size)),
        b'\r' | b';' | b' ' | b'\t' if digits > 0 => {
            return Ok(Chunk::Extension {
                size,
                line_bytes: u32::from(digits),
            });
        }
        _ => {
            return Err(Failure::BadChunk(
                "a chunk size that is no hexadecimal number".into(),
            ));
        }
    };
    if digits == 15 {
        return Err(Failure::BadChunk(
            "a chunk size of more than 15 digits".into(),
        ));
    }
    Ok(Chunk::Size {
        size: size * 16 + u64::from(digit),
        digits: digits + 1,
    })
}

fn after_size_line(size: u64) -> Chunk {
    if size == 0 {
        Chunk::Trailer {
            bytes: 0,
            line_bytes: 0,
        }
    } else {
        Chunk::Payload(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Decodes `pieces` one after the other and returns the payload and whether the body was complete.
    fn decode(mut framing: Framing, pieces: &[&[u8]]) -> Result<(Vec<u8>, bool), Failure> {
        let mut payload = Vec::new();
        for piece in pieces {
            framing.decode(piece, &mut |bytes| {
                payload.extend_from_slice(bytes);
                Ok(())
            })?;
        }
        Ok((payload, framing.is_complete()))
    }

    #[test]
    fn framings_end_where_they_say() {
        let check = |framing, bytes: &[u8], payload: &[u8], complete| {
            let expected = Ok((payload.to_vec(), complete));
            assert_eq!(decode(framing, &[bytes]), expected, "{bytes:?}");
            let single: Vec<&[u8]> = bytes.chunks(1).collect();
            assert_eq!(decode(framing, &single), expected, "{bytes:?} byte by byte");
        };
        check(Framing::UntilClose, b"data: 1\n\n", b"data: 1\n\n", false);
        check(Framing::Length(4), b"dat", b"dat", false);
        check(Framing::Length(4), b"data more", b"data", true);
        for (bytes, payload, complete) in [
            (&b"4\r\ndata\r\n"[..], &b"data"[..], false),
            (b"004;x=\"y\"\r\ndata\r\n1 \r\n:\r\n", b"data:", false),
            (b"A\r\n0123456789\r\n0\r\n\r\nrest", b"0123456789", true),
            (b"1\na\n0\nTrailer: x\r\n\r\n", b"a", true),
            (b"0\r\n", b"", false),
        ] {
            check(Framing::chunked(), bytes, payload, complete);
        }
    }

    #[test]
    fn broken_framing_is_refused() {
        let endless_extension = format!("1;{}", "x".repeat(5_000));
        let endless_trailer = format!("0\r\n{}", "A: b\r\n".repeat(1_000));
        for bytes in [
            "x\r\n",
            "\r\n",
            "-1\r\n",
            "data: 1\n\n",
            "1\r\nab\r\n",
            "1111111111111111\r\n",
            &endless_extension,
            &endless_trailer,
        ] {
            let decoded = decode(Framing::chunked(), &[bytes.as_bytes()]);
            assert!(
                matches!(decoded, Err(Failure::BadChunk(_))),
                "{bytes:.20}: {decoded:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_split_of_any_chunking_gives_the_same_payload(
            chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 0..8),
            split_every in 1_usize..50,
        ) {
            let mut wire = Vec::new();
            for chunk in &chunks {
                wire.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                wire.extend_from_slice(chunk);
                wire.extend_from_slice(b"\r\n");
            }
            wire.extend_from_slice(b"0\r\n\r\n");
            let pieces: Vec<&[u8]> = wire.chunks(split_every).collect();
            prop_assert_eq!(decode(Framing::chunked(), &pieces), Ok((chunks.concat(), true)));
        }

        #[test]
        fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(Framing::chunked(), &[&bytes]);
        }
    }
}
