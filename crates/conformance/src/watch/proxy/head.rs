//! Heads of messages as they pass: read for their framing, written on with only what belongs to a single connection changed.
//! Not for what a head means.

use httparse::{EMPTY_HEADER, Header, Status};

use crate::{
    answer::Answer,
    watch::{
        exchange::Asked,
        limits::{FIELDS_AT_MOST, HEAD_BYTES_AT_MOST},
    },
    wire::body::Framing,
};

/// A message that cannot be passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum HeadError {
    #[error("it is TLS, and the watch speaks http://")]
    Tls,
    #[error("it is HTTP/2, and the watch speaks HTTP/1.1")]
    Http2,
    #[error("its head cannot be parsed")]
    Syntax,
    #[error(
        "its head has more than {} bytes or {} fields",
        HEAD_BYTES_AT_MOST,
        FIELDS_AT_MOST
    )]
    TooLarge,
    // Whoever is behind could see another end of the message than we do.
    #[error("its length is told twice, or in a way that cannot be relied on")]
    Length,
    #[error("CONNECT is for another kind of proxy")]
    Connect,
    #[error("it changes the protocol, which was not asked for")]
    Upgraded,
}

/// The head of a request.
#[derive(Debug)]
pub(super) struct RequestHead {
    pub(super) asked: Asked,
    pub(super) framing: Framing,
    /// As it goes on to the hub.
    pub(super) bytes: Vec<u8>,
    /// Whether the client keeps the connection.
    pub(super) keeps: bool,
}

/// The head of an answer; none of its bytes are kept when it is interim.
#[derive(Debug)]
pub(super) enum AnswerHead {
    /// 1xx: passed on as it is.
    Interim(Vec<u8>),
    Final {
        answer: Answer,
        framing: Framing,
        bytes: Vec<u8>,
        /// Whether the hub keeps the connection.
        keeps: bool,
    },
}

/// Fields that belong to one connection only, beside those that `Connection` names. // RFC 9110, section 7.6.1
const OF_THIS_CONNECTION: [&str; 6] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authorization",
    "te",
    "upgrade",
];

/// Reads the head of a request, with its length; none when more has to come. `host` is what `Host` becomes, none to keep it.
pub(super) fn request(
    buffer: &[u8],
    host: Option<&str>,
) -> Result<Option<(RequestHead, usize)>, HeadError> {
    refuse_other_protocols(buffer)?;
    let mut fields = [EMPTY_HEADER; FIELDS_AT_MOST];
    let mut request = httparse::Request::new(&mut fields);
    let Some(length) = length_of(request.parse(buffer), buffer)? else {
        return Ok(None);
    };
    let (Some(method), Some(target), Some(version)) =
        (request.method, request.path, request.version)
    else {
        return Err(HeadError::Syntax);
    };
    if method == "CONNECT" {
        return Err(HeadError::Connect);
    }
    let target = origin_form(target);
    let fields: &[Header<'_>] = request.headers;
    let connection = Connection::of(fields, version);
    let mut bytes = format!("{method} {target} HTTP/1.{version}\r\n").into_bytes();
    if let Some(host) = host {
        write_field(&mut bytes, "Host", host.as_bytes());
    }
    connection.write(fields, host.is_some(), &mut bytes);
    Ok(Some((
        RequestHead {
            asked: Asked {
                method: method.to_owned(),
                target: target.to_owned(),
                fields: lowered(fields),
            },
            framing: request_framing(fields)?,
            bytes,
            keeps: connection.keeps,
        },
        length,
    )))
}

/// Reads the head of an answer to a request of this method, with its length; none when more has to come.
pub(super) fn answer(
    buffer: &[u8],
    method: &str,
) -> Result<Option<(AnswerHead, usize)>, HeadError> {
    let mut fields = [EMPTY_HEADER; FIELDS_AT_MOST];
    let mut response = httparse::Response::new(&mut fields);
    let Some(length) = length_of(response.parse(buffer), buffer)? else {
        return Ok(None);
    };
    let (Some(status), Some(version)) = (response.code, response.version) else {
        return Err(HeadError::Syntax);
    };
    match status {
        101 => return Err(HeadError::Upgraded),
        100..=199 => {
            let interim = AnswerHead::Interim(buffer[..length].to_vec());
            return Ok(Some((interim, length)));
        }
        _ => {}
    }
    let fields: &[Header<'_>] = response.headers;
    let connection = Connection::of(fields, version);
    let reason = response.reason.unwrap_or_default();
    let mut bytes = format!("HTTP/1.{version} {status} {reason}\r\n").into_bytes();
    connection.write(fields, false, &mut bytes);
    let answer = Answer {
        status,
        headers: lowered(fields),
        body: Vec::new(),
    };
    let length_told = content_length(fields)?;
    let framing = Framing::of(&answer, method, length_told).map_err(|_| HeadError::Length)?;
    Ok(Some((
        AnswerHead::Final {
            keeps: connection.keeps && framing != Framing::UntilClosed,
            answer,
            framing,
            bytes,
        },
        length,
    )))
}

fn refuse_other_protocols(buffer: &[u8]) -> Result<(), HeadError> {
    // The record type of a handshake; no method begins with it.
    if buffer.first() == Some(&0x16) {
        return Err(HeadError::Tls);
    }
    if buffer.starts_with(b"PRI * HTTP/2") {
        return Err(HeadError::Http2);
    }
    Ok(())
}

fn length_of(
    parsed: Result<Status<usize>, httparse::Error>,
    buffer: &[u8],
) -> Result<Option<usize>, HeadError> {
    match parsed {
        Ok(Status::Complete(length)) if length <= HEAD_BYTES_AT_MOST => Ok(Some(length)),
        Ok(Status::Partial) if buffer.len() <= HEAD_BYTES_AT_MOST => Ok(None),
        Ok(_) | Err(httparse::Error::TooManyHeaders) => Err(HeadError::TooLarge),
        Err(_) => Err(HeadError::Syntax),
    }
}

/// A client that takes us for a forward proxy names the whole URL; the hub is always ours.
fn origin_form(target: &str) -> &str {
    let Some((_, rest)) = target
        .split_once("://")
        .filter(|_| !target.starts_with('/'))
    else {
        return target;
    };
    rest.find('/').map_or("/", |at| &rest[at..])
}

fn lowered(fields: &[Header<'_>]) -> Vec<(String, String)> {
    fields
        .iter()
        .map(|field| {
            let value = String::from_utf8_lossy(field.value).into_owned();
            (field.name.to_ascii_lowercase(), value)
        })
        .collect()
}

fn write_field(bytes: &mut Vec<u8>, name: &str, value: &[u8]) {
    bytes.extend_from_slice(name.as_bytes());
    bytes.extend_from_slice(b": ");
    bytes.extend_from_slice(value);
    bytes.extend_from_slice(b"\r\n");
}

/// What a head says about the connection that it came over. Ours to the other side lives exactly as long, so it is told alike.
struct Connection {
    named: Vec<String>,
    keeps: bool,
    version: u8,
}

impl Connection {
    fn of(fields: &[Header<'_>], version: u8) -> Self {
        let values = fields
            .iter()
            .filter(|field| field.name.eq_ignore_ascii_case("connection"));
        let named: Vec<String> = values
            .flat_map(|field| {
                let value = String::from_utf8_lossy(field.value).into_owned();
                let options = value.split(',').map(|it| it.trim().to_ascii_lowercase());
                options.collect::<Vec<_>>()
            })
            .collect();
        let says = |option: &str| named.iter().any(|it| it == option);
        Self {
            keeps: !says("close") && (version == 1 || says("keep-alive")),
            named,
            version,
        }
    }

    /// Writes the rest of a head: all fields as they came but those of this connection.
    fn write(&self, fields: &[Header<'_>], host_is_written: bool, bytes: &mut Vec<u8>) {
        for field in fields {
            let name = field.name.to_ascii_lowercase();
            let framing = matches!(name.as_str(), "transfer-encoding" | "content-length");
            let drops = OF_THIS_CONNECTION.contains(&name.as_str())
                || (self.named.contains(&name) && !framing)
                || (host_is_written && name == "host");
            if !drops {
                write_field(bytes, field.name, field.value);
            }
        }
        match (self.keeps, self.version) {
            (false, _) => write_field(bytes, "Connection", b"close"),
            (true, 0) => write_field(bytes, "Connection", b"keep-alive"),
            (true, _) => {}
        }
        bytes.extend_from_slice(b"\r\n");
    }
}

fn content_length(fields: &[Header<'_>]) -> Result<Option<u64>, HeadError> {
    let mut told = None;
    for field in fields {
        if !field.name.eq_ignore_ascii_case("content-length") {
            continue;
        }
        let text = std::str::from_utf8(field.value).map_err(|_| HeadError::Length)?;
        let text = text.trim();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(HeadError::Length);
        }
        let length: u64 = text.parse().map_err(|_| HeadError::Length)?;
        if told.replace(length).is_some_and(|before| before != length) {
            return Err(HeadError::Length);
        }
    }
    Ok(told)
}

fn request_framing(fields: &[Header<'_>]) -> Result<Framing, HeadError> {
    let mut codings = fields
        .iter()
        .filter(|field| field.name.eq_ignore_ascii_case("transfer-encoding"));
    let length = content_length(fields)?;
    match (codings.next(), codings.next(), length) {
        (None, _, length) => Ok(Framing::Counted(length.unwrap_or(0))),
        (Some(coding), None, None) if coding.value.eq_ignore_ascii_case(b"chunked") => {
            Ok(Framing::chunked())
        }
        _ => Err(HeadError::Length),
    }
}

#[cfg(test)]
mod tests {
    use super::{AnswerHead, Framing, HeadError, answer, request};

    fn passed_on(head: &str, host: Option<&str>) -> Result<String, HeadError> {
        let (head, length) = request(head.as_bytes(), host)?.expect("a whole head");
        assert!(length > 0);
        Ok(String::from_utf8(head.bytes).expect("a text"))
    }

    #[test]
    fn what_belongs_to_one_connection_stays_behind_and_the_rest_passes_as_it_is() {
        let cases = [
            (
                "GET /h?topic=a HTTP/1.1\r\nHost: me:1\r\nX-Odd:  v \r\nAuthorization: Bearer x\r\nCookie: a=b\r\n\r\n",
                "GET /h?topic=a HTTP/1.1\r\nHost: hub\r\nX-Odd: v\r\nAuthorization: Bearer x\r\nCookie: a=b\r\n\r\n",
            ),
            (
                "GET /h HTTP/1.1\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\nUpgrade: h2c\r\n\r\n",
                "GET /h HTTP/1.1\r\nHost: hub\r\n\r\n",
            ),
            (
                "GET http://elsewhere/h HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
                "GET /h HTTP/1.0\r\nHost: hub\r\nConnection: keep-alive\r\n\r\n",
            ),
            (
                "POST / HTTP/1.1\r\nConnection: close, Content-Length\r\nContent-Length: 3\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: hub\r\nContent-Length: 3\r\nConnection: close\r\n\r\n",
            ),
        ];
        for (came, passed) in cases {
            assert_eq!(
                passed_on(came, Some("hub")).as_deref(),
                Ok(passed),
                "{came}"
            );
        }
        let kept = passed_on("GET / HTTP/1.1\r\nhost: me:1\r\n\r\n", None);
        assert_eq!(kept.as_deref(), Ok("GET / HTTP/1.1\r\nhost: me:1\r\n\r\n"));
    }

    #[test]
    fn what_could_end_elsewhere_for_the_hub_is_refused() {
        let huge = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(70_000));
        let cases = [
            (
                "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                HeadError::Length,
            ),
            (
                "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                HeadError::Length,
            ),
            (
                "POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n",
                HeadError::Length,
            ),
            (
                "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
                HeadError::Length,
            ),
            ("\u{16}\u{3}\u{1}", HeadError::Tls),
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", HeadError::Http2),
            ("CONNECT a:1 HTTP/1.1\r\n\r\n", HeadError::Connect),
            ("nonsense\r\n\r\n", HeadError::Syntax),
            (huge.as_str(), HeadError::TooLarge),
        ];
        for (head, error) in cases {
            let refused = request(head.as_bytes(), None);
            assert_eq!(
                refused.err(),
                Some(error),
                "{}",
                &head[..head.len().min(40)]
            );
        }
    }

    #[test]
    fn an_answer_tells_its_end_and_whether_the_connection_stays() {
        let cases = [
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
                "GET",
                Framing::Counted(2),
                true,
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
                "HEAD",
                Framing::Counted(0),
                true,
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                "GET",
                Framing::chunked(),
                true,
            ),
            (
                "HTTP/1.1 200 OK\r\n\r\n",
                "GET",
                Framing::UntilClosed,
                false,
            ),
            (
                "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
                "GET",
                Framing::Counted(0),
                false,
            ),
        ];
        for (head, method, framing, keeps) in cases {
            match answer(head.as_bytes(), method) {
                Ok(Some((
                    AnswerHead::Final {
                        framing: seen,
                        keeps: kept,
                        ..
                    },
                    _,
                ))) => {
                    assert_eq!((seen, kept), (framing, keeps), "{head}");
                }
                other => panic!("{head}: {other:?}"),
            }
        }
        assert!(matches!(
            answer(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200", "POST"),
            Ok(Some((AnswerHead::Interim(_), 25)))
        ));
        let upgraded = answer(b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "GET");
        assert_eq!(upgraded.err(), Some(HeadError::Upgraded));
    }
}
