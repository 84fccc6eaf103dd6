//! One connection: HTTP/1.1 or HTTP/2, told apart by its first bytes, as they are or within TLS.

use std::convert::Infallible;
use std::error::Error;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use rustls::ServerConfig;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::certificate::ACME_PROTOCOL;
use crate::deadline::{self, Counts, StreamExecutor};
use crate::http::response_body::{ResponseBody, Served};
use crate::http::{Current, Endpoints, NotTaken};
use crate::peer::Peer;
use crate::peer_io::PeerIo;
use crate::reception::Admission;
use crate::refused_body::ReadOn;
use crate::socket::Socket;
use crate::transport::{Handshakes, Transport};
use crate::vitals::Vitals;
use crate::{limits, request_head};

/// How hyper talks to every peer of this hub: with all of its limits set.
fn protocol() -> auto::Builder<StreamExecutor> {
    let mut builder = auto::Builder::new(StreamExecutor);
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::REQUEST_HEAD_TIMEOUT)
        .max_headers(limits::REQUEST_FIELDS)
        .max_buf_size(limits::REQUEST_HEAD_BYTES)
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(limits::PING_INTERVAL)
        .keep_alive_timeout(limits::PING_TIMEOUT)
        .max_concurrent_streams(limits::STREAMS_PER_CONNECTION)
        .max_send_buf_size(limits::STREAM_SEND_BUFFER_BYTES)
        .max_header_list_size(limits::REQUEST_HEAD_BYTES as u32);
    builder
}

/// What is spoken on a connection.
struct Protocols {
    /// What its first bytes are: whatever a peer without TLS begins with.
    told_by_bytes: auto::Builder<StreamExecutor>,
    http1: auto::Builder<StreamExecutor>,
    http2: auto::Builder<StreamExecutor>,
}

impl Default for Protocols {
    fn default() -> Self {
        Self {
            told_by_bytes: protocol(),
            http1: protocol().http1_only(),
            http2: protocol().http2_only(),
        }
    }
}

impl Protocols {
    /// TLS has settled it (RFC 9113, section 3.2): then nothing is read ahead, which would leave hyper with a buffer of twice the size.
    fn of(&self, transport: &Transport) -> &auto::Builder<StreamExecutor> {
        match (transport, transport.protocol()) {
            (Transport::Left(_), _) => &self.told_by_bytes,
            (Transport::Right(_), Some(b"h2")) => &self.http2,
            (Transport::Right(_), _) => &self.http1,
        }
    }
}

/// A connection that was accepted.
pub(crate) struct Accepted {
    pub(crate) socket: Socket,
    pub(crate) peer: Peer,
    pub(crate) admission: Admission,
    /// Whether nobody may subscribe on it.
    pub(crate) is_kept_back: bool,
}

/// On a request: nobody may subscribe on its connection, which is kept back for publishers and operators.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeptBack;

/// What all connections of a server have in common.
pub(crate) struct Common {
    protocols: Protocols,
    handshakes: Handshakes,
    pub(crate) current: Current,
}

impl Common {
    /// For connections that are answered by what is `current`.
    pub(crate) fn new(current: Current) -> Self {
        Self {
            protocols: Protocols::default(),
            handshakes: Handshakes::default(),
            current,
        }
    }
}

/// Serves one connection until it ends by itself, until the deadline of its stream (see [`deadline`]), or, once the hub is
/// closed, until its requests under way are answered. A plain subscription is given to a stream lane instead.
pub(crate) async fn serve(accepted: Accepted, common: Arc<Common>) {
    let endpoints = common.current.endpoints();
    let Some(tls) = endpoints.tls() else {
        return serve_plain(accepted, endpoints, common).await;
    };
    let Accepted {
        socket,
        peer,
        admission: _admission,
        is_kept_back,
    } = accepted;
    let vitals = Arc::new(Vitals::default());
    let io = PeerIo::new(socket, peer, endpoints.write_timeout(), Arc::clone(&vitals));
    // Boxed: what begins a session is not carried along by it.
    let session = Box::pin(begin_session(io, peer, tls, &common, endpoints.closing()));
    if let Some(session) = session.await {
        converse(session, (peer, is_kept_back), None, vitals, common).await;
    }
}

/// TLS with a peer; none if there is nothing left to do.
async fn begin_session(
    io: PeerIo,
    peer: Peer,
    tls: Arc<ServerConfig>,
    common: &Common,
    mut closing: watch::Receiver<bool>,
) -> Option<Transport> {
    let begun = tokio::select! {
        begun = common.handshakes.begin(io, tls) => begun,
        _ = closing.wait_for(|&closing| closing) => return None,
    };
    let mut session = begun
        .inspect_err(|error| {
            tracing::info!(reason = %"connection.handshake", %peer, %error, "connection closed: TLS did not begin");
        })
        .ok()?;
    if session.protocol() == Some(ACME_PROTOCOL) {
        // The handshake was all that was asked for (RFC 8737, section 3).
        let _ = timeout(limits::HANDSHAKE_TIMEOUT, session.shutdown()).await;
        return None;
    }
    Some(session)
}

async fn serve_plain(accepted: Accepted, endpoints: Arc<Endpoints>, common: Arc<Common>) {
    let (peer, is_kept_back) = (accepted.peer, accepted.is_kept_back);
    // Boxed: what looks at the first request is not carried along by the connection.
    let Some(left) = Box::pin(offer_to_lane(accepted, &endpoints)).await else {
        return;
    };
    let NotTaken {
        socket,
        admission: _admission,
        refusal,
    } = *left;
    let vitals = Arc::new(Vitals::default());
    let io = PeerIo::new(socket, peer, endpoints.write_timeout(), Arc::clone(&vitals));
    drop(endpoints);
    converse(
        Transport::Left(io),
        (peer, is_kept_back),
        refusal,
        vitals,
        common,
    )
    .await;
}

/// Looks at the first request, which stays in the socket. None if there is nothing left to do.
async fn offer_to_lane(accepted: Accepted, endpoints: &Endpoints) -> Option<Box<NotTaken>> {
    let Accepted {
        socket,
        peer,
        admission,
        is_kept_back,
    } = accepted;
    let socket = match socket {
        Socket::Left(socket) => socket,
        // There is no looking ahead.
        Socket::Right(_) => return Some(NotTaken::unread(socket, admission)),
    };
    let mut peeked = vec![0; limits::PEEKED_BYTES];
    let mut closing = endpoints.closing();
    let looked = tokio::select! {
        biased;
        looked = timeout(limits::REQUEST_HEAD_TIMEOUT, socket.peek(&mut peeked)) => looked,
        _ = closing.wait_for(|&closing| closing) => return None,
    };
    let length = match looked {
        Err(_) => {
            tracing::info!(reason = %"connection.silent", %peer, "connection closed: no request came");
            return None;
        }
        Ok(Err(_) | Ok(0)) => return None,
        Ok(Ok(length)) => length,
    };
    match request_head::plain_get(&peeked[..length]) {
        Some(mut head) => {
            is_kept_back.then(|| head.request.extensions_mut().insert(KeptBack));
            endpoints.take(peer, &mut head, socket, admission).await
        }
        None => Some(NotTaken::unread(Socket::Left(socket), admission)),
    }
}

/// Leaves a peer and hyper to each other. `first` is the answer to the first request, if it is known.
async fn converse(
    transport: Transport,
    (peer, is_kept_back): (Peer, bool),
    first: Option<Response<ResponseBody>>,
    vitals: Arc<Vitals>,
    common: Arc<Common>,
) {
    let conversation = conversation(transport, (peer, is_kept_back), first, vitals, common);
    if deadline::keep(Box::pin(conversation), Counts::WhileStalled)
        .await
        .is_err()
    {
        tracing::debug!(%peer, "connection cut at the end of its stream");
    }
}

async fn conversation(
    transport: Transport,
    (peer, is_kept_back): (Peer, bool),
    first: Option<Response<ResponseBody>>,
    vitals: Arc<Vitals>,
    common: Arc<Common>,
) {
    let is_answered = first.is_some();
    let first = Mutex::new(first);
    let mut closing = common.current.endpoints().closing();
    let service = {
        let (vitals, common) = (Arc::clone(&vitals), Arc::clone(&common));
        service_fn(move |mut request: Request<Incoming>| {
            is_kept_back.then(|| request.extensions_mut().insert(KeptBack));
            let first = first.lock().unwrap_or_else(PoisonError::into_inner).take();
            // Those in force at each request: a connection may outlive many of them.
            answer(common.current.endpoints(), peer, request, first, &vitals)
        })
    };
    let protocol = common.protocols.of(&transport);
    let mut connection = pin!(protocol.serve_connection(TokioIo::new(transport), service));
    // A request whose answer is known is there as a whole. It gets that answer, also where the hub has been closed since.
    let begun = poll_fn(|cx| match connection.as_mut().poll(cx) {
        Poll::Pending if is_answered && !vitals.spoke() => Poll::Pending,
        Poll::Pending => Poll::Ready(None),
        ended @ Poll::Ready(_) => ended.map(Some),
    });
    let by_itself = match begun.await {
        None => tokio::select! {
            ended = connection.as_mut() => Some(ended),
            () = silence(&vitals) => {
                tracing::info!(reason = %"connection.silent", %peer, "connection closed: no request came");
                return;
            }
            // Ready at once where the hub was closed before; an error would mean that the server is gone, which is the same here.
            _ = closing.wait_for(|&closing| closing) => None,
        },
        by_itself => by_itself,
    };
    let ended = if by_itself.is_some() {
        by_itself
    } else {
        connection.as_mut().graceful_shutdown();
        // A request that is here already is read, and answered.
        let mut wait = Duration::ZERO;
        loop {
            match timeout(wait, connection.as_mut()).await {
                Ok(ended) => break Some(ended),
                Err(_) if vitals.may_be_left(wait) => break None,
                Err(_) => wait = limits::IDLE_CHECK_INTERVAL,
            }
        }
    };
    match ended {
        Some(Ok(())) => {}
        Some(Err(error)) => log_failure(peer, &*error),
        None => tracing::debug!(%peer, "connection closed: no request is under way"),
    }
}

/// Ready when a peer that connected has sent no request in time; never once it has. hyper's own timer starts with the first
/// byte, and at most one head long: this one covers a peer that sends none, too.
async fn silence(vitals: &Vitals) {
    // Boxed, so that a stream of hours does not carry it along.
    Box::pin(sleep(limits::REQUEST_HEAD_TIMEOUT)).await;
    if vitals.spoke() {
        std::future::pending::<()>().await;
    }
}

/// The future that answers one request, unless its answer is known; boxed, since hyper keeps room for it as long as the connection lives.
fn answer(
    endpoints: Arc<Endpoints>,
    peer: Peer,
    request: Request<Incoming>,
    known: Option<Response<ResponseBody>>,
    vitals: &Arc<Vitals>,
) -> Pin<Box<dyn Future<Output = Result<Response<Served>, Infallible>> + Send>> {
    let vitals = Arc::clone(vitals);
    let underway = vitals.begin_request();
    Box::pin(async move {
        let response = match known {
            Some(response) => response,
            None => endpoints.answer(peer, ReadOn::in_request(request)).await,
        };
        // In the place of that of an earlier stream on this connection.
        deadline::set(response.body().cut_at(), &vitals);
        Ok(response.map(|body| Served::new(body, underway)))
    })
}

/// Logs why a connection failed, with one reason code. Peers that just leave are of no interest.
fn log_failure(peer: Peer, error: &(dyn Error + 'static)) {
    let hyper_error = chain(error).find_map(|cause| cause.downcast_ref::<hyper::Error>());
    if hyper_error.is_some_and(hyper::Error::is_timeout) {
        tracing::info!(reason = %"connection.head-timeout", %peer, "connection closed: no whole request head, or answer to a ping, in time");
    } else if hyper_error.is_some_and(hyper::Error::is_parse) {
        tracing::info!(reason = %"request.malformed", %peer, %error, "request refused: not HTTP, or a head above the limits");
    } else {
        tracing::debug!(%peer, %error, "connection ended");
    }
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}
