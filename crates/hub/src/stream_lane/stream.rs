//! One stream of a lane: its socket, and what the socket did not take at once.

use std::collections::VecDeque;
use std::io::{self, IoSlice, Read, Write};
use std::time::{Duration, Instant};

use assay_hub_core::LaneSubscriber;
use bytes::Bytes;
use mio::net::TcpStream;

use super::StreamSettings;
use super::alarms::StreamId;
use crate::http::event_stream::PlannedEnd;
use crate::peer::Peer;
use crate::per_address::Place;
use crate::reception::Admission;

/// Chunks of one write, at most.
const WRITE_SLICES: usize = 64;

/// Reads of what a peer sent unasked, before its socket is closed.
const DISCARDED_READS: usize = 16;

/// A connection to which events are written.
pub(super) struct Stream {
    pub(super) socket: TcpStream,
    pub(super) peer: Peer,
    /// None once it has left the hub and only its last bytes have to go.
    pub(super) subscriber: Option<LaneSubscriber>,
    pub(super) serial: u32,
    pub(super) end: Option<PlannedEnd>,
    pub(super) _admission: Admission,
    pub(super) _place: Option<Place>,
    /// When the socket last took something.
    pub(super) last_sent: Instant,
    /// Whether an alarm is set for the case that its peer has stopped reading.
    pub(super) is_watched: bool,
    /// Whether it got something in this round that was not written yet.
    pub(super) is_dirty: bool,
    /// Boxed: most streams never have any.
    pub(super) unsent: Option<Box<Unsent>>,
}

/// What waits for the socket.
#[derive(Default)]
pub(super) struct Unsent {
    chunks: VecDeque<Bytes>,
    /// Bytes of the first chunk that are gone.
    sent_of_first: usize,
    size_bytes: usize,
    /// Whether the socket takes nothing now.
    is_blocked: bool,
}

/// How a write ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// Nothing waits any more.
    All,
    /// The socket takes no more for now.
    Blocked,
}

impl Stream {
    pub(super) fn id(&self, key: usize) -> StreamId {
        StreamId {
            key,
            serial: self.serial,
        }
    }

    /// Writes a chunk at once if nothing waits before it; what the socket does not take waits.
    pub(super) fn send(&mut self, chunk: &Bytes, now: Instant) -> io::Result<Written> {
        if self.unsent.is_some() {
            self.enqueue(chunk.clone());
            return self.flush(now);
        }
        match retry(|| self.socket.write(chunk)) {
            Ok(sent) if sent == chunk.len() => {
                self.last_sent = now;
                Ok(Written::All)
            }
            // A socket that took a part is asked until it says that it is full: only then does it say when it is not.
            Ok(sent) => {
                self.last_sent = now;
                self.enqueue(chunk.slice(sent..));
                self.flush(now)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.enqueue(chunk.clone());
                self.flush(now)
            }
            Err(error) => Err(error),
        }
    }

    /// Lets a chunk wait for the next [`Self::flush`].
    pub(super) fn enqueue(&mut self, chunk: Bytes) {
        let unsent = self.unsent.get_or_insert_default();
        unsent.size_bytes += chunk.len();
        unsent.chunks.push_back(chunk);
    }

    /// Writes what waits, as much as the socket takes. One that said that it is full is not asked before it says that it is
    /// not: see [`Self::unblock`].
    pub(super) fn flush(&mut self, now: Instant) -> io::Result<Written> {
        let Some(unsent) = &mut self.unsent else {
            return Ok(Written::All);
        };
        if unsent.is_blocked {
            return Ok(Written::Blocked);
        }
        while !unsent.chunks.is_empty() {
            let mut slices = [IoSlice::new(&[]); WRITE_SLICES];
            let mut count = 0;
            for (slice, chunk) in slices.iter_mut().zip(&unsent.chunks) {
                let skipped = if count == 0 { unsent.sent_of_first } else { 0 };
                *slice = IoSlice::new(&chunk[skipped..]);
                count += 1;
            }
            match retry(|| self.socket.write_vectored(&slices[..count])) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(sent) => {
                    self.last_sent = now;
                    unsent.advance(sent);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    unsent.is_blocked = true;
                    return Ok(Written::Blocked);
                }
                Err(error) => return Err(error),
            }
        }
        self.unsent = None;
        Ok(Written::All)
    }

    /// The socket takes bytes again.
    pub(super) fn unblock(&mut self) {
        if let Some(unsent) = &mut self.unsent {
            unsent.is_blocked = false;
        }
    }

    /// Chunks and bytes that wait.
    pub(super) fn unsent(&self) -> (usize, usize) {
        self.unsent
            .as_ref()
            .map_or((0, 0), |unsent| (unsent.chunks.len(), unsent.size_bytes))
    }

    /// Whether more waits than may.
    pub(super) fn is_too_far_behind(&self, settings: &StreamSettings) -> bool {
        let (updates, size_bytes) = self.unsent();
        updates > settings.unsent_updates || size_bytes > settings.unsent_bytes
    }

    /// Whether nothing has to be done about what waits: it is not too much, and its peer is watched.
    pub(super) fn may_go_on_waiting(&self, settings: &StreamSettings) -> bool {
        let is_watched = self.is_watched || settings.write_timeout.is_none();
        is_watched && self.subscriber.is_some() && !self.is_too_far_behind(settings)
    }

    /// Whether something waits for a socket that takes nothing.
    pub(super) fn is_blocked(&self) -> bool {
        self.unsent.as_ref().is_some_and(|unsent| unsent.is_blocked)
    }

    /// Forgets what waits, but for the chunk of which a part may be gone.
    pub(super) fn forget_unsent(&mut self) {
        if let Some(unsent) = &mut self.unsent {
            unsent.chunks.truncate(1);
            let kept = unsent.chunks.front().map_or(0, Bytes::len);
            unsent.size_bytes = kept - unsent.sent_of_first;
        }
    }

    /// Reads `length` bytes that are known to be there.
    pub(super) fn consume(&mut self, mut length: usize) -> io::Result<()> {
        let mut buffer = [0; 4096];
        while length > 0 {
            let most = length.min(buffer.len());
            match retry(|| self.socket.read(&mut buffer[..most]))? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => length -= read,
            }
        }
        Ok(())
    }

    /// Leaves the socket ready to be closed. A peer that does not read is not waited for: the system would keep the socket,
    /// and what waits in it, for as long as the peer likes. For others, what they sent unasked is read away, within reason:
    /// closing a socket with unread bytes resets the connection, and the peer might lose its last events.
    pub(super) fn hang_up(&mut self) {
        if self.is_blocked() {
            let socket = socket2::SockRef::from(&self.socket);
            if let Err(error) = socket.set_linger(Some(Duration::ZERO)) {
                tracing::debug!(%error, "socket option refused");
            }
            return;
        }
        let mut buffer = [0; 4096];
        for _ in 0..DISCARDED_READS {
            if !matches!(retry(|| self.socket.read(&mut buffer)), Ok(read) if read > 0) {
                return;
            }
        }
    }
}

impl Unsent {
    fn advance(&mut self, mut sent: usize) {
        self.size_bytes -= sent;
        while let Some(first) = self.chunks.front() {
            let left = first.len() - self.sent_of_first;
            if sent < left {
                self.sent_of_first += sent;
                return;
            }
            sent -= left;
            self.sent_of_first = 0;
            self.chunks.pop_front();
        }
    }
}

/// Repeats a call that a signal interrupted.
fn retry(mut call: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}
