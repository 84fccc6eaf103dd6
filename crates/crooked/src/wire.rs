//! Reads HTTP/1.1 heads and bodies from a connection, under bounds.
//!
//! Not an HTTP implementation: one exchange a connection, no trailers, no upgrades.

use std::io::{Error, ErrorKind, Result};

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::message::{Headers, invalid};

/// The longest head read: hubs bound theirs at 8 to 64 KiB, and a test may go just beyond.
const MAX_HEAD_BYTES: usize = 128 * 1024;
/// The longest whole body held: a test may send more than any hub takes.
pub(crate) const MAX_BODY_BYTES: usize = 80 * 1024 * 1024;
/// One read.
const READ_BYTES: usize = 16 * 1024;

/// How the end of a body is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// So many bytes are left.
    Length(usize),
    /// Chunks, until the empty one.
    Chunked,
    /// Until the connection closes.
    UntilClose,
}

impl Framing {
    /// How the body of a request ends.
    pub(crate) fn of_request(headers: &Headers) -> Self {
        Self::told_by(headers).unwrap_or(Self::Length(0))
    }

    /// How the body of a response ends; `bodiless` for HEAD, 204 and 304.
    pub(crate) fn of_response(headers: &Headers, status: u16, method: &str) -> Self {
        if method == "HEAD" || matches!(status, 100..=199 | 204 | 304) {
            return Self::Length(0);
        }
        Self::told_by(headers).unwrap_or(Self::UntilClose)
    }

    fn told_by(headers: &Headers) -> Option<Self> {
        let coding = headers.get("transfer-encoding").unwrap_or_default();
        if coding.to_ascii_lowercase().contains("chunked") {
            return Some(Self::Chunked);
        }
        let length = headers.get("content-length")?;
        length.trim().parse().ok().map(Self::Length)
    }
}

/// A connection's reading half, and the bytes read ahead.
pub(crate) struct Wire<R> {
    half: R,
    ahead: Vec<u8>,
}

impl<R: AsyncRead + Unpin> Wire<R> {
    /// Nothing read yet.
    pub(crate) fn new(half: R) -> Self {
        Self {
            half,
            ahead: Vec::new(),
        }
    }

    /// The bytes of the next head, or none if the peer closed before its first byte.
    pub(crate) async fn head(&mut self) -> Result<Option<Vec<u8>>> {
        loop {
            if let Some(end) = find(&self.ahead, b"\r\n\r\n") {
                return Ok(Some(self.ahead.drain(..end + 4).collect()));
            }
            if self.ahead.len() > MAX_HEAD_BYTES {
                return Err(invalid("head too long"));
            }
            if self.fill().await? == 0 {
                return if self.ahead.is_empty() {
                    Ok(None)
                } else {
                    Err(cut())
                };
            }
        }
    }

    /// The next bytes of a body, or none at its end.
    pub(crate) async fn piece(&mut self, framing: &mut Framing) -> Result<Option<Vec<u8>>> {
        match framing {
            Framing::Length(0) => Ok(None),
            Framing::Length(left) => {
                let piece = self.some(*left).await?.ok_or_else(cut)?;
                *left -= piece.len();
                Ok(Some(piece))
            }
            Framing::UntilClose => self.some(usize::MAX).await,
            Framing::Chunked => {
                let chunk = self.chunk().await?;
                if chunk.is_none() {
                    *framing = Framing::Length(0);
                }
                Ok(chunk)
            }
        }
    }

    /// A whole body.
    pub(crate) async fn whole(&mut self, mut framing: Framing) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        while let Some(piece) = self.piece(&mut framing).await? {
            body.extend_from_slice(&piece);
            if body.len() > MAX_BODY_BYTES {
                return Err(invalid("body too long"));
            }
        }
        Ok(body)
    }

    /// Resolves when the peer has closed; whatever it says until then is ignored.
    pub(crate) async fn closed(mut self) {
        let mut nothing = [0; 512];
        while let Ok(1..) = self.half.read(&mut nothing).await {}
    }

    async fn chunk(&mut self) -> Result<Option<Vec<u8>>> {
        let line = self.line().await?;
        let digits = line
            .split(|b| matches!(b, b';' | b' '))
            .next()
            .unwrap_or_default();
        let size = std::str::from_utf8(digits)
            .ok()
            .and_then(|digits| usize::from_str_radix(digits, 16).ok())
            .filter(|size| *size <= MAX_BODY_BYTES)
            .ok_or_else(|| invalid("malformed chunk size"))?;
        let mut chunk = Vec::new();
        while chunk.len() < size {
            let piece = self.some(size - chunk.len()).await?.ok_or_else(cut)?;
            chunk.extend_from_slice(&piece);
        }
        self.line().await?;
        Ok((size > 0).then_some(chunk))
    }

    async fn line(&mut self) -> Result<Vec<u8>> {
        loop {
            if let Some(end) = find(&self.ahead, b"\r\n") {
                let mut line: Vec<u8> = self.ahead.drain(..end + 2).collect();
                line.truncate(end);
                return Ok(line);
            }
            if self.ahead.len() > MAX_HEAD_BYTES {
                return Err(invalid("line too long"));
            }
            if self.fill().await? == 0 {
                return Err(cut());
            }
        }
    }

    /// At least one byte and at most `most`, or none at the end of the connection.
    async fn some(&mut self, most: usize) -> Result<Option<Vec<u8>>> {
        if self.ahead.is_empty() && self.fill().await? == 0 {
            return Ok(None);
        }
        let size = most.min(self.ahead.len());
        if size == self.ahead.len() {
            return Ok(Some(std::mem::take(&mut self.ahead)));
        }
        Ok(Some(self.ahead.drain(..size).collect()))
    }

    async fn fill(&mut self) -> Result<usize> {
        self.ahead.reserve(READ_BYTES);
        self.half.read_buf(&mut self.ahead).await
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

fn cut() -> Error {
    Error::new(ErrorKind::UnexpectedEof, "connection closed in mid-message")
}
