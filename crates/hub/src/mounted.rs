//! A hub inside an application that has connections of its own: the application hands it the requests that are the hub's.
//!
//! What [`serve`](crate::serve) does for connections is the application's then: how many there may be, the time for a head,
//! and the time for a peer that does not read. What waits for a subscriber is bounded here as there.

use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use assay_hub_core::history::History;
use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};

use crate::ServeError;
use crate::config::HubConfig;
use crate::http::Endpoints;
use crate::http::response_body::ResponseBody;
use crate::peer::Peer;

/// A hub without a listener. Clones are the same hub.
#[derive(Debug, Clone)]
pub struct MountedHub {
    endpoints: Arc<Endpoints>,
}

impl MountedHub {
    /// A hub with these settings, and the history that they name; where to listen is of no meaning here. Streams are written
    /// by the application's connections, so no thread of the hub's is needed for them. Where keys have to be fetched, this
    /// needs a tokio runtime.
    pub fn new(config: HubConfig) -> Result<Self, ServeError> {
        let history = config.open_history()?;
        Self::with_history(config, history)
    }

    /// The same, with a history that the application has opened.
    pub fn with_history(
        mut config: HubConfig,
        history: Box<dyn History>,
    ) -> Result<Self, ServeError> {
        config.stream_threads = 1;
        let (endpoints, _lane_ends) = Endpoints::new(config, history).map_err(ServeError::Lanes)?;
        Ok(Self {
            endpoints: Arc::new(endpoints),
        })
    }

    /// Whether a request for `path` is the hub's: its own path, those of its metadata, and others that its settings ask for.
    pub fn takes(&self, path: &str) -> bool {
        self.endpoints.takes(path)
    }

    /// Answers a request of `peer`; one that is not the hub's with 404. Its body may come from a connection, or be made by the
    /// application, as for an update of its own.
    pub async fn answer<B>(&self, peer: SocketAddr, request: Request<B>) -> Response<HubBody>
    where
        B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>>,
    {
        self.endpoints
            .answer(Peer::Tcp(peer), request)
            .await
            .map(HubBody)
    }

    /// Ends all streams cleanly, and refuses what comes after. Connections end once their last bytes are read.
    pub fn close(&self) {
        self.endpoints.close();
    }
}

/// The body of an answer: a few bytes, or events until their stream ends.
pub struct HubBody(ResponseBody);

impl Body for HubBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.get_mut().0).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}
