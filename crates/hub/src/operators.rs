//! The listener for operators: numbers and health, apart from what strangers reach.

use std::convert::Infallible;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::connection::Common;
use crate::limits::{OPERATORS, REQUEST_FIELDS, REQUEST_HEAD_TIMEOUT};
use crate::listener::Listener;

/// Answers on `listener` until this is dropped.
pub(crate) async fn serve(listener: TcpListener, common: Arc<Common>) {
    let listener = Listener::Tcp(listener);
    let places = Arc::new(Semaphore::new(OPERATORS));
    let mut connections = JoinSet::new();
    loop {
        // An error would mean that it was closed, which nobody does. Who finds no place waits to be accepted.
        let place = Arc::clone(&places).acquire_owned().await;
        let (socket, _) = tokio::select! {
            accepted = listener.accept() => accepted,
            // Reaps connections as they end.
            Some(_) = connections.join_next() => continue,
        };
        let common = Arc::clone(&common);
        connections.spawn(async move {
            let _place = place;
            let service = service_fn(move |request| {
                let endpoints = common.current.endpoints();
                async move { Ok::<_, Infallible>(endpoints.answer_operator(&request).await) }
            });
            // However it ends, it ends.
            let _ = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(REQUEST_HEAD_TIMEOUT)
                .max_headers(REQUEST_FIELDS)
                .serve_connection(TokioIo::new(socket), service)
                .await;
        });
    }
}
