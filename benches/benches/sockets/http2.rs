//! Streams over HTTP/2: how many one process holds, and in how much memory.

use std::io;
use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::fan_out::DATA_BYTES;
use crate::figure::Figure;
use crate::publisher::{Publisher, TOPIC};
use crate::side::{Cpus, Running, Side};

const CONNECTIONS: usize = 100;
const STREAMS_EACH: usize = 1_000;
const UPDATES: usize = 5;

/// A round of one side.
pub(crate) fn measure(side: &Side, cpus: Cpus) -> io::Result<Vec<Figure>> {
    let hub = side.start(cpus)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(streams(&hub, side))
}

async fn streams(hub: &Running, side: &Side) -> io::Result<Vec<Figure>> {
    let empty = hub.usage()?;
    let mut bodies = Vec::with_capacity(CONNECTIONS * STREAMS_EACH);
    for _ in 0..CONNECTIONS {
        open(hub.address, &mut bodies).await?;
    }
    let subscribers = bodies.len();
    let idle = hub.usage()?;
    let mut reading = JoinSet::new();
    for body in bodies {
        reading.spawn(receive(body));
    }
    let mut publisher = Publisher::connect(hub.address, TOPIC, DATA_BYTES)?;
    for _ in 0..UPDATES {
        publisher.send()?;
        publisher.answered()?;
    }
    while let Some(received) = reading.join_next().await {
        received.map_err(io::Error::other)??;
    }
    let ended = hub.usage()?;
    let of = |row, unit, value| Figure {
        row,
        side: side.name().to_owned(),
        subscribers,
        unit,
        value,
    };
    let each = |bytes: u64| bytes.saturating_sub(empty.anonymous_bytes) as f64 / subscribers as f64;
    Ok(vec![
        of("HTTP/2: memory, idle", "B each", each(idle.anonymous_bytes)),
        of(
            "HTTP/2: memory after fan-out",
            "B each",
            each(ended.anonymous_bytes),
        ),
        of(
            "HTTP/2: events per CPU-second",
            "1/s",
            (subscribers * UPDATES) as f64 / ((ended.cpu_ns - idle.cpu_ns) as f64 / 1e9),
        ),
    ])
}

/// The streams of one connection.
async fn open(hub: SocketAddr, bodies: &mut Vec<Incoming>) -> io::Result<()> {
    let socket = TcpStream::connect(hub).await?;
    let (mut peer, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(socket))
        .await
        .map_err(io::Error::other)?;
    tokio::spawn(connection);
    for _ in 0..STREAMS_EACH {
        let request = http::Request::get(format!("http://{hub}/.well-known/mercure?topic={TOPIC}"))
            .body(Empty::<Bytes>::new())
            .map_err(io::Error::other)?;
        peer.ready().await.map_err(io::Error::other)?;
        let answer = peer.send_request(request).await.map_err(io::Error::other)?;
        if answer.status() != http::StatusCode::OK {
            return Err(io::Error::other(format!("refused: {}", answer.status())));
        }
        bodies.push(answer.into_body());
    }
    Ok(())
}

/// Reads until all updates are there; the stream stays open until then.
async fn receive(mut body: Incoming) -> io::Result<()> {
    let mut ends = 0;
    while ends < UPDATES {
        let frame = body
            .frame()
            .await
            .ok_or(io::ErrorKind::UnexpectedEof)?
            .map_err(io::Error::other)?;
        let data = frame.data_ref().map_or(&[][..], |data| data);
        ends += data.windows(2).filter(|pair| *pair == b"\n\n").count();
    }
    Ok(())
}
