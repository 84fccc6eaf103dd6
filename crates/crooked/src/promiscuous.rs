//! A hub without rules: it takes every publication, and sends every update to everyone.
//!
//! The base of the hubs that are wrong to all, and of the faulty ones on their sound side.

use std::io::Result;
use std::sync::{Mutex, PoisonError};

use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::broadcast;
use uuid::Uuid;

use crate::form;
use crate::message::{Answer, Body, Request};

/// Updates a slow subscriber may be behind before it loses some: a test publishes fewer.
const CAPACITY: usize = 1024;
/// Updates kept for replay.
const MAX_HISTORY: usize = 10_000;

/// Whether a new subscriber gets the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Past {
    /// Only what comes from now on.
    Forgotten,
    /// All of it, asked for or not.
    Replayed,
}

/// The hub without rules.
pub(crate) struct Promiscuous {
    past: Past,
    updates: broadcast::Sender<Vec<u8>>,
    history: Mutex<Vec<Vec<u8>>>,
}

impl Promiscuous {
    /// Nothing published yet.
    pub(crate) fn new(past: Past) -> Self {
        let (updates, _) = broadcast::channel(CAPACITY);
        Self {
            past,
            updates,
            history: Mutex::default(),
        }
    }

    /// Answers a request; a GET gets an event stream that only ends with the connection.
    pub(crate) async fn serve(
        &self,
        request: &Request,
        writer: &mut (impl AsyncWrite + Unpin),
    ) -> Result<()> {
        match request.method.as_str() {
            "GET" => self.stream(request, writer).await,
            "POST" => {
                let answer = permissive(request, Answer::plain(200, &self.publish(request)));
                writer.write_all(&answer.bytes()).await
            }
            _ => {
                let answer = permissive(request, Answer::plain(204, ""));
                writer.write_all(&answer.bytes()).await
            }
        }
    }

    /// Sends an update to everyone; returns its id.
    pub(crate) fn publish(&self, request: &Request) -> String {
        let fields = form::body(request);
        let made = || format!("urn:uuid:{}", Uuid::new_v4());
        let id = form::first(&fields, "id").map_or_else(made, str::to_owned);
        let data = form::first(&fields, "data").unwrap_or_default();
        let data = data.replace('\n', "\ndata: ");
        let event = format!("id: {id}\ndata: {data}\n\n").into_bytes();
        let mut history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        if history.len() < MAX_HISTORY {
            history.push(event.clone());
        }
        // Nobody may be listening, which is no error.
        let _ = self.updates.send(event);
        id
    }

    async fn stream(
        &self,
        request: &Request,
        writer: &mut (impl AsyncWrite + Unpin),
    ) -> Result<()> {
        let (mut updates, past) = self.subscribe();
        let mut answer = permissive(request, Answer::plain(200, ""));
        answer.headers.set("Content-Type", "text/event-stream");
        answer.body = Body::Stream;
        writer.write_all(&answer.bytes()).await?;
        for event in past {
            write_chunk(writer, &event).await?;
        }
        while let Ok(event) = updates.recv().await {
            write_chunk(writer, &event).await?;
        }
        Ok(())
    }

    /// What comes from now on, and what came before, without gap or repeat between them.
    fn subscribe(&self) -> (broadcast::Receiver<Vec<u8>>, Vec<Vec<u8>>) {
        let history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        let past = match self.past {
            Past::Forgotten => Vec::new(),
            Past::Replayed => history.clone(),
        };
        (self.updates.subscribe(), past)
    }
}

/// Lets any origin in, and claims that any cursor was at the beginning.
fn permissive(request: &Request, mut answer: Answer) -> Answer {
    let origin = request
        .headers
        .get("origin")
        .unwrap_or_else(|| "*".to_owned());
    let headers = [
        ("Access-Control-Allow-Origin", origin.as_str()),
        ("Access-Control-Allow-Credentials", "true"),
        ("Access-Control-Allow-Methods", "GET, POST"),
        (
            "Access-Control-Allow-Headers",
            "authorization, cache-control, last-event-id",
        ),
        ("Mercure-Last-Event-ID", "earliest"),
        ("Last-Event-ID", "earliest"),
    ];
    for (name, value) in headers {
        answer.headers.set(name, value);
    }
    answer
}

/// Writes one chunk of a chunked body.
pub(crate) async fn write_chunk(
    writer: &mut (impl AsyncWrite + Unpin),
    bytes: &[u8],
) -> Result<()> {
    if bytes.is_empty() {
        return Ok(());
    }
    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
    chunk.extend_from_slice(bytes);
    chunk.extend_from_slice(b"\r\n");
    writer.write_all(&chunk).await
}
