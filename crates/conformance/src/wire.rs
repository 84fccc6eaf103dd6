//! The suite's own reading of the wire: HTTP/1.1 or HTTP/2 on a plain socket or TLS, one connection an exchange, everything that a
//! hub sends read under caps on bytes and time. Not a general HTTP client, and not a judge.

pub(crate) mod body;
pub(crate) mod event_stream;
mod http2;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use assay_client::Destination;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, timeout_at},
};
use tokio_rustls::TlsConnector;

use crate::{answer::Answer, target::HttpVersion};

use body::{Body, Framing};

/// Largest head of an answer: far above any honest hub's, which sends about 1 KB.
const HEAD_BYTES_AT_MOST: usize = 64 << 10;
/// Most fields of a head.
const FIELDS_AT_MOST: usize = 128;
/// Largest complete body: documents of the subscription API with thousands of entries fit.
pub(crate) const BODY_BYTES_AT_MOST: usize = 1 << 20;
/// One read; also how far past a cap a hub can push us.
const READ_BYTES: usize = 16 << 10;

/// How ALPN names HTTP/2.
const H2: &[u8] = b"h2";

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
    #[error("the answer is not HTTP: {0}")]
    Malformed(&'static str),
    /// TLS was there, HTTP/2 was not. // subscribe.http2
    #[error("of h2 and http/1.1 the server chose {0} (ALPN)")]
    NotHttp2(String),
    /// A rule of HTTP/1.1 syntax, of which HTTP/2 knows nothing.
    #[error("not applicable over HTTP/2: it cannot write {0}")]
    Unwritable(String),
    /// More than the caps allow.
    #[error("the hub sent {what} of more than {bytes} bytes")]
    TooLarge {
        /// A head, a body …
        what: &'static str,
        /// The cap.
        bytes: usize,
    },
    /// More of something than the caps allow.
    #[error("the hub sent more than {limit} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The cap.
        limit: usize,
    },
}

pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
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

    /// Fails once it is over.
    fn check(self, awaited: &'static str) -> Result<(), WireError> {
        if self.passed() {
            return Err(WireError::Timeout {
                awaited,
                after: self.after,
            });
        }
        Ok(())
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

/// A request as it goes over the wire, whatever the version; the field that names the host is not among its fields.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) method: &'static str,
    pub(crate) target: String,
    pub(crate) fields: Vec<(String, Vec<u8>)>,
    /// Empty when there is none.
    pub(crate) content: Vec<u8>,
    /// So many bytes follow the content, never all in memory.
    pub(crate) padding_bytes: usize,
}

/// What padding is written from.
static PADDING: [u8; 16 << 10] = [b'a'; 16 << 10];

impl Written {
    fn http1_bytes(&self, host: &str) -> Vec<u8> {
        let Self { method, target, .. } = self;
        let mut bytes = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\n").into_bytes();
        for (name, value) in &self.fields {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.content);
        bytes
    }

    async fn write_http1(&self, io: &mut (impl AsyncWrite + Unpin), host: &str) -> io::Result<()> {
        io.write_all(&self.http1_bytes(host)).await?;
        let mut left = self.padding_bytes;
        while left > 0 {
            let size = left.min(PADDING.len());
            io.write_all(&PADDING[..size]).await?;
            left -= size;
        }
        io.flush().await
    }
}

/// Opens a connection, writes the request as it is, and reads the head of the answer.
pub(crate) async fn exchange(
    server: &Server,
    written: &Written,
    http: HttpVersion,
    deadline: Deadline,
) -> Result<Incoming, WireError> {
    let io = deadline
        .bound("connection", connect(server, http))
        .await??;
    match http {
        HttpVersion::Http1 => exchange_http1(io, server, written, deadline).await,
        HttpVersion::Http2 => http2::exchange(io, server, written, deadline).await,
    }
}

/// Whether anything at all answers there; for a server that may still be about to start.
pub(crate) async fn answers(destination: &Destination, deadline: Deadline) -> bool {
    let looked_up = destination.clone();
    let addrs = tokio::task::spawn_blocking(move || looked_up.socket_addrs());
    let Ok(Ok(addrs)) = addrs.await else {
        return false;
    };
    let server = Server {
        destination: destination.clone(),
        addrs,
    };
    let written = Written {
        method: "GET",
        target: destination.request_target(),
        fields: Vec::new(),
        content: Vec::new(),
        padding_bytes: 0,
    };
    exchange(&server, &written, HttpVersion::Http1, deadline)
        .await
        .is_ok_and(|incoming| incoming.answer.status < 500)
}

async fn exchange_http1(
    io: Box<dyn Io>,
    server: &Server,
    request: &Written,
    deadline: Deadline,
) -> Result<Incoming, WireError> {
    let host = server.destination.host_header();
    let (mut reader, mut writer) = tokio::io::split(io);
    let mut written = Ok(());
    // A server may answer before it has read all of a request that it refuses, and read no more of it.
    let head = {
        let writing = request.write_http1(&mut writer, &host);
        let reading = read_head(&mut reader, deadline);
        tokio::pin!(writing, reading);
        tokio::select! {
            biased;
            head = &mut reading => head,
            done = &mut writing => {
                written = done;
                reading.await
            }
        }
    };
    let (answer, rest, length) = match (head, written) {
        (Err(WireError::Closed(_)), Err(source)) => {
            return Err(WireError::Broken {
                doing: "the request was written",
                source,
            });
        }
        (head, _) => head?,
    };
    let io = reader.unsplit(writer);
    let framing = Framing::of(&answer, request.method, length)?;
    Ok(Incoming {
        answer,
        body: Body::http1(io, rest, framing),
    })
}

/// Opens a connection, with TLS where the URL says so.
pub(crate) async fn connect(server: &Server, http: HttpVersion) -> Result<Box<dyn Io>, WireError> {
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
    let config = match http {
        HttpVersion::Http1 => config,
        HttpVersion::Http2 => {
            let mut config = (*config).clone();
            config.alpn_protocols = vec![H2.to_vec(), b"http/1.1".to_vec()];
            Arc::new(config)
        }
    };
    let stream = TlsConnector::from(config)
        .connect(name, stream)
        .await
        .map_err(WireError::Connect)?;
    let chosen = stream.get_ref().1.alpn_protocol();
    if http == HttpVersion::Http2 && chosen != Some(H2) {
        let chosen = chosen.map_or_else(
            || "neither".into(),
            |name| String::from_utf8_lossy(name).into_owned(),
        );
        return Err(WireError::NotHttp2(chosen));
    }
    Ok(Box::new(stream))
}

type Head = (Answer, Vec<u8>, Option<u64>);

async fn read_head(
    io: &mut (impl AsyncRead + Unpin),
    deadline: Deadline,
) -> Result<Head, WireError> {
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
    io: &mut (impl AsyncRead + Unpin),
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
