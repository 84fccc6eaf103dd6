//! Publishes over connections that stay open.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};

use jsonwebtoken::{EncodingKey, Header};

use crate::side::KEY;

/// The topic that is shared by all, where a row does not say otherwise.
pub(crate) const TOPIC: &str = "https://example.com/bench";

/// What lets its bearer do all, in 0.x: what every hub of today takes.
pub(crate) fn token() -> io::Result<String> {
    let claims = serde_json::json!({ "mercure": { "publish": ["*"], "subscribe": ["*"] } });
    jsonwebtoken::encode(
        &Header::default(),
        &claims,
        &EncodingKey::from_secret(KEY.as_bytes()),
    )
    .map_err(io::Error::other)
}

/// A publication as bytes. Its data are `data_bytes` long.
pub(crate) fn request(token: &str, topic: &str, data_bytes: usize) -> Vec<u8> {
    let body = format!("topic={topic}&data={}", "x".repeat(data_bytes));
    format!(
        "POST /.well-known/mercure HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Whether `answer` is a whole one; an error if it is a refusal. Answers here have a length, or come in one chunk.
pub(crate) fn is_whole(answer: &[u8]) -> io::Result<bool> {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return Ok(false);
    };
    if !head.starts_with("HTTP/1.1 200") {
        return Err(io::Error::other(format!("publication refused: {text}")));
    }
    let head = head.to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .and_then(|length| length.trim().parse::<usize>().ok());
    Ok(length.map_or_else(
        || body.ends_with("0\r\n\r\n"),
        |length| body.len() >= length,
    ))
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Publisher {
    socket: TcpStream,
    request: Vec<u8>,
}

impl Publisher {
    /// One that publishes data of this length on `topic`.
    pub(crate) fn connect(hub: SocketAddr, topic: &str, data_bytes: usize) -> io::Result<Self> {
        let socket = TcpStream::connect(hub)?;
        socket.set_nodelay(true)?;
        Ok(Self {
            socket,
            request: request(&token()?, topic, data_bytes),
        })
    }

    /// Sends a publication, without waiting for the answer.
    pub(crate) fn send(&mut self) -> io::Result<()> {
        self.socket.write_all(&self.request)
    }

    /// Waits for the answer.
    pub(crate) fn answered(&mut self) -> io::Result<()> {
        let mut answer = Vec::new();
        let mut buffer = [0; 4_096];
        while !is_whole(&answer)? {
            match self.socket.read(&mut buffer)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => answer.extend_from_slice(&buffer[..read]),
            }
        }
        Ok(())
    }
}
