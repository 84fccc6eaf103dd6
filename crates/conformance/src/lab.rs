//! Where one check works: fresh topics, tokens, requests, streams, all written down in its transcript. Not for judging: a lab
//! only sends, receives, and stops the check when a control fails.

mod building;
mod exchange;
mod minting;
mod stream;

use std::sync::atomic::{AtomicU32, Ordering};

use uuid::Uuid;

use crate::{
    hub::Hub,
    stop::Stop,
    target::Limit,
    transcript::{Direction, Record, Transcript},
    wire::Deadline,
};

pub(crate) use stream::Stream;

/// Begins the data of throw-away updates, which tell that a stream is alive and are seen by no check.
const PROOF: &str = "assay-proof:";

/// The workplace of one execution of one check.
#[derive(Debug)]
pub(crate) struct Lab<'h> {
    hub: &'h Hub,
    check: &'static str,
    // Fresh for each execution, so that nothing published before can be seen.
    space: Uuid,
    connections: AtomicU32,
    markers: AtomicU32,
    transcript: Transcript,
    is_controlled: bool,
}

impl<'h> Lab<'h> {
    pub(crate) fn new(hub: &'h Hub, check: &'static str) -> Self {
        Self {
            hub,
            check,
            space: Uuid::new_v4(),
            connections: AtomicU32::new(0),
            markers: AtomicU32::new(0),
            transcript: Transcript::begin(),
            is_controlled: true,
        }
    }

    /// One whose controls stop nothing: [`crate::weakening`].
    pub(crate) fn without_controls(mut self) -> Self {
        self.is_controlled = false;
        self
    }

    /// A control failed: the check stops; without controls it goes on with this instead.
    pub(crate) fn failed<T>(&self, stop: Stop, instead: T) -> Result<T, Stop> {
        match stop {
            Stop::Control(_) if !self.is_controlled => Ok(instead),
            stop => Err(stop),
        }
    }

    pub(crate) fn hub(&self) -> &'h Hub {
        self.hub
    }

    pub(crate) fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// What happened.
    pub(crate) fn into_record(self) -> Record {
        Record {
            space: self.space.to_string(),
            ..self.transcript.into_record()
        }
    }

    /// A topic of this execution alone; the same name gives the same topic.
    pub(crate) fn topic(&self, name: &str) -> String {
        format!("https://example.com/assay/{}/{name}", self.space)
    }

    /// A text that stands nowhere else.
    pub(crate) fn marker(&self) -> String {
        let number = self.markers.fetch_add(1, Ordering::Relaxed);
        format!("assay {} {number}", self.space)
    }

    /// Whether a text is a marker of this execution.
    pub(crate) fn owns(&self, text: &str) -> bool {
        text.strip_prefix("assay ")
            .is_some_and(|rest| rest.starts_with(&self.space.to_string()))
    }

    /// A deadline for what must come.
    pub(crate) fn deadline(&self) -> Deadline {
        Deadline::after(self.hub.pace.patience)
    }

    /// The wall clock, for the times in tokens.
    pub(crate) fn now_unix_s(&self) -> u64 {
        self.hub.now_unix_s + self.hub.began.elapsed().as_secs()
    }

    /// How many connections were opened so far.
    pub(crate) fn connections(&self) -> u32 {
        self.connections.load(Ordering::Relaxed)
    }

    /// The name of the cookie.
    pub(crate) fn cookie_name(&self) -> &str {
        self.hub.target.cookie_name(self.hub.dialect)
    }

    /// A limit of the hub, for a check that needs the target to say it.
    pub(crate) fn limit(&self, limit: Limit) -> Result<u64, Stop> {
        self.hub
            .target
            .limits
            .get(limit)
            .ok_or_else(|| Stop::Defect(format!("the check does not need what it asks: {limit:?}")))
    }

    /// Writes a remark into the transcript; 0 for one that belongs to no connection.
    pub(crate) fn remark(&self, connection: u32, text: &str) {
        self.transcript.entry(connection, Direction::Remark, text);
    }
}
