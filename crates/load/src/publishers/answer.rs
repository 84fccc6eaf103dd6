//! The hub's answer to a publish: its status, and where it ends, so that the connection can carry the next one. What stands in
//! the body does not matter here: a hub may name its ids as it likes.

use httparse::{EMPTY_HEADER, Header, Response, Status};

use super::limits::{ANSWER_BYTES_MAX, ANSWER_FIELDS_MAX};

/// A whole answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// Its status.
    pub(super) status: u16,
    /// Whether the connection may carry another request.
    pub(super) keeps_alive: bool,
}

/// Where an answer's body ends.
enum Body {
    Length(usize),
    Chunked,
    UntilClose,
}

/// Reads an answer at the start of `bytes`: `Ok(None)` while it is not whole. `closed` says that nothing follows `bytes`. The
/// error says what is wrong with it.
pub(super) fn parse(bytes: &[u8], closed: End) -> Result<Option<Answer>, String> {
    let mut start = 0;
    loop {
        let mut fields = [EMPTY_HEADER; ANSWER_FIELDS_MAX];
        let mut response = Response::new(&mut fields);
        let length = match response.parse(&bytes[start..]) {
            Ok(Status::Complete(length)) => length,
            Ok(Status::Partial) => return incomplete(bytes, closed),
            Err(error) => return Err(format!("not an HTTP/1.1 answer: {error}")),
        };
        start += length;
        let status = response.code.unwrap_or_default();
        if (100..200).contains(&status) {
            continue;
        }
        let keeps_alive = closed == End::Open
            && response.version == Some(1)
            && !has_token(response.headers, "connection", "close");
        let answer = Answer {
            status,
            keeps_alive,
        };
        return match body(status, response.headers)? {
            Body::Length(length) if bytes.len() - start >= length => Ok(Some(answer)),
            Body::Chunked if last_chunk_ends(&bytes[start..])? => Ok(Some(answer)),
            // The status is known and the update accepted or not: a body that is cut short changes nothing.
            _ if closed == End::Closed => Ok(Some(answer)),
            _ => incomplete(bytes, closed),
        };
    }
}

/// Whether more bytes may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// They may.
    Open,
    /// The hub closed the connection.
    Closed,
}

fn incomplete(bytes: &[u8], closed: End) -> Result<Option<Answer>, String> {
    if bytes.len() >= ANSWER_BYTES_MAX {
        return Err(format!(
            "the answer is longer than {ANSWER_BYTES_MAX} bytes"
        ));
    }
    match closed {
        End::Open => Ok(None),
        End::Closed if bytes.is_empty() => {
            Err("the hub closed the connection instead of answering".to_owned())
        }
        End::Closed => Err("the hub closed the connection within its answer".to_owned()),
    }
}

/// RFC 9112, section 6.3.
fn body(status: u16, fields: &[Header<'_>]) -> Result<Body, String> {
    if status == 204 || status == 304 {
        return Ok(Body::Length(0));
    }
    if has_token(fields, "transfer-encoding", "chunked") {
        return Ok(Body::Chunked);
    }
    let Some(length) = field(fields, "content-length") else {
        return Ok(Body::UntilClose);
    };
    let length = std::str::from_utf8(length)
        .ok()
        .and_then(|text| text.trim().parse().ok());
    length
        .map(Body::Length)
        .ok_or_else(|| "the answer's Content-Length is not a number".to_owned())
}

/// Whether the chunks at the start of `bytes` are all there, the last one and its trailer included.
fn last_chunk_ends(mut bytes: &[u8]) -> Result<bool, String> {
    loop {
        let (line, size) = match httparse::parse_chunk_size(bytes) {
            Ok(Status::Complete(sizes)) => sizes,
            Ok(Status::Partial) => return Ok(false),
            Err(_) => return Err("the answer's chunks are broken".to_owned()),
        };
        bytes = &bytes[line..];
        if size == 0 {
            // An empty trailer, or one that ends with an empty line.
            return Ok(bytes.starts_with(b"\r\n") || bytes.windows(4).any(|end| end == b"\r\n\r\n"));
        }
        let Some(rest) = usize::try_from(size)
            .ok()
            .and_then(|size| bytes.get(size.checked_add(2)?..))
        else {
            return Ok(false);
        };
        bytes = rest;
    }
}

fn field<'head>(fields: &[Header<'head>], name: &str) -> Option<&'head [u8]> {
    fields
        .iter()
        .find(|field| field.name.eq_ignore_ascii_case(name))
        .map(|field| field.value)
}

fn has_token(fields: &[Header<'_>], name: &str, token: &str) -> bool {
    let value = field(fields, name).unwrap_or_default();
    value
        .split(|&byte| byte == b',')
        .any(|part| part.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: Answer = Answer {
        status: 200,
        keeps_alive: true,
    };

    #[track_caller]
    fn check_cut_anywhere(answer: &str, expected: Answer) {
        for end in 0..answer.len() {
            assert_eq!(
                parse(&answer.as_bytes()[..end], End::Open),
                Ok(None),
                "{:?}",
                &answer[..end]
            );
        }
        assert_eq!(
            parse(answer.as_bytes(), End::Open),
            Ok(Some(expected)),
            "{answer:?}"
        );
    }

    #[test]
    fn an_answer_is_whole_with_its_last_byte() {
        check_cut_anywhere("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nuuid", KEPT);
        check_cut_anywhere(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
            KEPT,
        );
        check_cut_anywhere(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;a=b\r\nuuid\r\n0\r\n\r\n",
            KEPT,
        );
        check_cut_anywhere(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n",
            KEPT,
        );
        check_cut_anywhere(
            "HTTP/1.1 204 No Content\r\n\r\n",
            Answer {
                status: 204,
                ..KEPT
            },
        );
        check_cut_anywhere(
            "HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno",
            Answer {
                status: 401,
                keeps_alive: false,
            },
        );
    }

    #[test]
    fn a_whole_answer_followed_by_the_end_of_the_connection_keeps_nothing_alive() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1";
        assert_eq!(parse(answer, End::Open), Ok(Some(KEPT)));
        assert_eq!(
            parse(answer, End::Closed),
            Ok(Some(Answer {
                keeps_alive: false,
                ..KEPT
            }))
        );
    }

    #[test]
    fn without_length_it_ends_with_the_connection() {
        let answer = b"HTTP/1.1 200 OK\r\n\r\nuuid";
        assert_eq!(parse(answer, End::Open), Ok(None));
        assert_eq!(
            parse(answer, End::Closed),
            Ok(Some(Answer {
                status: 200,
                keeps_alive: false
            }))
        );
    }

    #[test]
    fn what_is_no_answer_is_refused_with_the_reason() {
        for (bytes, end, reason) in [
            (&b""[..], End::Closed, "instead of answering"),
            (b"HTTP/1.1 200", End::Closed, "within its answer"),
            (
                b"\x15\x03\x01\x00\x02\x02\x16",
                End::Open,
                "not an HTTP/1.1 answer",
            ),
            (
                b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
                End::Open,
                "Content-Length",
            ),
            (
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                End::Open,
                "chunks",
            ),
        ] {
            let error = parse(bytes, end).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
        let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(ANSWER_BYTES_MAX));
        assert!(
            parse(endless.as_bytes(), End::Open)
                .unwrap_err()
                .contains("longer than")
        );
    }
}
