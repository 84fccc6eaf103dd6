//! One exchange over HTTP/2: the `h2` crate cuts and joins frames, and what it gives is read under the same caps as HTTP/1.1 and
//! handed on in the same types, so that no check knows the transport. What an answer is worth is still judged by this suite alone.

use std::{future::poll_fn, io};

use bytes::Bytes;
use h2::{RecvStream, SendStream, client};
use http::{HeaderName, HeaderValue, Method, Uri, Version};
use tokio::task::JoinHandle;

use super::{
    Deadline, FIELDS_AT_MOST, HEAD_BYTES_AT_MOST, Incoming, Io, PADDING, Server, WireError,
    Written, body::Body,
};
use crate::answer::Answer;

/// What a hub may send ahead of us, of one stream: a stream is read as it comes, so that it is far less in practice.
const WINDOW_BYTES: u32 = 1 << 20;

/// A connection at work; dropping it closes the socket, as the end of an HTTP/1.1 connection does.
struct Driver(JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The content of an answer, DATA frame by DATA frame.
pub(super) struct Content {
    stream: RecvStream,
    _driver: Driver,
}

impl Content {
    /// The next piece, or none at the end of the stream.
    pub(super) async fn next(&mut self, deadline: Deadline) -> Result<Option<Vec<u8>>, WireError> {
        loop {
            let data = deadline.bound("content", self.stream.data()).await?;
            let Some(data) = data else { return Ok(None) };
            let data = data.map_err(|error| broken("the answer was read", error))?;
            // Fails only on a stream that is over, whose window nobody needs.
            let _ = self.stream.flow_control().release_capacity(data.len());
            if !data.is_empty() {
                return Ok(Some(data.to_vec()));
            }
            // Empty frames are no progress, and a flood of them never waits.
            deadline.check("content")?;
        }
    }
}

/// Writes the request on a fresh connection, and reads the head of the answer.
pub(super) async fn exchange(
    io: Box<dyn Io>,
    server: &Server,
    written: &Written,
    deadline: Deadline,
) -> Result<Incoming, WireError> {
    let request = request(server, written)?;
    let mut builder = client::Builder::new();
    builder
        .enable_push(false)
        .initial_window_size(WINDOW_BYTES)
        .max_header_list_size(HEAD_BYTES_AT_MOST as u32);
    let shaken = deadline.bound("HTTP/2 handshake", builder.handshake::<_, Bytes>(io));
    let (send, connection) = shaken
        .await?
        .map_err(|error| broken("HTTP/2 began", error))?;
    let driver = Driver(tokio::spawn(async move {
        // Whatever ends it shows on the stream, too.
        let _ = connection.await;
    }));
    let ready = deadline.bound("room for a stream", send.ready()).await?;
    let mut send = ready.map_err(|error| broken("HTTP/2 began", error))?;
    let (response, mut content) = send
        .send_request(request, written.content.is_empty())
        .map_err(|error| WireError::Unwritable(error.to_string()))?;
    if !written.content.is_empty() {
        let bytes = Bytes::from(written.content.clone());
        // A server may refuse before it has read all of a request: the answer is still there to read.
        let _ = content.send_data(bytes, written.padding_bytes == 0);
    }
    let answered = async {
        let padding = pad(&mut content, written.padding_bytes);
        tokio::pin!(padding, response);
        tokio::select! {
            biased;
            response = &mut response => response,
            _ = &mut padding => response.await,
        }
    };
    let response = deadline.bound("answer", answered).await?;
    let response = response.map_err(|error| broken("the answer was awaited", error))?;
    let (head, stream) = response.into_parts();
    if head.headers.len() > FIELDS_AT_MOST {
        return Err(WireError::Malformed("its head has too many fields"));
    }
    // HTTP/2 fields have lower-case names already; values of one name keep their order.
    let headers = head.headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_owned(), value)
    });
    let answer = Answer {
        status: head.status.as_u16(),
        headers: headers.collect(),
        body: Vec::new(),
    };
    Ok(Incoming {
        answer,
        body: Body::http2(Content {
            stream,
            _driver: driver,
        }),
    })
}

// As fast as the server takes it.
async fn pad(content: &mut SendStream<Bytes>, padding_bytes: usize) -> Result<(), h2::Error> {
    let mut left = padding_bytes;
    while left > 0 {
        content.reserve_capacity(left.min(PADDING.len()));
        let Some(room) = poll_fn(|context| content.poll_capacity(context)).await else {
            return Ok(());
        };
        let size = room?.min(left).min(PADDING.len());
        left -= size;
        content.send_data(Bytes::from_static(&PADDING[..size]), left == 0)?;
    }
    Ok(())
}

// What HTTP/2 cannot say, or says otherwise, is not sent as something else.
fn request(server: &Server, written: &Written) -> Result<http::Request<()>, WireError> {
    let unwritable = |what: &str| WireError::Unwritable(what.to_owned());
    let scheme = if server.destination.url().is_https() {
        "https"
    } else {
        "http"
    };
    let uri = Uri::builder()
        .scheme(scheme)
        .authority(server.destination.host_header())
        .path_and_query(written.target.as_str())
        .build()
        .map_err(|_| unwritable("such a request target"))?;
    let says_it = |path: &http::uri::PathAndQuery| path.as_str() == written.target;
    if !uri.path_and_query().is_some_and(says_it) {
        return Err(unwritable("such a request target"));
    }
    let method = Method::from_bytes(written.method.as_bytes());
    let mut request = http::Request::new(());
    *request.version_mut() = Version::HTTP_2;
    *request.method_mut() = method.map_err(|_| unwritable("such a method"))?;
    *request.uri_mut() = uri;
    for (name, value) in &written.fields {
        let field = name.as_str();
        let name = HeaderName::from_bytes(name.as_bytes());
        let value = HeaderValue::from_bytes(value);
        let (Ok(name), Ok(value)) = (name, value) else {
            return Err(unwritable(&format!("such a field {field:?}")));
        };
        request.headers_mut().append(name, value);
    }
    Ok(request)
}

fn broken(doing: &'static str, error: h2::Error) -> WireError {
    // A system error keeps its own words; anything else is told in those of the protocol.
    let source = if error.is_io() {
        error.into_io()
    } else {
        Some(io::Error::other(error.to_string()))
    };
    WireError::Broken {
        doing,
        source: source.unwrap_or_else(|| io::ErrorKind::ConnectionAborted.into()),
    }
}
