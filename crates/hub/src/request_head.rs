//! The head of a request, looked at while it still lies in the socket: is it one that a stream lane can serve?
//!
//! Only the plain case counts: GET over HTTP/1.1, the head whole, nothing behind it. Everything else, odd and broken heads
//! included, is hyper's, which then finds every byte where it was.

use http::header::{CONTENT_LENGTH, EXPECT, TRANSFER_ENCODING};
use http::{HeaderName, HeaderValue, Method, Request, Uri, Version};

use crate::limits::{PEEKED_BYTES, REQUEST_FIELDS};

/// A head that was found.
#[derive(Debug)]
pub(crate) struct RequestHead {
    /// What it says.
    pub(crate) request: Request<()>,
    /// Bytes that it takes in the socket.
    pub(crate) length: usize,
}

/// Reads the head in `peeked`, all that the socket has by now. None if the request is not a plain GET.
pub(crate) fn plain_get(peeked: &[u8]) -> Option<RequestHead> {
    if !peeked.starts_with(b"GET /") || peeked.len() >= PEEKED_BYTES {
        return None;
    }
    let mut fields = [httparse::EMPTY_HEADER; REQUEST_FIELDS];
    let mut head = httparse::Request::new(&mut fields);
    let length = match head.parse(peeked) {
        Ok(httparse::Status::Complete(length)) if length == peeked.len() => length,
        _ => return None,
    };
    if head.version != Some(1) {
        return None;
    }
    let mut request = Request::new(());
    *request.method_mut() = Method::GET;
    *request.version_mut() = Version::HTTP_11;
    *request.uri_mut() = Uri::try_from(head.path?).ok()?;
    let headers = request.headers_mut();
    for field in head.headers {
        let name = HeaderName::from_bytes(field.name.as_bytes()).ok()?;
        headers.append(name, HeaderValue::from_bytes(field.value).ok()?);
    }
    let has_more = [CONTENT_LENGTH, TRANSFER_ENCODING, EXPECT]
        .iter()
        .any(|name| headers.contains_key(name));
    (!has_more).then_some(RequestHead { request, length })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{heads, mutations};

    const PLAIN: &str =
        "GET /hub?topic=a HTTP/1.1\r\nHost: h\r\nCookie: a=b\r\nCookie: c=d\r\n\r\n";

    #[test]
    fn a_plain_get_is_read_whole() {
        let head = plain_get(PLAIN.as_bytes()).expect("plain");
        assert_eq!(head.length, PLAIN.len());
        assert_eq!(head.request.uri(), "/hub?topic=a");
        let cookies: Vec<_> = head.request.headers().get_all("cookie").iter().collect();
        assert_eq!(cookies, ["a=b", "c=d"]);
        for end in 0..PLAIN.len() {
            assert!(plain_get(&PLAIN.as_bytes()[..end]).is_none(), "{end}");
        }
    }

    #[test]
    fn what_is_not_plain_is_left_to_hyper() {
        let long = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(PEEKED_BYTES));
        let many = format!(
            "GET / HTTP/1.1\r\n{}\r\n",
            "X: y\r\n".repeat(REQUEST_FIELDS + 1)
        );
        for other in [
            "POST / HTTP/1.1\r\nHost: h\r\n\r\n",
            "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n",
            "GET / HTTP/1.0\r\nHost: h\r\n\r\n",
            "GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n",
            "GET / HTTP/1.1\r\nContent-Length: 1\r\n\r\nx",
            "GET / HTTP/1.1\r\nContent-Length: 1\r\n\r\n",
            "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "GET / HTTP/1.1\r\nExpect: 100-continue\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\n",
            "GET / HTTP/1.1\r\nHost : h\r\n\r\n",
            "GET / HTTP/1.1\r\nX: a\r\n b\r\n\r\n",
            "GET /\0 HTTP/1.1\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "\x16\x03\x01",
            "",
            &long,
            &many,
        ] {
            assert!(plain_get(other.as_bytes()).is_none(), "{other:?}");
        }
    }

    /// The fuzz target, on a stable compiler.
    #[test]
    fn nothing_that_a_peer_sends_breaks_it() {
        let browser = "GET /.well-known/mercure?match=a&match_urlpattern=%2Fb%2F:id HTTP/1.1\r\nHost: hub.example\r\n\
                       Accept: text/event-stream\r\nLast-Event-ID: urn:uuid:1\r\nAuthorization: Bearer a.b.c\r\n\r\n";
        let bare = "GET / HTTP/1.1\n\n";
        let seeds = [PLAIN, browser, bare].map(str::as_bytes);
        mutations::check(heads::request_head, &seeds);
    }
}
