//! The head of a hub's answer to a subscription request: is it an event stream, and how is its body framed?
//!
//! Parsed by `httparse`; what follows from it is decided here. Not for the body itself (see [`super::body`]).

use super::body::Framing;
use super::failure::Failure;
use super::limits::{HEAD_BYTES_MAX, HEAD_FIELDS_MAX};
use httparse::{Header, Response, Status};

/// The head of an accepted stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct StreamHead {
    /// How many bytes the head (and any interim answers before it) took; the body begins there.
    pub(crate) bytes: usize,
    /// How the body is framed.
    pub(crate) framing: Framing,
}

/// Reads the head at the start of `bytes`. `Ok(None)` when it is not complete yet. Interim answers (1xx) are skipped. Any answer
/// but `200` with `text/event-stream` is a [`Failure`].
pub(crate) fn parse(bytes: &[u8]) -> Result<Option<StreamHead>, Failure> {
    let mut start = 0;
    loop {
        let mut fields = [httparse::EMPTY_HEADER; HEAD_FIELDS_MAX];
        let mut response = Response::new(&mut fields);
        let length = match response.parse(&bytes[start..]) {
            Ok(Status::Complete(length)) => length,
            Ok(Status::Partial) if bytes.len() < HEAD_BYTES_MAX => return Ok(None),
            Ok(Status::Partial) => return Err(Failure::HeadTooLong),
            Err(error) => return Err(Failure::NotHttp(error.to_string())),
        };
        start += length;
        let code = response.code.unwrap_or_default();
        if !(100..200).contains(&code) {
            let framing = accept(code, response.headers)?;
            return Ok(Some(StreamHead {
                bytes: start,
                framing,
            }));
        }
    }
}

/// Whether this is an event stream, and how its body is framed.
pub(crate) fn accept(code: u16, fields: &[Header<'_>]) -> Result<Framing, Failure> {
    if code != 200 {
        let explanation = ["www-authenticate", "location"]
            .iter()
            .find_map(|name| field(fields, name))
            .map(excerpt);
        let seconds =
            field(fields, "retry-after").and_then(|value| std::str::from_utf8(value).ok());
        return Err(Failure::Status {
            code,
            explanation,
            retry_after_s: seconds.and_then(|seconds| seconds.trim().parse().ok()),
        });
    }
    let content_type = field(fields, "content-type").unwrap_or_default();
    let media_type = content_type.split(|&byte| byte == b';').next();
    if !media_type
        .unwrap_or_default()
        .trim_ascii()
        .eq_ignore_ascii_case(b"text/event-stream")
    {
        return Err(Failure::NotEventStream(excerpt(content_type)));
    }
    if let Some(encoding) = field(fields, "content-encoding")
        && !encoding.eq_ignore_ascii_case(b"identity")
    {
        return Err(Failure::Encoded(excerpt(encoding)));
    }
    framing(fields)
}

/// RFC 9112, section 6.3: `Transfer-Encoding` overrides `Content-Length`; with neither, the body ends with the connection.
fn framing(fields: &[Header<'_>]) -> Result<Framing, Failure> {
    if let Some(encoding) = field(fields, "transfer-encoding") {
        return if encoding.trim_ascii().eq_ignore_ascii_case(b"chunked") {
            Ok(Framing::chunked())
        } else {
            Err(Failure::Encoded(excerpt(encoding)))
        };
    }
    let Some(length) = field(fields, "content-length") else {
        return Ok(Framing::UntilClose);
    };
    std::str::from_utf8(length)
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .map(Framing::Length)
        .ok_or_else(|| Failure::NotHttp(format!("content-length {:?}", excerpt(length))))
}

fn field<'head>(fields: &[Header<'head>], name: &str) -> Option<&'head [u8]> {
    fields
        .iter()
        .find(|field| field.name.eq_ignore_ascii_case(name))
        .map(|field| field.value)
}

/// At most 100 characters of what the peer wrote, for a message.
fn excerpt(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .chars()
        .filter(|character| !character.is_control())
        .take(100)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(head: &str, expected: &Result<Option<Framing>, Failure>) {
        let parsed = parse(head.as_bytes());
        let framing = parsed.map(|head| head.map(|head| head.framing));
        assert_eq!(&framing, expected, "{head:?}");
    }

    #[test]
    fn an_event_stream_is_accepted_with_its_framing() {
        let stream = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";
        for (rest, framing) in [
            ("\r\n", Framing::UntilClose),
            ("Transfer-Encoding: chunked\r\n\r\n", Framing::chunked()),
            (
                "transfer-encoding: Chunked\r\nContent-Length: 5\r\n\r\n",
                Framing::chunked(),
            ),
            ("Content-Length: 12\r\n\r\ndata", Framing::Length(12)),
            ("Content-Encoding: identity\r\n\r\n", Framing::UntilClose),
        ] {
            check(&format!("{stream}{rest}"), &Ok(Some(framing)));
        }
        check(
            "HTTP/1.0 200 OK\r\ncontent-type: Text/Event-Stream ; charset=utf-8\r\n\r\n",
            &Ok(Some(Framing::UntilClose)),
        );
    }

    #[test]
    fn an_interim_answer_is_skipped_and_the_body_found() {
        let head = "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
        let parsed = parse(format!("{head}data: 1\n\n").as_bytes()).unwrap();
        assert_eq!(parsed.unwrap().bytes, head.len());
    }

    #[test]
    fn half_a_head_waits() {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
        for end in 0..head.len() {
            check(&head[..end], &Ok(None));
        }
    }

    #[test]
    fn what_is_no_stream_is_refused_with_the_reason() {
        let status = |code, explanation: Option<&str>| {
            Err(Failure::Status {
                code,
                explanation: explanation.map(str::to_owned),
                retry_after_s: None,
            })
        };
        for (field, retry_after_s) in [
            ("Retry-After: 7", Some(7)),
            ("Retry-After: -1", None),
            ("Retry-After: Thu, 26 Nov 2026 11:00:00 GMT", None),
        ] {
            let busy = Failure::Status {
                code: 429,
                explanation: None,
                retry_after_s,
            };
            check(
                &format!("HTTP/1.1 429 Too Many\r\n{field}\r\n\r\n"),
                &Err(busy),
            );
        }
        check(
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer error=\"invalid_token\"\r\n\r\n",
            &status(401, Some("Bearer error=\"invalid_token\"")),
        );
        check("HTTP/1.1 404 Not Found\r\n\r\n", &status(404, None));
        check(
            "HTTP/1.1 301 Moved\r\nLocation: https://a.example/\r\n\r\n",
            &status(301, Some("https://a.example/")),
        );
        check(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n",
            &Err(Failure::NotEventStream("text/html".to_owned())),
        );
        check(
            "HTTP/1.1 200 OK\r\n\r\n",
            &Err(Failure::NotEventStream(String::new())),
        );
        let stream = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";
        for (rest, failure) in [
            (
                "Content-Encoding: gzip\r\n\r\n",
                Failure::Encoded("gzip".to_owned()),
            ),
            (
                "Transfer-Encoding: gzip, chunked\r\n\r\n",
                Failure::Encoded("gzip, chunked".to_owned()),
            ),
            (
                "Content-Length: -1\r\n\r\n",
                Failure::NotHttp("content-length \"-1\"".to_owned()),
            ),
        ] {
            check(&format!("{stream}{rest}"), &Err(failure));
        }
    }

    #[test]
    fn garbage_and_endless_heads_are_refused() {
        for garbage in [
            "SSH-2.0-OpenSSH_9.6\r\n",
            "\x15\x03\x01\x00\x02\x02\x16",
            "220 smtp\r\n",
        ] {
            let parsed = parse(garbage.as_bytes());
            assert!(matches!(parsed, Err(Failure::NotHttp(_))), "{parsed:?}");
        }
        let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(HEAD_BYTES_MAX));
        check(&endless, &Err(Failure::HeadTooLong));
        let many = format!(
            "HTTP/1.1 200 OK\r\n{}\r\n",
            "A: b\r\n".repeat(HEAD_FIELDS_MAX + 1)
        );
        assert!(matches!(parse(many.as_bytes()), Err(Failure::NotHttp(_))));
    }
}
