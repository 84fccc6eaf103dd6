//! One request and the head of its answer over a blocking connection. Not for load: publishers and crowd have their own.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use assay_client::Destination;
use httparse::{EMPTY_HEADER, Response, Status};
use rustls::{ClientConnection, StreamOwned};

/// Longest wait for a connection, and then for the head of an answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longest head.
const HEAD_BYTES_MAX: usize = 16 * 1_024;
/// Most fields of a head.
const HEAD_FIELDS_MAX: usize = 64;

/// The head of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) content_type: String,
    /// `WWW-Authenticate` or `Location`.
    pub(super) explanation: Option<String>,
    pub(super) server: Option<String>,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub(super) enum ExchangeError {
    #[error("cannot connect to {peer}: {source}")]
    Connect { peer: String, source: io::Error },
    #[error("TLS with {peer} failed: {source}")]
    Tls { peer: String, source: io::Error },
    #[error("{peer} accepts connections, but gave no answer within {} s", PATIENCE.as_secs())]
    Silent { peer: String },
    #[error("{peer} closed the connection instead of answering")]
    Closed { peer: String },
    #[error("{peer} does not answer in HTTP/1.1: {reason}")]
    NotHttp { peer: String, reason: String },
    #[error("the connection to {peer} broke: {source}")]
    Broken { peer: String, source: io::Error },
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// Sends `request` and reads the head of the answer.
pub(super) fn exchange(destination: &Destination, request: &[u8]) -> Result<Head, ExchangeError> {
    let (host, port) = destination.peer();
    let peer = format!("{host}:{port}");
    let socket = connect(destination).map_err(|source| ExchangeError::Connect {
        peer: peer.clone(),
        source,
    })?;
    let mut stream: Box<dyn Stream> = match destination.tls_config().zip(destination.server_name())
    {
        None => Box::new(socket),
        Some((config, name)) => {
            let failed = |source| ExchangeError::Tls {
                peer: peer.clone(),
                source,
            };
            let tls = ClientConnection::new(Arc::clone(&config), name)
                .map_err(|error| failed(io::Error::other(error)))?;
            let mut stream = StreamOwned::new(tls, socket);
            stream.conn.complete_io(&mut stream.sock).map_err(failed)?;
            Box::new(stream)
        }
    };
    let broken = |source: io::Error| match source.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
            ExchangeError::Silent { peer: peer.clone() }
        }
        _ => ExchangeError::Broken {
            peer: peer.clone(),
            source,
        },
    };
    stream.write_all(request).map_err(broken)?;
    stream.flush().map_err(broken)?;
    let began = Instant::now();
    let mut received = Vec::new();
    let mut buffer = [0; 4_096];
    loop {
        let bytes = stream.read(&mut buffer).map_err(broken)?;
        received.extend_from_slice(&buffer[..bytes]);
        match head(&received) {
            Ok(Some(head)) => return Ok(head),
            Ok(None) if bytes == 0 => return Err(ExchangeError::Closed { peer }),
            Ok(None) if began.elapsed() > PATIENCE => return Err(ExchangeError::Silent { peer }),
            Ok(None) => {}
            Err(reason) => return Err(ExchangeError::NotHttp { peer, reason }),
        }
    }
}

fn connect(destination: &Destination) -> io::Result<TcpStream> {
    let mut refusal = io::ErrorKind::NotFound.into();
    for address in destination.socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(socket) => {
                socket.set_read_timeout(Some(PATIENCE))?;
                socket.set_write_timeout(Some(PATIENCE))?;
                return Ok(socket);
            }
            Err(error) => refusal = error,
        }
    }
    Err(refusal)
}

/// Reads a head, interim answers skipped; none while it is not whole.
fn head(received: &[u8]) -> Result<Option<Head>, String> {
    let mut start = 0;
    loop {
        let mut fields = [EMPTY_HEADER; HEAD_FIELDS_MAX];
        let mut response = Response::new(&mut fields);
        match response.parse(&received[start..]) {
            Ok(Status::Partial) if received.len() > HEAD_BYTES_MAX => {
                return Err(format!("a head of more than {HEAD_BYTES_MAX} bytes"));
            }
            Ok(Status::Partial) => return Ok(None),
            Err(error) => return Err(error.to_string()),
            Ok(Status::Complete(length)) => start += length,
        }
        let status = response.code.unwrap_or_default();
        if (100..200).contains(&status) {
            continue;
        }
        let field = |name: &str| {
            let field = response
                .headers
                .iter()
                .find(|field| field.name.eq_ignore_ascii_case(name))?;
            Some(
                String::from_utf8_lossy(field.value)
                    .chars()
                    .filter(|c| !c.is_control())
                    .take(200)
                    .collect::<String>(),
            )
        };
        return Ok(Some(Head {
            status,
            content_type: field("content-type").unwrap_or_default(),
            explanation: field("www-authenticate").or_else(|| field("location")),
            server: field("server"),
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_when_it_is_whole_and_interim_answers_are_skipped() {
        let text = "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 401 Unauthorized\r\nServer: x\r\nWWW-Authenticate: Bearer\r\n\r\n";
        for end in 0..text.len() {
            assert_eq!(head(&text.as_bytes()[..end]), Ok(None));
        }
        let read = head(text.as_bytes()).unwrap().unwrap();
        assert_eq!(
            (
                read.status,
                read.server.as_deref(),
                read.explanation.as_deref()
            ),
            (401, Some("x"), Some("Bearer"))
        );
        assert!(head(b"\x15\x03\x01").is_err());
    }
}
