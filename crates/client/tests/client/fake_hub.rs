//! A server that answers each connection with the next line of a script and remembers what it was asked.

use std::time::Duration;

use assay_client::{Endpoint, EndpointOptions};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

/// What one connection gets.
pub(crate) enum Answer {
    /// These bytes, then the end.
    Close(String),
    /// These bytes, then nothing, and no end.
    Hold(String),
}

impl Answer {
    /// An answer with a body of known length.
    pub(crate) fn full(head: &str, body: &str) -> Self {
        let length = body.len();
        Self::Close(format!(
            "HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        ))
    }

    /// The start of an event stream, ended by closing.
    pub(crate) fn stream(fields: &str, events: &str) -> Self {
        Self::Close(stream_head(fields) + events)
    }

    /// An event stream that stays open.
    pub(crate) fn open_stream(fields: &str, events: &str) -> Self {
        Self::Hold(stream_head(fields) + events)
    }
}

fn stream_head(fields: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n{fields}\r\n")
}

pub(crate) struct FakeHub {
    pub(crate) port: u16,
    requests: mpsc::UnboundedReceiver<String>,
}

impl FakeHub {
    pub(crate) async fn start(script: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, requests) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut held = Vec::new();
            for answer in script {
                let (mut socket, _) = listener.accept().await.unwrap();
                sender.send(read_request(&mut socket).await).ok();
                match answer {
                    Answer::Close(bytes) => {
                        socket.write_all(bytes.as_bytes()).await.ok();
                        socket.shutdown().await.ok();
                    }
                    Answer::Hold(bytes) => {
                        socket.write_all(bytes.as_bytes()).await.ok();
                        held.push(socket);
                    }
                }
            }
            // Whatever comes after the script is refused; what is held stays open.
            drop(listener);
            std::future::pending::<()>().await;
        });
        Self { port, requests }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hub", self.port)
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint::new(EndpointOptions::for_url(self.url().parse().unwrap())).unwrap()
    }

    /// The next request, head and body.
    pub(crate) async fn request(&mut self) -> String {
        tokio::time::timeout(Duration::from_secs(10), self.requests.recv())
            .await
            .unwrap()
            .unwrap()
    }
}

async fn read_request(socket: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && body.len() >= content_length(head)
        {
            return text;
        }
        // A TLS client says hello first and waits.
        let tls = bytes.first() == Some(&0x16);
        if tls || socket.read_buf(&mut bytes).await.unwrap() == 0 {
            return text;
        }
    }
}

fn content_length(head: &str) -> usize {
    let field = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    field.map_or(0, |value| value.parse().unwrap())
}

/// Whether the request carries this field line, its name in any case.
pub(crate) fn has_field(request: &str, name: &str, value: &str) -> bool {
    let head = request.split("\r\n\r\n").next().unwrap();
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .any(|(other, actual)| other.eq_ignore_ascii_case(name) && actual == value)
}
