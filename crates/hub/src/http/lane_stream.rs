//! A subscription whose connection goes to a stream lane: the same answer as over hyper, handed over before it is written.

use http::{HeaderMap, Response};
use tokio::net::TcpStream;

use super::Endpoints;
use super::response_body::ResponseBody;
use super::subscribe::{Opening, cursor_field, set_fields};
use crate::peer::Peer;
use crate::reception::Admission;
use crate::request_head::RequestHead;
use crate::socket::Socket;
use crate::stream_lane::Guest;

/// A connection that no lane took, and what its peer is to be told.
pub(crate) struct NotTaken {
    pub(crate) socket: Socket,
    pub(crate) admission: Admission,
    /// None if this is no subscription: hyper finds out what it is.
    pub(crate) refusal: Option<Response<ResponseBody>>,
}

impl NotTaken {
    /// hyper finds out what it is.
    pub(crate) fn unread(socket: Socket, admission: Admission) -> Box<Self> {
        Box::new(Self {
            socket,
            admission,
            refusal: None,
        })
    }
}

impl Endpoints {
    /// Gives a connection, whose whole request is `head`, to a stream lane. None if one has it, or it is gone.
    pub(crate) async fn take(
        &self,
        peer: Peer,
        head: &mut RequestHead,
        socket: TcpStream,
        admission: Admission,
    ) -> Option<Box<NotTaken>> {
        let request = &mut head.request;
        if !self.config.is_hub(request.uri().path()) {
            return Some(NotTaken::unread(Socket::Left(socket), admission));
        }
        let sender = self.sender(peer, request);
        let request = &*request;
        let peer = *sender.as_ref().unwrap_or(&peer);
        let refused = |socket, admission, refusal| {
            Box::new(NotTaken {
                socket: Socket::Left(socket),
                admission,
                refusal: Some(self.complete(peer, request, Err(refusal))),
            })
        };
        let Opening {
            subscribe,
            dialect,
            place,
            end,
        } = match async { self.opening(sender?, request).await }.await {
            Ok(opening) => opening,
            Err(refusal) => return Some(refused(socket, admission, refusal)),
        };
        let mut response = Response::new(ResponseBody::EMPTY);
        set_fields(response.headers_mut());
        let response = self.complete(peer, request, Ok(response));
        let guest = Box::new(Guest {
            socket: socket.into_std().ok()?,
            peer,
            admission,
            place,
            head_bytes: head.length,
            response: written(response.headers()),
            cursor_field: cursor_field(dialect),
            end,
        });
        if let Err((error, guest)) = self.lanes.join(subscribe, guest).await {
            let Guest {
                socket, admission, ..
            } = *guest;
            let socket = TcpStream::from_std(socket).ok()?;
            return Some(refused(socket, admission, error.into()));
        }
        tracing::debug!(%peer, %dialect, "subscribed");
        None
    }
}

/// The response up to its last field, for a body in chunks.
fn written(fields: &HeaderMap) -> Vec<u8> {
    let mut response = Vec::with_capacity(512);
    response.extend_from_slice(b"HTTP/1.1 200 OK\r\n");
    let date = httpdate::fmt_http_date(std::time::SystemTime::now());
    // The connection ends with its stream: the lane reads no second request.
    let own = [
        ("transfer-encoding", "chunked"),
        ("connection", "close"),
        ("date", &date),
    ];
    let own = own.iter().map(|(name, value)| (*name, value.as_bytes()));
    let fields = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_bytes()));
    for (name, value) in fields.chain(own) {
        response.extend_from_slice(name.as_bytes());
        response.extend_from_slice(b": ");
        response.extend_from_slice(value);
        response.extend_from_slice(b"\r\n");
    }
    response
}
