//! A connection's socket, with TLS between it and us when the hub wants it. Not for HTTP.

use super::failure::Failure;
use crate::platform::{self, Received};
use mio::net::TcpStream;
use rustls::ClientConnection;
use rustls::pki_types::ServerName;
use std::io::{self, Read, Write};
use std::sync::Arc;

/// What a TLS connection is opened with.
pub(crate) type TlsParts = (Arc<rustls::ClientConfig>, ServerName<'static>);

/// An open, or opening, connection.
pub(crate) struct Wire {
    pub(crate) socket: TcpStream,
    tls: Option<Box<ClientConnection>>,
    /// What the kernel has not yet taken; empty nearly always.
    unsent: Vec<u8>,
}

/// Whether a read asks the kernel when the bytes came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stamping {
    /// For the crowd.
    Off,
    /// For probes.
    Kernel,
}

impl Wire {
    /// A connection over `socket`, which need not be connected yet.
    pub(crate) fn new(socket: TcpStream, tls: Option<&TlsParts>) -> Result<Self, Failure> {
        let tls = tls
            .map(|(config, name)| ClientConnection::new(Arc::clone(config), name.clone()))
            .transpose()
            .map_err(|error| Failure::Tls(error.to_string()))?
            .map(Box::new);
        Ok(Self {
            socket,
            tls,
            unsent: Vec::new(),
        })
    }

    /// Whether what is sent now goes out now: TLS, if there is any, has shaken hands.
    pub(crate) fn is_ready(&self) -> bool {
        self.tls.as_ref().is_none_or(|tls| !tls.is_handshaking())
    }

    /// Sends all of `bytes`, now or as soon as the socket takes them (see [`Wire::flush`]).
    pub(crate) fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if let Some(tls) = &mut self.tls {
            tls.writer().write_all(bytes)?;
        } else {
            self.unsent.extend_from_slice(bytes);
        }
        self.flush()
    }

    /// Goes on sending; to be called whenever the socket is writable.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        let sent = match &mut self.tls {
            Some(tls) => flush_tls(tls, &mut self.socket),
            None => flush_plain(&mut self.unsent, &mut self.socket),
        };
        when_writable(sent)
    }

    /// Reads once from the socket, without blocking. The bytes are still encrypted when there is TLS: see [`Wire::open`].
    pub(crate) fn receive(
        &mut self,
        buffer: &mut [u8],
        stamping: Stamping,
    ) -> io::Result<Received> {
        match stamping {
            Stamping::Kernel => platform::receive_stamped(&self.socket, buffer),
            Stamping::Off => Ok(Received {
                bytes: self.socket.read(buffer)?,
                kernel_realtime_ns: None,
            }),
        }
    }

    /// Hands what was received on to `take`: as it is, or decrypted piece by piece through `plain`.
    pub(crate) fn open(
        &mut self,
        mut received: &[u8],
        plain: &mut [u8],
        mut take: impl FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let Some(tls) = &mut self.tls else {
            return take(received);
        };
        while !received.is_empty() {
            tls.read_tls(&mut received)?;
            let processed = tls.process_new_packets();
            // Also when it failed: the alert tells the hub why.
            when_writable(flush_tls(tls, &mut self.socket))?;
            processed.map_err(|error| Failure::Tls(error.to_string()))?;
            loop {
                match tls.reader().read(plain) {
                    Ok(0) => return Err(Failure::Closed),
                    Ok(bytes) => take(&plain[..bytes])?,
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }
}

/// What the socket does not take now is sent when it is writable again.
fn when_writable(sent: io::Result<()>) -> Result<(), Failure> {
    match sent {
        Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error.into()),
        _ => Ok(()),
    }
}

fn flush_plain(unsent: &mut Vec<u8>, socket: &mut TcpStream) -> io::Result<()> {
    while !unsent.is_empty() {
        let sent = socket.write(unsent)?;
        unsent.drain(..sent);
    }
    // An idle connection keeps no buffer.
    *unsent = Vec::new();
    Ok(())
}

fn flush_tls(tls: &mut ClientConnection, socket: &mut TcpStream) -> io::Result<()> {
    while tls.wants_write() {
        tls.write_tls(socket)?;
    }
    Ok(())
}
