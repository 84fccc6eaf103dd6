//! The straight hub behind: sends it requests, reads its answers, and writes down what was published.

use std::io::Result;

use tokio::io::{AsyncWriteExt, ReadHalf, WriteHalf, split};
use tokio::net::TcpStream;

use crate::form;
use crate::ledger::{Ledger, Publication};
use crate::message::{Answer, Body, Request, invalid};
use crate::wire::{Framing, Wire};

/// Where the straight hub is.
pub(crate) struct Upstream {
    /// Host and port.
    pub(crate) authority: String,
    /// The path of the hub.
    pub(crate) path: String,
}

/// The straight hub's answer, and where the rest of it comes from.
pub(crate) struct Reply {
    /// The head, and the body unless it is an event stream.
    pub(crate) answer: Answer,
    rest: Wire<ReadHalf<TcpStream>>,
    framing: Framing,
    // Dropping it would close the connection for writing, which a hub may take for a client that has gone.
    _writer: WriteHalf<TcpStream>,
}

impl Reply {
    /// The next bytes of the event stream, or none at its end.
    pub(crate) async fn piece(&mut self) -> Result<Option<Vec<u8>>> {
        self.rest.piece(&mut self.framing).await
    }
}

impl Upstream {
    /// Sends a request, and writes down what it published.
    pub(crate) async fn send(&self, request: &Request, ledger: &Ledger) -> Result<Reply> {
        if !request.is_publication(&self.path) {
            return self.exchange(request).await;
        }
        let under_way = ledger.begin();
        let reply = self.exchange(request).await?;
        if reply.answer.status == 200 {
            let fields = form::body(request);
            under_way.accepted(Publication {
                id: reply.answer.text().trim().to_owned(),
                topics: form::all(&fields, "topic").map(str::to_owned).collect(),
                private: form::first(&fields, "private").is_some(),
            });
        }
        Ok(reply)
    }

    /// Sends a request; reads the answer whole unless it is an event stream.
    async fn exchange(&self, request: &Request) -> Result<Reply> {
        let stream = TcpStream::connect(&self.authority).await?;
        stream.set_nodelay(true)?;
        let (reader, mut writer) = split(stream);
        writer.write_all(&request.bytes()).await?;
        let mut rest = Wire::new(reader);
        let head = rest.head().await?;
        let head = head.ok_or_else(|| invalid("no answer from the straight hub"))?;
        let mut answer = Answer::parse(&head)?;
        let framing = Framing::of_response(&answer.headers, answer.status, &request.method);
        let kind = answer.headers.get("content-type").unwrap_or_default();
        let is_stream = kind.starts_with("text/event-stream") && answer.status == 200;
        if !is_stream || request.method == "HEAD" {
            answer.body = Body::Whole(rest.whole(framing).await?);
        }
        Ok(Reply {
            answer,
            rest,
            framing,
            _writer: writer,
        })
    }
}
