//! The body of a request that is answered before all of it has come: what still comes is read and thrown away, for a while. Closed
//! at once, while the peer writes, the connection would be reset, and the answer lost with it (RFC 9112, section 9.6). What is read to
//! its end leaves the connection as good as new.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::EXPECT;
use http::{Request, Version};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::limits::{REFUSED_BODY_BYTES, REFUSED_BODY_TIME};

/// A body that is read on when whoever read it drops it.
#[derive(Debug)]
pub(crate) struct ReadOn {
    /// None once it is dropped.
    body: Option<Incoming>,
    /// Whether the peer sends it unasked, and cannot be told to stop.
    is_on_its_way: bool,
}

impl ReadOn {
    /// The request with such a body.
    pub(crate) fn in_request(request: Request<Incoming>) -> Request<Self> {
        // Over HTTP/2 its stream is reset. Who waits to be asked for the body is not asked.
        let is_on_its_way =
            request.version() < Version::HTTP_2 && !request.headers().contains_key(EXPECT);
        request.map(|body| Self {
            body: Some(body),
            is_on_its_way,
        })
    }
}

impl Body for ReadOn {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match &mut self.body {
            Some(body) => Pin::new(body).poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let hint = self.body.as_ref().map(Body::size_hint);
        hint.unwrap_or_default()
    }
}

impl Drop for ReadOn {
    fn drop(&mut self) {
        if let Some(body) = self.body.take()
            && self.is_on_its_way
            && !body.is_end_stream()
            && let Ok(runtime) = Handle::try_current()
        {
            // However it ends, it ends: dropped before its end, the body closes the connection.
            runtime.spawn(timeout(REFUSED_BODY_TIME, read(body)));
        }
    }
}

async fn read(mut body: Incoming) {
    let mut left = REFUSED_BODY_BYTES;
    while let Some(Ok(frame)) = body.frame().await {
        let size = frame.data_ref().map_or(0, Bytes::len);
        match left.checked_sub(size) {
            Some(less) => left = less,
            None => return,
        }
    }
}
