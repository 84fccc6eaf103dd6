//! A slow link before a hub: bytes come later, and few at a time, but all of them and in their order.
//!
//! For the proof that no verdict hangs on how fast a hub is. Nothing here is wrong, so it is no hub of its own: the hub behind
//! sees the `Host` that the client sent, and takes the link's URL for its own.

use std::io::Result;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;
use url::Url;

use crate::message::invalid;
use crate::server::Server;

/// Read at once: more than any answer but a flood.
const READ_BYTES: usize = 64 * 1024;

/// Of what came at once only the beginning is cut up: it is to be seen that a reader puts heads, lines and events together, and a
/// body of half a megabyte in single bytes would only keep the CPUs from everybody else.
pub const CUT_UP_BYTES: usize = 256;

/// How a link is slow.
#[derive(Clone, Copy, Debug)]
pub struct Slowness {
    /// The longest that bytes are held back; how long, is drawn anew each time.
    pub latency_at_most: Duration,
    /// The most bytes that are written at a time, as far as what came is cut up ([`CUT_UP_BYTES`]).
    pub piece_bytes: usize,
    /// Of the draws.
    pub seed: u64,
}

/// A slow link at work; dropping it cuts each of its connections.
#[derive(Debug)]
pub struct SlowLink {
    url: String,
    _server: Server,
}

impl SlowLink {
    /// Stands a link before the hub at that URL.
    ///
    /// # Errors
    /// When the URL cannot be used (`http` and a host are needed), or no port is free.
    pub async fn start(hub_url: &str, slowness: Slowness) -> Result<Self> {
        let url = Url::parse(hub_url).map_err(|error| invalid(&error.to_string()))?;
        let host = url
            .host_str()
            .ok_or_else(|| invalid("hub URL without host"))?;
        let authority = format!("{host}:{}", url.port_or_known_default().unwrap_or(80));
        let (listener, address) = Server::bind().await?;
        let connections = Arc::new(AtomicU64::new(0));
        let server = Server::serve(listener, address, move |client| {
            let authority = authority.clone();
            let number = connections.fetch_add(1, Ordering::Relaxed);
            let draws = Draws::of(slowness, number);
            async move { carry_both(client, &authority, draws).await }
        });
        Ok(Self {
            url: format!("http://{address}{}", url.path()),
            _server: server,
        })
    }

    /// The URL of the hub, seen through the link.
    pub fn url(&self) -> &str {
        &self.url
    }
}

async fn carry_both(client: TcpStream, authority: &str, draws: Draws) -> Result<()> {
    let hub = TcpStream::connect(authority).await?;
    client.set_nodelay(true)?;
    hub.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_hub, to_hub) = hub.into_split();
    // One that fails does not end the other: a hub may answer, and close, before it has read a whole request.
    let (_, answered) = tokio::join!(
        carry(from_client, to_hub, draws),
        carry(from_hub, to_client, draws.opposite()),
    );
    answered
}

async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut draws: Draws,
) -> Result<()> {
    let mut bytes = vec![0; READ_BYTES];
    loop {
        let size = from.read(&mut bytes).await?;
        if size == 0 {
            return to.shutdown().await;
        }
        sleep(draws.latency()).await;
        let (cut_up, whole) = bytes[..size].split_at(CUT_UP_BYTES.min(size));
        for piece in cut_up.chunks(draws.slowness.piece_bytes.max(1)) {
            to.write_all(piece).await?;
            // So that whoever reads sees the piece before the next one comes.
            tokio::task::yield_now().await;
        }
        to.write_all(whole).await?;
    }
}

/// The draws of one direction of one connection.
#[derive(Clone, Copy)]
struct Draws {
    slowness: Slowness,
    state: u64,
}

impl Draws {
    fn of(slowness: Slowness, connection: u64) -> Self {
        let state = slowness.seed ^ connection.rotate_left(32);
        Self { slowness, state }
    }

    fn opposite(self) -> Self {
        Self {
            state: !self.state,
            ..self
        }
    }

    fn latency(&mut self) -> Duration {
        let at_most_us = u64::try_from(self.slowness.latency_at_most.as_micros());
        let at_most_us = at_most_us.unwrap_or(u64::MAX - 1);
        Duration::from_micros(self.next() % (at_most_us + 1))
    }

    /// `SplitMix64`: good enough for delays, and repeatable.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
