//! The suite's own reading of the wire: HTTP/1.1 on a plain socket or TLS, one connection an exchange, everything that a hub
//! sends read under caps on bytes and time. Not a general HTTP client, and not a judge.

pub(crate) mod body;
pub(crate) mod event_stream;

use std::{io, net::SocketAddr, time::Duration};

use assay_client::Destination;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, timeout_at},
};
use tokio_rustls::TlsConnector;

use crate::answer::Answer;

use body::{Body, Framing};

/// Largest head of an answer: far above any honest hub's, which sends about 1 KB.
const HEAD_BYTES_AT_MOST: usize = 64 << 10;
/// Most fields of a head.
const FIELDS_AT_MOST: usize = 128;
/// Largest complete body: documents of the subscription API with thousands of entries fit.
pub(crate) const BODY_BYTES_AT_MOST: usize = 1 << 20;
/// One read; also how far past a cap a hub can push us.
const READ_BYTES: usize = 16 << 10;

/// Why an exchange did not come to an end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WireError {
    /// No TCP or TLS connection.
    #[error("cannot connect: {0}")]
    Connect(io::Error),
    /// The deadline passed.
    #[error("no {awaited} within {} ms", after.as_millis())]
    Timeout {
        /// What was awaited.
        awaited: &'static str,
        /// The deadline.
        after: Duration,
    },
    /// The connection broke.
    #[error("the connection broke while {doing}: {source}")]
    Broken {
        /// What we were at.
        doing: &'static str,
        /// The system's words.
        source: io::Error,
    },
    /// It ended in the middle.
    #[error("the connection was closed {0}")]
    Closed(&'static str),
    /// Not HTTP.
    #[error("the answer is not HTTP/1.1: {0}")]
    Malformed(&'static str),
    /// More than the caps allow.
    #[error("the hub sent {what} of more than {bytes} bytes")]
    TooLarge {
        /// A head, a body …
        what: &'static str,
        /// The cap.
        bytes: usize,
    },
}

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A server: where it is, looked up once.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    pub(crate) destination: Destination,
    pub(crate) addrs: Vec<SocketAddr>,
}

/// A deadline, with the length it had for messages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    at: Instant,
    after: Duration,
}

impl Deadline {
    /// So long from now.
    pub(crate) fn after(after: Duration) -> Self {
        Self {
            at: Instant::now() + after,
            after,
        }
    }

    /// Whether it is over.
    pub(crate) fn passed(self) -> bool {
        Instant::now() >= self.at
    }

    /// Ends a future at the deadline.
    pub(crate) async fn bound<T>(
        self,
        awaited: &'static str,
        future: impl Future<Output = T>,
    ) -> Result<T, WireError> {
        timeout_at(self.at, future)
            .await
            .map_err(|_| WireError::Timeout {
                awaited,
                after: self.after,
            })
    }
}

/// A head that has come, and the body that follows.
pub(crate) struct Incoming {
    /// Status and fields; the body of it is empty.
    pub(crate) answer: Answer,
    /// What follows.
    pub(crate) body: Body,
}

impl Incoming {
    /// Reads the body to its end and puts it into the answer.
    pub(crate) async fn complete(mut self, deadline: Deadline) -> Result<Answer, WireError> {
        while let Some(chunk) = self.body.next(deadline).await? {
            self.answer.body.extend_from_slice(&chunk);
            if self.answer.body.len() > BODY_BYTES_AT_MOST {
                return Err(WireError::TooLarge {
                    what: "a body",
                    bytes: BODY_BYTES_AT_MOST,
                });
            }
        }
        Ok(self.answer)
    }
}

/// Opens a connection, writes the request bytes as they are, and reads the head of the answer.
pub(crate) async fn exchange(
    server: &Server,
    request: &[u8],
    method: &str,
    deadline: Deadline,
) -> Result<Incoming, WireError> {
    let mut io = deadline.bound("connection", connect(server)).await??;
    let written = deadline
        .bound("room to write the request", async {
            io.write_all(request).await?;
            io.flush().await
        })
        .await?;
    // A server may answer and close before it has read all of a request that it refuses: the answer is still there to read.
    let (answer, rest, length) = match read_head(&mut io, deadline).await {
        Err(WireError::Closed(_)) if written.is_err() => {
            let source = written.expect_err("invariant: the guard saw an error");
            return Err(WireError::Broken {
                doing: "the request was written",
                source,
            });
        }
        head => head?,
    };
    let framing = Framing::of(&answer, method, length)?;
    Ok(Incoming {
        answer,
        body: Body::new(io, rest, framing),
    })
}

async fn connect(server: &Server) -> Result<Box<dyn Io>, WireError> {
    let stream = TcpStream::connect(server.addrs.as_slice())
        .await
        .map_err(WireError::Connect)?;
    stream.set_nodelay(true).map_err(WireError::Connect)?;
    let (Some(config), Some(name)) = (
        server.destination.tls_config(),
        server.destination.server_name(),
    ) else {
        return Ok(Box::new(stream));
    };
    let stream = TlsConnector::from(config)
        .connect(name, stream)
        .await
        .map_err(WireError::Connect)?;
    Ok(Box::new(stream))
}

type Head = (Answer, Vec<u8>, Option<u64>);

async fn read_head(io: &mut Box<dyn Io>, deadline: Deadline) -> Result<Head, WireError> {
    let mut buffer = Vec::new();
    loop {
        if let Some(head) = parse_head(&buffer)? {
            return Ok(head);
        }
        if buffer.len() > HEAD_BYTES_AT_MOST {
            return Err(WireError::TooLarge {
                what: "a head",
                bytes: HEAD_BYTES_AT_MOST,
            });
        }
        let read = read_some(io, &mut buffer, "answer", deadline).await?;
        if read == 0 {
            return Err(WireError::Closed(if buffer.is_empty() {
                "without an answer"
            } else {
                "in the middle of the head"
            }));
        }
    }
}

async fn read_some(
    io: &mut Box<dyn Io>,
    buffer: &mut Vec<u8>,
    awaited: &'static str,
    deadline: Deadline,
) -> Result<usize, WireError> {
    buffer.reserve(READ_BYTES);
    let read = deadline.bound(awaited, io.read_buf(buffer)).await?;
    read.map_err(|source| WireError::Broken {
        doing: "the answer was read",
        source,
    })
}

// The third element is Content-Length, when there is one. Interim answers (1xx) are skipped.
fn parse_head(buffer: &[u8]) -> Result<Option<Head>, WireError> {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS_AT_MOST];
    let mut response = httparse::Response::new(&mut fields);
    let length = match response.parse(buffer) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_) => return Err(WireError::Malformed("its head cannot be parsed")),
    };
    let status = response
        .code
        .ok_or(WireError::Malformed("it has no status code"))?;
    if (100..200).contains(&status) {
        return parse_head(&buffer[length..]);
    }
    let headers: Vec<_> = response
        .headers
        .iter()
        .map(|field| {
            let value = String::from_utf8_lossy(field.value).into_owned();
            (field.name.to_ascii_lowercase(), value)
        })
        .collect();
    let answer = Answer {
        status,
        headers,
        body: Vec::new(),
    };
    let content_length = match answer.header("content-length") {
        None => None,
        Some(value) => Some(
            value
                .trim()
                .parse()
                .map_err(|_| WireError::Malformed("Content-Length is no number"))?,
        ),
    };
    Ok(Some((answer, buffer[length..].to_vec(), content_length)))
}
