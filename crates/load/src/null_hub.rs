//! A hub that does nothing: what is published is written to every stream, whatever its topic, from one buffer and on one thread. What a
//! crowd hears of it is what this machine's workbench can hear at all (measuring.md, "Is it us?"). Several of them, each a process, can
//! be one hub: each hands what is published there to the others. Not a Mercure hub, and not for anything but measuring ourselves: no
//! tokens, no history, no HTTP beyond what our own readers and publishers say.

use std::io::{self, Read, Write};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use url::form_urlencoded;

use crate::stop::Stop;

/// Listeners have the tokens from here on; connections those from 0 on.
const LISTENERS: usize = usize::MAX / 2;
/// A stop is noticed within it.
const NAP: std::time::Duration = std::time::Duration::from_millis(50);
/// A request that is longer is none of ours.
const REQUEST_BYTES_MAX: usize = 2 * 1024 * 1024;
/// What one who does not read may leave in our hands before it is let go.
const UNSENT_BYTES_MAX: usize = 4 * 1024 * 1024;
const STREAM_HEAD: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n\r\n:\n\n";

/// Serves who comes to one of the `listeners`, until `stop` is requested. `peers` are connected to the other hubs that are one with this
/// one.
///
/// # Errors
/// The system has no epoll, or takes the listener away.
pub fn serve(
    listeners: Vec<std::net::TcpListener>,
    peers: Vec<std::net::TcpStream>,
    stop: &Stop,
) -> io::Result<()> {
    let poll = Poll::new()?;
    let mut listening = Vec::new();
    for (place, listener) in listeners.into_iter().enumerate() {
        listener.set_nonblocking(true)?;
        let mut listener = TcpListener::from_std(listener);
        let token = Token(LISTENERS + place);
        poll.registry()
            .register(&mut listener, token, Interest::READABLE)?;
        listening.push(listener);
    }
    let mut hub = Hub {
        poll,
        connections: Vec::new(),
        free: Vec::new(),
        published: 0,
        buffer: vec![0; 64 * 1024],
    };
    for peer in peers {
        peer.set_nonblocking(true)?;
        hub.take_in(TcpStream::from_std(peer), Kind::Peer)?;
    }
    let mut events = Events::with_capacity(1_024);
    while !stop.is_requested() {
        match hub.poll.poll(&mut events, Some(NAP)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        for event in &events {
            match event.token() {
                Token(place) if place >= LISTENERS => hub.accept(&listening[place - LISTENERS])?,
                Token(place) => hub.proceed(place),
            }
        }
    }
    Ok(())
}

struct Hub {
    poll: Poll,
    connections: Vec<Option<Connection>>,
    /// Places of connections that are gone.
    free: Vec<usize>,
    published: u64,
    buffer: Vec<u8>,
}

struct Connection {
    socket: TcpStream,
    /// Of a request that has not come whole.
    received: Vec<u8>,
    kind: Kind,
    /// What the kernel did not take; empty nearly always.
    unsent: Vec<u8>,
}

/// Who is at the other end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// One who asks.
    Client,
    /// One who has asked for the stream.
    Stream,
    /// Another hub that is one with this one: each sends the other the frames of what is published there.
    Peer,
}

/// The connection is over.
struct Gone;

impl Hub {
    fn accept(&mut self, listener: &TcpListener) -> io::Result<()> {
        loop {
            let socket = match listener.accept() {
                Ok((socket, _)) => socket,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                // Whoever hung up meanwhile is none of the listener's faults.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
                Err(error) => return Err(error),
            };
            self.take_in(socket, Kind::Client)?;
        }
    }

    fn take_in(&mut self, mut socket: TcpStream, kind: Kind) -> io::Result<()> {
        socket.set_nodelay(true)?;
        let place = self.free.pop().unwrap_or(self.connections.len());
        self.poll.registry().register(
            &mut socket,
            Token(place),
            Interest::READABLE | Interest::WRITABLE,
        )?;
        let connection = Some(Connection {
            socket,
            received: Vec::new(),
            kind,
            unsent: Vec::new(),
        });
        match self.connections.get_mut(place) {
            Some(free) => *free = connection,
            None => self.connections.push(connection),
        }
        Ok(())
    }

    fn proceed(&mut self, place: usize) {
        if self.serve_requests(place).is_err() {
            self.let_go(place);
        }
    }

    fn let_go(&mut self, place: usize) {
        if self.connections[place].take().is_some() {
            self.free.push(place);
        }
    }

    fn serve_requests(&mut self, place: usize) -> Result<(), Gone> {
        let Some(connection) = &mut self.connections[place] else {
            return Ok(());
        };
        connection.flush()?;
        connection.receive(&mut self.buffer)?;
        if connection.kind == Kind::Peer {
            let frames = connection.frames();
            self.fan_out(&frames, Kind::Stream);
            return Ok(());
        }
        while let Some(connection) = &mut self.connections[place]
            && let Some(request) = connection.request()?
        {
            match request {
                Request::Subscribe => {
                    connection.kind = Kind::Stream;
                    connection.send(STREAM_HEAD)?;
                }
                Request::Publish(data) => {
                    self.published += 1;
                    let id = self.published.to_string();
                    let frame = format!("id: {id}\ndata: {data}\n\n");
                    // The others first: they have as much to do with it.
                    self.fan_out(frame.as_bytes(), Kind::Peer);
                    self.fan_out(frame.as_bytes(), Kind::Stream);
                    let length = id.len();
                    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{id}");
                    if let Some(connection) = &mut self.connections[place] {
                        connection.send(answer.as_bytes())?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Writes whole frames to all connections of a kind.
    fn fan_out(&mut self, frames: &[u8], kind: Kind) {
        if frames.is_empty() {
            return;
        }
        for place in 0..self.connections.len() {
            let Some(connection) = &mut self.connections[place] else {
                continue;
            };
            if connection.kind == kind && connection.send(frames).is_err() {
                self.let_go(place);
            }
        }
    }
}

enum Request {
    Subscribe,
    /// The `data` of the update.
    Publish(String),
}

impl Connection {
    fn receive(&mut self, buffer: &mut [u8]) -> Result<(), Gone> {
        loop {
            match self.socket.read(buffer) {
                Ok(0) => return Err(Gone),
                Ok(bytes) => self.received.extend_from_slice(&buffer[..bytes]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(Gone),
            }
            if self.received.len() > REQUEST_BYTES_MAX {
                return Err(Gone);
            }
        }
    }

    /// The frames that have come whole.
    fn frames(&mut self) -> Vec<u8> {
        let ends = self.received.windows(2).rposition(|two| two == b"\n\n");
        let rest = self.received.split_off(ends.map_or(0, |end| end + 2));
        std::mem::replace(&mut self.received, rest)
    }

    /// The next request that has come whole.
    fn request(&mut self) -> Result<Option<Request>, Gone> {
        let end = self
            .received
            .windows(4)
            .position(|four| four == b"\r\n\r\n");
        let Some(end) = end.map(|end| end + 4) else {
            return Ok(None);
        };
        let head = String::from_utf8_lossy(&self.received[..end]).into_owned();
        if head.starts_with("GET ") {
            self.received.clear();
            return Ok(Some(Request::Subscribe));
        }
        let mut lines = head.lines().filter_map(|line| line.split_once(':'));
        let length = lines.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let length: usize = length
            .and_then(|(_, value)| value.trim().parse().ok())
            .ok_or(Gone)?;
        if self.received.len() < end + length {
            return Ok(None);
        }
        let body = &self.received[end..end + length];
        let data = form_urlencoded::parse(body).find(|(name, _)| name == "data");
        let data = data.map(|(_, value)| value.into_owned()).ok_or(Gone)?;
        self.received.drain(..end + length);
        Ok(Some(Request::Publish(data)))
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), Gone> {
        if !self.unsent.is_empty() {
            self.unsent.extend_from_slice(bytes);
            return self.flush();
        }
        match self.socket.write(bytes) {
            Ok(sent) if sent == bytes.len() => Ok(()),
            Ok(sent) => {
                self.unsent.extend_from_slice(&bytes[sent..]);
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.unsent.extend_from_slice(bytes);
                Ok(())
            }
            Err(_) => Err(Gone),
        }
    }

    fn flush(&mut self) -> Result<(), Gone> {
        while !self.unsent.is_empty() {
            match self.socket.write(&self.unsent) {
                Ok(sent) => drop(self.unsent.drain(..sent)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(Gone),
            }
        }
        if self.unsent.len() > UNSENT_BYTES_MAX {
            return Err(Gone);
        }
        Ok(())
    }
}
