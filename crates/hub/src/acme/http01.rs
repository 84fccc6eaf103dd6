//! The listener on the port of plain HTTP: it answers http-01 challenges (RFC 8555, section 8.3), and sends everybody else to
//! the hub. Strangers reach it, so it answers one request on a connection, soon, and reads no body.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE, HOST, LOCATION};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::Plan;
use crate::limits::{HTTP01_CONNECTIONS, HTTP01_TIMEOUT, REQUEST_FIELDS};
use crate::listener::Listener;

/// Where a directory looks for its answer.
const CHALLENGES: &str = "/.well-known/acme-challenge/";

/// Answers on `listener` until this is dropped.
pub(crate) async fn serve(listener: TcpListener, plan: Arc<Plan>) {
    let listener = Listener::Tcp(listener);
    let mut connections = JoinSet::new();
    loop {
        let (socket, _) = tokio::select! {
            accepted = listener.accept() => accepted,
            // Reaps connections as they end.
            Some(_) = connections.join_next() => continue,
        };
        // Nobody waits behind those who only sit there: they are gone in a moment.
        if connections.len() >= HTTP01_CONNECTIONS {
            continue;
        }
        let plan = Arc::clone(&plan);
        connections.spawn(async move {
            let service = service_fn(move |request| {
                let answered = answer(&plan, &request);
                async move { Ok::<_, Infallible>(answered) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .keep_alive(false)
                .max_headers(REQUEST_FIELDS)
                .serve_connection(TokioIo::new(socket), service);
            // However it ends, it ends.
            let _ = timeout(HTTP01_TIMEOUT, connection).await;
        });
    }
}

fn answer<B>(plan: &Plan, request: &Request<B>) -> Response<Full<Bytes>> {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let path = request.uri().path();
    if let Some(token) = path.strip_prefix(CHALLENGES) {
        return match plan.shelf.text(token).filter(|_| is_read) {
            Some(proof) => text(StatusCode::OK, proof),
            None => text(StatusCode::NOT_FOUND, "no challenge\n"),
        };
    }
    let Some(host) = host(plan, request) else {
        // Whoever asks by another name is not sent elsewhere by us.
        return text(StatusCode::NOT_FOUND, "no such host\n");
    };
    if !is_read {
        // Its token has been seen on the way; doing it all the same would hide that.
        return text(StatusCode::FORBIDDEN, "use https\n");
    }
    let target = request.uri().path_and_query();
    let target = target.map_or("/", http::uri::PathAndQuery::as_str);
    let location = format!("https://{host}{target}");
    let mut response = text(StatusCode::PERMANENT_REDIRECT, "use https\n");
    match HeaderValue::try_from(location) {
        Ok(location) => response.headers_mut().insert(LOCATION, location),
        Err(_) => return text(StatusCode::NOT_FOUND, "no such page\n"),
    };
    response
}

/// The host that a request names, if it is one of the hub's.
fn host<'a, B>(plan: &'a Plan, request: &Request<B>) -> Option<&'a str> {
    let named = request.headers().get(HOST)?.to_str().ok()?;
    let named = named.split(':').next().unwrap_or_default();
    let mut hosts = plan.hosts.iter().map(String::as_str);
    hosts.find(|host| host.eq_ignore_ascii_case(named))
}

fn text(status: StatusCode, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    response
}
