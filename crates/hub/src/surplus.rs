//! The answer to a connection too many, given before a request is read: what a peer that is not welcome sends costs nothing.
//!
//! It is that of HTTP/1.1. A peer that begins with HTTP/2 sees its connection end.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::socket::Socket;

/// Of what there are too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Surplus {
    /// Connections of one address (limits.connections.429).
    Address,
    /// Connections in all.
    Hub,
}

/// How long a peer that is turned away is listened to: closed at once, while its request is still coming in, the connection
/// would be reset and the answer lost.
const FAREWELL: Duration = Duration::from_secs(1);

impl Surplus {
    fn answer(self) -> &'static [u8] {
        match self {
            Self::Address => {
                b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            }
            Self::Hub => {
                b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            }
        }
    }
}

/// Sends the answer, if the socket takes it at once, and nothing more: who cannot be told sees the connection end.
pub(crate) fn tell(socket: &Socket, surplus: Surplus) {
    // Past the runtime, which does not know yet that a socket that was just accepted can be written to.
    if let Err(error) = socket.options().send(surplus.answer()) {
        tracing::debug!(%error, "a peer too many was not told");
    }
}

/// Tells a peer that its address has too many connections, and lets it hang up.
pub(crate) async fn turn_away(mut socket: Socket) {
    tell(&socket, Surplus::Address);
    let farewell = async {
        socket.shutdown().await?;
        let mut ignored = [0; 1024];
        while socket.read(&mut ignored).await? > 0 {}
        std::io::Result::Ok(())
    };
    // However it ends, it ends.
    let _ = timeout(FAREWELL, farewell).await;
}
