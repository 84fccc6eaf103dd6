//! Sends the requests of a check and reads what comes, written down in its transcript. Not for judging.

use std::sync::atomic::Ordering;

use super::{Lab, PROOF, Stream};
use crate::{
    answer::Answer,
    link::Link,
    request::{Place, Request},
    stop::Stop,
    target::HttpVersion,
    token::{Token, TokenDraft},
    transcript::{Direction, Found},
    wire::{self, Deadline, Server, WireError, Written, event_stream::EventStream},
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
        self.try_ask_by(request, self.deadline()).await
    }

    /// The same for a request that takes long to write: the head of the answer may come until a deadline.
    pub(crate) async fn try_ask_by(
        &self,
        request: &Request,
        deadline: Deadline,
    ) -> Result<Result<Answer, WireError>, Stop> {
        let (connection, incoming) = self.send_by(request, deadline).await?;
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
            let text = answer.text();
            self.transcript
                .entry(connection, Direction::Received, &text);
            if request.place == Place::Publish && answer.status == 200 {
                self.transcript.gave(connection, text.trim(), Found::Body);
            } else if let Some(cursor) = cursor(&answer) {
                self.transcript.gave(connection, &cursor, Found::Cursor);
            }
        }
        Ok(Ok(answer))
    }

    /// Publishes as a control: anything but a 2xx stops the check. Gives the body, which is the event id.
    pub(crate) async fn published(&self, request: &Request) -> Result<String, Stop> {
        let answer = match self.ask(request).await {
            Ok(answer) => answer,
            Err(stop) => return self.failed(stop, String::new()),
        };
        if (200..300).contains(&answer.status) {
            return Ok(answer.text().trim().to_owned());
        }
        let reason = format!("a publication that should be accepted was answered {answer}");
        self.failed(Stop::Control(reason), answer.text())
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
        let http = request.http.unwrap_or(self.hub.target.http);
        let written = self.written(connection, request, server, http)?;
        let incoming = wire::exchange(server, &written, http, deadline).await;
        if let Err(error @ WireError::Unwritable(_)) = &incoming {
            return Err(Stop::Unsupported(error.to_string()));
        }
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
        http: HttpVersion,
    ) -> Result<Written, Stop> {
        self.hide_tokens(connection, request)?;
        let keys = self.hub.keys();
        let target = request.target(&server.destination.request_target(), keys)?;
        let content = request.content_bytes(keys)?;
        let mut fields = vec![("User-Agent".to_owned(), self.user_agent())];
        let credentials = request.credential_headers(keys)?.into_iter();
        fields.extend(credentials.map(|(name, value)| (name.to_owned(), value)));
        fields.extend(request.headers.iter().cloned());
        if let Some((content_type, bytes)) = &content {
            if !content_type.is_empty() {
                fields.push(("Content-Type".to_owned(), content_type.clone()));
            }
            let length = bytes.len() + request.padding_bytes;
            fields.push(("Content-Length".to_owned(), length.to_string()));
        }
        let content = content.map(|(_, bytes)| bytes).unwrap_or_default();
        let thrown_away = request
            .form_field("data")
            .is_some_and(|data| data.starts_with(PROOF));
        if thrown_away {
            self.transcript
                .proof(connection, request, self.now_unix_s());
        } else {
            self.transcript
                .request(connection, request, self.now_unix_s());
        }
        let version = http.as_str();
        let mut shown = format!("{} {target} {version}\r\n", request.method);
        let host = ("Host".to_owned(), server.destination.host_header());
        for (name, value) in std::iter::once(&host).chain(&fields) {
            shown.extend([name, ": ", value, "\r\n"]);
        }
        shown.push_str("\r\n");
        shown.push_str(&String::from_utf8_lossy(&content));
        if request.padding_bytes > 0 {
            let times = request.padding_bytes.to_string();
            shown.extend(["[", times.as_str(), " times `a`]"]);
        }
        self.transcript.entry(connection, Direction::Sent, &shown);
        // The user's own headers are shown to nobody.
        let own = self.hub.target.endpoint.headers().iter();
        let own = own.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()));
        let fields = fields.into_iter();
        let fields = fields.map(|(name, value)| (name, value.into_bytes()));
        Ok(Written {
            method: request.method,
            target,
            fields: fields.chain(own).collect(),
            content,
            padding_bytes: request.padding_bytes,
        })
    }

    fn hide_tokens(&self, connection: u32, request: &Request) -> Result<(), Stop> {
        for credential in &request.credentials {
            let token = credential.token();
            if !matches!(token, Token::Text(_)) {
                self.transcript
                    .hide(&token.compact(self.hub.keys()).map_err(Stop::Defect)?);
            }
            if let Token::Draft(draft) = token {
                let TokenDraft { header, claims, .. } = draft;
                self.remark(connection, &format!("next token: {header} {claims}"));
            }
        }
        Ok(())
    }

    fn user_agent(&self) -> String {
        let version = env!("CARGO_PKG_VERSION");
        let run_id = &self.hub.run_id;
        format!("assay/{version} run/{run_id} check/{}", self.check)
    }
}

/// The last event that a document about subscriptions names: 1.0 in the link, 0.x in itself.
fn cursor(answer: &Answer) -> Option<String> {
    let linked = Link::of_relation(answer, "mercure")
        .and_then(|link| link.attribute("last-event-id").map(str::to_owned));
    linked.or_else(|| Some(answer.json()?.get("lastEventID")?.as_str()?.to_owned()))
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
