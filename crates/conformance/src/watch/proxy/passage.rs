//! The bodies of one exchange, both ways at the same time: each piece is written on as soon as it was read, and looked at
//! afterwards. Not for what they say.

use std::{
    convert::Infallible,
    net::IpAddr,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf},
    net::tcp::{OwnedReadHalf, OwnedWriteHalf},
};

use crate::{
    answer::Answer,
    watch::{
        exchange::{Asked, EndedBy, Exchange, LookedAt},
        limits::{AHEAD_BYTES_AT_MOST, READ_BYTES},
    },
    wire::{
        Io,
        body::{Along, Framing},
    },
};

use super::{
    Way,
    head::{self, AnswerHead},
    streams::Follower,
};

/// From the client to the hub.
pub(super) struct Asking<'a> {
    pub(super) from: &'a mut OwnedReadHalf,
    pub(super) ahead: &'a mut Vec<u8>,
    pub(super) to: &'a mut WriteHalf<Box<dyn Io>>,
    pub(super) sent: &'a Mutex<LookedAt>,
    /// Set when the client has closed its side.
    pub(super) left: &'a AtomicBool,
}

/// From the hub to the client.
pub(super) struct Answering<'a> {
    pub(super) from: &'a mut ReadHalf<Box<dyn Io>>,
    pub(super) to: &'a mut OwnedWriteHalf,
    pub(super) asked: &'a Asked,
    pub(super) sent: &'a Mutex<LookedAt>,
    pub(super) left: &'a AtomicBool,
    pub(super) peer: IpAddr,
    pub(super) way: &'a Way,
}

/// How an answer ended.
#[derive(Debug)]
pub(super) enum AnswerEnd {
    Whole {
        /// Whether the hub keeps the connection.
        keeps: bool,
    },
    /// The hub did not begin one.
    None(String),
    /// It began and did not end as it had announced.
    Broken(String),
    /// Nobody is there to take it.
    ClientGone,
}

fn lock(looked_at: &Mutex<LookedAt>) -> MutexGuard<'_, LookedAt> {
    looked_at.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Asking<'_> {
    /// Passes the body on, then waits for the client to close its side, which the hub is told. The answer decides when it is over.
    pub(super) async fn run(mut self, framing: Framing) -> Infallible {
        if self.body(framing).await.is_some() {
            lock(self.sent).end();
            self.until_closed().await;
        }
        std::future::pending().await
    }

    /// None when it did not come to its end, or the hub does not take it.
    async fn body(&mut self, framing: Framing) -> Option<()> {
        let mut along = Along::new(framing);
        let mut buffer = std::mem::take(self.ahead);
        while !along.is_over() {
            if buffer.is_empty() {
                buffer.reserve(READ_BYTES);
                if !matches!(self.from.read_buf(&mut buffer).await, Ok(read) if read > 0) {
                    self.close().await;
                    return None;
                }
            }
            let mut content = Vec::new();
            let taken = along.take(&buffer, &mut |piece| content.extend_from_slice(piece));
            let Ok(taken) = taken else {
                // The hub is to see no end that was none.
                self.close().await;
                return None;
            };
            let passed = self.to.write_all(&buffer[..taken]).await;
            if passed.is_err() || self.to.flush().await.is_err() {
                return None;
            }
            lock(self.sent).push(&content);
            buffer.drain(..taken);
        }
        *self.ahead = buffer;
        Some(())
    }

    async fn until_closed(&mut self) {
        while self.ahead.len() < AHEAD_BYTES_AT_MOST {
            self.ahead.reserve(READ_BYTES);
            if !matches!(self.from.read_buf(self.ahead).await, Ok(read) if read > 0) {
                return self.close().await;
            }
        }
    }

    async fn close(&mut self) {
        self.left.store(true, Ordering::SeqCst);
        // A hub that has closed already needs no telling.
        let _ = self.to.shutdown().await;
    }
}

impl Answering<'_> {
    pub(super) async fn run(mut self) -> AnswerEnd {
        match self.pass().await {
            Ok(end) | Err(end) => end,
        }
    }

    async fn pass(&mut self) -> Result<AnswerEnd, AnswerEnd> {
        let mut buffer = Vec::new();
        let (answer, framing, bytes, keeps) = self.head(&mut buffer).await?;
        let stream = self.way.watcher.exchanged(Exchange {
            asked: self.asked.clone(),
            content: lock(self.sent).content(),
            peer: self.peer,
            at: self.way.watcher.elapsed(),
            answer: Some(answer.clone()),
        });
        let mut follower = Follower::of(stream, &answer, self.asked, self.peer, self.way);
        let passed = match self.write(&bytes).await {
            Ok(()) => self.body(framing, buffer, &mut follower).await,
            Err(end) => Err(end),
        };
        let by_client =
            matches!(passed, Err(AnswerEnd::ClientGone)) || self.left.load(Ordering::SeqCst);
        follower.ended(
            if by_client {
                EndedBy::Client
            } else {
                EndedBy::Hub
            },
            passed.is_ok(),
        );
        passed.map(|()| AnswerEnd::Whole { keeps })
    }

    async fn head(
        &mut self,
        buffer: &mut Vec<u8>,
    ) -> Result<(Answer, Framing, Vec<u8>, bool), AnswerEnd> {
        loop {
            let parsed = head::answer(buffer, &self.asked.method);
            match parsed.map_err(|error| AnswerEnd::None(error.to_string()))? {
                Some((AnswerHead::Interim(bytes), length)) => {
                    buffer.drain(..length);
                    self.write(&bytes).await?;
                }
                Some((
                    AnswerHead::Final {
                        answer,
                        framing,
                        bytes,
                        keeps,
                    },
                    length,
                )) => {
                    buffer.drain(..length);
                    return Ok((answer, framing, bytes, keeps));
                }
                None => self.read(buffer, "it closed the connection").await?,
            }
        }
    }

    async fn body(
        &mut self,
        framing: Framing,
        mut buffer: Vec<u8>,
        follower: &mut Follower<'_>,
    ) -> Result<(), AnswerEnd> {
        let mut along = Along::new(framing);
        while !along.is_over() {
            if buffer.is_empty() {
                match self.read(&mut buffer, "").await {
                    Ok(()) => {}
                    Err(_) if along.may_end_here() => return Ok(()),
                    Err(AnswerEnd::None(_)) => {
                        let why = "the connection ended before the body did".to_owned();
                        return Err(self.gone_or(AnswerEnd::Broken(why)));
                    }
                    Err(other) => return Err(other),
                }
            }
            let mut content = Vec::new();
            let taken = along
                .take(&buffer, &mut |piece| content.extend_from_slice(piece))
                .map_err(|error| AnswerEnd::Broken(error.to_string()))?;
            self.write(&buffer[..taken]).await?;
            follower.follow(&content);
            // Behind the end of an answer nothing may come before the next request.
            buffer.clear();
        }
        Ok(())
    }

    async fn read(&mut self, buffer: &mut Vec<u8>, at_the_end: &str) -> Result<(), AnswerEnd> {
        buffer.reserve(READ_BYTES);
        let reason = match self.from.read_buf(buffer).await {
            Ok(0) => at_the_end.to_owned(),
            Ok(_) => return Ok(()),
            Err(error) => error.to_string(),
        };
        Err(self.gone_or(AnswerEnd::None(reason)))
    }

    /// A hub that closes because the client did is not to blame.
    fn gone_or(&self, end: AnswerEnd) -> AnswerEnd {
        if self.left.load(Ordering::SeqCst) {
            AnswerEnd::ClientGone
        } else {
            end
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), AnswerEnd> {
        self.to
            .write_all(bytes)
            .await
            .map_err(|_| AnswerEnd::ClientGone)
    }
}
