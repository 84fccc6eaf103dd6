//! HTTP/1.1 messages as the crooked hubs edit them: heads, header fields, bodies.
//!
//! Not for anything that must be fast, and not a validator: order and spelling of header fields are kept, so that a
//! message nobody edited leaves as it came.

use std::io::{Error, ErrorKind, Result};

/// Most header fields a head may have.
const MAX_HEADERS: usize = 100;

/// Header fields in the order of the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Headers(Vec<(String, Vec<u8>)>);

impl Headers {
    /// The first field of that name, whatever its letter case.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        let (_, value) = self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name))?;
        Some(String::from_utf8_lossy(value).into_owned())
    }

    /// How many fields have that name.
    pub(crate) fn count(&self, name: &str) -> usize {
        let of_that_name = |(n, _): &&(String, Vec<u8>)| n.eq_ignore_ascii_case(name);
        self.0.iter().filter(of_that_name).count()
    }

    /// Leaves exactly one field of that name, in the place of the first one.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<Vec<u8>>) {
        let place = self
            .0
            .iter()
            .position(|(n, _)| n.eq_ignore_ascii_case(name))
            .unwrap_or(self.0.len());
        self.remove(name);
        self.0
            .insert(place.min(self.0.len()), (name.to_owned(), value.into()));
    }

    /// Leaves no field of that name.
    pub(crate) fn remove(&mut self, name: &str) {
        self.0.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
    }

    /// Changes the name of a field where it stands.
    pub(crate) fn rename(&mut self, from: &str, to: &str) {
        for (name, _) in &mut self.0 {
            if name.eq_ignore_ascii_case(from) {
                to.clone_into(name);
            }
        }
    }

    /// Drops the fields whose name does not please.
    pub(crate) fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.0.retain(|(name, _)| keep(name));
    }

    fn of(parsed: &[httparse::Header<'_>]) -> Self {
        let owned = |h: &httparse::Header<'_>| (h.name.to_owned(), h.value.to_vec());
        Self(parsed.iter().map(owned).collect())
    }

    fn write(&self, out: &mut Vec<u8>) {
        for (name, value) in &self.0 {
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(value);
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
    }
}

/// A request with its whole body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// The method, as spelled.
    pub(crate) method: String,
    /// Path and query, as spelled.
    pub(crate) target: String,
    /// The header fields.
    pub(crate) headers: Headers,
    /// The body, decoded of any transfer coding.
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// Parses a complete head; the body is read later, by its framing.
    pub(crate) fn parse(head: &[u8]) -> Result<Self> {
        let mut fields = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut parsed = httparse::Request::new(&mut fields);
        match parsed.parse(head) {
            Ok(httparse::Status::Complete(_)) => Ok(Self {
                method: parsed.method.unwrap_or_default().to_owned(),
                target: parsed.path.unwrap_or_default().to_owned(),
                headers: Headers::of(parsed.headers),
                body: Vec::new(),
            }),
            Ok(httparse::Status::Partial) => Err(invalid("incomplete request head")),
            Err(error) => Err(invalid(&format!("malformed request head: {error}"))),
        }
    }

    /// The path, without the query.
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// Whether this asks for an event stream of `hub_path`.
    pub(crate) fn is_subscription(&self, hub_path: &str) -> bool {
        self.method == "GET" && self.path() == hub_path
    }

    /// Whether this publishes on `hub_path`.
    pub(crate) fn is_publication(&self, hub_path: &str) -> bool {
        self.method == "POST" && self.path() == hub_path
    }

    /// The bytes to send: the body framed by its length, one exchange a connection.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut headers = self.headers.clone();
        headers.remove("transfer-encoding");
        headers.remove("expect");
        headers.set("Connection", "close");
        if headers.count("content-length") > 0 || !self.body.is_empty() {
            headers.set("Content-Length", self.body.len().to_string());
        }
        let mut out = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        headers.write(&mut out);
        out.extend_from_slice(&self.body);
        out
    }
}

/// What a response carries after its head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// All of it.
    Whole(Vec<u8>),
    /// An event stream that is still to be read.
    Stream,
}

/// A response: its head, and its body unless that is an event stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The status code.
    pub(crate) status: u16,
    /// The header fields.
    pub(crate) headers: Headers,
    /// The body.
    pub(crate) body: Body,
}

impl Answer {
    /// An answer of our own making, in plain text.
    pub(crate) fn plain(status: u16, body: &str) -> Self {
        let mut headers = Headers::default();
        headers.set("Content-Type", "text/plain; charset=utf-8");
        Self {
            status,
            headers,
            body: Body::Whole(body.as_bytes().to_vec()),
        }
    }

    /// Parses a complete head, as if an event stream followed.
    pub(crate) fn parse(head: &[u8]) -> Result<Self> {
        let mut fields = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut parsed = httparse::Response::new(&mut fields);
        match parsed.parse(head) {
            Ok(httparse::Status::Complete(_)) => Ok(Self {
                status: parsed.code.unwrap_or_default(),
                headers: Headers::of(parsed.headers),
                body: Body::Stream,
            }),
            Ok(httparse::Status::Partial) => Err(invalid("incomplete response head")),
            Err(error) => Err(invalid(&format!("malformed response head: {error}"))),
        }
    }

    /// Whether an event stream follows.
    pub(crate) fn is_stream(&self) -> bool {
        self.body == Body::Stream
    }

    /// The whole body as text; empty for a stream.
    pub(crate) fn text(&self) -> String {
        match &self.body {
            Body::Whole(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Body::Stream => String::new(),
        }
    }

    /// Replaces status and body, and ends a stream.
    pub(crate) fn refuse(&mut self, status: u16) {
        self.status = status;
        self.headers
            .set("Content-Type", "text/plain; charset=utf-8");
        self.body = Body::Whole(b"refused\n".to_vec());
    }

    /// The bytes of the head, and of a whole body; a stream follows in chunks.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut headers = self.headers.clone();
        headers.remove("content-length");
        headers.remove("transfer-encoding");
        headers.set("Connection", "close");
        let bodiless = matches!(self.status, 100..=199 | 204 | 304);
        match &self.body {
            Body::Whole(_) if bodiless => {}
            Body::Whole(body) => headers.set("Content-Length", body.len().to_string()),
            Body::Stream => headers.set("Transfer-Encoding", "chunked"),
        }
        let mut out = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status)).into_bytes();
        headers.write(&mut out);
        if let (Body::Whole(body), false) = (&self.body, bodiless) {
            out.extend_from_slice(body);
        }
        out
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        302 => "Found",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        422 => "Unprocessable Content",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "Other",
    }
}

/// An error about bytes that are not what they should be.
pub(crate) fn invalid(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, what.to_owned())
}
