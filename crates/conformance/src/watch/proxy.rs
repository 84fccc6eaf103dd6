//! Passes bytes between clients and their hub: each connection of a client has one of its own to the hub, which lives exactly as
//! long, so that what either side says of its connection, half-closes included, reaches the other. Nothing is decided here that is
//! not about bytes: what passes is told to the [`Watcher`].
//!
//! No `Via`, no `X-Forwarded-…`: what is watched shall behave as it does without a watch.

mod connection;
mod head;
mod passage;
mod streams;

use std::{io, sync::Arc, time::Duration};

use assay_client::Destination;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
    time::timeout,
};

use crate::interrupt::Interrupt;

use super::{
    exchange::Budget,
    limits::{CONNECTIONS_AT_MOST, READ_BYTES},
    watcher::Watcher,
};

/// How long nothing is accepted after the system refused to: descriptors come back when connections end.
const AFTER_A_REFUSAL: Duration = Duration::from_millis(50);
/// How much of a request that was refused is still read, so that its client sees the answer and no reset.
const LINGER_BYTES_AT_MOST: usize = 1 << 20;
/// And for how long.
const LINGER_AT_MOST: Duration = Duration::from_secs(2);

/// What all connections share.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub(super) hub: Destination,
    /// What `Host` becomes on the way to the hub, none to keep it.
    pub(super) host: Option<String>,
    pub(super) watcher: Arc<Watcher>,
    pub(super) budget: Budget,
}

/// Serves until it is asked to stop; streams that are open then are closed.
pub(super) async fn serve(listener: &TcpListener, way: Way, stop: &Interrupt) {
    let room = Arc::new(Semaphore::new(CONNECTIONS_AT_MOST));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.requested() => break,
            // Those that are over are taken off, so that the set does not grow for ever.
            Some(_) = connections.join_next() => continue,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                way.watcher
                    .trouble("no connection accepted", &error.to_string());
                tokio::time::sleep(AFTER_A_REFUSAL).await;
                continue;
            }
        };
        let (way, seat) = (way.clone(), Arc::clone(&room).try_acquire_owned());
        connections.spawn(async move {
            let Ok(_seat) = seat else {
                let full = format!("{CONNECTIONS_AT_MOST} connections are open already");
                way.watcher.trouble("a connection refused", &full);
                return refuse(stream, "503 Service Unavailable", &full).await;
            };
            connection::run(stream, peer.ip(), &way).await;
        });
    }
}

/// Answers in the hub's place, and closes.
async fn refuse(mut stream: TcpStream, status: &str, sentence: &str) {
    if write_refusal(&mut stream, status, sentence).await.is_ok() {
        linger(stream).await;
    }
}

/// Reads for a while what still comes, after the last byte to the client: it would see a reset otherwise, and no answer.
async fn linger(mut stream: TcpStream) {
    let mut drained = 0;
    let mut buffer = vec![0; READ_BYTES];
    let drain = async {
        if stream.shutdown().await.is_err() {
            return;
        }
        while drained < LINGER_BYTES_AT_MOST {
            match stream.read(&mut buffer).await {
                Ok(0) | Err(_) => break,
                Ok(read) => drained += read,
            }
        }
    };
    // Over or not, the client had its time.
    let _ = timeout(LINGER_AT_MOST, drain).await;
}

async fn write_refusal(stream: &mut TcpStream, status: &str, sentence: &str) -> io::Result<()> {
    let body = format!("assay watch: {sentence}\n");
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await
}
