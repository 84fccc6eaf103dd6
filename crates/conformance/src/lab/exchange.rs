//! Sends the requests of a check and reads what comes, written down in its transcript. Not for judging.

use std::sync::atomic::Ordering;

use super::{Lab, PROOF, Stream};
use crate::{
    answer::Answer,
    request::{Place, Request},
    stop::Stop,
    token::{Token, TokenDraft},
    transcript::Direction,
    wire::{self, Deadline, Server, WireError, event_stream::EventStream},
};

impl<'h> Lab<'h> {
    /// Sends, and reads the answer: of an event stream only the head, of anything else also the body as far as it comes in time.
    pub(crate) async fn ask(&self, request: &Request) -> Result<Answer, Stop> {
        Ok(self.try_ask(request).await??)
    }

    /// The same, a broken exchange being an outcome of its own.
    pub(crate) async fn try_ask(
        &self,
        request: &Request,
    ) -> Result<Result<Answer, WireError>, Stop> {
        let (connection, incoming) = self.send(request).await?;
        let incoming = match incoming {
            Ok(incoming) => incoming,
            Err(error) => return Ok(Err(error)),
        };
        if incoming.answer.media_type().as_deref() == Some("text/event-stream") {
            return Ok(Ok(incoming.answer));
        }
        let head = incoming.answer.clone();
        let answer = match incoming.complete(self.deadline()).await {
            Ok(answer) => answer,
            Err(error) => {
                self.remark(connection, &format!("the body did not end: {error}"));
                head
            }
        };
        if !answer.body.is_empty() {
            self.transcript
                .entry(connection, Direction::Received, &answer.text());
        }
        Ok(Ok(answer))
    }

    /// Publishes as a control: anything but a 2xx stops the check. Gives the body, which is the event id.
    pub(crate) async fn published(&self, request: &Request) -> Result<String, Stop> {
        let answer = self.ask(request).await?;
        if (200..300).contains(&answer.status) {
            return Ok(answer.text().trim().to_owned());
        }
        Err(Stop::Control(format!(
            "a publication that should be accepted was answered {answer}"
        )))
    }

    /// Opens a stream as a control: anything but an event stream stops the check. Nothing tells yet that it is alive.
    pub(crate) async fn opened(&self, request: &Request) -> Result<Stream<'_, 'h>, Stop> {
        match self.open(request).await? {
            Ok(stream) => Ok(stream),
            Err(answer) => Err(Stop::Control(format!(
                "a subscription that should be accepted was answered {answer}"
            ))),
        }
    }

    /// Opens a stream, and finds it alive: a throw-away update on the topic of the request has come.
    pub(crate) async fn subscribed(&self, request: &Request) -> Result<Stream<'_, 'h>, Stop> {
        let mut stream = self.opened(request).await?;
        let (topic, proof) = request.proof()?;
        stream.fence(topic, proof).await?;
        Ok(stream)
    }

    /// Opens a stream, or gives the answer that refuses it.
    pub(crate) async fn open(
        &self,
        request: &Request,
    ) -> Result<Result<Stream<'_, 'h>, Answer>, Stop> {
        self.open_by(request, self.deadline()).await
    }

    /// The same for a request that gives the hub much to do: the head of the answer may come until a deadline.
    pub(crate) async fn open_by(
        &self,
        request: &Request,
        deadline: Deadline,
    ) -> Result<Result<Stream<'_, 'h>, Answer>, Stop> {
        let (connection, incoming) = self.send_by(request, deadline).await?;
        let incoming = incoming?;
        if !incoming.answer.is_event_stream() {
            let head = incoming.answer.clone();
            return Ok(Err(incoming
                .complete(self.deadline())
                .await
                .unwrap_or(head)));
        }
        Ok(Ok(Stream {
            lab: self,
            connection,
            events: EventStream::new(incoming.answer, incoming.body),
        }))
    }

    /// Opens a stream whatever its media type says: for checks of that very type, and of the framing. Anything but a 200 stops
    /// the check.
    pub(crate) async fn any_stream(&self, request: &Request) -> Result<Stream<'_, 'h>, Stop> {
        let (connection, incoming) = self.send(request).await?;
        let incoming = incoming?;
        if incoming.answer.status != 200 {
            return Err(Stop::Control(format!(
                "a subscription that should be accepted was answered {}",
                incoming.answer
            )));
        }
        Ok(Stream {
            lab: self,
            connection,
            events: EventStream::new(incoming.answer, incoming.body),
        })
    }

    async fn send(
        &self,
        request: &Request,
    ) -> Result<(u32, Result<wire::Incoming, WireError>), Stop> {
        self.send_by(request, self.deadline()).await
    }

    async fn send_by(
        &self,
        request: &Request,
        deadline: Deadline,
    ) -> Result<(u32, Result<wire::Incoming, WireError>), Stop> {
        let connection = self.connections.fetch_add(1, Ordering::Relaxed) + 1;
        let server = match request.place {
            Place::Publish => &self.hub.publish_server,
            Place::Hub | Place::Path(_) => &self.hub.subscribe_server,
        };
        let bytes = self.written(connection, request, server)?;
        let incoming = wire::exchange(server, &bytes, request.method, deadline).await;
        match &incoming {
            Ok(incoming) => self.transcript.entry(
                connection,
                Direction::Received,
                &head_text(&incoming.answer),
            ),
            Err(error) => self.remark(connection, &error.to_string()),
        }
        Ok((connection, incoming))
    }

    fn written(
        &self,
        connection: u32,
        request: &Request,
        server: &Server,
    ) -> Result<Vec<u8>, Stop> {
        let keys = self.hub.keys();
        for credential in &request.credentials {
            let token = credential.token();
            if !matches!(token, Token::Text(_)) {
                self.transcript
                    .hide(&token.compact(keys).map_err(Stop::Defect)?);
            }
            if let Token::Draft(draft) = token {
                let TokenDraft { header, claims, .. } = draft;
                self.remark(connection, &format!("next token: {header} {claims}"));
            }
        }
        let target = request.target(&server.destination.request_target(), keys)?;
        let mut head = format!("{} {target} HTTP/1.1\r\n", request.method);
        let mut field = |name: &str, value: &str| {
            head.push_str(name);
            head.push_str(": ");
            head.push_str(value);
            head.push_str("\r\n");
        };
        field("Host", &server.destination.host_header());
        let version = env!("CARGO_PKG_VERSION");
        field(
            "User-Agent",
            &format!(
                "assay/{version} run/{} check/{}",
                self.hub.run_id, self.check
            ),
        );
        let credentials = request.credential_headers(keys)?;
        for (name, value) in &credentials {
            field(name, value);
        }
        for (name, value) in &request.headers {
            field(name, value);
        }
        let content = request.content_bytes(keys)?;
        if let Some((content_type, bytes)) = &content {
            if !content_type.is_empty() {
                field("Content-Type", content_type);
            }
            field("Content-Length", &bytes.len().to_string());
        }
        // The user's own headers are shown to nobody.
        let shown = format!(
            "{head}\r\n{}",
            content
                .as_ref()
                .map(|(_, bytes)| String::from_utf8_lossy(bytes))
                .unwrap_or_default()
        );
        let thrown_away = request
            .form_field("data")
            .is_some_and(|data| data.starts_with(PROOF));
        if !thrown_away {
            self.transcript.request(request);
        }
        self.transcript.entry(connection, Direction::Sent, &shown);
        let mut bytes = head.into_bytes();
        for (name, value) in self.hub.target.endpoint.headers() {
            bytes.extend_from_slice(name.as_str().as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value.as_bytes());
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend(content.into_iter().flat_map(|(_, bytes)| bytes));
        Ok(bytes)
    }
}

fn head_text(answer: &Answer) -> String {
    let mut text = format!("{}\n", answer.status);
    for (name, value) in &answer.headers {
        text.push_str(name);
        text.push_str(": ");
        text.push_str(value);
        text.push('\n');
    }
    text
}
