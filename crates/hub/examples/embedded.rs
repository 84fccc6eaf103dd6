//! A hub inside an application: one listener, on which `/` is the application's and the hub's URL the hub's.
//!
//! `cargo run -p assay-hub --example embedded`, then in another terminal
//! `curl -N 'http://127.0.0.1:3000/.well-known/mercure?match=https://example.com/books/1'`, and in a third one
//! `assay publish http://127.0.0.1:3000/.well-known/mercure https://example.com/books/1 hello --jwt-key 'a secret of the application, 32 bytes or more'`.
//!
//! An application that has another port to spare needs less: `assay_hub::serve(listener, config, shutdown)` is a whole hub.

use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;

use assay_hub::{HubConfig, HubOptions, MountedHub, Source, Written};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{Either, Full};
use hyper::body::{Body, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind(("127.0.0.1", 3000)).await?;
    let (config, _warnings) = options("a secret of the application, 32 bytes or more").check()?;
    run(listener, config, async {
        // Without a signal to wait for, the application runs until it is killed.
        let _ = tokio::signal::ctrl_c().await;
    })
    .await
}

/// Settings of the hub: the same names as its flags, checked alike. `Layer::from_toml` reads a file of them.
pub(crate) fn options(secret: &str) -> HubOptions {
    HubOptions {
        jwt_key: Some(Written::new("jwt-key", Source::Flag, secret)),
        anonymous: true,
        ..HubOptions::default()
    }
}

/// The application, until `shutdown` is ready and its last answer is out.
pub(crate) async fn run(
    listener: TcpListener,
    config: HubConfig,
    shutdown: impl Future<Output = ()>,
) -> Result<(), Box<dyn Error>> {
    let hub = MountedHub::new(config)?;
    let graceful = GracefulShutdown::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let (socket, peer) = tokio::select! {
            accepted = listener.accept() => accepted?,
            () = shutdown.as_mut() => break,
        };
        let hub = hub.clone();
        let service = service_fn(move |request| answer(hub.clone(), peer, request));
        let protocol = auto::Builder::new(TokioExecutor::new());
        let connection = protocol.serve_connection(TokioIo::new(socket), service);
        let connection = graceful.watch(connection.into_owned());
        // What goes wrong with a connection is its peer's.
        tokio::spawn(async { drop(connection.await) });
    }
    hub.close();
    graceful.shutdown().await;
    Ok(())
}

async fn answer(
    hub: MountedHub,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Result<Response<impl Body<Data = Bytes, Error = Box<dyn Error + Send + Sync>>>, Infallible> {
    Ok(if hub.takes(request.uri().path()) {
        hub.answer(peer, request).await.map(Either::Left)
    } else {
        page().map(Either::Right)
    })
}

/// The application's own answer: it tells where the hub is, as discovery wants it.
fn page() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from("the books of the application\n"));
    let link = http::HeaderValue::from_static("</.well-known/mercure>; rel=\"mercure\"");
    response.headers_mut().insert(http::header::LINK, link);
    response
}
