//! One connection: HTTP/1.1 or HTTP/2 with prior knowledge, told apart by its first bytes.

use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;
use std::pin::Pin;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::http::Endpoints;
use crate::http::response_body::ResponseBody;
use crate::limits;
use crate::peer_io::PeerIo;

/// How hyper talks to every peer of this hub: with all of its limits set.
pub(crate) fn protocol() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
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

/// Serves one connection until it ends by itself, or, once `draining` changes, until its requests under way are answered.
pub(crate) async fn serve(
    socket: TcpStream,
    peer: SocketAddr,
    protocol: Arc<auto::Builder<TokioExecutor>>,
    endpoints: Arc<Endpoints>,
    mut draining: watch::Receiver<bool>,
) {
    let io = PeerIo::new(socket, peer, endpoints.write_timeout());
    let spoke = Arc::new(AtomicBool::new(false));
    let service = {
        let spoke = Arc::clone(&spoke);
        service_fn(move |request| {
            spoke.store(true, Ordering::Relaxed);
            answer(Arc::clone(&endpoints), peer, request)
        })
    };
    let mut connection = pin!(protocol.serve_connection(io, service));
    // hyper's own timer starts with the first byte; this one covers a peer that never sends any.
    let mut opening = Some(Box::pin(sleep(limits::REQUEST_HEAD_TIMEOUT)));
    let mut ending = false;
    loop {
        tokio::select! {
            result = connection.as_mut() => {
                if let Err(error) = result {
                    log_failure(peer, &*error);
                }
                return;
            }
            () = async { opening.as_mut().expect("polled only while it is there").await }, if opening.is_some() => {
                opening = None;
                if !spoke.load(Ordering::Relaxed) {
                    tracing::info!(reason = %"connection.silent", %peer, "connection closed: no request came");
                    return;
                }
            }
            // Ready at once where draining began before; an error means that the server is gone, which is the same here.
            _ = draining.wait_for(|&draining| draining), if !ending => {
                ending = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// The future that answers one request; boxed, since hyper keeps room for it as long as the connection lives.
fn answer(
    endpoints: Arc<Endpoints>,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Pin<Box<dyn Future<Output = Result<Response<ResponseBody>, Infallible>> + Send>> {
    Box::pin(async move { Ok(endpoints.answer(peer, request).await) })
}

/// Logs why a connection failed, with one reason code. Peers that just leave are of no interest.
fn log_failure(peer: SocketAddr, error: &(dyn Error + 'static)) {
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
