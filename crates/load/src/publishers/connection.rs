//! One kept-alive connection: opening, idle, or awaiting the answer to one update. It knows nothing of timetables.

use std::io;
use std::net::SocketAddr;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

use super::answer::{self, Answer, End};
use super::limits::READ_BUFFER_BYTES;
use crate::crowd::failure::Failure;
use crate::crowd::wire::{Stamping, TlsParts, Wire};

/// A connection to the hub.
pub(super) struct Connection {
    wire: Wire,
    state: State,
    /// What has come of the answer.
    received: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// TCP, or TLS over it, is not there yet.
    Opening,
    /// Ready for an update.
    Idle,
    /// An update was written: its index in the plan.
    Awaiting(u32),
}

/// What an event on a connection led to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Nothing that matters to others.
    Nothing,
    /// It is open now.
    Opened,
    /// The answer to an update is whole.
    Answered(u32, Answer),
}

/// The end of a connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken {
    /// The update whose answer was awaited.
    pub(super) awaited: Option<u32>,
    /// Why it ended.
    pub(super) reason: String,
}

impl Connection {
    /// Begins to connect.
    pub(super) fn open(
        hub: SocketAddr,
        tls: Option<&TlsParts>,
        registry: &Registry,
        token: Token,
    ) -> Result<Self, Failure> {
        let mut socket = TcpStream::connect(hub)?;
        registry.register(&mut socket, token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(Self {
            wire: Wire::new(socket, tls)?,
            state: State::Opening,
            received: Vec::new(),
        })
    }

    /// Writes the request of update `publication`; only an idle connection may be given one.
    pub(super) fn send(&mut self, publication: u32, request: &[u8]) -> Result<(), Broken> {
        self.state = State::Awaiting(publication);
        self.received.clear();
        self.wire
            .send(request)
            .map_err(|failure| self.broken(&failure))
    }

    /// Goes on after the event queue named this connection. Its socket is read until nothing more is there.
    pub(super) fn proceed(
        &mut self,
        encrypted: &mut [u8],
        plain: &mut [u8],
    ) -> Result<Progress, Broken> {
        if self.state == State::Opening
            && !self
                .is_connected()
                .map_err(|failure| self.broken(&failure))?
        {
            return Ok(Progress::Nothing);
        }
        self.wire.flush().map_err(|failure| self.broken(&failure))?;
        let end = self.receive(encrypted, plain)?;
        match self.state {
            State::Opening if end == End::Closed => Err(self.broken(&Failure::Closed)),
            State::Opening if self.wire.is_ready() => {
                self.state = State::Idle;
                Ok(Progress::Opened)
            }
            // A hub may close a connection that nobody uses; whatever else comes unasked makes it useless.
            State::Idle if end == End::Closed || !self.received.is_empty() => {
                Err(self.broken(&Failure::Closed))
            }
            State::Opening | State::Idle => Ok(Progress::Nothing),
            State::Awaiting(publication) => match answer::parse(&self.received, end) {
                Ok(None) => Ok(Progress::Nothing),
                Ok(Some(answer)) => {
                    self.state = State::Idle;
                    self.received.clear();
                    Ok(Progress::Answered(publication, answer))
                }
                Err(reason) => Err(Broken {
                    awaited: Some(publication),
                    reason,
                }),
            },
        }
    }

    fn is_connected(&self) -> Result<bool, Failure> {
        if let Some(error) = self.wire.socket.take_error()? {
            return Err(error.into());
        }
        match self.wire.socket.peer_addr() {
            Ok(_) => {
                // Without it a small POST may wait for the acknowledgement of the one before.
                self.wire.socket.set_nodelay(true)?;
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads until nothing more is there, or more than an answer may be.
    fn receive(&mut self, encrypted: &mut [u8], plain: &mut [u8]) -> Result<End, Broken> {
        debug_assert!(encrypted.len() >= READ_BUFFER_BYTES);
        while self.received.len() < super::limits::ANSWER_BYTES_MAX {
            let bytes = match self.wire.receive(encrypted, Stamping::Off) {
                Ok(received) if received.bytes == 0 => return Ok(End::Closed),
                Ok(received) => received.bytes,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(End::Open),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.broken(&error.into())),
            };
            let received = &mut self.received;
            let opened = self.wire.open(&encrypted[..bytes], plain, |payload| {
                received.extend_from_slice(payload);
                Ok(())
            });
            match opened {
                Ok(()) => {}
                Err(Failure::Closed) => return Ok(End::Closed),
                Err(failure) => return Err(self.broken(&failure)),
            }
        }
        Ok(End::Open)
    }

    fn broken(&self, failure: &Failure) -> Broken {
        let awaited = match self.state {
            State::Awaiting(publication) => Some(publication),
            State::Opening | State::Idle => None,
        };
        Broken {
            awaited,
            reason: failure.to_string(),
        }
    }
}
