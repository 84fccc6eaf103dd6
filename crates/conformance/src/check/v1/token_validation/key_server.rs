//! A server on the loopback interface which holds an attacker's key: a hub that trusts what a token names fetches it here. A
//! hub on another machine cannot reach it, and then only its answer is judged. Not for judging.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::AbortHandle,
    time::timeout,
};

use crate::stop::Stop;

/// A visitor that says nothing is sent away after so long.
const VISIT_AT_MOST: Duration = Duration::from_secs(1);
/// As much of a visitor's request as is read.
const REQUEST_BYTES_AT_MOST: usize = 4 * 1024;

/// Serves until the last clone is dropped.
#[derive(Clone)]
pub(super) struct KeyServer {
    address: SocketAddr,
    visits: Arc<AtomicUsize>,
    _task: Arc<Task>,
}

struct Task(AbortHandle);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl KeyServer {
    /// Answers every request with a key set, issuer metadata and this key in one document.
    pub(super) async fn start(jwk: Value) -> Result<Self, Stop> {
        let none = |error: std::io::Error| Stop::Defect(format!("no port for a server: {error}"));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .map_err(none)?;
        let address = listener.local_addr().map_err(none)?;
        let visits = Arc::new(AtomicUsize::new(0));
        let answer = answer(address, &jwk);
        let counter = Arc::clone(&visits);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                // A visitor that breaks off has been counted, which is all that matters.
                let _ = timeout(VISIT_AT_MOST, serve(stream, &answer)).await;
            }
        });
        Ok(Self {
            address,
            visits,
            _task: Arc::new(Task(task.abort_handle())),
        })
    }

    /// A URL on it.
    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// How many connections were made so far.
    pub(super) fn visits(&self) -> usize {
        self.visits.load(Ordering::SeqCst)
    }
}

fn answer(address: SocketAddr, jwk: &Value) -> String {
    let issuer = format!("http://{address}");
    let body = json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/jwks.json"),
        "keys": [jwk],
    })
    .to_string();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

async fn serve(mut stream: TcpStream, answer: &str) -> std::io::Result<()> {
    let mut request = vec![0; REQUEST_BYTES_AT_MOST];
    let _ = stream.read(&mut request).await?;
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
    };

    use super::KeyServer;

    #[tokio::test]
    async fn it_hands_out_the_key_and_counts() {
        let server = KeyServer::start(json!({ "k": "secret" })).await.unwrap();
        assert_eq!(server.visits(), 0);
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        assert!(text.contains(r#""keys":[{"k":"secret"}]"#), "{text}");
        assert_eq!(server.visits(), 1);
    }
}
