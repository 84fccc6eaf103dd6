//! Streams over HTTP/1.1, written to their sockets by a few threads that own them: a lane each.
//!
//! hyper answers everything that is a question and an answer. A subscription is something else: a socket to which the hub
//! writes for hours. Its connection leaves hyper's world before the first byte of the response, and then costs a slot in a
//! slab and no task, no buffer and no queue. HTTP/2, and HTTP/1.1 that is not plain, stay with hyper: see `event_stream`.

mod alarms;
mod ends;
mod shared;
mod stream;
mod worker;

use std::io;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use assay_hub_core::{Hub, LaneDoor, Subscribe, SubscribeError};
use http::HeaderName;
use tokio::sync::oneshot;

use crate::http::event_stream::PlannedEnd;
use crate::peer::Peer;
use crate::per_address::Place;
use crate::reception::Admission;

use crate::farewell::Farewell;
use crate::metrics::LaneCounts;
use crate::platform;
use shared::Shared;
use worker::Worker;

/// A connection whose request has been read and admitted, and not answered.
#[derive(Debug)]
pub(crate) struct Guest {
    /// Its head lies unread in it.
    pub(crate) socket: TcpStream,
    pub(crate) peer: Peer,
    pub(crate) admission: Admission,
    /// Among the streams of its address, where those are bounded.
    pub(crate) place: Option<Place>,
    /// Bytes of the request head.
    pub(crate) head_bytes: usize,
    /// The response: status line and fields, but for the cursor and the empty line.
    pub(crate) response: Vec<u8>,
    /// The field of the response cursor.
    pub(crate) cursor_field: HeaderName,
    pub(crate) end: Option<PlannedEnd>,
}

/// How streams are served.
#[derive(Debug, Clone)]
pub(crate) struct StreamSettings {
    /// The longest silence; none for any.
    pub(crate) heartbeat: Option<Duration>,
    /// The longest wait for a peer that does not read; none for ever.
    pub(crate) write_timeout: Option<Duration>,
    /// Updates that may wait for one peer.
    pub(crate) unsent_updates: usize,
    /// Bytes that may wait for one peer.
    pub(crate) unsent_bytes: usize,
    /// How a crowd is let go.
    pub(crate) farewell: Arc<Farewell>,
}

/// All lanes of a hub.
#[derive(Debug)]
pub(crate) struct StreamLanes {
    lanes: Vec<StreamLane>,
    /// Where the last stream went.
    last: AtomicUsize,
}

#[derive(Debug)]
struct StreamLane {
    door: LaneDoor<Box<Guest>>,
    shared: Arc<Shared>,
}

/// The ends of the threads of all lanes.
#[derive(Debug)]
pub(crate) struct LaneEnds(Vec<oneshot::Receiver<()>>);

impl StreamLanes {
    /// Starts `threads` lanes.
    pub(crate) fn start(
        hub: &Hub,
        threads: usize,
        settings: &StreamSettings,
    ) -> io::Result<(Self, LaneEnds)> {
        let mut lanes = Vec::with_capacity(threads);
        let mut ends = Vec::with_capacity(threads);
        for number in 0..threads {
            let poll = mio::Poll::new()?;
            let shared = Arc::new(Shared::new(&poll)?);
            let (door, lane) = hub.add_lane(Arc::clone(&shared).into());
            let worker = Worker::new(poll, Arc::clone(&shared), lane, settings.clone());
            let (ended, end) = oneshot::channel();
            // What it logs belongs to what started the hub.
            let span = tracing::Span::current();
            thread::Builder::new()
                .name(format!("streams-{number}"))
                .spawn(move || {
                    span.in_scope(|| {
                        prefer_requests();
                        worker.run();
                    });
                    // Whoever waits for it is gone if this fails.
                    let _ = ended.send(());
                })?;
            lanes.push(StreamLane { door, shared });
            ends.push(end);
        }
        let last = AtomicUsize::new(0);
        Ok((Self { lanes, last }, LaneEnds(ends)))
    }

    /// Gives a connection to a lane, which answers it. Who is refused gets it back.
    pub(crate) async fn join(
        &self,
        subscribe: Subscribe,
        guest: Box<Guest>,
    ) -> Result<(), (SubscribeError, Box<Guest>)> {
        let turn = self.last.fetch_add(1, Relaxed) % self.lanes.len();
        self.lanes[turn].door.join(subscribe, guest).await
    }

    /// What each lane counts.
    pub(crate) fn counts(&self) -> Vec<Arc<LaneCounts>> {
        let lanes = self.lanes.iter();
        lanes.map(|lane| Arc::clone(&lane.shared.counts)).collect()
    }
}

/// A lane that has an update for thousands has milliseconds of work. Woken by a publisher's request, it waits until that is
/// answered, and does not push aside what is answering.
fn prefer_requests() {
    if let Err(error) = platform::batch_this_thread() {
        tracing::debug!(%error, "a lane is scheduled as any other thread");
    }
}

/// Cuts what has not ended by now.
impl Drop for StreamLanes {
    fn drop(&mut self) {
        for lane in &self.lanes {
            lane.shared.cut();
        }
    }
}

impl LaneEnds {
    /// Ready when every lane has ended: its hub was closed, and its last connection too.
    pub(crate) async fn all(self) {
        for end in self.0 {
            // An error means that the thread is gone, which is an end.
            let _ = end.await;
        }
    }
}
