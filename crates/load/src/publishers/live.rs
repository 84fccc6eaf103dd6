//! How far the publishers have come, readable while they work. Not the record of a run: it is for progress.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Totals since the run began, written by the publishers' thread alone.
#[derive(Debug, Default)]
pub struct PublisherLive {
    pub(super) due: AtomicU64,
    pub(super) sent: AtomicU64,
    pub(super) accepted: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) in_flight: AtomicU64,
}

/// A look at [`PublisherLive`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PublisherProgress {
    /// Updates whose planned instant is past.
    pub due: u64,
    /// Updates of which something was written.
    pub sent: u64,
    /// Updates answered with 2xx.
    pub accepted: u64,
    /// Updates answered otherwise.
    pub refused: u64,
    /// Updates without an answer, or never written.
    pub failed: u64,
    /// Answers that are awaited now.
    pub in_flight: u64,
}

impl PublisherLive {
    /// How far they have come.
    pub fn progress(&self) -> PublisherProgress {
        PublisherProgress {
            due: self.due.load(Relaxed),
            sent: self.sent.load(Relaxed),
            accepted: self.accepted.load(Relaxed),
            refused: self.refused.load(Relaxed),
            failed: self.failed.load(Relaxed),
            in_flight: self.in_flight.load(Relaxed),
        }
    }
}
