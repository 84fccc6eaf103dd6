//! How far the publishers have come, readable while they work. Not the record of a run: it is for progress.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};

/// Totals since the run began, written by the publishers' thread alone.
#[derive(Debug)]
pub struct PublisherLive {
    pub(super) due: AtomicU64,
    pub(super) sent: AtomicU64,
    pub(super) accepted: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) in_flight: AtomicU64,
    /// By publication: a [`Standing`].
    standings: Box<[AtomicU8]>,
}

/// Where an update is to be expected, as far as its publisher knows by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// At each of its subscribers: the hub accepted it, or may still.
    Everywhere = 0,
    /// At each of its subscribers if it came to anyone, else nowhere: no answer came.
    WhereItCame = 1,
    /// Nowhere: the hub refused it, or it was never sent.
    Nowhere = 2,
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
    pub(crate) fn new(publications: usize) -> Self {
        let zero = AtomicU64::default;
        Self {
            due: zero(),
            sent: zero(),
            accepted: zero(),
            refused: zero(),
            failed: zero(),
            in_flight: zero(),
            standings: std::iter::repeat_with(AtomicU8::default)
                .take(publications)
                .collect(),
        }
    }

    pub(crate) fn settled(&self, publication: u32, standing: Standing) {
        if let Some(place) = self.standings.get(publication as usize) {
            place.store(standing as u8, Relaxed);
        }
    }

    pub(crate) fn standing(&self, publication: u32) -> Standing {
        let place = self.standings.get(publication as usize);
        match place.map_or(0, |place| place.load(Relaxed)) {
            0 => Standing::Everywhere,
            1 => Standing::WhereItCame,
            _ => Standing::Nowhere,
        }
    }

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
