//! Subscribers that only count: one thread, epoll, one read an event.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::epoll;

/// No update takes as long to reach everyone.
const PATIENCE: Duration = Duration::from_mins(1);

/// All subscribers of a round.
#[derive(Debug)]
pub(crate) struct Readers {
    epoll: OwnedFd,
    streams: Vec<TcpStream>,
    /// Events of a read, at most so far: more than one would mean that frames were merged.
    pub(crate) events_per_read: usize,
    /// Reads that had an event.
    pub(crate) reads: usize,
    buffer: Vec<u8>,
}

/// When an update came in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Received {
    pub(crate) first: Instant,
    pub(crate) last: Instant,
}

impl Readers {
    /// Subscribes `count` times; each has its head and its first comment before the next asks.
    pub(crate) fn connect(
        hub: SocketAddr,
        count: usize,
        topic: impl Fn(usize) -> String,
    ) -> io::Result<Self> {
        let mut readers = Self::none()?;
        for place in 0..count {
            readers.add(subscribe_on(TcpStream::connect(hub)?, &topic(place), "")?)?;
        }
        Ok(readers)
    }

    /// Nobody yet.
    pub(crate) fn none() -> io::Result<Self> {
        Ok(Self {
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            streams: Vec::new(),
            events_per_read: 0,
            reads: 0,
            buffer: vec![0; 1 << 18],
        })
    }

    /// One more, who has subscribed.
    pub(crate) fn add(&mut self, stream: TcpStream) -> io::Result<()> {
        stream.set_nonblocking(true)?;
        let place = epoll::EventData::new_u64(self.streams.len() as u64);
        let flags = epoll::EventFlags::IN | epoll::EventFlags::ET;
        epoll::add(&self.epoll, &stream, place, flags)?;
        self.streams.push(stream);
        Ok(())
    }

    /// Waits until `expected` events came in, of all streams together.
    pub(crate) fn receive(&mut self, expected: usize) -> io::Result<Received> {
        let mut first = None;
        let mut seen = 0;
        while seen < expected {
            let came = self.wait(Some(PATIENCE))?;
            if came == 0 {
                return Err(io::Error::other(format!(
                    "{seen} of {expected} events came"
                )));
            }
            first.get_or_insert_with(Instant::now);
            seen += came;
        }
        if seen > expected {
            return Err(io::Error::other(format!(
                "{seen} events, {expected} expected"
            )));
        }
        let last = Instant::now();
        Ok(Received {
            first: first.unwrap_or(last),
            last,
        })
    }

    /// Waits for sockets, and counts the events that they have; 0 when nothing came in time.
    pub(crate) fn wait(&mut self, at_most: Option<Duration>) -> io::Result<usize> {
        let mut ready = Vec::with_capacity(1_024);
        let until = at_most.map(|most| Instant::now() + most);
        let mut seen = 0;
        loop {
            let left = until.map(|until| {
                let left = until.saturating_duration_since(Instant::now());
                rustix::time::Timespec {
                    tv_sec: left.as_secs().cast_signed(),
                    tv_nsec: i64::from(left.subsec_nanos()),
                }
            });
            ready.clear();
            epoll::wait(
                &self.epoll,
                rustix::buffer::spare_capacity(&mut ready),
                left.as_ref(),
            )?;
            for event in &ready {
                seen += self.read(event.data.u64() as usize)?;
            }
            if seen > 0 || ready.is_empty() {
                return Ok(seen);
            }
        }
    }

    /// Reads once what is there. A short read has emptied the socket, so that its next bytes are told again.
    fn read(&mut self, place: usize) -> io::Result<usize> {
        let mut events = 0;
        loop {
            let read = match self.streams[place].read(&mut self.buffer) {
                Ok(0) => return Err(io::Error::other("the hub ended a stream")),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(events),
                Err(error) => return Err(error),
            };
            let ends = count_ends(&self.buffer[..read]);
            self.events_per_read = self.events_per_read.max(ends);
            self.reads += usize::from(ends > 0);
            events += ends;
            if read < self.buffer.len() {
                return Ok(events);
            }
        }
    }
}

/// Ends of events. One that is split between two reads just so is missed, and the round fails: it never happened.
fn count_ends(bytes: &[u8]) -> usize {
    bytes.windows(2).filter(|pair| *pair == b"\n\n").count()
}

/// The request of a subscriber, to be sent in one write as clients do: a head that comes in pieces is another case for a hub.
pub(crate) fn subscription(topic: &str, fields: &str) -> String {
    format!("GET /.well-known/mercure?topic={topic} HTTP/1.1\r\nHost: 127.0.0.1\r\n{fields}\r\n")
}

/// Opens a stream, whose head and first comment are read, if the hub sends one with the head.
/// `fields` are further ones of the request, each with its line end.
pub(crate) fn subscribe_on<S: Read + Write>(
    mut stream: S,
    topic: &str,
    fields: &str,
) -> io::Result<S> {
    stream.write_all(subscription(topic, fields).as_bytes())?;
    let mut head = Vec::new();
    let mut buffer = [0; 4_096];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut buffer)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => head.extend_from_slice(&buffer[..read]),
        }
    }
    if head.starts_with(b"HTTP/1.1 200") {
        Ok(stream)
    } else {
        Err(io::Error::other(
            String::from_utf8_lossy(&head).into_owned(),
        ))
    }
}
